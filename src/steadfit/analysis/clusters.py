"""Test points that belong together: whole groups are the units of an interval."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from steadfit.analysis.decomposition import Decomposition
from steadfit.analysis.jackknife import Floats


def by_group(found: Decomposition, group: NDArray[np.integer]) -> Decomposition:
    """The same figures from one value a group, so that intervals take groups as drawn, not points.

    Points of one group are alike, so there is less in them than their number says. With G groups
    of n_g points out of N, a group's value is m + (G / N) sum_i (x_i - m), m the mean over points:
    the linearised mean of a cluster sample (Cochran 1977, "Sampling techniques", 9A.1). The mean
    over groups is m exactly.

    group: of each test point, int64, shape (N,).
    """
    return replace(
        found, losses=group_means(found.losses, group), spreads=group_means(found.spreads, group)
    )


def group_means(values: Floats, group: NDArray[np.integer]) -> Floats:
    """One value a group, from shape (..., N) to (..., G), with the mean that the points have."""
    mean = values.mean(-1, keepdims=True)
    order = np.argsort(group, kind="stable")
    starts = np.unique(group[order], return_index=True)[1]
    sums = np.add.reduceat((values - mean)[..., order], starts, axis=-1)
    return mean + sums * (len(starts) / len(group))
