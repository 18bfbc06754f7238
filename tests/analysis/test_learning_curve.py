"""The learning curve against power laws whose continuation is known."""

import numpy as np
import pytest

from steadfit.analysis.evidence import ArmEvidence, Comparing, Evidence
from steadfit.analysis.learning_curve import AtShare, learning_curve
from steadfit.analysis.measures import Points
from steadfit.analysis.terms import Route


def curve_of(levels, noise=0.0, points=200, seed=0):
    """The curve of an arm whose squared loss at a quarter, half and all has these levels: of each
    point a prediction of sqrt(level + noise)."""
    rng = np.random.default_rng(seed)
    folds = rng.permutation(np.arange(points) % 5)[None]
    of_point = rng.normal(size=points)  # the same at every size, as the points are

    def predictions(level):
        losses = level * (1 + 0.3 * of_point + noise * rng.normal(size=points))
        return np.sqrt(np.maximum(losses, 0))[None, :, None]

    quarter, half, whole = (predictions(level) for level in levels)
    arm = ArmEvidence("l2", whole)
    evidence = Evidence(
        (arm,), Points(np.zeros((points, 1))), folds, Comparing(5, (1,), Route.ASKED), "squared"
    )
    shares = [AtShare(0.25, 40.0, quarter), AtShare(0.5, 80.0, half)]
    return learning_curve(evidence, arm, shares, 160.0)


@pytest.mark.parametrize(("floor", "scale", "power"), [(0.1, 2.0, 0.5), (0.0, 5.0, 1.0)])
def test_a_power_law_goes_on(floor, scale, power):
    at = [floor + scale * n**-power for n in (40, 80, 160, 320)]
    found = curve_of(at[:3])
    assert [point.examples for point in found.points] == [40.0, 80.0, 160.0]
    assert found.doubled is not None
    assert found.doubled.value == pytest.approx(at[3] - at[2], rel=0.1)
    falls = [point.to_all.value for point in found.points[:2] if point.to_all]
    assert falls == pytest.approx([at[2] - at[0], at[2] - at[1]], rel=0.1)


def test_the_interval_of_the_continuation_holds_it():
    at = [0.1 + 2 * n**-0.5 for n in (40, 80, 160, 320)]
    held = []
    for seed in range(300):
        doubled = curve_of(at[:3], noise=0.3, points=400, seed=seed).doubled
        assert doubled is not None
        held.append(doubled.low <= at[3] - at[2] <= doubled.high)
    assert np.mean(held) > 0.92


@pytest.mark.parametrize("levels", [(0.3, 0.2, 0.25), (0.2, 0.3, 0.1)])
def test_a_loss_that_rises_is_not_continued(levels):
    assert curve_of(levels).doubled is None


def test_a_fall_that_grows_is_not_continued_faster():
    doubled = curve_of((0.5, 0.4, 0.2)).doubled
    assert doubled is not None
    assert doubled.value == pytest.approx(-0.2, rel=0.1)
