"""`.ts` files of the UCR and UEA archives: series with a class or a number each."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from steadfit.errors import SteadfitError, counted, some
from steadfit.formats.arrays import is_number
from steadfit.formats.calendars import equally_spaced
from steadfit.formats.clock_changes import without_changes
from steadfit.formats.date_styles import compact
from steadfit.formats.dates import microseconds, written_times
from steadfit.formats.encoding import read_text
from steadfit.formats.form import Rows

Learned = Literal["classes", "numbers"]
_OUTSIDE = re.compile(r":(?![^(]*\))")  # a colon that no brackets surround
_PAIR = re.compile(r"\(\s*([^(),]*),([^(),]*)\)")  # a time stamp and its value
_LABELS: dict[str, Learned] = {"targetlabel": "numbers", "classlabel": "classes"}


@dataclass(frozen=True)
class Side:
    """What one file says: its header by lower-case words, and a series and a label a row, which is
    empty where the header says that there are none.

    uneven: where time stamps are at unequal distances. read: what the reader of a table told.
    """

    header: dict[str, str]
    series: list[np.ndarray]
    labels: list[str]
    ids: list[str]
    uneven: list[str]
    read: tuple[str, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """What there is to tell of the reading and of time stamps."""
        if not self.uneven:
            return self.read
        count = counted(len(self.uneven), "series")
        note = (
            f"The time stamps of {count} are not equally spaced ({some(self.uneven)}); each value "
            "is taken as one step."
        )
        return (*self.read, note)

    @property
    def learns(self) -> Learned | None:
        """What the header says of the labels; None where it says that there are none."""
        for word, task in _LABELS.items():
            if self.header.get(word, "false").lower().split()[:1] != ["false"]:
                return task
        return None


def unlabelled(path: Path, encoding: str | None = None) -> Rows:
    """The series of this file alone, and the line of each; raises as `read` does."""
    side = parse(path, read_text(path, encoding), learning=False)
    return Rows(side.series, side.ids, side.notes)


def parse(path: Path, text: str, learning: bool) -> Side:
    """One file's text. learning: whether each row must have a label. Raises SteadfitError, with the
    line, for what is no series."""
    side = Side({}, [], [], [], [])
    in_data = False
    for number, line in enumerate(text.splitlines(), start=1):
        line, where = line.strip(), f"{path.name} line {number}"
        if not line or line.startswith("#"):
            continue
        if line.lower().startswith("@data") and line[5:].strip():
            raise SteadfitError(
                f'{where}: "@data" must stand alone, got "{line[:40]}". Begin a new line after it.'
            )
        if in_data:
            values, label, uneven = _row(line, where, side.learns is not None)
            if uneven:
                side.uneven.append(where)
            side.series.append(values)
            side.labels.append(label)
            side.ids.append(where)
        elif line.startswith("@"):
            word, _, value = line[1:].replace("\t", " ").partition(" ")
            in_data = word.lower() == "data"
            if in_data and learning and side.learns is None:
                raise SteadfitError(
                    f"{path.name} must have @classLabel true or @targetLabel true, got neither. "
                    "If each line ends with a label, write @classLabel true above @data."
                )
            side.header[word.lower()] = value.strip()
        else:
            raise SteadfitError(
                f'{where}: a header line must begin with "@", and "@data" must come before the '
                f'series, got "{line[:40]}".'
            )
    if not side.series:
        raise SteadfitError(f'{path.name} has no series after "@data". Get the file again.')
    return side


def _row(line: str, where: str, labelled: bool) -> tuple[np.ndarray, str, bool]:
    """A series, shape (steps, channels), its label, if it has one, and whether its steps have time
    stamps at unequal distances."""
    parts = _OUTSIDE.split(line)
    *channels, label = parts if labelled else [*parts, ""]
    if labelled and not (channels and label.strip()):
        raise SteadfitError(
            f"{where}: a line must have values and, after a colon, a label, got "
            f'"{line[:20]}…{line[-20:]}". Add the label or remove the line.'
        )
    uneven = False
    if "(" in line:
        stamped = [_pairs(channel, where) for channel in channels]
        uneven = any([_are_uneven([stamp for stamp, _ in pairs], where) for pairs in stamped])
        channels = [",".join(value for _, value in pairs) for pairs in stamped]
        if len({tuple(stamp for stamp, _ in pairs) for pairs in stamped}) > 1:
            raise SteadfitError(
                f"{where}: the channels of a series must have the same time stamps. Fix or remove "
                "the line."
            )
    columns = [_values(channel, where) for channel in channels]
    lengths = [len(column) for column in columns]
    if len(set(lengths)) > 1 or not lengths[0]:
        raise SteadfitError(
            f"{where}: the channels of a series must have one length, at least 1, got "
            f"{some([str(n) for n in lengths])}. Fix or remove the line."
        )
    return np.stack(columns, axis=1), label.strip(), uneven


def _pairs(channel: str, where: str) -> list[tuple[str, str]]:
    """Each time stamp with its value."""
    found = _PAIR.findall(channel)
    if not found or _PAIR.sub("", channel).replace(",", "").strip():
        raise SteadfitError(
            f"{where}: each value must be in brackets with its time stamp, (time,value), got "
            f'"{channel[:40]}". Fix or remove the line.'
        )
    return found


def _are_uneven(stamps: list[str], where: str) -> bool:
    """Whether times are at unequal distances. Raises SteadfitError where they do not rise."""
    times = [stamp.strip() for stamp in stamps]
    numbers = all(map(is_number, times)) and not all(map(compact, times))
    clock = np.array(times, np.float64) if numbers else microseconds(written_times(times))
    if clock is None:
        raise SteadfitError(
            f"{where}: time stamps must be numbers or dates such as 2024-01-31 13:00:00, with a "
            f'time zone in all or in none, got "{times[0][:30]}". Fix them, or leave them out.'
        )
    if not numbers:
        clock, _ = without_changes(clock, [np.arange(len(clock))])
    distances = np.diff(clock)
    if (distances <= 0).any():
        at = int(np.argmax(distances <= 0))
        raise SteadfitError(
            f"{where}: time stamps must rise, got {times[at + 1]} after {times[at]}. Sort the "
            "steps of this line."
        )
    return not equally_spaced(clock, not numbers)


def _values(channel: str, where: str) -> np.ndarray:
    words = [word.strip() for word in channel.split(",")] if channel.strip() else []
    try:
        return np.array([np.nan if word == "?" else float(word) for word in words], np.float64)
    except ValueError:
        place, word = next((i, w) for i, w in enumerate(words) if w != "?" and not is_number(w))
        raise SteadfitError(
            f'{where}, value {place + 1}: must be a number or "?", got "{word[:20]}". Fix or '
            "remove the line."
        ) from None
