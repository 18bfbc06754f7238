"""What one data set says of others of its size, against a simulation whose truth is known."""

import numpy as np
import pytest

from steadfit.analysis.analyse import analyse
from steadfit.analysis.arm_loss import ArmLoss, change, change_here, interval, joined
from steadfit.analysis.decomposition import Decomposition, cross_entropy
from steadfit.analysis.evidence import ArmEvidence, Evidence, Points, Sampling
from steadfit.analysis.intervals import Spread, student, verdicts
from steadfit.analysis.terms import Loss, Verdict

STUDIES = 2000
OF_SAMPLE, OF_SEED, OF_BOTH, OF_POINT = 0.5, 0.6, 0.3, 1.0  # standard deviations of a change


def study(rng, seeds: int, crossed: bool = False, samples: int = 5, points: int = 40):
    """The changes that one data set gives, whose mean over data sets, seeds and points is 0.

    Drawn samples vary about the data set as data sets do about their mean, and are biased by 0.4.
    Returns the data set's own effect, and the tables of drawn samples and of the whole.
    """
    own = OF_SAMPLE * rng.normal()
    at_points = OF_POINT * rng.normal(size=points)

    def table(shape, of_sample):
        of_seed = OF_SEED * rng.normal(size=(1, seeds) if crossed and shape[1] > 1 else shape)
        change = of_sample + of_seed + OF_BOTH * rng.normal(size=shape)
        return change[..., None] + at_points

    drawn = table((samples, seeds), own + 0.4 + OF_SAMPLE * rng.normal(size=(samples, 1)))
    whole = table((samples, 1), own)  # each with a seed of its own
    return own, drawn, whole


def held(seeds: int, crossed: bool = False, spread=joined) -> float:
    """How often the interval holds the mean."""
    rng = np.random.default_rng(0)
    found = []
    for _ in range(STUDIES):
        _, drawn, whole = study(rng, seeds, crossed)
        each = student(float(whole.mean()), spread(drawn, whole, crossed), 0.95)
        found.append(each.low <= 0 <= each.high)
    return float(np.mean(found))


@pytest.mark.parametrize(("seeds", "crossed"), [(1, False), (2, True)])
def test_the_interval_holds_the_mean_over_other_data_sets(seeds, crossed):
    """95% at least, less 3 standard errors (1.5 points)."""
    assert held(seeds, crossed) >= 0.935


def test_with_two_seeds_a_sample_it_is_closer_and_unsure_of_small_changes_from_set_to_set():
    """Where these are half of what seeds change: docs/measuring.md says so, and how much less."""
    assert 0.90 <= held(2) <= 0.95
    one_seed = held(2, spread=lambda drawn, whole, _: joined(drawn[:, :1], whole, False))
    assert one_seed > held(2)


def test_without_the_training_sets_part_it_would_not():
    def seeds_only(drawn, whole, crossed) -> Spread:
        found = joined(drawn, whole, crossed)
        return Spread((found.parts[0], 0.0, found.parts[2]), found.degrees)

    assert held(1, spread=seeds_only) < 0.88


def test_here_is_the_change_on_the_data_at_hand():
    """The data set's own change is the truth; the biased drawn samples have no part in it."""
    rng, found = np.random.default_rng(1), []
    for _ in range(STUDIES):
        own, drawn, whole = study(rng, 1)
        arm, base = (pair(drawn * k, whole * k) for k in (1.0, 0.0))
        each = change_here(arm, base, 0.95)
        assert each is not None
        found.append(each.low <= own <= each.high)
    assert 0.935 <= np.mean(found) <= 0.985


def test_where_nothing_is_changed_words_are_seldom_said():
    """Arms that differ from the baseline by seeds and points only: 5% at most, in either word."""
    rng, words = np.random.default_rng(2), []
    base = pair(np.zeros((5, 1, 40)), np.zeros((5, 1, 40)))
    for _ in range(STUDIES):
        drawn, whole = (
            rng.normal(size=(5, 1, 1)) + 0.1 * rng.normal(size=(5, 1, 40)) for _ in range(2)
        )
        arm = pair(drawn, whole)
        here = change_here(arm, base, 0.95)
        assert here is not None
        words.append({*verdicts([change(arm, base, "total", 0.95)]), *verdicts([here])})
    assert np.mean(["better" in said for said in words]) <= 0.05
    assert np.mean(["worse" in said for said in words]) <= 0.05


def test_totals_are_of_the_whole_and_variance_of_the_samples():
    rng = np.random.default_rng(3)
    y = rng.integers(0, 3, 60)
    drawn, whole = (cross_entropy(rng.normal(size=(4, 1, 60, 3)) + k, y) for k in (0, 1))
    arm = ArmLoss(drawn, whole)
    assert arm.total == whole.total
    assert arm.variance == drawn.variance
    assert arm.bias_noise == whole.total - drawn.variance
    for quantity in ("total", "variance", "bias_noise"):
        found = interval(arm, quantity, 0.95)
        assert found.low < found.value < found.high
        assert found.value == pytest.approx(getattr(arm, quantity))


def test_parts_worked_by_hand():
    """Samples 0, 2, 4 with MS_A = 4 and W retrainings of variance 1 each: 4 - 1 and 1 / 3."""
    drawn = np.array([0.0, 2.0, 4.0]).reshape(3, 1, 1).repeat(2, 2)
    whole = np.array([0.0, 1.0, 2.0]).reshape(3, 1, 1).repeat(2, 2)
    assert joined(drawn, whole, crossed=False).parts == pytest.approx((1 / 3, 3.0, 0.0))
    crossed = np.concatenate([drawn, drawn + 5], 1)  # no interaction: all of it is the samples'
    assert joined(crossed, whole, crossed=True).parts == pytest.approx((1 / 3, 4.0, 0.0))
    own = np.array([[0.0, 1.0], [2.0, 1.0], [4.0, 5.0]])[..., None].repeat(2, 2)
    within, between = 0.5, 2 * np.var([0.5, 1.5, 4.5], ddof=1)
    found = joined(own, whole, crossed=False).parts
    assert found == pytest.approx((1 / 3, (between - within) / 2, 0.0))
    assert joined(drawn / 4, whole, crossed=False).parts == pytest.approx((1 / 3, 0.0, 0.0))


def test_a_study_says_here_where_only_these_data_show_it():
    """Retrainings that agree, on samples that do not."""
    rng = np.random.default_rng(0)
    y = np.arange(30) % 3
    right = np.eye(3)[y]
    base = np.stack([right + 0.01 * rng.normal(size=right.shape) for _ in range(8)])
    better = base + np.array([3, -0.5, 2, -0.6, 0.5, 0.5, 0.5, 0.5])[:, None, None] * right
    points = Points(y, [Loss.CROSS_ENTROPY])
    arms = tuple(
        ArmEvidence(name, points, own[:4, None], own[4:])
        for name, own in (("baseline", base), ("better", better))
    )
    found = analyse(Evidence(arms, Sampling(4, whole=4), Loss.CROSS_ENTROPY))
    own = found.arms[1]
    assert own.verdict is Verdict.BETTER_HERE
    assert own.changes["cross_entropy"].high > 0 > own.changes_here["cross_entropy"].high
    assert found.best == "better"


def pair(drawn, whole) -> ArmLoss:
    return ArmLoss(*(Decomposition(each, each, 0.0, None) for each in (drawn, whole)))
