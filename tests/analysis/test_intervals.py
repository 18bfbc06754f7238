"""Intervals against Student's t, brute-force jackknives, and simulations with known truth."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from steadfit.analysis.decomposition import cross_entropy, squared_error
from steadfit.analysis.intervals import interval, paired_interval
from steadfit.errors import SteadfitError

QUANTITIES = ["total", "variance", "bias_noise"]


def arm(f, y=None):
    """The squared error of predictions of shape (S, J, N)."""
    f = np.asarray(f, dtype=float)
    targets = np.zeros((f.shape[2], 1)) if y is None else y
    return squared_error(f[..., None], targets, crossed=True)


def test_independent_replicas_give_the_paired_t_test():
    """One seed and points that all agree: only the samples differ."""
    rng = np.random.default_rng(0)
    first, second = rng.normal(size=(2, 6, 1, 1)).repeat(30, axis=3)
    expected = stats.ttest_rel((second**2).mean((1, 2)), (first**2).mean((1, 2)))
    low, high = expected.confidence_interval(0.9)
    change = paired_interval(arm(second), arm(first), level=0.9)
    assert change.dof == pytest.approx(5)
    assert change.p_value == pytest.approx(expected.pvalue)
    assert (change.low, change.high) == pytest.approx((low, high))


def test_replicas_that_agree_give_the_t_test_over_points():
    f = np.random.default_rng(1).normal(size=(1, 1, 80)).repeat(4, axis=0).repeat(2, axis=1)
    found = interval(arm(f))
    expected = stats.ttest_1samp(f[0, 0] ** 2, 0.0)
    low, high = expected.confidence_interval()
    assert (found.low, found.high) == pytest.approx((low, high))
    assert interval(arm(f), "variance").standard_error == pytest.approx(0.0, abs=1e-12)


def test_two_way_mean_squares_and_satterthwaite():
    """Losses of strong seeds at points that all agree, by the formulas written out."""
    rng = np.random.default_rng(2)
    losses = 9 + rng.normal(size=(5, 1)) + 2 * rng.normal(size=(1, 4)) + rng.normal(size=(5, 4))
    found = interval(arm(np.sqrt(losses)[:, :, None].repeat(3, axis=2)))
    rows, columns, mean = losses.mean(1, keepdims=True), losses.mean(0), losses.mean()
    ms_a = 4 * ((rows - mean) ** 2).sum() / 4
    ms_b = 5 * ((columns - mean) ** 2).sum() / 3
    parts = np.array([ms_a, ms_b]) / 20
    assert found.standard_error**2 == pytest.approx(parts.sum())
    assert found.dof == pytest.approx(parts.sum() ** 2 / (parts**2 / [4, 3]).sum())


def test_noise_of_replicas_at_single_points_is_counted_once():
    """Losses f^2 drawn anew at each point for each replica: the variance of their mean is 2/SN."""
    rng = np.random.default_rng(9)
    studies = [interval(arm(rng.normal(size=(10, 1, 300)))) for _ in range(300)]
    claimed = np.mean([found.standard_error**2 for found in studies])
    assert claimed == pytest.approx(2 / (10 * 300), rel=0.15)


@pytest.mark.parametrize("samples", [3, 5, 10])
def test_variance_has_the_standard_error_of_the_delete_one_jackknife(samples):
    """Recomputed without each sample (Efron and Stein 1981), for one seed and agreeing points."""
    f = np.random.default_rng(3).normal(size=(samples, 1, 1)).repeat(20, axis=2)
    without = [arm(np.delete(f, s, axis=0)).variance for s in range(samples)]
    jackknife = (samples - 1) / samples * np.square(without - np.mean(without)).sum()
    found = interval(arm(f), "variance")
    assert found.value == pytest.approx(f[:, 0, 0].var(ddof=1))
    assert found.standard_error**2 == pytest.approx(jackknife)
    assert found.dof == pytest.approx(samples - 1)


def test_samples_and_seeds_may_change_places():
    rng = np.random.default_rng(4)
    first, second = rng.normal(size=(2, 5, 3, 40))
    for quantity in QUANTITIES:
        one = paired_interval(arm(first), arm(second), quantity)
        flipped = [arm(f.swapaxes(0, 1)) for f in (first, second)]
        other = paired_interval(*flipped, quantity)
        assert one.low == pytest.approx(other.low)
        assert one.dof == pytest.approx(other.dof)


@given(seed=st.integers(0, 1000), quantity=st.sampled_from(QUANTITIES))
def test_what_must_not_matter(seed, quantity):
    rng = np.random.default_rng(seed)
    z, y = rng.normal(size=(2, 5, 2, 15, 3)), rng.integers(0, 3, 15)
    order = np.ix_([0, 1], *(rng.permutation(n) for n in (5, 2, 15)), [0, 1, 2])
    arms = [cross_entropy(each, y, crossed=True) for each in z]
    moved = [cross_entropy(each, y[order[3].ravel()], crossed=True) for each in z[order]]
    one, other = (paired_interval(*pair, quantity) for pair in (arms, moved))
    assert (one.low, one.high) == pytest.approx((other.low, other.high), abs=1e-9)
    back = paired_interval(arms[1], arms[0], quantity)
    assert (back.low, back.high) == pytest.approx((-one.high, -one.low))
    assert one.low <= one.value <= one.high
    assert paired_interval(*arms, quantity, level=0.5).high < one.high


def two_arms(rng, grid, spread, sds, points=150, directions=40):
    """Two arms' deviations: random functions of the point, correlated 0.6 between the arms."""
    features = rng.normal(size=(directions, points)) / math.sqrt(directions)
    features *= np.exp(0.5 * rng.normal(size=points) - 0.25)
    arms = np.zeros((2, *grid, directions))
    for sd, shape in zip(sds, [(grid[0], 1), (1, grid[1]), grid], strict=True):
        common, own = sd * rng.normal(size=(2, *shape, directions))
        arms[0] += common
        arms[1] += 0.6 * common + 0.8 * own
    return arms[0] @ features, spread * (arms[1] @ features)


