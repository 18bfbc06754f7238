"""Where the variance comes from, against the two-way table, a jackknife and known truth."""

import numpy as np
import pytest

from steadfit.analysis.decomposition import brier, cross_entropy, squared_error
from steadfit.analysis.sources import source_intervals
from steadfit.errors import SteadfitError

NAMES = ("sample", "seed", "interaction")


def sources(f):
    gram = squared_error(f, np.zeros(f.shape[2:]), crossed=True).gram
    assert gram is not None
    return source_intervals(gram)


def test_the_values_are_the_components_of_the_decomposition():
    rng = np.random.default_rng(0)
    z, y = rng.normal(size=(4, 3, 50, 5)), rng.integers(0, 5, 50)
    found = brier(z, y, crossed=True)
    assert found.gram is not None
    of = source_intervals(found.gram)
    for name in NAMES:
        assert of[name].value == pytest.approx(getattr(found.components, name))


def test_the_standard_error_is_that_of_two_jackknives():
    f = np.random.default_rng(1).normal(size=(5, 4, 30, 2))
    variance = np.zeros(3)
    for axis in (0, 1):
        n = f.shape[axis]
        without = []
        for i in range(n):
            left = squared_error(np.delete(f, i, axis), np.zeros((30, 2)), crossed=True).components
            without.append([getattr(left, name) for name in NAMES])
        variance += (n - 1) ** 2 / n * np.var(without, axis=0, ddof=1)
    errors = [sources(f)[name].standard_error for name in NAMES]
    assert np.square(errors) == pytest.approx(variance)


@pytest.mark.parametrize("sds", [(1.0, 0.5, 0.7), (0.5, 1.0, 0.5)])
def test_the_intervals_hold_the_truth(sds):
    """Of 300 simulated studies with 10 samples and 8 seeds: 95% or more, give or take 4 s.e."""
    rng = np.random.default_rng(2)
    features = rng.normal(size=(40, 60)) / np.sqrt(40)
    scale = np.square(features).sum(0).mean()
    held = np.zeros(3)
    for _ in range(300):
        shapes = [(10, 1), (1, 8), (10, 8)]
        effects = sum(sd * rng.normal(size=(*s, 40)) for sd, s in zip(sds, shapes, strict=True))
        found = sources((effects @ features)[..., None])
        held += [
            found[name].low <= sd**2 * scale <= found[name].high
            for name, sd in zip(NAMES, sds, strict=True)
        ]
    assert (held / 300 >= 0.90).all(), held / 300


def test_two_seeds_are_too_few():
    with pytest.raises(SteadfitError, match="3 samples and 3 seeds on each, but 4 and 2"):
        sources(np.zeros((4, 2, 5, 1)))


def test_the_cross_entropy_has_none():
    assert cross_entropy(np.zeros((3, 3, 4, 2)), np.zeros(4, int), crossed=True).gram is None
