"""`.npz` files with x and y, and x_test and y_test where the data has a test set of its own."""

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from steadfit.data.arrays import Layout, from_arrays
from steadfit.data.dataset import Dataset
from steadfit.data.sequences import from_series
from steadfit.data.tables import from_table
from steadfit.data.targets import TaskName
from steadfit.errors import SteadfitError, unknown
from steadfit.formats.npz import load_arrays

_NAMES = ("x", "y", "x_test", "y_test")
_NARROW = 8  # pixels: images whose sides are shorter may be series with channels


def read(
    source: str | Path,
    *,
    task: TaskName | None = None,
    layout: Layout | None = None,
    image: tuple[int, int] | None = None,
    kind: str | None = None,
) -> Dataset:
    """Arrays saved by `numpy.savez`: x and y (or x_train and y_train), with x_test and y_test.

    task, layout, image: as in `from_arrays`. kind: "series" where x is of shape (examples, steps)
    or (examples, steps, channels); if None, or "table", as in `from_arrays`. Other arrays are left
    out and named in the notes. Object arrays are refused, never unpickled. Raises SteadfitError for
    these, for a file that is not a complete npz file, for missing arrays and for what `from_arrays`
    refuses.
    """
    path = Path(source)
    arrays, others = load_arrays(path, _NAMES)
    sides = ["", "_test"] if "x_test" in arrays or "y_test" in arrays else [""]
    for name in [f"{part}{side}" for side in sides for part in "xy"]:
        if name not in arrays:
            raise SteadfitError(
                f"{path} has no array {name}. Expected x and y, and both or neither of x_test and "
                f"y_test; found {', '.join([*arrays, *others]) or 'nothing'}."
            )
    ids = [f"x{side} row {i}" for side in sides for i in range(_rows(arrays, side, path))]
    is_test = np.arange(len(ids)) >= len(arrays["x"])
    x, y = (_joined([arrays[f"{part}{side}"] for side in sides], path) for part in "xy")
    common: dict[str, Any] = {
        "task": task,
        "ids": ids,
        "is_test": is_test if len(sides) == 2 else None,
        "notes": [f"The array {name} of {path.name} is not used." for name in others],
    }
    if kind is None and layout is None and x.ndim == 3 and min(x.shape[1:]) < _NARROW:
        common["notes"].append(
            f"x of shape {x.shape} is read as images of {x.shape[1]}×{x.shape[2]} pixels; "
            'kind="series" reads it as series.'
        )
    if kind is None and image is None and x.ndim == 2:
        common["notes"].append(f"x of shape {x.shape} is a table, as it has two axes.")
    of_kind = {None: partial(from_arrays, layout=layout, image=image), "series": from_series,
               "table": from_table}  # fmt: skip
    if kind not in of_kind:
        raise unknown("kind of row", str(kind), ("table", "series"))
    return of_kind[kind](x, y, path.stem, **common)


def _rows(arrays: dict[str, np.ndarray], side: str, path: Path) -> int:
    x, y = arrays[f"x{side}"], arrays[f"y{side}"]
    if not x.ndim or not y.ndim or len(x) != len(y):
        raise SteadfitError(
            f"{path}: x{side} and y{side} must have a row for each example, got shapes {x.shape} "
            f"and {y.shape}."
        )
    return len(x)


def _joined(parts: list[np.ndarray], path: Path) -> np.ndarray:
    """Training and test side as one array."""
    if any(part.shape[1:] != parts[0].shape[1:] for part in parts):
        shapes = " and ".join(str(part.shape) for part in parts)
        raise SteadfitError(f"{path}: training and test arrays differ in shape, {shapes}.")
    if len({part.dtype.kind in "US" for part in parts}) > 1:
        raise SteadfitError(f"{path}: y and y_test must both be numbers, or both text.")
    return np.concatenate(parts)
