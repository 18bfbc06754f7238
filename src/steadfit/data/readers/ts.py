"""Series of the UCR and UEA archives, with a class or a number each."""

from pathlib import Path

import numpy as np

from steadfit.data.dataset import Dataset
from steadfit.data.sequences import from_series
from steadfit.data.targets import TaskName
from steadfit.errors import SteadfitError, some
from steadfit.formats.archives import archived
from steadfit.formats.arrays import is_number
from steadfit.formats.encoding import read_text
from steadfit.formats.form import open_table
from steadfit.formats.label_first import PART
from steadfit.formats.packed import plain_name
from steadfit.formats.ts import Side, parse
from steadfit.formats.wide_tables import WideTable


def read(
    source: str | Path,
    *,
    missing: str = "refuse",
    task: TaskName | None = None,
    encoding: str | None = None,
) -> Dataset:
    """A file as the archives publish it; NAME_TRAIN and NAME_TEST beside one another are one set.

    The form is told by how the file begins. `.ts`: univariate or multivariate (channels between
    colons), of equal or unequal length, `?` where a value is missing, with or without time stamps.
    The rows are trusted; where the header says otherwise the notes say so. ARFF: attributes that
    are steps, and the label last. Rows of numbers without a header (`.tsv`, `.txt`): the label
    first, NaN where a value is missing, and after the end of shorter series.

    The two files of a pair may be called train and test in any case, at any place in their names.
    missing: as in `from_series`.
    task: "classes" or "numbers"; told by @classLabel and @targetLabel, or the labels, if None.
    encoding: as in `read_text`.

    Raises SteadfitError, with file and line, for what is no number, a row without a label, an
    empty series, channels of a row that differ in length, times that do not rise, and what
    `from_series` says.
    """
    path = Path(source)
    files = _sides(path)
    sides = [_side(file, encoding) for file in files]
    labels = [label for side in sides for label in side.labels]
    task = task or sides[0].learns
    if task == "numbers":
        labels = [_number(label, i) for side in sides
                  for label, i in zip(side.labels, side.ids, strict=True)]  # fmt: skip
    sizes = [len(side.series) for side in sides]
    return from_series(
        [row for side in sides for row in side.series],
        np.array(labels),
        _stem(path) if len(files) == 1 else _name_of_both(path),
        task=task,
        missing=missing,
        ids=[i for side in sides for i in side.ids],
        is_test=np.arange(sum(sizes)) >= sizes[0] if len(sides) == 2 else None,
        notes=[
            note
            for file, side in zip(files, sides, strict=True)
            for note in (*side.notes, *_disagreements(side, file.name))
        ],
    )


def _side(file: Path, encoding: str | None) -> Side:
    """One file, in whatever form."""
    form = archived(file)
    if form in (None, "ts"):
        return parse(file, read_text(file, encoding), learning=True)
    table = open_table(file, encoding)
    target = table.names[0 if form == "rows" else -1]
    steps = [name for name in table.names if name != target]
    rows = WideTable(tuple(steps)).rows(table, "refuse")
    labels = list(map(str, table.labels(target)))
    series = [np.asarray(row)[:, None] for row in rows.examples]
    return Side({}, series, labels, list(rows.ids), [], table.notes)


def _sides(path: Path) -> list[Path]:
    """The file, or both of a pair, the training side first."""
    common = _common(path)
    if common is None:
        return [path]
    pair: dict[bool, Path] = {}
    for file in sorted(path.parent.iterdir()):
        if file.suffix.lower() == path.suffix.lower() and _common(file) == common:
            pair.setdefault(_is_test(file), file)
    pair[_is_test(path)] = path
    return [pair[False], pair[True]] if len(pair) == 2 else [path]


def _common(path: Path) -> str | None:
    """What the names of both sides have in common; None for a name that is of no side."""
    parts = PART.findall(_stem(path))
    return PART.sub("*", _stem(path)).lower() if len(parts) == 1 else None


def _is_test(path: Path) -> bool:
    return PART.findall(_stem(path))[0][0].lower() == "test"


def _name_of_both(path: Path) -> str:
    """The name without train or test; the folder's where nothing is left."""
    return PART.sub("", _stem(path)).strip("_.- ") or path.resolve().parent.name


def _stem(path: Path) -> str:
    """A file's name without its suffixes."""
    return Path(plain_name(path)).stem


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
