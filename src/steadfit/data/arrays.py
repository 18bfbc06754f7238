"""From arrays in memory to a `Dataset`: the one place where inputs and labels are checked."""

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from steadfit.data.dataset import Dataset, Structure
from steadfit.data.schema import Schema
from steadfit.data.tables import from_table
from steadfit.data.targets import TaskName, group_numbers, own_test, read_targets
from steadfit.errors import SteadfitError
from steadfit.formats.arrays import as_array, finite, named
from steadfit.formats.frames import is_frame
from steadfit.kinds import Images
from steadfit.kinds.stored import Pixels

Layout = Literal["channels_first", "channels_last"]


def from_arrays(
    x: Any,
    y: Any,
    name: str = "arrays",
    *,
    task: TaskName | None = None,
    several: str | None = None,
    layout: Layout | None = None,
    image: tuple[int, int] | None = None,
    ids: Sequence[str] = (),
    is_test: Any = None,
    groups: Any = None,
    notes: Sequence[str] = (),
) -> Dataset:
    """A dataset of images or of rows of a table, from arrays, tensors or nested lists.

    x: images, shape (examples, height, width), (examples, channels, height, width) or (examples,
        height, width, channels); uint8 stays as it is, all else becomes float32. Or rows of a
        table, shape (examples, columns), or a frame, as in `from_table`.
    y: class numbers or names, shape (examples,); or float numbers, (examples,) or
        (examples, outputs).
    task: "classes", "numbers" or "several"; told by y's type if None: floats are numbers, all else
        classes.
    several: the mark between the labels of one example, as ";" where y has "red;round". Without
        one, y of the task "several" is marks 0 and 1, shape (examples, labels).
    layout: where the channels are; told by a last or second side of 1, 3 or 4 if None.
    image: (height, width), where rows of shape (examples, columns) are images: channels, rows,
        columns.
    ids: one a example, for messages; "row 0", "row 1", … if empty.
    is_test, groups: as in `Structure`; groups may be any labels.

    Raises SteadfitError for shapes that do not agree, values that are not finite (named by row),
    objects, or an empty data set.

    >>> data = from_arrays([[[0.0, 1.0]], [[2.0, 3.0]]], ["cat", "dog"])
    >>> tuple(data.x.shape), data.classes, data.y.tolist()
    ((2, 1, 1, 2), ('cat', 'dog'), [0, 1])
    """
    if is_frame(x) and image is None:
        return from_table(x, y, name, task=task, several=several, ids=ids, is_test=is_test,
                          groups=groups, notes=notes)  # fmt: skip
    array = as_array(x, "x")
    if array.ndim == 2 and image is None:
        return from_table(array, y, name, task=task, several=several, ids=ids, is_test=is_test,
                          groups=groups, notes=notes)  # fmt: skip
    images = _images(array, layout, image)
    if not len(images):
        raise SteadfitError(f"{name} has no examples. Give at least two of each class.")
    ids = named(ids, len(images))
    return of_images(
        finite(images, ids, "x"),
        y,
        name,
        task=task,
        several=several,
        ids=ids,
        is_test=is_test,
        groups=groups,
        notes=notes,
    )


def of_images(
    x: Pixels,
    y: Any,
    name: str,
    *,
    task: TaskName | None,
    several: str | None,
    ids: tuple[str, ...],
    is_test: Any,
    groups: Any,
    notes: Sequence[str],
) -> Dataset:
    """`from_arrays` of images that have been checked, in memory or in a file."""
    labels = as_array(y, "y")
    if len(x) != len(labels):
        raise SteadfitError(
            f"x has {len(x)} rows and y has {len(labels)}. Each example needs one target."
        )
    learned, targets, said = read_targets(labels, task, ids, several)
    return Dataset(
        name=name,
        x=x,
        y=targets,
        schema=Schema(Images.of(x), learned),
        structure=Structure(
            is_test=own_test(is_test, len(x)), groups=group_numbers(groups, len(x))
        ),
        ids=ids,
        notes=(*notes, *said),
    )


def _images(x: np.ndarray, layout: Layout | None, image: tuple[int, int] | None) -> np.ndarray:
    """x as (examples, channels, height, width)."""
    if x.dtype.kind == "U":
        raise SteadfitError("x must be numbers, got text. For texts use steadfit.data.from_texts.")
    if x.ndim == 2 and image is not None:
        pixels = image[0] * image[1]
        if not pixels or not x.shape[1] or x.shape[1] % pixels:
            raise SteadfitError(
                f"Rows of x must have a multiple of {image[0]} × {image[1]} = {pixels} features, "
                f"got {x.shape[1]}. Give the image size that they came from."
            )
        x = x.reshape(len(x), -1, *image)
    elif x.ndim == 3:
        x = x[:, None]
    elif x.ndim == 4:
        x = x.transpose(0, 3, 1, 2) if _channels_last(x.shape, layout) else x
    else:
        raise SteadfitError(
            "x must be images of shape (examples, height, width), perhaps with channels as a "
            f"fourth dimension, or rows of shape (examples, columns), got shape {x.shape}."
        )
    if x.size == 0 and len(x):
        raise SteadfitError(f"x must be images that have pixels, got shape {x.shape}.")
    return np.ascontiguousarray(x)


def _channels_last(shape: tuple[int, ...], layout: Layout | None) -> bool:
    if layout is not None:
        return layout == "channels_last"
    first, last = shape[1] in (1, 3, 4), shape[3] in (1, 3, 4)
    if first == last:
        raise SteadfitError(
            f"Cannot determine where the channels are in x of shape {shape}. Give "
            'layout="channels_first" or layout="channels_last".'
        )
    return last
