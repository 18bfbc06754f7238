"""Texts as bags of words and pairs of words, weighted by TF-IDF, with a linear model on them."""

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from steadfit.data import Dataset, Schema
from steadfit.errors import SteadfitError
from steadfit.kinds import text_of
from steadfit.references.base import Learned, Matrix, Reference
from steadfit.references.linear import Arrays, fit_logistic, logistic, ridge
from steadfit.references.shapes import LINE, LOGISTIC, Shapes

LONGEST = {"words": 2, "characters": 4}  # tokens that make one term, at most


class Tfidf(Reference):
    """A linear model on the TF-IDF of terms (scikit-learn's `TfidfVectorizer` of our tokens).

    Terms are runs of 1 or 2 words, or of 1 to 4 characters, that two training texts have.
    """

    def suits(self, data: Dataset) -> bool:
        return super().suits(data) and any(data.schema.kind.names(data.x))

    def learn(self, train: Dataset, seed: int) -> Learned:
        vectorizer = _vectorizer(min_df=2)
        try:
            matrix = vectorizer.fit_transform(terms(train.x))
        except ValueError:
            raise SteadfitError("two texts must have a term in common, got none.") from None
        words = tuple(vectorizer.get_feature_names_out().tolist())
        line = self.fit_line(matrix, train.y.numpy())
        return Learned({"idf": vectorizer.idf_} | line, words)

    def outputs(self, learned: Learned, schema: Schema, x: Any) -> np.ndarray:
        vectorizer = _vectorizer(vocabulary=learned.words)
        vectorizer.idf_ = learned.arrays["idf"]
        return self.line(learned.arrays, vectorizer.transform(terms(x)), schema)

    @abstractmethod
    def fit_line(self, matrix: Matrix, y: np.ndarray) -> Arrays:
        """The arrays of the linear model."""

    def line(self, arrays: Mapping[str, np.ndarray], matrix: Matrix, schema: Schema) -> np.ndarray:
        """What the linear model predicts."""
        return ridge(arrays, matrix)


@dataclass(frozen=True)
class TfidfLogistic(Tfidf):
    """c: scikit-learn's C of the logistic regression, the inverse of the penalty."""

    name = "TF-IDF and logistic regression"
    what = "Logistic regression on TF-IDF of words and pairs of words."
    predicts = frozenset({"classes"})
    shapes: ClassVar[Shapes] = {**LOGISTIC, "idf": ("words",), "coef": ("seen", "words")}

    c: float = 10.0

    def fit_line(self, matrix: Matrix, y: np.ndarray) -> Arrays:
        return fit_logistic(matrix, y, self.c)

    def line(self, arrays: Mapping[str, np.ndarray], matrix: Matrix, schema: Schema) -> np.ndarray:
        return logistic(arrays, matrix, schema.task.outputs)


@dataclass(frozen=True)
class TfidfRidge(Tfidf):
    """penalty: scikit-learn's alpha of the ridge regression."""

    name = "TF-IDF and ridge regression"
    what = "Ridge regression on TF-IDF of words and pairs of words."
    predicts = frozenset({"numbers"})
    shapes: ClassVar[Shapes] = {**LINE, "idf": ("words",), "coef": ("outputs", "words")}

    penalty: float = 1.0

    def fit_line(self, matrix: Matrix, y: np.ndarray) -> Arrays:
        from sklearn.linear_model import Ridge

        model = Ridge(alpha=self.penalty).fit(matrix, y.astype(np.float64))
        coef = np.asarray(model.coef_).reshape(y.shape[1], -1)
        return {"coef": coef, "intercept": np.asarray(model.intercept_).reshape(-1)}


def terms(x: Any) -> Iterator[list[str]]:
    """Of each text, its runs of tokens up to `LONGEST`.

    >>> from steadfit.data import from_texts
    >>> list(terms(from_texts(["a good film"], [0.0]).x))
    [['a', 'good', 'film', 'a good', 'good film']]
    """
    tokens = np.array(x.tokens, object)
    for row in x.rows():
        text = tokens[row].tolist()
        yield [
            text_of(text[i : i + length], x.unit)
            for length in range(1, LONGEST[x.unit] + 1)
            for i in range(len(text) - length + 1)
        ]


def _vectorizer(**settings: Any) -> Any:
    """scikit-learn's, of texts that are cut into terms already."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(analyzer=list, **settings)  # pyright: ignore[reportArgumentType]
