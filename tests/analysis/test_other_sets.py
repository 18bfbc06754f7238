"""What one data set says of others, against a simulation whose truth is known."""

import numpy as np
import pytest

from steadfit.analysis.comparison import mean_change
from steadfit.analysis.other_sets import between_sets


def table(rng, samples=6, seeds=1, points=400, of_sample=0.0, of_seed=0.0, together=0.0):
    """Changes by sample, seed and point: effects of each, and of sample and point together."""
    return (
        of_sample * rng.normal(size=(samples, 1, 1))
        + of_seed * rng.normal(size=(samples, seeds, 1))
        + together * rng.normal(size=(samples, 1, points))
        + 0.2 * rng.normal(size=(samples, seeds, points))
        + rng.normal(size=points)
    )


@pytest.mark.parametrize("seeds", [1, 3])
def test_the_variance_between_sets_is_unbiased(seeds: int):
    rng = np.random.default_rng(0)
    found = [
        between_sets(
            table(rng, seeds=seeds, of_sample=0.5, of_seed=0.3, together=0.5), 0.3**2, False
        )
        for _ in range(1500)
    ]
    assert np.mean(found) == pytest.approx(0.25, rel=0.06)


@pytest.mark.parametrize("seeds", [1, 3])
def test_points_are_not_counted_twice(seeds: int):
    """No effect of the training set, only of set and point together: what is left is the bias of
    taking 0 for what comes out below, a part of the points' own variance."""
    rng = np.random.default_rng(1)
    together = 1.5
    found = [
        between_sets(table(rng, seeds=seeds, points=50, together=together), 0.0, False)
        for _ in range(1500)
    ]
    counted_twice = together**2 / 50
    assert np.mean(found) < 0.45 * counted_twice


def test_an_interval_without_the_double_count_is_shorter_and_still_holds():
    """The counterexample of the old formula: only set and point together have an effect."""
    rng = np.random.default_rng(2)
    points, together, samples = 100, 1.0, 5
    lengths, twice, held = [], [], []
    for _ in range(1500):
        drawn = table(rng, samples, 1, points, together=together)
        of_points = rng.normal(size=points)
        own = of_points + together * rng.normal(size=(samples, points))
        found = mean_change(own, np.zeros(own.shape, np.int64))
        extra = between_sets(drawn, found.retrainings * samples, False)
        lengths.append(np.sqrt(found.error**2 + extra))
        held.append(abs(found.value) <= 2.0 * lengths[-1])
        twice.append(np.sqrt(found.error**2 + drawn.mean((1, 2)).var(ddof=1)))
    oracle = np.sqrt((1 + together**2 / samples) / points)
    assert np.mean(twice) / oracle > 1.3
    assert np.mean(lengths) / oracle < 1.12
    assert np.mean(held) > 0.94


def test_crossed_seeds_are_taken_out():
    rng = np.random.default_rng(3)
    common = 0.8 * rng.normal(size=(1500, 1, 4, 1))
    found = [
        between_sets(table(rng, seeds=4, of_sample=0.4, of_seed=0.2) + seed, 0.0, True)
        for seed in common
    ]
    assert np.mean(found) == pytest.approx(0.16, rel=0.08)
