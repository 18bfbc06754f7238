"""Groups of test points as the units of an interval."""

import numpy as np
import pytest

from steadfit.analysis.clusters import by_group
from steadfit.analysis.decomposition import squared_error
from steadfit.analysis.intervals import interval

RNG = np.random.default_rng(0)


def test_the_figures_stay_and_the_units_are_groups() -> None:
    f, y = RNG.normal(size=(4, 3, 60, 1)), RNG.normal(size=(60, 1))
    found = squared_error(f, y)
    groups = RNG.integers(0, 7, 60)
    pooled = by_group(found, groups)
    assert pooled.losses.shape == (4, 3, 7)
    assert pooled.total == pytest.approx(found.total, rel=1e-12)
    assert pooled.variance == pytest.approx(found.variance, rel=1e-12)


def test_copies_in_one_group_say_nothing_new() -> None:
    """Each point ten times, in a group of its own: the interval is that of the points once."""
    f, y = RNG.normal(size=(5, 2, 40, 1)), RNG.normal(size=(40, 1))
    once = interval(squared_error(f, y))
    tenfold = squared_error(f.repeat(10, axis=2), y.repeat(10, axis=0))
    assert interval(tenfold).standard_error < 0.95 * once.standard_error
    pooled = interval(by_group(tenfold, np.arange(40).repeat(10)))
    assert pooled.standard_error == pytest.approx(once.standard_error, rel=1e-9)


def test_against_the_ratio_estimators_variance() -> None:
    """One replica pair that agrees: what is left is the variance of a cluster sample's mean,
    sum_g (n_g (m_g - m))^2 / (N^2 (1 - 1/G)) (Cochran 1977, 6.4 with the sizes as auxiliary)."""
    sizes = np.array([3, 5, 2, 8, 4, 6])
    group = np.arange(6).repeat(sizes)
    y = RNG.normal(size=(28, 1)) + group[:, None]
    pooled = by_group(squared_error(np.zeros((2, 1, 28, 1)), y), group)
    losses = (y**2).ravel()
    sums = np.array([(losses[group == g] - losses.mean()).sum() for g in range(6)])
    expected = np.sqrt((sums**2).sum() * 6 / 5) / 28
    assert interval(pooled).standard_error == pytest.approx(expected, rel=1e-9)
