"""Measures of one's own, and scikit-learn's scorers, in studies and analyses."""

import numpy as np
import pytest
from sklearn.metrics import log_loss, roc_auc_score

import steadfit as sf
from steadfit.analysis.measures import Points
from steadfit.api.judging import judging
from steadfit.api.studying import report
from steadfit.errors import SteadfitError

RNG = np.random.default_rng(0)
Y = np.arange(300) % 2


def shares(skill):
    p = 1 / (1 + np.exp(-skill * (2 * Y - 1) + RNG.normal(size=(3, 300))))
    return np.stack([1 - p, p], -1)


ARMS = {"baseline": shares(0.5), "larger": shares(2.0)}


def missed(y, predicted):
    """The share of the second class that is not found."""
    return 1 - (predicted[y == 1].argmax(1) == 1).mean()


def test_scorers_are_told_as_scikit_learn_has_them():
    found = sf.analyse(ARMS, Y, measures=["roc_auc", "neg_log_loss"]).analysis
    for arm in found.arms:
        aucs = [roc_auc_score(Y, one[:, 1]) for one in ARMS[arm.name]]
        losses = [log_loss(Y, one) for one in ARMS[arm.name]]
        assert arm.totals["1 - roc_auc"] == pytest.approx(1 - np.mean(aucs))
        assert arm.totals["log_loss"] == pytest.approx(np.mean(losses))
    own, ours = (found.arms[1].changes[name] for name in ("log_loss", "cross_entropy"))
    assert (own.low, own.high) == pytest.approx((ours.low, ours.high), rel=0.2)


def test_numbers_have_scorers_too():
    y = RNG.normal(size=200)
    arms = {"baseline": np.zeros((2, 200)), "near": y + 0.1 * RNG.normal(size=(2, 200))}
    found = sf.analyse(arms, y, measures=["r2"], decide_by="neg_mean_absolute_error").analysis
    assert found.decides == "mean_absolute_error"
    assert found.arms[1].totals["mean_absolute_error"] == pytest.approx(found.arms[1].totals["mae"])
    assert found.arms[1].totals["1 - r2"] == pytest.approx(0.01, abs=0.005)


def test_ones_own_decides():
    comparison = sf.analyse(ARMS, Y, decide_by=missed)
    assert comparison.analysis.decides == "missed"
    assert str(comparison.analysis.arms[1].verdict) == "better"
    assert "missed" in str(comparison)


def test_a_study_is_decided_by_it_and_tells_it(tmp_path):
    done = sf.study(
        sf.read("digits", limit=150), "mlp", ["l2"], training={"epochs": 2}, folds=3,
        repetitions=1, variance="all", learning_curve=True, out=tmp_path / "run", processes=1,
        decide_by=missed, measures=["balanced_accuracy"],
    )  # fmt: skip
    assert done.result.analysis.decides == "missed"
    first = done.result.analysis.arms[0]
    assert first.totals["1 - balanced_accuracy"] == pytest.approx(first.totals["balanced_error"])
    assert {"missed", "1 - balanced_accuracy"} <= set(first.changes or first.totals)
    page = (tmp_path / "run" / "report.html").read_text()
    assert "missed" in page
    again = report(tmp_path / "run")
    assert again.result.analysis.decides == "missed"


def test_what_there_is_not_is_refused():
    with pytest.raises(SteadfitError, match=r'no measure "roc_acu".*roc_auc'):
        judging("roc_acu")
    with pytest.raises(SteadfitError, match="must be given once"):
        judging(None, ["roc_auc", "roc_auc"])
    with pytest.raises(SteadfitError, match="must have a name"):
        judging(lambda y, predicted: 0.0)
    assert judging("auc", ["error"]) == ("auc", ())


@pytest.mark.parametrize("name", ["f1_micro", "roc_auc", "average_precision"])
def test_scorers_of_several_labels(name: str) -> None:
    """scikit-learn's own value, where some are of probabilities and some of what is said."""
    from sklearn import metrics

    rng = np.random.default_rng(0)
    y = rng.random((40, 3)) < 0.4
    z = rng.normal(size=(40, 3)) + y
    (measure,) = judging(None, [name])[1]
    p = 1 / (1 + np.exp(-z))
    expected = {
        "f1_micro": metrics.f1_score(y, p > 0.5, average="micro"),
        "roc_auc": metrics.roc_auc_score(y, p),
        "average_precision": metrics.average_precision_score(y, p),
    }
    found = measure.of(z[None], Points(y))
    assert found.mean() == pytest.approx(1 - expected[name])


def test_a_function_of_several_labels_gets_probabilities() -> None:
    y, z = np.array([[True, False]] * 3), np.zeros((1, 3, 2))

    def unsure(y: np.ndarray, predicted: np.ndarray) -> np.ndarray:
        assert y.dtype == bool
        return predicted[:, 0]

    (measure,) = judging(None, [unsure])[1]
    assert measure.of(z, Points(y)).tolist() == [[0.5, 0.5, 0.5]]
