"""Votes, disagreement and mistakes, against counting by hand and against scikit-learn."""

import statistics
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import confusion_matrix

from steadfit.analysis import points
from steadfit.errors import SteadfitError


@given(st.integers(1, 7), st.integers(1, 9), st.integers(2, 5), st.integers(0, 2**32 - 1))
def test_disagreement_is_the_share_that_differs_from_the_mode(
    replicas: int, tested: int, classes: int, seed: int
):
    logits = np.random.default_rng(seed).normal(size=(replicas, tested, classes))
    found = points.disagreement(points.votes(logits))
    for point in range(tested):
        said = Counter(
            max(range(classes), key=lambda k: logits[r, point, k]) for r in range(replicas)
        )
        assert found[point] == pytest.approx(1 - said.most_common(1)[0][1] / replicas)


def test_spread_is_the_standard_deviation_over_replicas():
    numbers = np.random.default_rng(0).normal(size=(6, 5, 1))
    for point, found in enumerate(points.spread(numbers)):
        assert found == pytest.approx(statistics.stdev(numbers[:, point, 0].tolist()))


def test_a_spread_needs_two_replicas():
    with pytest.raises(SteadfitError, match="two replicas or more, and there is 1"):
        points.spread(np.zeros((1, 3, 1)))


def test_confusion_is_that_of_all_replicas_predictions_together():
    rng = np.random.default_rng(0)
    logits, y = rng.normal(size=(4, 50, 3)), rng.integers(0, 3, 50)
    expected = confusion_matrix(np.tile(y, 4), logits.argmax(-1).ravel(), normalize="true")
    np.testing.assert_allclose(points.confusion(points.votes(logits), y), expected)


def test_a_class_that_is_not_tested_has_no_shares():
    shares = points.confusion(np.array([[2, 0, 0]]), np.array([0]))
    assert shares[0].tolist() == [1.0, 0.0, 0.0]
    assert np.isnan(shares[1:]).all()
