"""Measures of one's own against the built-in ones, scikit-learn, and the bootstrap."""

import numpy as np
import pytest
from scipy.stats import spearmanr
from sklearn.metrics import accuracy_score, f1_score, roc_auc_score

from steadfit.analysis.measures import MEASURES, Points
from steadfit.analysis.own_measures import BLOCKS, own_measure
from steadfit.errors import SteadfitError

RNG = np.random.default_rng(0)


def drawn(count):
    y = RNG.integers(0, 2, count)
    high = RNG.normal(size=count) + y
    return y, np.stack([np.zeros(count), high - 0.5], 1)


def wrong(y, predicted):
    return 1 - accuracy_score(y, predicted.argmax(1))


def one_less_auc(y, predicted):
    return 1 - roc_auc_score(y, predicted[:, 1])


def one_less_f1(y, predicted):
    return 1 - f1_score(y, predicted.argmax(1), average="macro")


def one_less_rank(y, predicted):
    return 1 - spearmanr(y[:, 0], predicted[:, 0])[0]


def test_a_value_a_point_is_taken_as_it_is():
    y, logits = drawn(30)
    points = Points(y)

    def wrong_each(y, predicted):
        return predicted.argmax(1) != y

    np.testing.assert_array_equal(
        own_measure(wrong_each).values(logits, points), MEASURES["error"].values(logits, points)
    )


def test_the_jackknife_of_a_mean_gives_the_points_own_losses():
    y, logits = drawn(BLOCKS)
    points = Points(y)
    found = own_measure(wrong).values(logits, points)
    np.testing.assert_allclose(found, MEASURES["error"].values(logits, points), atol=1e-9)


@pytest.mark.parametrize(("own", "ours"), [(one_less_auc, "auc"), (one_less_f1, "f1")])
@pytest.mark.parametrize("count", [180, 1500])
def test_it_has_the_value_and_the_standard_error_of_ours(own, ours, count):
    y, logits = drawn(count)
    points = Points(y)
    found, expected = own_measure(own).values(logits, points), MEASURES[ours].values(logits, points)
    assert found.mean() == pytest.approx(own(y, np.exp(logits) / np.exp(logits).sum(1)[:, None]))
    assert found.mean() == pytest.approx(expected.mean())
    assert found.std() == pytest.approx(expected.std(), rel=0.15)  # of 200 blocks: ±5% a deviation


def test_its_standard_error_is_that_of_the_bootstrap_also_of_groups():
    groups = np.repeat(np.arange(150), 4)
    level = RNG.normal(size=150)[groups]
    y = (level + 0.3 * RNG.normal(size=600))[:, None]
    predicted = y + RNG.normal(size=150)[groups][:, None]
    values = own_measure(one_less_rank).values(predicted, Points(y, groups))
    means = np.bincount(groups, values) / 4
    again = []
    for _ in range(400):
        taken = RNG.integers(0, 150, 150)
        rows = (taken[:, None] * 4 + np.arange(4)).ravel()
        again.append(one_less_rank(y[rows], predicted[rows]))
    assert means.std(ddof=1) / np.sqrt(150) == pytest.approx(np.std(again), rel=0.2)


def test_more_groups_than_blocks_keep_the_standard_error():
    y, logits = drawn(4 * 450)
    groups = np.repeat(np.arange(450), 4)
    logits = np.repeat(logits[::4], 4, axis=0)  # four copies of each
    y = np.repeat(y[::4], 4)
    values = own_measure(wrong).values(logits, Points(y, groups))
    expected = MEASURES["error"].values(logits, Points(y))
    found, exact = (np.bincount(groups, one).std() for one in (values, expected))
    assert found == pytest.approx(exact, rel=0.15)


def test_what_is_wrong_is_said():
    y, logits = drawn(20)
    points = Points(y)

    def failing(y, predicted):
        raise ValueError("no")

    def table(y, predicted):
        return predicted

    def endless(y, predicted):
        return np.inf

    for function, said in (
        (failing, "The measure failing raised ValueError: no"),
        (table, r"must give a number, or one a point, shape \(20,\), got shape \(20, 2\)"),
        (endless, "must be finite, got inf"),
    ):
        with pytest.raises(SteadfitError, match=said):
            own_measure(function).values(logits, points)
    with pytest.raises(SteadfitError, match="name of its own, got auc"):
        own_measure(wrong, "auc")
    with pytest.raises(SteadfitError, match="must have a name"):
        own_measure(lambda y, predicted: 0.0)


def test_it_gets_copies():
    y, logits = drawn(20)
    before = y.copy()

    def spoiling(y, predicted):
        y[:], predicted[:] = 0, 0
        return np.zeros(len(y))

    own_measure(spoiling).values(logits, Points(y))
    np.testing.assert_array_equal(y, before)
