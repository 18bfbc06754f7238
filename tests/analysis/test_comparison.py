"""Changes against simulated worlds whose truth is known, and against formulas written out."""

import numpy as np
import pytest
from scipy import stats

from steadfit.analysis.comparison import Change, PointLosses, change, mean_change
from steadfit.analysis.jackknife import Floats
from steadfit.errors import SteadfitError

FOLDS = 5


def world(rng, repetitions: int, points: int = 200, of_fold: float = 0.0, skewed: bool = False):
    """Differences whose mean is 0, and their folds.

    Each point has an effect with variance 1; each replica one whose part of the mean's variance, in
    one repetition, is `of_fold` times the points'.
    """
    effect = rng.exponential(size=points) - 1 if skewed else rng.normal(size=points)
    folds = np.stack([rng.permutation(np.arange(points) % FOLDS) for _ in range(repetitions)])
    of_replica = rng.normal(size=(repetitions, FOLDS)) * np.sqrt(of_fold * FOLDS / points)
    noise = 0.5 * rng.normal(size=folds.shape)
    return effect + np.take_along_axis(of_replica, folds, 1) + noise, folds


def held(
    repetitions: int, of_fold: float, studies: int = 1500, fault=lambda d, f: (d, f), **more
) -> float:
    """How often the interval holds 0."""
    rng = np.random.default_rng(0)
    found = [
        mean_change(*fault(*world(rng, repetitions, of_fold=of_fold, **more)))
        for _ in range(studies)
    ]
    return float(np.mean([one.low <= 0 <= one.high for one in found]))


@pytest.mark.parametrize("repetitions", [1, 3])
@pytest.mark.parametrize("of_fold", [0.3, 3.0])
def test_intervals_hold_the_truth(repetitions: int, of_fold: float):
    assert 0.93 <= held(repetitions, of_fold) <= (0.985 if repetitions == 1 else 0.965)


@pytest.mark.parametrize(
    ("of_fold", "fault"),
    [
        pytest.param(0.0, lambda d, f: (d.repeat(3, 1), f.repeat(3, 1)), id="points thrice"),
        pytest.param(3.0, lambda d, f: (d, np.arange(200)[None] % FOLDS), id="other folds"),
    ],
)
def test_planted_faults_are_seen(of_fold: float, fault):
    repetitions = 3 if of_fold == 0.0 else 1
    assert held(repetitions, of_fold, fault=fault) < 0.88


def test_one_sided_levels_are_right():
    """A chance above 95% where there is no change: in 5% of studies, in a quarter of them a chance
    below 25%."""
    rng = np.random.default_rng(1)
    chances = [mean_change(*world(rng, 2, of_fold=1.0)).chance_better for _ in range(1500)]
    assert np.mean(np.array(chances) > 0.95) == pytest.approx(0.05, abs=0.017)
    assert np.mean(np.array(chances) < 0.25) == pytest.approx(0.25, abs=0.035)


def test_skewed_points_are_missed_as_often_on_either_side():
    rng = np.random.default_rng(2)
    worlds = [world(rng, 3, points=40, skewed=True) for _ in range(2000)]
    found = [mean_change(*one) for one in worlds]
    plain = [stats.ttest_1samp(differences.mean(0), 0) for differences, _ in worlds]
    above = np.mean([one.low > 0 for one in found])
    below = np.mean([one.high < 0 for one in found])
    assert abs(above - below) < 0.02
    up, down = (
        np.mean([one.pvalue < 0.05 and (one.statistic > 0) == side for one in plain])
        for side in (True, False)
    )
    assert down - up > 0.03  # Student's alone


def written_out(d: Floats, folds: np.ndarray) -> tuple[float, float]:
    """The two parts of the variance, by loops."""
    repetitions, points = d.shape
    of_points = d.mean(0).var(ddof=1) / points
    between, within = [], []
    for r in range(repetitions):
        means = [d[r, folds[r] == k].mean() for k in range(FOLDS)]
        between.append(np.var(means, ddof=1))
        squares = sum(((d[r, folds[r] == k] - means[k]) ** 2).sum() for k in range(FOLDS))
        within.append(squares / (points - FOLDS) / (points / FOLDS))
    part = np.mean(between) - np.mean(within)
    return of_points, max(0.0, part) / (FOLDS * repetitions)


@pytest.mark.parametrize("repetitions", [1, 2])
def test_parts_are_the_mean_squares(repetitions: int):
    d, folds = world(np.random.default_rng(3), repetitions, of_fold=4.0)
    found = mean_change(d, folds)
    assert (found.points, found.retrainings) == pytest.approx(written_out(d, folds), rel=1e-9)
    assert found.retrainings > 0


def test_retrainings_on_all_the_data_are_the_two_way_mean_squares():
    rng = np.random.default_rng(4)
    d = rng.normal(size=(6, 1)) + rng.normal(size=50) + 0.3 * rng.normal(size=(6, 50))
    found = mean_change(d, np.zeros((6, 50), np.int64))
    residual = d - d.mean(0) - d.mean(1, keepdims=True) + d.mean()
    noise = (residual**2).sum() / (5 * 49)
    assert found.retrainings == pytest.approx((d.mean(1).var(ddof=1) - noise / 50) / 6)
    assert found.points == pytest.approx(d.mean(0).var(ddof=1) / 50)


def test_points_of_groups_count_as_groups():
    d, folds = world(np.random.default_rng(5), 1, points=60)
    many = mean_change(d.repeat(10, 1), folds.repeat(10, 1), np.arange(60).repeat(10))
    one = mean_change(d, folds)
    assert many.points == pytest.approx(one.points)
    assert many.value == pytest.approx(one.value)
    assert many.retrainings == pytest.approx(one.retrainings, rel=0.1, abs=1e-4)


def test_constant_differences_are_sure():
    folds = np.arange(10)[None] % FOLDS
    same = mean_change(np.zeros((1, 10)), folds)
    assert (same.low, same.high, same.chance_better, same.heaviest) == (0.0, 0.0, 0.5, 0.0)
    assert mean_change(np.full((1, 10), -0.1), folds).chance_better == 1.0


def test_the_heaviest_points_are_told():
    d = np.zeros((1, 100))
    d[0, :5] = -1.0
    assert mean_change(d, np.arange(100)[None] % FOLDS).heaviest == 1.0


def test_more_repetitions_shorten_what_retrainings_make_long():
    points_only = Change(0, -1, 1, 0.5, 1000, 0.5, points=0.25, retrainings=0.0, heaviest=0.0)
    replicas_only = Change(0, -1, 1, 0.5, 1000, 0.5, points=0.0, retrainings=0.25, heaviest=0.0)
    assert points_only.shorter(2) == pytest.approx(1.0, abs=0.01)
    assert replicas_only.shorter(4) == pytest.approx(0.5, abs=0.01)


def test_arms_must_have_the_same_folds():
    folds = np.arange(10)[None] % FOLDS
    one = PointLosses(np.zeros((1, 10)), folds)
    with pytest.raises(SteadfitError, match="same test points"):
        change(one, PointLosses(np.zeros((1, 10)), folds[:, ::-1]))
    with pytest.raises(SteadfitError, match="at least 2 replicas"):
        mean_change(np.zeros((1, 10)), np.zeros((1, 10), np.int64))
    with pytest.raises(SteadfitError, match="same shape"):
        PointLosses(np.zeros((2, 10)), folds)
    with pytest.raises(SteadfitError, match="2 groups"):
        mean_change(np.zeros((1, 10)), folds, np.zeros(10, np.int64))
