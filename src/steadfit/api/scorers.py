"""scikit-learn's scorers as measures of predictions that are there already."""

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.metrics import get_scorer, get_scorer_names

from steadfit.analysis.measures import Measure
from steadfit.analysis.own_measures import own_measure


class _Numbers(RegressorMixin, BaseEstimator):
    """An estimator that predicts, of row numbers, what was predicted already."""

    fitted_ = True

    def __init__(self, predicted: np.ndarray) -> None:
        self.predicted = predicted

    def predict(self, rows: np.ndarray) -> np.ndarray:
        return self.predicted[rows[:, 0]]


class _Classes(ClassifierMixin, BaseEstimator):
    """The same of probabilities."""

    def __init__(self, predicted: np.ndarray) -> None:
        self.predicted = predicted
        self.classes_ = np.arange(predicted.shape[1])

    def predict_proba(self, rows: np.ndarray) -> np.ndarray:
        return self.predicted[rows[:, 0]]

    def predict(self, rows: np.ndarray) -> np.ndarray:
        return self.predict_proba(rows).argmax(1)


class _Labels(_Classes):
    """The same of the probabilities of several labels."""

    def __init__(self, predicted: np.ndarray) -> None:
        self.predicted = predicted
        self.classes_ = [np.arange(2)] * predicted.shape[1]

    def predict(self, rows: np.ndarray) -> np.ndarray:
        return (self.predict_proba(rows) > 0.5).astype(int)


def scorer_names() -> list[str]:
    """The names that scikit-learn has."""
    return get_scorer_names()


def scorer_measure(name: str) -> Measure:
    """The scorer of this name, of which more is better, taken from 1; a negated one as what it
    negates."""
    scorer, negated = get_scorer(name), name.startswith("neg_")

    def judged(y: np.ndarray, predicted: np.ndarray) -> float:
        rows = np.arange(len(y))[:, None]
        kind = _Labels if y.dtype == bool else _Classes if y.ndim == 1 else _Numbers
        score = scorer(kind(predicted), rows, y)
        return -score if negated else 1 - score

    return own_measure(judged, name.removeprefix("neg_") if negated else f"1 - {name}")
