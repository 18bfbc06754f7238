"""Data that people have in memory, as a `Dataset`: arrays, frames, data sets of torch's and others.

What is not a dependency is told by its methods, never by its type.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from torch import Tensor
from torch.utils.data import Dataset as TorchDataset
from torch.utils.data import TensorDataset

from steadfit.data.arrays import Layout, from_arrays
from steadfit.data.dataset import Dataset
from steadfit.data.readers import tables
from steadfit.data.sequences import from_series, from_texts
from steadfit.errors import SteadfitError, some
from steadfit.formats.frames import check_same_order, is_frame


def from_object(data: Any) -> Dataset:
    """A pair (x, y), a frame of pandas', polars' or Arrow's, a map-style data set of torch's, or a
    data set of Hugging Face's.

    Raises SteadfitError for anything else, with what to give instead.
    """
    if isinstance(data, (list, tuple)) and len(data) == 2 and not isinstance(data[0], str):
        return from_pair(*data)
    if is_frame(data):
        return tables.read(data)
    if hasattr(data, "column_names") and isinstance(data, Mapping):
        raise SteadfitError(
            f"data must be one data set, got several: {some(list(data))}. Give one of them: "
            f'data["{next(iter(data), "train")}"].'
        )
    if hasattr(data, "column_names") and hasattr(data, "features"):
        return _from_features(data)
    if isinstance(data, TensorDataset):
        return _from_tensors(data)
    if isinstance(data, TorchDataset):
        return _from_items(data)
    raise SteadfitError(
        "data must be a Dataset, a data set's name, a path, a pair (x, y) of arrays, a frame, or a "
        f"map-style data set of torch's, got {_kind(data)}. {_instead(data)}"
    )


def from_pair(x: Any, y: Any, name: str = "arrays", layout: Layout | None = None) -> Dataset:
    """Examples and their targets, told by their shape.

    x: a frame; texts in a list or an array; rows of a table, numbers of shape (examples, columns);
        images of shape (examples, channels, height, width) or with the channels last; arrays
        (steps, channels) of unequal length in a list.
    y, layout: as in `from_arrays`.
    Raises SteadfitError where x may be images or series, and as `from_arrays` and its like do.

    >>> str(from_pair([[0.0, 1.0], [1.0, 0.0]], ["up", "down"]))
    'arrays · 2 rows of 2 columns · 2 classes'
    """
    if is_frame(x):
        return _from_frame_and_target(x, y)
    if _are_texts(x):
        return from_texts(list(x), y, name)
    if isinstance(x, (list, tuple)) and len({np.shape(row) for row in x}) > 1:
        return from_series([_array(row) for row in x], y, name)
    array = _array(x)
    if array.ndim == 3 and array.dtype != np.uint8:
        raise SteadfitError(
            f"data must tell images from series, got an array of shape {array.shape}, which may be "
            "either. Give steadfit.from_arrays(x, y) of images, or steadfit.data.from_series(x, y)."
        )
    return from_arrays(array, y, name, layout=layout)


def _from_frame_and_target(x: Any, y: Any) -> Dataset:
    check_same_order(x, y)
    table = pa.table(x)
    target = next(name for name in ("y", "y_", "y__") if name not in table.column_names)
    values = np.asarray(_array(y)).reshape(-1)
    if len(values) != len(table):
        raise SteadfitError(
            f"x has {len(table)} rows and y has {len(values)}. Each example needs one target."
        )
    return tables.read(table.append_column(target, pa.array(values)), target=target)


def _from_tensors(data: TensorDataset) -> Dataset:
    if len(data.tensors) != 2:
        raise SteadfitError(
            f"A TensorDataset must have two tensors, of examples and targets, got "
            f"{len(data.tensors)}. Give the two as a pair (x, y)."
        )
    return from_pair(*data.tensors, layout="channels_first")


def _from_items(data: Any) -> Dataset:
    """All pairs of a map-style data set, in memory."""
    try:
        count = len(data)
    except TypeError:
        raise SteadfitError(
            f"A data set of torch's must have a length, got {type(data).__name__} without. Give "
            "its examples in two lists, as a pair (x, y)."
        ) from None
    pairs = [data[i] for i in range(count)]
    others = [one for one in pairs if not isinstance(one, (tuple, list)) or len(one) != 2]
    if others or not pairs:
        raise SteadfitError(
            "Each item of a data set must be a pair of an example and its target, got "
            f"{_kind(others[0]) if others else 'no items'}. Give two lists, as a pair (x, y)."
        )
    targets = _stacked([one[1] for one in pairs], "targets")
    examples = [one[0] for one in pairs]
    return from_pair(
        _examples(examples),
        _by_names(targets, getattr(data, "classes", None)),
        type(data).__name__,
        _layout(examples[0]),
    )


def _from_features(data: Any) -> Dataset:
    """A data set of Hugging Face's: a table; or images or arrays with a label each."""
    features = data.features
    kinds = {name: type(features[name]).__name__ for name in data.column_names}
    shaped = [name for name in data.column_names if kinds[name] in _SHAPED]
    named = {name: features[name].names for name in data.column_names
             if hasattr(features[name], "names")}  # fmt: skip
    if shaped:
        label = next(iter(named), None)
        if len(shaped) > 1 or label is None:
            raise SteadfitError(
                "A data set of images or arrays must have one column of them and one of class "
                f"labels, got {some(list(data.column_names))}. Give a pair (x, y)."
            )
        pairs = [(row[shaped[0]], row[label]) for row in (data[i] for i in range(len(data)))]
        targets = _by_names(np.array([one[1] for one in pairs]), named[label])
        if (dtype := getattr(features[shaped[0]], "dtype", None)) in ("uint8", "float32"):
            pairs = [(np.asarray(each, dtype), target) for each, target in pairs]
        layout = "channels_last" if kinds[shaped[0]] == "Image" else None
        return from_pair(_examples([one[0] for one in pairs]), targets, "arrays", layout)
    frame = data.to_pandas()
    for column, names in named.items():
        frame[column] = [names[number] for number in frame[column]]
    return tables.read(frame)


