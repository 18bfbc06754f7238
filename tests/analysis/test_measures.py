"""Each measure against scikit-learn's, and its linearised values against the jackknife."""

import numpy as np
import pytest
from sklearn import metrics

from steadfit.analysis.measures import MEASURES, OF_CLASSES, OF_NUMBERS, Points, measurable, measure
from steadfit.errors import SteadfitError

RNG = np.random.default_rng(0)
Y = RNG.choice(3, 400, p=[0.6, 0.3, 0.1])
LOGITS = RNG.normal(size=(400, 3)) + 1.5 * np.eye(3)[Y]
SHARES = np.exp(LOGITS) / np.exp(LOGITS).sum(1, keepdims=True)
NUMBERS, PREDICTED = RNG.normal(size=(2, 300, 2))
PREDICTED = PREDICTED + NUMBERS


def of_classes(name: str, logits: np.ndarray = LOGITS, y: np.ndarray = Y) -> float:
    return float(measure(name).of(logits[None], Points(y)).mean())


def test_measures_of_classes_are_those_of_scikit_learn():
    predicted = LOGITS.argmax(1)
    theirs = {
        "cross_entropy": metrics.log_loss(Y, SHARES),
        "brier": float(np.square(SHARES - np.eye(3)[Y]).sum(1).mean()),
        "error": 1 - metrics.accuracy_score(Y, predicted),
        "balanced_error": 1 - metrics.balanced_accuracy_score(Y, predicted),
        "f1": 1 - metrics.f1_score(Y, predicted, average="macro"),
        "auc": 1 - metrics.roc_auc_score(Y, SHARES, multi_class="ovr"),
    }
    assert set(theirs) == set(OF_CLASSES)
    assert {name: of_classes(name) for name in theirs} == pytest.approx(theirs)


def test_the_area_of_two_classes_with_ties():
    y = np.array([0, 1, 1, 0, 1, 0])
    score = np.array([0.0, 0.0, 1.0, 1.0, 2.0, -1.0])
    found = of_classes("auc", np.stack([-score, score], 1), y)
    assert found == pytest.approx(1 - metrics.roc_auc_score(y, score))


def test_measures_of_numbers_are_those_of_scikit_learn():
    squares = metrics.mean_squared_error(NUMBERS, PREDICTED)
    theirs = {
        "squared": 2 * squares,  # summed over both outputs
        "rmse": squares**0.5,
        "mae": metrics.mean_absolute_error(NUMBERS, PREDICTED),
    }
    assert set(theirs) == set(OF_NUMBERS)
    found = {name: measure(name).of(PREDICTED[None], Points(NUMBERS)).mean() for name in theirs}
    assert found == pytest.approx(theirs)


def test_mase_leaves_out_what_has_no_scale():
    y, predicted = np.zeros((3, 1)), np.array([[[1.0], [2.0], [7.0]]])
    points = Points(y, scales=np.array([[0.5], [1.0], [np.nan]]))
    assert measure("mase").of(predicted, points).mean() == pytest.approx(2.0)


@pytest.mark.parametrize("name", ["f1", "auc", "balanced_error"])
def test_linearised_values_have_the_jackknife_s_variance(name: str):
    values = measure(name).of(LOGITS[None], Points(Y))[0]
    left_out = [of_classes(name, np.delete(LOGITS, i, 0), np.delete(Y, i)) for i in range(len(Y))]
    jackknife = (len(Y) - 1) ** 2 / len(Y) * np.var(left_out, ddof=1)
    # Of the balanced error the classes' counts are taken as given, which leaves a little out.
    assert values.var(ddof=1) / len(Y) == pytest.approx(
        jackknife, rel=0.03 if name != "balanced_error" else 0.25
    )


def test_linearised_roots_have_the_jackknife_s_variance():
    values = measure("rmse").of(PREDICTED[None], Points(NUMBERS))[0]
    kept = ~np.eye(len(NUMBERS), dtype=bool)
    left_out = [np.sqrt(np.square(PREDICTED[k] - NUMBERS[k]).mean()) for k in kept]
    jackknife = (len(kept) - 1) ** 2 / len(kept) * np.var(left_out, ddof=1)
    assert values.var(ddof=1) / len(kept) == pytest.approx(jackknife, rel=0.03)


def test_bounded_measures_are_measures():
    assert {one.bounded for one in MEASURES.values()} - {""} <= set(MEASURES)


def test_unknown_measures_are_named():
    with pytest.raises(SteadfitError, match="brier"):
        measure("brieer")


def test_areas_need_two_classes():
    with pytest.raises(SteadfitError, match="two classes"):
        measure("auc").of(LOGITS[None, :5], Points(np.zeros(5, np.int64)))


def test_no_scaled_error_where_no_series_changes():
    y = np.zeros((4, 1))
    unknown, known = Points(y, None, np.full((4, 1), np.nan)), Points(y, None, np.ones((4, 1)))
    assert measurable(("mae", "mase"), unknown) == ("mae",)
    assert measurable(("mae", "mase"), known) == ("mae", "mase")
