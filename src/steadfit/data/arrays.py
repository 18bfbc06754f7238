"""From arrays in memory to a `Dataset`: the one place where inputs and labels are checked."""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from steadfit.data.dataset import Dataset, Task
from steadfit.errors import SteadfitError

Layout = Literal["channels_first", "channels_last"]


def from_arrays(
    x: Any,
    y: Any,
    name: str = "arrays",
    *,
    task: Task | None = None,
    layout: Layout | None = None,
    image: tuple[int, int] | None = None,
    ids: Sequence[str] = (),
    is_test: Any = None,
    groups: Any = None,
    notes: Sequence[str] = (),
) -> Dataset:
    """A dataset of images from arrays, tensors or nested lists.

    x: shape (examples, height, width), (examples, channels, height, width) or (examples, height,
        width, channels); uint8 stays as it is, all else becomes float32.
    y: class numbers or names, shape (examples,); or float numbers, (examples,) or
        (examples, outputs).
    task: "classes" or "numbers"; told by y's type if None: floats are numbers, all else classes.
    layout: where the channels are; told by a last or second side of 1, 3 or 4 if None.
    image: (height, width), for x of shape (examples, features): features are read as channels,
        rows, columns.
    ids: one a example, for messages; "row 0", "row 1", … if empty.
    is_test, groups: as in `Dataset`; groups may be any labels.

    Raises SteadfitError for shapes that do not agree, values that are not finite (named by row),
    objects, an empty data set, or a single class.

    >>> data = from_arrays([[[0.0, 1.0]], [[2.0, 3.0]]], ["cat", "dog"])
    >>> tuple(data.x.shape), data.classes, data.y.tolist()
    ((2, 1, 1, 2), ('cat', 'dog'), [0, 1])
    """
    images = _images(_array(x, "x"), layout, image)
    labels = _array(y, "y")
    if len(images) != len(labels):
        raise SteadfitError(
            f"x has {len(images)} rows and y has {len(labels)}. Each example needs one target."
        )
    if not len(images):
        raise SteadfitError(f"{name} has no examples. Give at least two of each class.")
    ids = tuple(ids) or tuple(f"row {i}" for i in range(len(images)))
    task = task or ("numbers" if labels.dtype.kind == "f" else "classes")
    targets, classes = _classes(labels) if task == "classes" else (_numbers(labels, ids), ())
    tensor = _finite(images, ids)
    return Dataset(
        name=name,
        x=tensor,
        y=targets,
        task=task,
        classes=classes,
        ids=ids,
        is_test=None if is_test is None else torch.as_tensor(np.asarray(is_test, bool)),
        groups=None if groups is None else _classes(_array(groups, "groups"))[0],
        notes=tuple(notes),
    )


def _array(values: Any, what: str) -> np.ndarray:
    """values as an array of numbers or text; anything else is refused."""
    try:
        array = values.numpy(force=True) if isinstance(values, Tensor) else np.asarray(values)
    except ValueError:
        raise SteadfitError(
            f"{what} is no array: its rows differ in shape. All examples need one shape."
        ) from None
    if array.dtype.kind == "S":
        array = np.char.decode(array, "utf-8")
    if array.dtype.kind == "O" and all(isinstance(value, str) for value in array.flat):
        array = array.astype(str)
    if array.dtype.kind not in "biufU":
        raise SteadfitError(
            f"{what} holds {array.dtype}, and numbers{' or text' if what != 'x' else ''} were "
            "expected. Convert it before it is saved or handed over."
        )
    return array


def _images(x: np.ndarray, layout: Layout | None, image: tuple[int, int] | None) -> np.ndarray:
    """x as (examples, channels, height, width)."""
    if x.dtype.kind == "U":
        raise SteadfitError("x holds text, and numbers were expected.")
    if x.ndim == 2 and image is not None:
        pixels = image[0] * image[1]
        if not pixels or not x.shape[1] or x.shape[1] % pixels:
            raise SteadfitError(
                f"x has {x.shape[1]} features a row, no multiple of {image[0]} × {image[1]} = "
                f"{pixels} pixels. Give the image size that the features came from."
            )
        x = x.reshape(len(x), -1, *image)
    elif x.ndim == 3:
        x = x[:, None]
    elif x.ndim == 4:
        x = x.transpose(0, 3, 1, 2) if _channels_last(x.shape, layout) else x
    else:
        hint = " For flat rows, give image=(height, width)." if x.ndim == 2 else ""
        raise SteadfitError(
            f"x has shape {x.shape}, and images were expected: (examples, height, width), with "
            f"channels as a fourth side.{hint}"
        )
    if x.size == 0 and len(x):
        raise SteadfitError(f"x has shape {x.shape}: images without pixels.")
    return np.ascontiguousarray(x)


def _channels_last(shape: tuple[int, ...], layout: Layout | None) -> bool:
    if layout is not None:
        return layout == "channels_last"
    first, last = shape[1] in (1, 3, 4), shape[3] in (1, 3, 4)
    if first == last:
        raise SteadfitError(
            f"x has shape {shape}, from which it cannot be told where the channels are. "
            'Give layout="channels_first" or layout="channels_last".'
        )
    return last


def _finite(x: np.ndarray, ids: Sequence[str]) -> Tensor:
    """uint8 as it is; all else as float32, each value finite."""
    if x.dtype == np.uint8:
        return torch.from_numpy(x)
    with np.errstate(over="ignore"):
        values = x.astype(np.float32)
    _refuse_rows(values, ids, "x")
    return torch.from_numpy(values)


def _numbers(y: np.ndarray, ids: Sequence[str]) -> Tensor:
    if y.dtype.kind == "U" or y.ndim > 2 or y.size == 0:
        raise SteadfitError(
            f"y holds {y.dtype} of shape {y.shape}, and numbers of shape (examples,) or "
            '(examples, outputs) were expected. For names, use task="classes".'
        )
    with np.errstate(over="ignore"):
        values = y.reshape(len(y), -1).astype(np.float32)
    _refuse_rows(values, ids, "y")
    return torch.from_numpy(values)


def _refuse_rows(values: np.ndarray, ids: Sequence[str], what: str) -> None:
    """An error that names the rows in which a value is not finite."""
    rows = np.flatnonzero(~np.isfinite(values).reshape(len(values), -1).all(axis=1))
    if len(rows):
        named = ", ".join(ids[int(row)] for row in rows[:5]) + (", …" if len(rows) > 5 else "")
        raise SteadfitError(
            f"{what} is not finite (NaN, infinite, or beyond float32) in {len(rows)} of "
            f"{len(values)} examples: {named}. Mend or remove them; nothing is filled in silently."
        )


def _classes(y: np.ndarray) -> tuple[Tensor, tuple[str, ...]]:
    """Class numbers in the order of the sorted labels, and the labels as text."""
    if y.ndim == 2 and y.shape[1] == 1:
        y = y[:, 0]
    if y.ndim != 1:
        raise SteadfitError(
            f"y has shape {y.shape}, and one class an example was expected. For one-hot rows give "
            'y.argmax(axis=1); for several numbers an example give task="numbers".'
        )
    if y.dtype.kind == "f" and not np.isfinite(y).all():
        raise SteadfitError("y holds NaN or infinite labels. Remove these examples or label them.")
    values, numbers = np.unique(y, return_inverse=True)
    names = tuple(f"{value:g}" if y.dtype.kind == "f" else str(value) for value in values)
    return torch.from_numpy(numbers.astype(np.int64)), names
