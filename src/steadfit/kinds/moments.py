"""Means and standard deviations of a sample, channel by channel."""

import math

import numpy as np
from torch import Tensor

from steadfit.kinds.ragged import Ragged
from steadfit.kinds.stored import Stored

_BLOCK, _VALUES = 4096, 2**22  # examples, and their values, taken to float64 at a time


def moments(
    values: Tensor | Ragged | Stored, indices: Tensor
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and population standard deviation of each channel, of the examples at indices.

    An example counts as often as it was drawn; computed in float64 by two passes. The deviation of
    a channel that never varies is given as 1.
    """

    one = 1 if isinstance(values, Ragged) else math.prod(values.shape[1:])
    together = max(1, min(_BLOCK, _VALUES // max(1, one)))

    def mean_of_power(power: int, centre: np.ndarray | float) -> np.ndarray:
        total, count = np.zeros(values.shape[-1 if isinstance(values, Ragged) else 1]), 0
        for block in indices.split(together):
            part = values[block]
            rows = (part.values if isinstance(part, Ragged) else part).numpy().astype(np.float64)
            rows = rows.reshape(*rows.shape[:2], -1) - np.reshape(centre, (-1, 1))
            total += (rows**power).sum((0, 2))
            count += rows.shape[0] * rows.shape[2]
        return total / count

    mean = mean_of_power(1, 0.0)
    std = np.sqrt(mean_of_power(2, mean))
    return tuple(mean.tolist()), tuple(np.where(std > 0, std, 1.0).tolist())
