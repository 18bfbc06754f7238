"""Labels written at random by a program, as pandas, Excel and people leave them: they come back
equal, or are refused in a sentence; never others.

`STEADFIT_LABELS=500` draws so many; STEADFIT_LABELS_FROM is the first one's number.
"""

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import torch

import steadfit as sf
from steadfit.errors import SteadfitError

COUNT = int(os.environ.get("STEADFIT_LABELS", "60"))
FIRST = int(os.environ.get("STEADFIT_LABELS_FROM", "0"))


@dataclass(frozen=True)
class Meant:
    """Labels as a person means them, a value a row, None where there is none.

    several, dates: what must be refused. columns: those of one-hot labels. ambiguous: that classes
    and numbers are both right.
    """

    values: Sequence[Any]
    several: bool = False
    dates: bool = False
    columns: Sequence[str] = ()
    ambiguous: bool = False


def drawn(rng: np.random.Generator) -> Meant:
    rows = int(rng.integers(12, 40))

    def of(*names: Any) -> list:
        """Each name twice at least."""
        first = [*names, *names]
        return first + [names[i] for i in rng.integers(len(names), size=rows - len(first))]

    def with_holes(values: Sequence) -> list:
        return [None if rng.random() < 0.1 else value for value in values]

    kinds = [
        lambda: Meant(of("cat", "dog")),
        lambda: Meant(of("cat", "dog", "Größe, in m")),
        lambda: Meant(of("Cat", "cat", "dog")),
        lambda: Meant(of("NA", "None", "nan", "x")),
        lambda: Meant(of("007", "012", "7")),
        lambda: Meant(of("yes", "no")),
        lambda: Meant(of(True, False)),
        lambda: Meant(of(0, 1, 2)),
        lambda: Meant(of(3, -1)),
        lambda: Meant(of(10**17, 10**17 + 1)),
        lambda: Meant(of("90071992547409931", "90071992547409932")),
        lambda: Meant(of("1.2.3", "1.10.0")),
        lambda: Meant(of("Portland, Oregon", "Salem, Oregon", "Boston, Massachusetts")),
        lambda: Meant(of(0.0, 1.0), ambiguous=True),
        lambda: Meant(np.round(rng.normal(0, 10, rows), 3).tolist()),
        lambda: Meant(np.round(rng.normal(0, 1e6, rows), 1).tolist()),
        lambda: Meant(with_holes(of("cat", "dog"))),
        lambda: Meant(with_holes(np.round(rng.normal(0, 10, rows), 2).tolist())),
        lambda: Meant(of("red;round", "red", "round;blue", "blue", "red;blue"), several=True),
        lambda: Meant(of("a|b", "b", "c|a", "c"), several=True),
        lambda: Meant(of("2024-01-31", "2024-02-01"), dates=True),
        lambda: Meant(of("31.1.2024", "1.2.2024"), dates=True),
        lambda: Meant(of("1/31/2024", "2/1/2024"), dates=True),
        lambda: Meant(of("is_cat", "is_dog", "is_bird"), columns=("is_cat", "is_dog", "is_bird")),
    ]
    return kinds[rng.integers(len(kinds))]()


def ones_of(meant: Meant) -> dict[str, list[int]]:
    return {name: [int(value == name) for value in meant.values] for name in meant.columns}


def by_csv(meant: Meant, x: np.ndarray, rng: np.random.Generator, folder: Path) -> sf.Dataset:
    """A CSV file with the labels in some column, quoted or not, blanks around them or not."""
    mark = (",", ";", "\t")[rng.integers(3)]
    numeric = all(isinstance(value, float | None) for value in meant.values)
    gap = ("", "", "NA")[rng.integers(3)] if numeric else ""  # among names NA is one of these
    around = " " if rng.random() < 0.2 else ""
    columns = [[f"{value:.4f}" for value in each] for each in x.T]
    names = [f"x{i + 3}" for i in range(len(columns))]
    labels = ones_of(meant) or {"label": [gap if v is None else str(v) for v in meant.values]}
    place = int(rng.integers(len(columns) + 1))
    for name, values in labels.items():
        names.insert(place, name)
        columns.insert(place, [around + str(value) for value in values])
    quoted = rng.random() < 0.3

    def cell(text: str) -> str:
        return f'"{text}"' if mark in text or quoted else text

    lines = [mark.join(map(cell, row)) for row in [names, *zip(*columns, strict=True)]]
    (folder / "t.csv").write_text("\n".join(lines) + "\n")
    target = list(meant.columns) or "label"
    missing = "drop" if None in meant.values and rng.random() < 0.7 else "fill"
    return sf.read(folder / "t.csv", target=target, missing=missing, kind="table", decimal=".")


def by_frame(meant: Meant, x: np.ndarray, rng: np.random.Generator, _: Path) -> sf.Dataset:
    """A frame, labels as its own types or as an index into a list."""
    columns: dict[str, Any] = {f"x{i + 3}": pa.array(each) for i, each in enumerate(x.T)}
    if meant.columns:
        columns |= ones_of(meant)
        return sf.read(pa.table(columns), target=list(meant.columns))
    labels = pa.array(meant.values)
    if pa.types.is_string(labels.type) and rng.random() < 0.5:
        labels = labels.dictionary_encode()
    missing = "drop" if None in meant.values else None
    return sf.read(pa.table({**columns, "label": labels}), target="label", missing=missing)


def by_arrays(meant: Meant, x: np.ndarray, rng: np.random.Generator, _: Path) -> sf.Dataset:
    """A list, an array of its own type or of objects, or a tensor."""
    values: Any = list(meant.values)
    if meant.columns:
        values = np.stack(list(ones_of(meant).values()), 1).astype((int, float)[rng.integers(2)])
    elif None in values:
        values = np.array(values, object)
    elif rng.random() < 0.5:
        values = np.array(values)
        if values.dtype.kind in "if" and rng.random() < 0.5:
            values = torch.from_numpy(values)
    return sf.from_arrays(x, values)


WAYS = (by_csv, by_csv, by_frame, by_arrays)


def outcome(seed: int, folder: Path) -> str:
    """ "equal" or the refusal. Fails where other labels come back."""
    rng = np.random.default_rng(seed)
    meant = drawn(rng)
    x = rng.normal(size=(len(meant.values), 3))
    way = WAYS[rng.integers(len(WAYS))]
    try:
        data = way(meant, x, rng, folder)
    except SteadfitError as error:
        return str(error)
    said = (seed, way.__name__, meant)
    assert not meant.several, said
    assert not meant.dates, said
    known = [value for value in meant.values if value is not None]
    if data.task == "numbers":
        assert all(isinstance(value, float) for value in known), said
        np.testing.assert_array_equal(data.y[:, 0].numpy(), np.array(known, np.float32), str(said))
    else:
        assert not any(isinstance(v, float) for v in known) or meant.ambiguous, said
        expected = [f"{v:g}" if isinstance(v, float) else str(v) for v in known]
        assert list(data.schema.task.labels(data.y)) == expected, said
    assert not set(meant.columns) & set(data.columns), said
    return "equal"


def test_labels_come_back_or_a_sentence_says_why(tmp_path: Path) -> None:
    found: Counter[str] = Counter()
    for seed in range(FIRST, FIRST + COUNT):
        result = outcome(seed, tmp_path)
        found["equal" if result == "equal" else "refused"] += 1
        assert result == "equal" or result.endswith("."), (seed, result)
    print(dict(found))
    assert found["equal"] > 0.5 * COUNT, found  # a reader that refuses everything is no use
