"""Predictions made elsewhere: the same figures as scikit-learn's, or a sentence."""

import numpy as np
import pytest
from sklearn import metrics

from steadfit.analysis.analyse import analyse
from steadfit.analysis.predictions import evidence_of
from steadfit.errors import SteadfitError

Y = np.array(["b", "a", "c", "a", "b", "c"] * 20)
RNG = np.random.default_rng(0)
SHARES = RNG.dirichlet(np.ones(3), (2, 120))


def test_probabilities_give_scikit_learns_figures():
    totals = analyse(evidence_of({"baseline": SHARES}, Y)).baseline.totals
    expected = np.mean([metrics.log_loss(Y, one, labels=list("abc")) for one in SHARES])
    assert totals["cross_entropy"] == pytest.approx(expected)
    predicted = np.array(list("abc"))[SHARES.argmax(-1)]
    error = np.mean([1 - metrics.accuracy_score(Y, one) for one in predicted])
    assert totals["error"] == pytest.approx(error)
    only = analyse(evidence_of({"baseline": predicted}, Y)).baseline.totals
    assert only == {"error": pytest.approx(error)}


def test_columns_in_another_order_are_named():
    turned = SHARES[:, :, [2, 0, 1]]
    found = evidence_of({"a": SHARES}, Y), evidence_of({"a": turned}, Y, classes=["c", "a", "b"])
    losses = [analyse(one).baseline.totals["cross_entropy"] for one in found]
    assert losses[0] == pytest.approx(losses[1])


def test_numbers_and_their_mean_squared_error():
    y, predicted = RNG.normal(size=50), RNG.normal(size=(3, 50))
    totals = analyse(evidence_of({"a": predicted}, y)).baseline.totals
    expected = np.mean([metrics.mean_squared_error(y, one) for one in predicted])
    assert totals["squared"] == pytest.approx(expected)


def test_folds_of_one_repetition_are_enough():
    folds = np.arange(120) % 5
    evidence = evidence_of({"a": SHARES[0], "b": SHARES[1]}, Y, folds=folds)
    assert evidence.comparing.folds == 5
    assert "cross_entropy" in analyse(evidence).arms[1].changes


@pytest.mark.parametrize(
    ("predictions", "options", "said"),
    [
        ({}, {}, "must have an arm"),
        ({"a": SHARES[0]}, {}, "two retrainings or more an arm"),
        ({"a": SHARES[:, :, :2]}, {}, r"a must have shape \(120, 3\) for each retraining"),
        ({"a": SHARES[:, :100]}, {}, r"a must have shape \(120, 3\)"),
        ({"a": 5 * SHARES}, {}, "a must be probabilities, each row with a sum of 1"),
        ({"a": np.full((2, 120, 3), np.nan)}, {}, "a must be finite"),
        ({"a": np.full((2, 120), "d")}, {}, "a must have only the classes a, b, c, got d"),
        ({"a": SHARES}, {"folds": np.zeros(7)}, "folds must have shape|broadcast"),
        ({"a": SHARES}, {"decide_by": "mase"}, "mase"),
    ],
)
def test_what_does_not_fit_is_refused(predictions, options, said):
    with pytest.raises(SteadfitError, match=said):
        analyse(evidence_of(predictions, Y, **options))


@pytest.mark.parametrize("marks", [False, True])
@pytest.mark.parametrize("kind", [bool, int])
def test_several_labels_a_point(marks: bool, kind: type) -> None:
    """Probabilities of each label, or 0 and 1; the measures are those of scikit-learn."""
    rng = np.random.default_rng(0)
    y = rng.random((80, 3)) < 0.4
    shares = [1 / (1 + np.exp(-(skill * (2 * y - 1) + rng.normal(size=(2, 80, 3)))))
              for skill in (0.5, 2.0)]  # fmt: skip
    given = {name: one > 0.5 if marks else one for name, one in zip("ab", shares, strict=True)}
    found = analyse(evidence_of(given, y.astype(kind)))
    assert found.decides == ("hamming" if marks else "binary_cross_entropy")
    for arm, own in zip(found.arms, shares, strict=True):
        loss = np.mean([metrics.hamming_loss(y, one > 0.5) for one in own])
        assert arm.totals["hamming"] == pytest.approx(loss)
        assert ("binary_brier" in arm.totals) is not marks
    assert found.arms[1].verdict == "better"


def test_what_are_no_several_labels_is_said() -> None:
    y = np.zeros((4, 2), int)
    with pytest.raises(SteadfitError, match="y must be 0 and 1 for several labels"):
        evidence_of({"a": np.zeros((2, 4, 2))}, y + 2)
    with pytest.raises(SteadfitError, match=r"a must have shape \(4, 2\)"):
        evidence_of({"a": np.zeros((2, 4, 3))}, y)
    with pytest.raises(SteadfitError, match="a must be probabilities from 0 to 1"):
        evidence_of({"a": np.full((2, 4, 2), 1.5)}, y)
