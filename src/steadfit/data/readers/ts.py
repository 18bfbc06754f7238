"""`.ts` files of the UCR and UEA archives: series with a class or a number each."""

from pathlib import Path

import numpy as np

from steadfit.data.dataset import Dataset
from steadfit.data.sequences import from_series
from steadfit.data.targets import TaskName
from steadfit.errors import SteadfitError, some
from steadfit.formats.arrays import is_number
from steadfit.formats.encoding import read_text
from steadfit.formats.ts import Side, parse


def read(
    source: str | Path,
    *,
    missing: str = "refuse",
    task: TaskName | None = None,
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
    sides = [parse(file, read_text(file, encoding), learning=True) for file in files]
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


def _sides(path: Path) -> list[Path]:
    """The file, or both of a pair, the training side first."""
    for end in ("_TRAIN", "_TEST"):
        if path.stem.upper().endswith(end):
            name = path.stem[: -len(end)]
            pair = [path.with_name(f"{name}{side}{path.suffix}") for side in ("_TRAIN", "_TEST")]
            if all(file.exists() for file in pair):
                return pair
    return [path]


def _number(label: str, where: str) -> float:
    if not is_number(label):
        raise SteadfitError(
            f'{where}: the label must be a number, got "{label}". For classes give task="classes".'
        )
    return float(label)


def _disagreements(side: Side, file: str) -> list[str]:
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
