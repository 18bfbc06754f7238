"""From series and texts in memory to a `Dataset`."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from steadfit.data.dataset import Dataset, Task
from steadfit.data.ragged import Ragged, Unit
from steadfit.data.targets import as_array, group_numbers, named, own_test, read_targets, some
from steadfit.data.tokens import number_texts
from steadfit.errors import SteadfitError, counted, unknown

MISSING = ("refuse", "linear", "drop")
FILL = (
    'Nothing is filled in unasked: give missing="linear" for straight lines between the '
    'neighbours, or missing="drop" to leave these series out.'
)


def from_series(
    x: Sequence[Any] | np.ndarray,
    y: Any,
    name: str = "series",
    *,
    task: Task | None = None,
    missing: str = "refuse",
    ids: Sequence[str] = (),
    is_test: Any = None,
    groups: Any = None,
    notes: Sequence[str] = (),
) -> Dataset:
    """A dataset of time series, which may differ in length.

    x: for each example an array of shape (steps,) or (steps, channels); NaN where missing.
    y, task, ids, is_test, groups: as in `from_arrays`.
    missing: what is done where values are missing. "refuse" raises, naming the examples; "linear"
        draws a straight line between the neighbours in the same channel and repeats the nearest
        value at the ends; "drop" leaves the example out. What was done is in the notes.

    Raises SteadfitError for empty series, different channels, infinite values, missing values that
    are refused or cannot be filled, and what `from_arrays` says of y.

    >>> data = from_series([[1.0, 2.0], [3.0]], ["up", "down"])
    >>> str(data), data.classes
    ('series · 2 series of 1 to 2 steps · 2 classes', ('down', 'up'))
    """
    if missing not in MISSING:
        raise unknown("rule for missing values", missing, MISSING)
    ids = named(ids, len(x))
    rows = [as_steps(row, where) for row, where in zip(x, ids, strict=True)]
    y = as_array(y, "y")
    _check_rows(name, rows, len(y), ids)
    gaps = np.array([np.isnan(row).any() for row in rows])
    notes = list(notes)
    if gaps.any():
        notes.append(_missing_note(rows, gaps, ids, missing))
    if missing == "linear":
        rows = [_filled(row, i) if gap else row
                for row, i, gap in zip(rows, ids, gaps, strict=True)]  # fmt: skip
    kept = np.flatnonzero(~gaps if missing == "drop" else np.ones(len(rows), bool))
    if not len(kept):
        raise SteadfitError(f"{name}: values are missing in every example, so none is left.")
    task, targets, classes = read_targets(y[kept], task, [ids[i] for i in kept])
    marks, numbers = own_test(is_test, len(rows)), group_numbers(groups, len(rows))
    return Dataset(
        name=name,
        x=Ragged.of([torch.from_numpy(rows[i]) for i in kept]),
        y=targets,
        task=task,
        classes=classes,
        ids=tuple(ids[i] for i in kept),
        is_test=None if marks is None else marks[kept],
        groups=None if numbers is None else numbers[kept],
        notes=tuple(notes),
    )


def from_texts(
    texts: Sequence[str],
    y: Any,
    name: str = "texts",
    *,
    unit: Unit = "words",
    task: Task | None = None,
    ids: Sequence[str] = (),
    is_test: Any = None,
    groups: Any = None,
    notes: Sequence[str] = (),
) -> Dataset:
    """A dataset of texts, cut into "words" or "characters".

    y, task, ids, is_test, groups: as in `from_arrays`. Raises SteadfitError for what is no text,
    texts without a token, and what `from_arrays` says of y.

    >>> data = from_texts(["a good film", "a bad film"], ["pos", "neg"])
    >>> str(data), data.x.tokens
    ('texts · 2 texts of 3 words · 2 classes', ('a', 'good', 'film', 'bad'))
    """
    ids = named(ids, len(texts))
    y = as_array(y, "y")
    if not len(texts) or len(texts) != len(y):
        raise SteadfitError(f"{name} has {len(texts)} texts and {len(y)} targets; one each needed.")
    other = [f"{where} ({text!r:.20})" for text, where in zip(texts, ids, strict=True)
             if not isinstance(text, str)]  # fmt: skip
    if other:
        raise SteadfitError(
            f"{name}: {len(other)} examples are no text: {some(other)}. Remove or mend them."
        )
    task, targets, classes = read_targets(y, task, ids)
    return Dataset(
        name=name,
        x=number_texts(texts, ids, unit),
        y=targets,
        task=task,
        classes=classes,
        ids=ids,
        is_test=own_test(is_test, len(texts)),
        groups=group_numbers(groups, len(texts)),
        notes=tuple(notes),
    )


def as_steps(row: Any, where: str) -> np.ndarray:
    """One series as float32, shape (steps, channels)."""
    values = as_array(row, where)
    if values.dtype.kind == "U" or values.ndim not in (1, 2):
        raise SteadfitError(
            f"{where} holds {values.dtype} of shape {values.shape}, and a series of numbers was "
            "expected: (steps,) or (steps, channels)."
        )
    with np.errstate(over="ignore"):
        return (values[:, None] if values.ndim == 1 else values).astype(np.float32)


def _check_rows(name: str, rows: list[np.ndarray], targets: int, ids: Sequence[str]) -> None:
    if not rows or len(rows) != targets:
        raise SteadfitError(
            f"{name} has {len(rows)} series and {targets} targets; one each needed."
        )
    empty = [where for row, where in zip(rows, ids, strict=True) if not row.size]
    if empty:
        raise SteadfitError(
            f"{name}: {len(empty)} series are empty: {some(empty)}. Each needs at least one step; "
            "remove these."
        )
    channels = rows[0].shape[1]
    other = [f"{where} ({row.shape[1]})" for row, where in zip(rows, ids, strict=True)
             if row.shape[1] != channels]  # fmt: skip
    if other:
        raise SteadfitError(
            f"{name}: {ids[0]} has {channels} channels, and others differ: {some(other)}. All "
            "series need the same channels."
        )
    infinite = [where for row, where in zip(rows, ids, strict=True) if np.isinf(row).any()]
    if infinite:
        raise SteadfitError(
            f"{name}: values are infinite, or beyond float32, in {len(infinite)} series: "
            f"{some(infinite)}. Mend or remove these."
        )


def _missing_note(
    rows: list[np.ndarray], gaps: np.ndarray, ids: Sequence[str], missing: str
) -> str:
    """What is missing and what is done about it. Raises where missing values are refused."""
    count = sum(int(np.isnan(row).sum()) for row in rows)
    named = some([where for where, gap in zip(ids, gaps, strict=True) if gap])
    found = f"{counted(count, 'values')} missing in {gaps.sum()} of {len(rows)} series ({named})"
    if missing == "refuse":
        raise SteadfitError(f"{found}. {FILL}")
    done = {"linear": "filled by straight lines between their neighbours", "drop": "left out"}
    return f"{found}: {done[missing]}."


def _filled(row: np.ndarray, where: str) -> np.ndarray:
    filled, steps = row.copy(), np.arange(len(row))
    for channel in filled.T:
        known = ~np.isnan(channel)
        if not known.any():
            raise SteadfitError(
                f"{where} has a channel without any value, so no line can be drawn through it. "
                'Give missing="drop", or leave the channel out.'
            )
        channel[:] = np.interp(steps, steps[known], channel[known])
    return filled
