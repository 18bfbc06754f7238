"""Estimators of tables: two-dimensional arrays, and frames."""

import copy
import warnings
from typing import Any

import numpy as np
import torch
from sklearn.base import ClassifierMixin, RegressorMixin
from sklearn.utils import Tags
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, column_or_1d, validate_data

from steadfit.data import from_table
from steadfit.estimators.base import SteadfitEstimator, numbered_classes, with_names
from steadfit.formats.frames import is_frame
from steadfit.kinds import Inputs, checked, kind_of
from steadfit.tasks.classes import probabilities
from steadfit.training import TrainedModel


class _OfTables(SteadfitEstimator):
    """X: shape (examples, columns), NaN where missing; or a frame, whose columns may be names and
    dates too."""

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags

    def _outputs(self, X: Any) -> np.ndarray:
        """As `TrainedModel.logits`, in double precision: no example's depend on the others beside
        it."""
        check_is_fitted(self, "model_")
        if _has_names(X):
            validate_data(self, X, reset=False, skip_check_array=True)
        else:
            X = validate_data(self, X, reset=False, ensure_all_finite="allow-nan")
        schema = self.model_.facts.schema
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # on values that are missing, which may be
            rows = checked(schema.kind, X, schema.form)
        return _exact(self.model_, rows)


class SteadfitClassifier(ClassifierMixin, _OfTables):
    """A network that tells the classes of a table's rows.

    Parameters as in `steadfit.estimators.base.SteadfitEstimator`.

    Attributes: classes_, n_features_in_, feature_names_in_ of a frame; model_, a
    `steadfit.TrainedModel`; study_, a `steadfit.Study`, where there are remedies.

    >>> from sklearn.datasets import load_iris
    >>> x, y = load_iris(return_X_y=True)
    >>> bool(SteadfitClassifier(epochs=30).fit(x, y).score(x, y) > 0.9)
    True
    """

    def fit(self, X: Any, y: Any) -> "SteadfitClassifier":
        """X: (examples, columns), or a frame. y: a class for each. Raises ValueError, of which
        SteadfitError is one, for what cannot be learned from."""
        if _has_names(X):
            validate_data(self, X, y, skip_check_array=True)
            y = column_or_1d(y)
        else:
            X, y = validate_data(self, X, y, ensure_all_finite="allow-nan", ensure_min_samples=2)
        check_classification_targets(y)
        self.classes_, numbers = numbered_classes(y)
        self._train(with_names(from_table(X, numbers, task="classes"), self.classes_))
        return self

    def predict_proba(self, X: Any) -> np.ndarray:
        """Of each class, shape (examples, classes), in the order of `classes_`."""
        return probabilities(self._outputs(X))

    def predict(self, X: Any) -> np.ndarray:
        """The most probable class, shape (examples,)."""
        found = self.predict_proba(X).argmax(1)
        return self.classes_[found]


class SteadfitRegressor(RegressorMixin, _OfTables):
    """A network that tells a number, or several, of a table's rows.

    Parameters as in `steadfit.estimators.base.SteadfitEstimator`.

    Attributes: n_features_in_, feature_names_in_ of a frame; model_, a `steadfit.TrainedModel`;
    study_, a `steadfit.Study`, where there are remedies.

    >>> from sklearn.datasets import load_diabetes
    >>> x, y = load_diabetes(return_X_y=True)
    >>> bool(SteadfitRegressor(epochs=30).fit(x, y).score(x, y) > 0.4)
    True
    """

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def fit(self, X: Any, y: Any) -> "SteadfitRegressor":
        """X: (examples, columns), or a frame. y: numbers, (examples,) or (examples, outputs).
        Raises ValueError, of which SteadfitError is one, for what cannot be learned from."""
        if _has_names(X):
            validate_data(self, X, y, skip_check_array=True)
            y = np.asarray(y, np.float64)
        else:
            X, y = validate_data(
                self,
                X,
                y,
                ensure_all_finite="allow-nan",
                ensure_min_samples=2,
                multi_output=True,
                y_numeric=True,
            )
        self._flat = np.ndim(y) == 1
        self._train(from_table(X, np.asarray(y, np.float64), task="numbers"))
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Numbers in the shape of the y that was fitted."""
        found = self._outputs(X).mean(0)
        return found[:, 0] if self._flat else found


def _has_names(x: Any) -> bool:
    """Whether it is a frame whose columns are not all numbers."""
    return is_frame(x) and np.asarray(x).dtype.kind not in "biuf"


@torch.inference_mode()
def _exact(model: TrainedModel, x: Inputs) -> np.ndarray:
    kind, rows = kind_of(x), torch.arange(len(x))
    found = []
    for module, preparation in model.members:
        prepared = kind.padded(kind.prepared(x, preparation.inputs)(rows))
        assert isinstance(prepared, torch.Tensor)
        outputs = copy.deepcopy(module).double()(prepared.double())
        found.append(preparation.restore(outputs).numpy())
    return np.stack(found)
