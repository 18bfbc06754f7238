"""Losses of several labels against those of two classes, and measures against scikit-learn."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics

from steadfit.analysis import decomposition, several_labels
from steadfit.analysis.evidence import DECOMPOSITIONS
from steadfit.analysis.label_scores import label_scores
from steadfit.analysis.measures import MEASURES, OF_SEVERAL, Points
from steadfit.analysis.terms import Loss
from steadfit.errors import SteadfitError

RNG = np.random.default_rng(0)
Y = RNG.random((60, 4)) < [0.5, 0.3, 0.1, 0.7]
Z = RNG.normal(size=(3, 2, 60, 4)) + Y

# What a label is as two classes: the loss, and how many times the labels' it is.
AS_CLASSES = {
    Loss.BINARY_CROSS_ENTROPY: (decomposition.cross_entropy, 1.0),
    Loss.BINARY_BRIER: (decomposition.brier, 2.0),
    Loss.HAMMING: (decomposition.kohavi_wolpert, 1.0),
}


@pytest.mark.parametrize("loss", AS_CLASSES)
@pytest.mark.parametrize("crossed", [False, True])
def test_each_part_is_the_mean_of_those_of_two_classes(loss: Loss, crossed: bool) -> None:
    whole = DECOMPOSITIONS[loss](Z, Y, crossed=crossed)
    of_classes, times = AS_CLASSES[loss]
    each = [
        of_classes(np.stack([np.zeros(Z.shape[:3]), Z[..., k]], -1), Y[:, k].astype(int),
                   crossed=crossed)
        for k in range(Y.shape[1])
    ]  # fmt: skip
    for part in ("total", "variance", "bias_noise", "plug_in"):
        expected = np.mean([getattr(one, part) for one in each]) / times
        assert getattr(whole, part) == pytest.approx(expected, rel=1e-10), part
    for part in ("sample", "seed", "interaction") if crossed else ("sample", "seed"):
        expected = np.mean([getattr(one.components, part) for one in each]) / times
        assert getattr(whole.components, part) == pytest.approx(expected, rel=1e-9, abs=1e-14), part
    np.testing.assert_allclose(
        whole.spreads, np.mean([one.spreads for one in each], axis=0) / times, atol=1e-12
    )


def test_what_is_no_mark_is_refused() -> None:
    with pytest.raises(SteadfitError, match="booleans in the shape"):
        several_labels.hamming(Z, Y.astype(int))
    with pytest.raises(SteadfitError, match="booleans in the shape"):
        several_labels.binary_brier(Z, Y[:, :2])


def scores(z: np.ndarray, y: np.ndarray, weights: np.ndarray | None = None) -> dict[str, float]:
    """scikit-learn's, as losses."""
    said, p = (z > 0).astype(int), 1 / (1 + np.exp(-z))
    options = {"sample_weight": weights}
    there = np.flatnonzero(y.any(0))  # as scikit-learn counts 0 for a label that nothing has
    columns = range(y.shape[1])
    return {
        "binary_cross_entropy": float(np.mean([
            metrics.log_loss(y[:, k], p[:, k], labels=[0, 1], **options) for k in columns
        ])),
        "binary_brier": float(np.mean([
            np.average(np.square(p[:, k] - y[:, k]), weights=weights) for k in columns
        ])),
        "hamming": metrics.hamming_loss(y, said, **options),
        "exact_match": metrics.zero_one_loss(y, said, **options),
        "macro_f1": 1 - metrics.f1_score(y, said, labels=there, average="macro", **options),
        "micro_f1": 1 - metrics.f1_score(y, said, average="micro", **options),
    }  # fmt: skip


@pytest.mark.parametrize("name", OF_SEVERAL)
def test_measures_are_scikit_learns(name: str) -> None:
    z, y = Z[0, 0], Y.copy()
    y[:, 2] = False  # a label without test points
    for there in (Y, y):
        found = MEASURES[name].of(z[None], Points(there)).mean()
        assert found == pytest.approx(scores(z, there)[name], rel=1e-9)


@pytest.mark.parametrize("name", OF_SEVERAL)
def test_values_are_the_influences_of_the_points(name: str) -> None:
    """Each point's value less the mean is the derivative by its weight, found by scikit-learn."""
    z, step = Z[0, 0], 1e-5
    values = MEASURES[name].of(z[None], Points(Y))[0]
    for point in (0, 7, 31):
        weights = np.ones(len(Y))
        weights[point] += step
        slope = (scores(z, Y, weights)[name] - scores(z, Y)[name]) / step
        assert slope * len(Y) == pytest.approx(values[point] - values.mean(), abs=1e-3)


@given(st.integers(0, 10_000))
def test_of_no_label_at_all_measures_are_0_where_none_is_said(seed: int) -> None:
    z = -np.abs(np.random.default_rng(seed).normal(size=(1, 5, 3))) - 0.1
    points = Points(np.zeros((5, 3), bool))
    for name in ("macro_f1", "micro_f1", "hamming", "exact_match"):
        assert not MEASURES[name].of(z, points).any()


def test_counts_of_each_label_are_scikit_learns() -> None:
    said = Z[:, 0] > 0
    found = label_scores(said, Y, "abcd")
    precision, recall, _, _ = metrics.precision_recall_fscore_support(Y, said[0])
    one = label_scores(said[:1], Y, "abcd")
    assert [label.name for label in one.labels] == list("abcd")
    assert [label.points for label in one.labels] == Y.sum(0).tolist()
    np.testing.assert_allclose([label.right / label.said for label in one.labels], precision)
    np.testing.assert_allclose([label.right / label.points for label in one.labels], recall)
    assert one.macro_f1 == pytest.approx(metrics.f1_score(Y, said[0], average="macro"))
    assert one.micro_f1 == pytest.approx(metrics.f1_score(Y, said[0], average="micro"))
    each = [label_scores(said[r : r + 1], Y, "abcd") for r in range(3)]
    assert found.hamming == pytest.approx(np.mean([one.hamming for one in each]))
    assert found.exact_match == pytest.approx(np.mean([one.exact_match for one in each]))
