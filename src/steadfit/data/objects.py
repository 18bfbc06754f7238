"""Data that people have in memory, as a `Dataset`: pairs of examples and targets."""

from typing import Any

import numpy as np

from steadfit.data.arrays import from_arrays
from steadfit.data.dataset import Dataset
from steadfit.data.sequences import from_series, from_texts
from steadfit.errors import SteadfitError
from steadfit.formats.arrays import as_array
from steadfit.formats.frames import is_frame


def from_pair(x: Any, y: Any, name: str = "arrays") -> Dataset:
    """Examples and their targets, told by their shape.

    x: texts in a list or an array; rows of a table, as numbers of shape (examples, columns) or a
        frame; images of shape (examples, channels, height, width) or with the channels last; arrays
        (steps, channels) of unequal length in a list.
    y: as in `from_arrays`.
    Raises SteadfitError where x may be images or series, and as `from_arrays` and its like do.

    >>> str(from_pair([[0.0, 1.0], [1.0, 0.0]], ["up", "down"]))
    'arrays · 2 rows of 2 columns · 2 classes'
    """
    if _are_texts(x):
        return from_texts(list(x), y, name)
    if isinstance(x, (list, tuple)) and len({np.shape(row) for row in x}) > 1:
        return from_series(x, y, name)
    if is_frame(x):
        return from_arrays(x, y, name)
    array = as_array(x, "x")
    if array.ndim == 3 and array.dtype != np.uint8:
        raise SteadfitError(
            f"data must tell images from series, got an array of shape {array.shape}, which may be "
            "either. Give steadfit.from_arrays(x, y) of images, or steadfit.data.from_series(x, y)."
        )
    return from_arrays(array, y, name)


def _are_texts(x: Any) -> bool:
    if isinstance(x, np.ndarray):
        return x.ndim == 1 and x.dtype.kind in "UO" and all(isinstance(one, str) for one in x)
    return isinstance(x, (list, tuple)) and len(x) > 0 and all(isinstance(one, str) for one in x)
