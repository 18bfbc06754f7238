"""The shapes of what a reference has learned: arrays of a file, which may be anybody's."""

from collections.abc import Mapping

import numpy as np

Shapes = Mapping[str, tuple[str, ...]]  # of arrays by name: what their axes are called

_FEWER = ("seen", "sums")  # axes that are no longer than the outputs
LINE: Shapes = {"coef": ("outputs", "columns"), "intercept": ("outputs",)}
SCALE: Shapes = {"mean": ("columns",), "scale": ("columns",)}
LOGISTIC: Shapes = {
    "coef": ("seen", "columns"),
    "intercept": ("seen",),
    "present": ("seen",),
    "examples": (),
}


def check_shapes(
    arrays: Mapping[str, np.ndarray], shapes: Shapes, sizes: Mapping[str, int]
) -> None:
    """Raise ValueError where axes of one name differ in length, or an array is none of these.

    NumPy would repeat an array along the axes that it lacks, until the memory is full.
    sizes: known lengths, "outputs" among them. A name may end in a level, as "ends-2": axes are
    then called by it too.
    """
    known = dict(sizes)
    for name, array in arrays.items():
        word, _, level = name.partition("-")
        axes = shapes.get(word)
        if axes is None or array.ndim != len(axes):
            raise ValueError(f"{name} of shape {array.shape} is none of its arrays")
        for axis, length in zip(axes, array.shape, strict=True):
            if known.setdefault(axis + level, length) != length:
                raise ValueError(f"{name} has {length:,} {axis}, not {known[axis + level]:,}")
    if any(known.get(axis, 0) > known["outputs"] for axis in _FEWER):
        raise ValueError("it has learned more classes than there are")
