"""What is checked of every array: that it holds numbers or names, finite ones, one an example."""

from collections.abc import Sequence
from numbers import Integral, Real
from typing import Any

import numpy as np
import torch
from torch import Tensor

from steadfit.errors import SteadfitError, some


def as_array(values: Any, what: str) -> np.ndarray:
    """values as an array of numbers or text; anything else is refused."""
    try:
        array = _of_tensor(values) if isinstance(values, Tensor) else np.asarray(values)
    except ValueError:
        raise SteadfitError(
            f"{what} must be an array, got rows of different shapes. Give all examples one shape."
        ) from None
    if not array.ndim:
        raise SteadfitError(f"{what} must have a value for each example, got a single one.")
    if array.dtype.kind == "S":
        array = np.char.decode(array, "utf-8")
    if array.dtype.kind == "O":
        array = _of_objects(array)
    if array.dtype.kind == "O" and any(value is None for value in array.flat):
        rows = [str(i) for i, row in enumerate(array) if any(v is None for v in np.ravel(row))]
        raise SteadfitError(
            f"{what} must have a value for each example, got None in {len(rows)}, rows "
            f"{some(rows)}. Fill these in, or leave these examples out."
        )
    if array.dtype.kind not in "biufU":
        raise SteadfitError(
            f"{what} holds {array.dtype}, and numbers{' or text' if what != 'x' else ''} were "
            "expected. Convert it before it is saved or handed over."
        )
    return array


def _of_tensor(values: Tensor) -> np.ndarray:
    """As NumPy has it; bfloat16, which it has not, as float32."""
    known = values.float() if values.dtype == torch.bfloat16 else values
    return known.numpy(force=True)


def _of_objects(array: np.ndarray) -> np.ndarray:
    """Objects of one plain type as such: texts, booleans, whole numbers or numbers."""
    for type_of, dtype in ((str, str), (bool, bool), (Integral, np.int64), (Real, np.float64)):
        if all(isinstance(value, (type_of, np.bool_) if type_of is bool else type_of)
               for value in array.flat):  # fmt: skip
            return array.astype(dtype)
    return array


def finite(x: np.ndarray, ids: Sequence[str], what: str) -> Tensor:
    """uint8 as it is; all else as float32. Raises SteadfitError where a value is not finite."""
    if x.dtype == np.uint8:
        return torch.from_numpy(writable(x))
    with np.errstate(over="ignore"):
        values = x.astype(np.float32)
    refuse_rows(values, ids, what)
    return torch.from_numpy(values)


def named(ids: Sequence[str], examples: int) -> tuple[str, ...]:
    """What each of so many examples is called: its id, or its row where there are none."""
    if len(ids):
        one_each("ids", len(ids), examples)
    return tuple(ids) or tuple(f"row {i}" for i in range(examples))


def one_each(what: str, found: int, examples: int) -> None:
    """Raise SteadfitError where there is not one entry for each example."""
    if found != examples:
        raise SteadfitError(
            f"{what} must have an entry for each of the {examples} examples, got {found}."
        )


def refuse_rows(values: np.ndarray, ids: Sequence[str], what: str) -> None:
    """An error that names the rows in which a value is not finite."""
    rows = np.flatnonzero(~np.isfinite(values).reshape(len(values), -1).all(axis=1))
    if len(rows):
        named = some([ids[int(row)] for row in rows])
        raise SteadfitError(
            f"{what} must be finite, got NaN, infinity or values beyond float32 in {len(rows)} of "
            f"{len(values)} examples: {named}. Fix or remove them; nothing is filled in silently."
        )


def is_number(text: str | bytes) -> bool:
    """Whether Python reads it as a number."""
    try:
        float(text)
    except ValueError:
        return False
    return True


def writable(x: np.ndarray) -> np.ndarray:
    """The array, or a copy where it may not be written to: torch has no tensors of such memory."""
    return x if x.flags.writeable else x.copy()


def filled_forward(values: np.ndarray) -> np.ndarray:
    """Rows in which a missing value is the last one before it in its channel, where there is one.

    >>> filled_forward(np.array([[np.nan], [1.0], [np.nan], [4.0]])).ravel().tolist()
    [nan, 1.0, 1.0, 4.0]
    """
    rows = np.where(np.isnan(values), 0, np.arange(len(values))[:, None])
    return np.take_along_axis(values, np.maximum.accumulate(rows, axis=0), axis=0)
