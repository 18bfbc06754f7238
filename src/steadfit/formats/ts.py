"""`.ts` files of the UCR and UEA archives: series with a class or a number each."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from steadfit.errors import SteadfitError, some
from steadfit.formats.arrays import is_number
from steadfit.formats.encoding import read_text

Learned = Literal["classes", "numbers"]
_LABELS: dict[str, Learned] = {"targetlabel": "numbers", "classlabel": "classes"}


@dataclass(frozen=True)
class Side:
    """What one file says: its header by lower-case words, and a series and a label a row, which is
    empty where the header says that there are none."""

    header: dict[str, str]
    series: list[np.ndarray]
    labels: list[str]
    ids: list[str]

    @property
    def learns(self) -> Learned | None:
        """What the header says of the labels; None where it says that there are none."""
        for word, task in _LABELS.items():
            if self.header.get(word, "false").lower().split()[:1] != ["false"]:
                return task
        return None


def unlabelled(path: Path, encoding: str | None = None) -> tuple[list[np.ndarray], list[str]]:
    """The series of this file alone, and the line of each; raises as `read` does."""
    side = parse(path, read_text(path, encoding), learning=False)
    return side.series, side.ids


def parse(path: Path, text: str, learning: bool) -> Side:
    """One file's text. learning: whether each row must have a label. Raises SteadfitError, with the
    line, for what is no series."""
    side = Side({}, [], [], [])
    in_data = False
    for number, line in enumerate(text.splitlines(), start=1):
        line, where = line.strip(), f"{path.name} line {number}"
        if not line or line.startswith("#"):
            continue
        if in_data:
            values, label = _row(line, where, side.learns is not None)
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
            _refuse_timestamps(side.header, where)
        else:
            raise SteadfitError(
                f'{where}: a header line must begin with "@", and "@data" must come before the '
                f'series, got "{line[:40]}".'
            )
    if not side.series:
        raise SteadfitError(f'{path.name} has no series after "@data". Get the file again.')
    return side


def _refuse_timestamps(header: dict[str, str], where: str) -> None:
    if header.get("timestamps", "false").lower() == "true":
        raise SteadfitError(
            f"{where}: series with time stamps are not supported. Save the values alone, at equal "
            "distances, with @timeStamps false; or a long table with a time column."
        )


def _row(line: str, where: str, labelled: bool) -> tuple[np.ndarray, str]:
    """A series, shape (steps, channels), and its label, if it has one."""
    *channels, label = line.split(":") if labelled else [*line.split(":"), ""]
    if labelled and not (channels and label.strip()):
        raise SteadfitError(
            f"{where}: a line must have values and, after a colon, a label, got "
            f'"{line[:20]}…{line[-20:]}". Add the label or remove the line.'
        )
    columns = [_values(channel, where) for channel in channels]
    lengths = [len(column) for column in columns]
    if len(set(lengths)) > 1 or not lengths[0]:
        raise SteadfitError(
            f"{where}: the channels of a series must have one length, at least 1, got "
            f"{some([str(n) for n in lengths])}. Fix or remove the line."
        )
    return np.stack(columns, axis=1), label.strip()


def _values(channel: str, where: str) -> np.ndarray:
    words = [word.strip() for word in channel.split(",")] if channel.strip() else []
    if words and words[0].startswith("("):
        _refuse_timestamps({"timestamps": "true"}, where)
    try:
        return np.array([np.nan if word == "?" else float(word) for word in words], np.float64)
    except ValueError:
        place, word = next((i, w) for i, w in enumerate(words) if w != "?" and not is_number(w))
        raise SteadfitError(
            f'{where}, value {place + 1}: must be a number or "?", got "{word[:20]}". Fix or '
            "remove the line."
        ) from None
