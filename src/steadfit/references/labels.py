"""References of several labels an example: a guess, and a logistic regression for each label."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from steadfit.data import Dataset, Schema
from steadfit.references.base import Learned, Matrix, Reference
from steadfit.references.linear import (
    ITERATIONS,
    Arrays,
    LineOfColumns,
    chosen_inverse,
    columns,
    fit_scale,
    ridge,
    scaled_columns,
)
from steadfit.references.shapes import LINE, SCALE, Shapes
from steadfit.references.texts import Tfidf


@dataclass(frozen=True)
class LabelFrequencies(Reference):
    """Each label as often as in the training examples, by Laplace's rule: (n + 1) / (examples + 2).

    Its log odds, log((n + 1) / (examples - n + 1)).
    """

    name = "label frequencies"
    what = "Guessing: each label as often as it was seen."
    predicts = frozenset({"labels"})
    shapes: ClassVar[Shapes] = {"odds": ("outputs",)}

    def learn(self, train: Dataset, seed: int) -> Learned:
        return Learned({"odds": log_odds(train.y.numpy())})

    def outputs(self, learned: Learned, schema: Schema, x: Any) -> np.ndarray:
        return np.tile(learned.arrays["odds"], (len(x), 1))


@dataclass(frozen=True)
class LabelLogistic(LineOfColumns):
    """scikit-learn's `LogisticRegression` for each label, on columns with mean 0 and deviation 1.

    Their C is one of `INVERSES`, the same for all, chosen on a fifth of the training examples
    (`chosen_inverse`).
    """

    name = "logistic regression per label"
    what = "A logistic regression for each label on scaled pixels, steps or columns."
    predicts = frozenset({"labels"})
    shapes: ClassVar[Shapes] = {**SCALE, **LINE}

    def learn(self, train: Dataset, seed: int) -> Learned:
        matrix, y = columns(train.schema, train.x), train.y.numpy()
        scale = fit_scale(matrix)
        matrix = scaled_columns(scale, train.schema, matrix)

        def loss(fitted: np.ndarray, held: np.ndarray, c: float) -> float:
            z = ridge(fit_each(matrix[fitted], y[fitted], c), matrix[held])
            return float((np.logaddexp(0.0, z) - z * y[held]).mean())

        return Learned(scale | fit_each(matrix, y, chosen_inverse(train, seed, loss)))


@dataclass(frozen=True)
class TfidfLabels(Tfidf):
    """c: scikit-learn's C of each logistic regression, the inverse of the penalty."""

    name = "TF-IDF and logistic regression per label"
    what = "A logistic regression for each label on TF-IDF of words and pairs of words."
    predicts = frozenset({"labels"})
    shapes: ClassVar[Shapes] = {**LINE, "idf": ("words",), "coef": ("outputs", "words")}

    c: float = 10.0

    def fit_line(self, matrix: Matrix, y: np.ndarray) -> Arrays:
        return fit_each(matrix, y, self.c)


def log_odds(y: np.ndarray) -> np.ndarray:
    """Of each label, by Laplace's rule, which keeps a chance for what was never or always seen."""
    counts = y.sum(0)
    return np.log((counts + 1) / (len(y) - counts + 1))


def fit_each(matrix: Matrix, y: np.ndarray, c: float) -> Arrays:
    """A logistic regression for each label; one that all examples have, or none, has its log odds.

    c: scikit-learn's C, the inverse of the penalty.
    """
    from sklearn.linear_model import LogisticRegression

    coef, intercept = np.zeros((y.shape[1], matrix.shape[1])), log_odds(y)
    for k, there in enumerate(y.T):
        if there.any() and not there.all():
            model = LogisticRegression(C=c, max_iter=ITERATIONS).fit(matrix, there)
            coef[k], intercept[k] = model.coef_[0], model.intercept_[0]
    return {"coef": coef, "intercept": intercept}
