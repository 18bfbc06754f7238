"""References of several labels beside scikit-learn's own."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier

from references.cases import case
from steadfit.data import from_table
from steadfit.kinds import text_of
from steadfit.references import REFERENCES
from steadfit.references.labels import fit_each
from steadfit.references.linear import INVERSES

RNG = np.random.default_rng(0)
X = RNG.normal(size=(80, 5)) * [1, 2, 5, 10, 1] + 3
Y = np.stack([X[:, 0] > 3, X[:, 1] + RNG.normal(size=80) > 5, RNG.random(80) < 0.1], 1)


def test_each_label_has_scikit_learns_regression() -> None:
    data = from_table(X, Y, task="several")
    fitted = REFERENCES["logistic regression per label"].fit(data)
    scaled = (X - X.mean(0)) / X.std(0)
    found = 1 / (1 + np.exp(-fitted.predict(data)))
    of_each = [
        OneVsRestClassifier(LogisticRegression(C=c, max_iter=2000)).fit(scaled, Y) for c in INVERSES
    ]
    apart = [np.abs(one.predict_proba(scaled) - found).max() for one in of_each]
    assert min(apart) < 1e-4  # one C for all of them
    assert sorted(apart)[1] > 1e-2


def test_texts_have_scikit_learns_regression_on_tf_idf() -> None:
    from sklearn.feature_extraction.text import TfidfVectorizer

    data = case("TF-IDF and logistic regression per label")
    fitted = REFERENCES["TF-IDF and logistic regression per label"].fit(data)
    tokens = np.array(data.x.tokens)
    texts = [text_of(tokens[row].tolist(), "words") for row in data.x.rows()]
    matrix = TfidfVectorizer(ngram_range=(1, 2), min_df=2).fit_transform(texts)
    model = OneVsRestClassifier(LogisticRegression(C=10.0, max_iter=2000))
    expected = model.fit(matrix, data.y.numpy()).predict_proba(matrix)
    np.testing.assert_allclose(1 / (1 + np.exp(-fitted.predict(data))), expected, atol=1e-3)


def test_a_label_that_all_or_none_have_gets_its_odds() -> None:
    y = np.stack([Y[:, 0], np.ones(80, bool), np.zeros(80, bool)], 1)
    found = fit_each(X, y, 1.0)
    assert (found["coef"][1:] == 0).all()
    np.testing.assert_allclose(found["intercept"][1:], [np.log(81), -np.log(81)])


def test_guessing_is_by_laplaces_rule() -> None:
    data = from_table(X, Y, task="several")
    found = REFERENCES["label frequencies"].fit(data).predict(data)
    np.testing.assert_allclose(
        1 / (1 + np.exp(-found[0])), (Y.sum(0) + 1) / (len(Y) + 2), rtol=1e-5
    )
    assert found == pytest.approx(np.tile(found[0], (len(Y), 1)))


def test_trees_for_each_label_are_scikit_learns() -> None:
    from sklearn.ensemble import HistGradientBoostingClassifier

    x = X.astype(np.float32).astype(np.float64)
    y = np.stack([Y[:, 0], np.zeros(80, bool), Y[:, 1]], 1)  # the second label is never there
    data = from_table(x, y, task="several")
    found = REFERENCES["boosted trees per label"].fit(data).predict(data)
    for label in (0, 2):
        model = HistGradientBoostingClassifier(random_state=0).fit(x, y[:, label])
        np.testing.assert_allclose(found[:, label], model.decision_function(x), atol=1e-5)
    np.testing.assert_allclose(found[:, 1], np.log(1 / 81), rtol=1e-6)