@pytest.mark.parametrize(
    ("grid", "sds"),
    [((3, 1), (1.0, 0.0, 0.0)), ((5, 2), (0.5, 0.3, 0.8)), ((10, 2), (0.5, 0.3, 0.8))],
)
def test_coverage(grid, sds):
    """The intervals hold the truth in 95% of 300 simulated studies, give or take 4 s.e."""
    rng = np.random.default_rng(5)
    change = (0.8**2 - 1) * sum(sd**2 for sd in sds)
    truth = {"total": change, "variance": change, "bias_noise": 0.0}
    held = {quantity: [] for quantity in QUANTITIES}
    errors = {quantity: [] for quantity in QUANTITIES}
    for _ in range(300):
        y = rng.normal(size=(150, 1))
        first, second = (arm(f + y[:, 0], y) for f in two_arms(rng, grid, 0.8, sds))
        for quantity in QUANTITIES:
            found = paired_interval(second, first, quantity)
            held[quantity].append(found.low <= truth[quantity] <= found.high)
            errors[quantity].append((found.value, found.standard_error))
    for quantity in QUANTITIES:
        assert np.mean(held[quantity]) >= 0.90, quantity
        values, claimed = np.array(errors[quantity]).T
        ratio = np.sqrt((claimed**2).mean()) / values.std()
        assert 0.85 < ratio < 1.8, quantity  # the jackknife errs towards too wide


def test_an_arm_that_is_the_baseline_changes_nothing():
    same = arm(np.random.default_rng(7).normal(size=(5, 2, 30)))
    for quantity in QUANTITIES:
        change = paired_interval(same, same, quantity)
        assert (change.value, change.low, change.high, change.p_value) == (0.0, 0.0, 0.0, 1.0)


def test_too_few_replicas_get_a_sentence():
    two = arm(np.random.default_rng(8).normal(size=(2, 2, 9)))
    assert interval(two).low < interval(two).high
    with pytest.raises(SteadfitError, match="needs 3 samples or seeds, but 2"):
        interval(two, "variance")
    with pytest.raises(SteadfitError, match="same samples, seeds and test points"):
        paired_interval(two, arm(np.zeros((2, 1, 9))))
