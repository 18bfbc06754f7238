"""Rows of numbers as series: missing values are refused, filled or left out, and said."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch

from steadfit.errors import SteadfitError, counted, some, unknown
from steadfit.formats.arrays import as_array, filled_forward
from steadfit.formats.long_tables import FILL
from steadfit.kinds.ragged import Ragged

RULES = ("refuse", "linear", "forward", "drop")


class Joined(NamedTuple):
    """Series, the positions of the rows that they are, and what is to be said."""

    series: Ragged
    kept: np.ndarray
    notes: list[str]


def joined(rows: Sequence[Any] | np.ndarray, ids: Sequence[str], missing: str, name: str) -> Joined:
    """Series from one array a row, each of shape (steps,) or (steps, channels), NaN where missing.

    missing: "refuse" raises, naming the rows; "linear" draws a straight line between the neighbours
    in the same channel and repeats the nearest value at the ends; "forward" repeats the last value
    before; "drop" leaves the row out.

    Raises SteadfitError for empty series, different channels, infinite values, and missing values
    that are refused or cannot be filled.
    """
    if missing not in RULES:
        raise unknown("rule for missing values", missing, RULES)
    steps = [as_steps(row, where) for row, where in zip(rows, ids, strict=True)]
    _check_rows(name, steps, ids)
    gaps = np.array([np.isnan(row).any() for row in steps])
    notes = [_missing_note(steps, gaps, ids, missing)] if gaps.any() else []
    if missing in _FILLED:
        fill = _FILLED[missing]
        steps = [fill(row, i) if gap else row
                 for row, i, gap in zip(steps, ids, gaps, strict=True)]  # fmt: skip
    kept = np.flatnonzero(~gaps if missing == "drop" else np.ones(len(steps), bool))
    if not len(kept):
        raise SteadfitError(f"{name}: values are missing in every example, so none is left.")
    return Joined(Ragged.of([torch.from_numpy(steps[i]) for i in kept]), kept, notes)


def as_steps(row: Any, where: str) -> np.ndarray:
    """One series as float32, shape (steps, channels)."""
    values = as_array(row, where)
    if values.dtype.kind == "U" or values.ndim not in (1, 2):
        raise SteadfitError(
            f"{where} must be a series of numbers of shape (steps,) or (steps, channels), got "
            f"{values.dtype} of shape {values.shape}."
        )
    with np.errstate(over="ignore"):
        return (values[:, None] if values.ndim == 1 else values).astype(np.float32)


def _check_rows(name: str, rows: list[np.ndarray], ids: Sequence[str]) -> None:
    if not rows:
        raise SteadfitError(f"{name} has no series.")
    empty = [where for row, where in zip(rows, ids, strict=True) if not row.size]
    if empty:
        raise SteadfitError(
            f"{name}: each series must have a step at least, got none in {len(empty)}: "
            f"{some(empty)}. Remove these."
        )
    channels = rows[0].shape[1]
    other = [f"{where} ({row.shape[1]})" for row, where in zip(rows, ids, strict=True)
             if row.shape[1] != channels]  # fmt: skip
    if other:
        raise SteadfitError(
            f"{name}: all series must have the same channels, got {channels} in {ids[0]}, and "
            f"others in {some(other)}."
        )
    infinite = [where for row, where in zip(rows, ids, strict=True) if np.isinf(row).any()]
    if infinite:
        raise SteadfitError(
            f"{name}: values must be finite, got infinity or values beyond float32 in "
            f"{len(infinite)} series: {some(infinite)}. Fix or remove these."
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
    done = {
        "linear": "filled by straight lines between their neighbours",
        "forward": "filled with the last before them",
        "drop": "left out",
    }
    return f"{found}: {done[missing]}."


def _linear(row: np.ndarray, where: str) -> np.ndarray:
    filled, steps = row.copy(), np.arange(len(row))
    for channel in filled.T:
        known = ~np.isnan(channel)
        if not known.any():
            raise SteadfitError(
                f"{where} has a channel without any value, so there is nothing to interpolate. "
                'Give missing="drop", or leave the channel out.'
            )
        channel[:] = np.interp(steps, steps[known], channel[known])
    return filled


def _forward(row: np.ndarray, where: str) -> np.ndarray:
    filled = filled_forward(row)
    if np.isnan(filled).any():
        raise SteadfitError(
            f"{where} begins with a missing value, and there is none before it to repeat. Give "
            'missing="drop", or leave these steps out.'
        )
    return filled


_FILLED = {"linear": _linear, "forward": _forward}
