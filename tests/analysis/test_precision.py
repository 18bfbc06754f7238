"""Stein's rule against its textbook form, and what it promises against simulations."""

import math

import numpy as np
import pytest
from scipy import stats

from steadfit.analysis.decomposition import squared_error
from steadfit.analysis.evidence import Sampling
from steadfit.analysis.intervals import Spread, paired, paired_interval, spread
from steadfit.analysis.precision import MOST, Reached, plan
from steadfit.analysis.result import Analysis, ArmAnalysis
from steadfit.analysis.terms import Loss, Scheme, Verdict
from steadfit.errors import SteadfitError
from steadfit.report.explain import explain
from steadfit.report.voice import COMMAND_LINE, PYTHON
from steadfit.study.design import Design, check_precision

USUAL = Sampling(10)


def arms(rng, samples, scale=0.5):
    """Losses of two arms by sample, at points that all agree; the true change is 0.3."""
    change = 0.3 + scale * rng.normal(size=(samples, 1, 1, 1))
    base = 4 + rng.normal(size=(samples, 1, 1, 1))
    losses = (base + change).clip(0), base.clip(0)
    return tuple(squared_error(np.sqrt(each).repeat(8, 2), np.zeros((8, 1))) for each in losses)


@pytest.mark.parametrize("seed", range(5))
def test_where_only_samples_differ_it_is_steins_rule(seed):
    """N = max(S0, ceil(t^2 s^2 / d^2)), and the interval's length is 2 t s / sqrt(N)."""
    arm, base = arms(np.random.default_rng(seed), 6)
    differences = (arm.losses - base.losses)[:, 0, 0]
    t, s, d = stats.t.ppf(0.975, 5), differences.std(ddof=1), 0.15
    chosen = plan([spread(paired(arm, base, "total"), "total")], 6, d)
    assert chosen.samples == max(6, math.ceil((t * s / d) ** 2))
    assert chosen.reach == pytest.approx(t * s / math.sqrt(chosen.samples))
    assert chosen.reached is Reached.YES
    assert f"The {chosen.samples} training samples were chosen" in said(chosen)


def study(rng, pilot, precision):
    """One study with two stages: how many samples, and its interval."""
    arm, base = arms(rng, MOST)

    def first(decomposition, samples):
        return squared_error(np.sqrt(decomposition.losses[:samples, ..., None]), np.zeros((8, 1)))

    table = paired(first(arm, pilot), first(base, pilot), "total")
    samples = plan([spread(table, "total")], pilot, precision).samples
    whole = first(arm, samples), first(base, samples)
    return samples, paired_interval(*whole, pilot=pilot), paired_interval(*whole)


def test_the_intervals_hold_the_truth_and_are_narrow_enough():
    """In 2,000 studies of 4 samples at first, 95% at least, less 3 standard errors (1.5 points)."""
    rng = np.random.default_rng(0)
    found = [study(rng, 4, 0.35) for _ in range(2000)]
    reached = [e for samples, e, _ in found if samples < MOST]
    assert all((e.high - e.low) / 2 <= 0.35 * (1 + 1e-9) for e in reached[:1] + reached)
    assert np.mean([e.low <= 0.3 <= e.high for _, e, _ in found]) >= 0.935
    assert 4 < np.mean([samples for samples, _, _ in found]) < 60


def test_the_longest_interval_decides():
    narrow, wide = (Spread((v, 0.0, 0.0), (9.0, 1.0, 99.0)) for v in (1e-4, 9e-4))
    assert plan([narrow, wide], 10, 0.03).samples == plan([wide], 10, 0.03).samples > 10
    assert plan([narrow], 10, 0.03).samples == 10


def test_what_cannot_be_reached_is_said_and_costs_nothing():
    at_points = plan([Spread((1e-4, 0.0, 1e-4), (9.0, 1.0, 99.0))], 10, 0.01)
    assert at_points.samples == 10
    assert at_points.reached is Reached.FLOOR
    assert at_points.floor == pytest.approx(stats.t.ppf(0.975, 99) * 1e-2)
    assert "test points leave" in said(at_points, Sampling(10, scheme=Scheme.BOOTSTRAP))
    crossed = Sampling(10, 3, scheme=Scheme.BOOTSTRAP, crossed=True)
    shared = plan([Spread((1e-4, 1e-4, 0.0), (9.0, 2.0, 99.0))], 10, 0.01)
    assert "the seeds that all samples share" in said(shared, crossed)
    on_one_set = plan([Spread((1e-4, 1e-4, 0.0), (4.0, 4.0, 99.0))], 5, 0.01)
    assert "another training set would change" in said(on_one_set)
    assert "--scheme whole" in said(on_one_set)
    assert 'scheme="whole"' in said(on_one_set, voice=PYTHON)
    too_many = plan([Spread((1e-2, 0.0, 0.0), (9.0, 1.0, 99.0))], 10, 0.01)
    assert too_many.samples == 10
    assert too_many.reached is Reached.TOO_MANY
    assert f"more than {MOST}" in said(too_many)
    assert plan([], 10, 0.01).samples == 10


def said(chosen, sampling=USUAL, voice=COMMAND_LINE) -> str:
    """What is said of it beside an analysis."""
    arm = ArmAnalysis("baseline", Verdict.BASELINE, {}, {}, {})
    found = Analysis(Loss.SQUARED, 0.95, sampling, 99, (arm,), "baseline", precision=chosen)
    return explain(found, voice)[-1]


@pytest.mark.parametrize("precision", [0.0, -1.0, math.nan])
def test_a_precision_that_means_nothing_is_a_sentence(precision):
    with pytest.raises(SteadfitError, match="above 0"):
        check_precision(precision, Design())


def test_more_disjoint_parts_would_be_smaller_ones():
    check_precision(None, Design(scheme="disjoint"))
    with pytest.raises(SteadfitError, match="another size"):
        check_precision(0.01, Design(scheme="disjoint"))
