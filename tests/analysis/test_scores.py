"""Scores alone, against SciPy and simulation."""

import numpy as np
import pytest
from scipy import stats

from steadfit.analysis.scores import MORE, Score, analyse_scores
from steadfit.errors import SteadfitError


def scores_of(arms, data_set=""):
    return [
        Score(name, str(seed), float(value), data_set)
        for name, values in arms.items()
        for seed, value in enumerate(values)
    ]


@pytest.fixture
def two():
    rng = np.random.default_rng(0)
    return {"base": rng.normal(0.8, 0.02, 5), "new": rng.normal(0.83, 0.05, 7)}


def test_one_data_set_is_welchs_interval(two):
    (found,) = analyse_scores(scores_of(two)).changes
    expected = stats.ttest_ind(two["new"], two["base"], equal_var=False)
    low, high = expected.confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((low, high))
    one_sided = stats.ttest_ind(two["base"], two["new"], equal_var=False, alternative="less")
    assert found.chance_higher == pytest.approx(1 - one_sided.pvalue)
    assert found.better is bool(one_sided.pvalue < 0.05)


def test_pairs_are_students_interval():
    rng = np.random.default_rng(1)
    base = rng.normal(size=6)
    new = base + rng.normal(0.1, 0.05, 6)
    (found,) = analyse_scores(scores_of({"base": base, "new": new}), paired=True).changes
    low, high = stats.ttest_rel(new, base).confidence_interval(0.95)
    assert (found.low, found.high) == pytest.approx((low, high))


def test_what_more_seeds_would_bring(two):
    (found,) = analyse_scores(scores_of({"base": two["base"], "new": two["new"][:5]})).changes
    n, m = 5, 5 + MORE
    variances = [np.var(two["base"], ddof=1), np.var(two["new"][:5], ddof=1)]
    welch = sum(variances) ** 2 / sum(v**2 for v in variances)
    ratio = (
        np.sqrt(n / m) * stats.t.ppf(0.975, welch * (m - 1)) / stats.t.ppf(0.975, welch * (n - 1))
    )
    assert found.with_more == pytest.approx(ratio)


@pytest.mark.parametrize(("sets", "paired"), [(1, False), (3, False), (3, True)])
def test_intervals_hold_the_truth_and_holm_the_family(sets, paired):
    rng = np.random.default_rng(2)
    held, false = [], []
    for _ in range(400):
        rows = []
        for number in range(sets):
            base = rng.normal(0.5 * number, 1 + number, 6)
            arms = {"base": base + rng.normal(0, 0.5, 6)}
            arms |= {f"arm{k}": (base if paired else rng.normal(0.5 * number, 1 + number, 6))
                     + rng.normal(0, 0.5, 6) for k in range(3)}  # fmt: skip
            rows += scores_of(arms, f"set {number}")
        found = analyse_scores(rows, paired).changes
        held.append(found[0].low <= 0 <= found[0].high)
        false.append(any(one.better for one in found))
    assert 0.92 <= np.mean(held) <= 0.985
    assert np.mean(false) <= 0.08


def test_a_loss_is_better_where_it_is_lower():
    scores = scores_of({"base": [1.0, 1.1, 0.9, 1.05], "new": [0.5, 0.6, 0.55, 0.4]})
    assert analyse_scores(scores, higher_is_better=False).changes[0].better
    assert not analyse_scores(scores).changes[0].better


@pytest.mark.parametrize(
    ("rows", "paired", "said"),
    [
        ([], False, "must have a row"),
        (scores_of({"a": [1, 2]}), False, "two arms or more, got a alone"),
        (scores_of({"a": [1, 2], "b": [1]}), False, "b must have two seeds or more, got one"),
        (scores_of({"a": [1, 2], "b": [1, np.nan]}), False, "must be finite, got nan of b"),
        (scores_of({"a": [1, 2], "b": [1, 2]}) * 2, False, "got seed 0 of a twice"),
        (scores_of({"a": [1, 2], "b": [1, 2, 3]}), True, "must have the same seeds, and b"),
        (scores_of({"a": [1, 2]}) + scores_of({"b": [1, 2]}, "s"), False, "same data sets, and b"),
    ],
)
def test_what_does_not_fit_is_refused(rows, paired, said):
    with pytest.raises(SteadfitError, match=said):
        analyse_scores(rows, paired)
