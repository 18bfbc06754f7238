"""Estimators of series and images, which are no two-dimensional arrays."""

from abc import abstractmethod
from typing import Any

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from steadfit.data import Dataset, from_arrays, from_series
from steadfit.estimators.base import SteadfitEstimator, numbered_classes, with_names


class _OfExamples(ClassifierMixin, SteadfitEstimator):
    def fit(self, X: Any, y: Any) -> Any:
        """y: a class for each example. Raises SteadfitError for what cannot be learned from."""
        self.classes_, numbers = numbered_classes(y)
        self._train(with_names(self._dataset(X, numbers), self.classes_))
        return self

    def predict_proba(self, X: Any) -> np.ndarray:
        """Of each class, shape (examples, classes), in the order of `classes_`."""
        check_is_fitted(self, "model_")
        return self.model_.probabilities(X)

    def predict(self, X: Any) -> np.ndarray:
        """The most probable class, shape (examples,)."""
        found = self.predict_proba(X).argmax(1)
        return self.classes_[found]

    @abstractmethod
    def _dataset(self, X: Any, y: np.ndarray) -> Dataset: ...


class SequenceClassifier(_OfExamples):
    """A network that tells the classes of series.

    X: shape (examples, steps, channels), or a list of arrays (steps, channels) of any length.
    Parameters as in `steadfit.estimators.base.SteadfitEstimator`.

    >>> rng = np.random.default_rng(0)
    >>> x = [rng.normal(size=(rng.integers(3, 6), 1)) + k % 2 for k in range(40)]
    >>> SequenceClassifier(epochs=2).fit(x, ["low", "high"] * 20).predict(x[:2]).shape
    (2,)
    """

    def _dataset(self, X: Any, y: np.ndarray) -> Dataset:
        return from_series(X, y, task="classes")


class ImageClassifier(_OfExamples):
    """A network that tells the classes of images.

    X: shape (examples, height, width), or four axes with the channels first or last, as
    `steadfit.from_arrays` has it. Parameters as in `steadfit.estimators.base.SteadfitEstimator`.

    >>> x, y = np.random.default_rng(0).random((20, 8, 8)), np.arange(20) % 2
    >>> ImageClassifier("mlp", epochs=2).fit(x, y).predict_proba(x).shape
    (20, 2)
    """

    def _dataset(self, X: Any, y: np.ndarray) -> Dataset:
        return from_arrays(X, y, task="classes")