_SHAPED = ("Image", "Array2D", "Array3D", "List", "LargeList", "Sequence")  # columns of arrays


def _examples(rows: Sequence[Any]) -> Any:
    """Texts and arrays as they are; pictures as arrays. In one array where all have one shape."""
    if all(isinstance(row, str) for row in rows):
        return list(rows)
    arrays = [_array(row) for row in rows]
    if len({row.shape for row in arrays}) == 1:
        return np.stack(arrays)
    if any(row.ndim == 3 for row in arrays):
        raise SteadfitError(
            "Images must have one size, got several. Resize them, or give the folder's path."
        )
    return arrays


def _layout(example: Any) -> Layout | None:
    """Where torch's tensors and Pillow's pictures have their channels."""
    if isinstance(example, Tensor):
        return "channels_first"
    return "channels_last" if hasattr(example, "getbands") else None


def _stacked(values: Sequence[Any], what: str) -> np.ndarray:
    try:
        return np.stack([_array(value) for value in values])
    except ValueError:
        raise SteadfitError(f"All {what} must have one shape, got several.") from None


def _by_names(numbers: np.ndarray, names: Any) -> np.ndarray:
    """Class numbers by their names, where there are such."""
    if not isinstance(names, (list, tuple)) or numbers.dtype.kind not in "iu" or numbers.ndim != 1:
        return numbers
    return np.array([str(names[number]) for number in numbers])


def _are_texts(x: Any) -> bool:
    if isinstance(x, np.ndarray):
        return x.ndim == 1 and x.dtype.kind in "UO" and all(isinstance(one, str) for one in x)
    return isinstance(x, (list, tuple)) and len(x) > 0 and all(isinstance(one, str) for one in x)


def _array(values: Any) -> np.ndarray:
    return values.numpy(force=True) if isinstance(values, Tensor) else np.asarray(values)


def _kind(data: Any) -> str:
    return f"{type(data).__module__.partition('.')[0]}.{type(data).__name__}"


_INSTEAD: Mapping[str, str] = {
    "DataLoader": "Give its data set: loader.dataset. Batches are made here.",
    "ndarray": "Give the targets too: a pair (x, y).",
    "Tensor": "Give the targets too: a pair (x, y).",
    "dict": "Give a pair (x, y) of its arrays.",
    "LazyFrame": "Give frame.collect().",
}


def _instead(data: Any) -> str:
    known = (one.__name__ for one in type(data).__mro__)
    return next((_INSTEAD[name] for name in known if name in _INSTEAD), "Give a pair (x, y).")
