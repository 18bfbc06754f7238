"""`.ts` files of the UCR and UEA archives: series with a class or a number each."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from steadfit.data.dataset import Dataset, Task
from steadfit.data.readers.encoding import read_text
from steadfit.data.sequences import from_series
from steadfit.data.targets import is_number, some
from steadfit.errors import SteadfitError

_LABELS: dict[str, Task] = {"targetlabel": "numbers", "classlabel": "classes"}


@dataclass(frozen=True)
class _Side:
    """What one file says: its header by lower-case words, and a series and a label a row, which is
    empty where the header says that there are none."""

    header: dict[str, str]
    series: list[np.ndarray]
    labels: list[str]
    ids: list[str]

    @property
    def learns(self) -> Task | None:
        """What the header says of the labels; None where it says that there are none."""
        for word, task in _LABELS.items():
            if self.header.get(word, "false").lower().split()[:1] != ["false"]:
                return task
        return None


def read(
    source: str | Path,
    *,
    missing: str = "refuse",
    task: Task | None = None,
    encoding: str | None = None,
) -> Dataset:
    """A `.ts` file; NAME_TRAIN.ts and NAME_TEST.ts beside one another are one data set.

    Univariate or multivariate (channels between colons), of equal or unequal length, `?` where a
    value is missing. The rows are trusted; where the header says otherwise the notes say so.
    missing: as in `from_series`.
    task: "classes" or "numbers"; told by @classLabel and @targetLabel if None.
    encoding: as in `read_text`.

    Raises SteadfitError, with file and line, for what is no number, a row without a label, an
    empty series, channels of a row that differ in length, time stamps, and what `from_series` says.
    """
    path = Path(source)
    files = _sides(path)
    sides = [_parse(file, read_text(file, encoding), learning=True) for file in files]
    labels = [label for side in sides for label in side.labels]
    task = task or sides[0].learns
    if task == "numbers":
        labels = [_number(label, i) for side in sides
                  for label, i in zip(side.labels, side.ids, strict=True)]  # fmt: skip
    sizes = [len(side.series) for side in sides]
    return from_series(
        [row for side in sides for row in side.series],
        np.array(labels),
        path.stem if len(files) == 1 else path.stem.rsplit("_", 1)[0],
        task=task,
        missing=missing,
        ids=[i for side in sides for i in side.ids],
        is_test=np.arange(sum(sizes)) >= sizes[0] if len(sides) == 2 else None,
        notes=[
            note
            for file, side in zip(files, sides, strict=True)
            for note in _disagreements(side, file.name)
        ],
    )


def unlabelled(path: Path, encoding: str | None = None) -> tuple[list[np.ndarray], list[str]]:
    """The series of this file alone, and the line of each; raises as `read` does."""
    side = _parse(path, read_text(path, encoding), learning=False)
    return side.series, side.ids


def _sides(path: Path) -> list[Path]:
    """The file, or both of a pair, the training side first."""
    for end in ("_TRAIN", "_TEST"):
        if path.stem.upper().endswith(end):
            name = path.stem[: -len(end)]
            pair = [path.with_name(f"{name}{side}{path.suffix}") for side in ("_TRAIN", "_TEST")]
            if all(file.exists() for file in pair):
                return pair
    return [path]


def _parse(path: Path, text: str, learning: bool) -> _Side:
    side = _Side({}, [], [], [])
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
                    f"{path.name} has no @classLabel and no @targetLabel to learn, or they are "
                    "false. If each line ends with a label, write @classLabel true above @data."
                )
            side.header[word.lower()] = value.strip()
            _refuse_timestamps(side.header, where)
        else:
            raise SteadfitError(
                f'{where}: expected a header line that begins with "@", or "@data" before the '
                f'series; found "{line[:40]}".'
            )
    if not side.series:
        raise SteadfitError(f'{path.name} has no series after "@data". Get the file again.')
    return side


def _refuse_timestamps(header: dict[str, str], where: str) -> None:
    if header.get("timestamps", "false").lower() == "true":
        raise SteadfitError(
            f"{where}: series with time stamps are not read. Expected values at equal distances: "
            "save the values alone with @timeStamps false, or a long table with a time column."
        )


def _row(line: str, where: str, labelled: bool) -> tuple[np.ndarray, str]:
    """A series, shape (steps, channels), and its label, if it has one."""
    *channels, label = line.split(":") if labelled else [*line.split(":"), ""]
    if labelled and not (channels and label.strip()):
        raise SteadfitError(
            f"{where}: expected values and, after a colon, a label; found "
            f'"{line[:20]}…{line[-20:]}". Add the label or remove the line.'
        )
    columns = [_values(channel, where) for channel in channels]
    lengths = [len(column) for column in columns]
    if len(set(lengths)) > 1 or not lengths[0]:
        raise SteadfitError(
            f"{where}: the channels of one series need one length of at least 1, and have "
            f"{some([str(n) for n in lengths])}. Mend or remove the line."
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
            f'{where}, value {place + 1}: expected a number or "?", found "{word[:20]}". Mend or '
            "remove the line."
        ) from None


def _number(label: str, where: str) -> float:
    if not is_number(label):
        raise SteadfitError(
            f'{where}: expected a number to predict, found "{label}". For classes give '
            'task="classes".'
        )
    return float(label)


def _disagreements(side: _Side, file: str) -> list[str]:
    """Where the header says other things than the rows."""
    lengths = sorted({len(row) for row in side.series})
    found = {
        "univariate": str(side.series[0].shape[1] == 1).lower(),
        "dimensions": str(side.series[0].shape[1]),
        "dimension": str(side.series[0].shape[1]),
        "equallength": str(len(lengths) == 1).lower(),
        "serieslength": str(lengths[0]) if len(lengths) == 1 else None,
        "missing": str(any(np.isnan(row).any() for row in side.series)).lower(),
    }
    notes = [
        f"{file}: the header says @{word} {side.header[word]}, the rows say "
        f"{truth or f'{lengths[0]} to {lengths[-1]}'}; "
        "the rows are trusted."
        for word, truth in found.items()
        if word in side.header and side.header[word].lower() != truth
    ]
    said = side.header.get("classlabel", "").split()
    extra = sorted(set(side.labels) - set(said[1:]))
    if said and said[0].lower() == "true" and extra:
        notes.append(f"{file}: the rows have classes that the header lacks: {some(extra)}.")
    return notes
