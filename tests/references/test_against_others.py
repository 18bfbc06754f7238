"""The same numbers as scikit-learn used directly, or as the definition written out."""

from collections import defaultdict

import numpy as np
import pytest
import torch
from scipy.special import softmax
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.linear_model import Ridge as SklearnRidge
from sklearn.metrics import log_loss
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler

from references.cases import RNG, case, images, names, numbers, series, texts
from steadfit.data import (
    Dataset,
    Split,
    carve,
    from_arrays,
    from_series,
    from_texts,
    naive_forecasts,
    read,
    split,
)
from steadfit.kinds import Ragged
from steadfit.references import REFERENCES


def predicted(name: str, parts: Split) -> np.ndarray:
    return REFERENCES[name].fit(parts.train).predict(parts.test)


def flat(x: object) -> np.ndarray:
    assert isinstance(x, torch.Tensor | Ragged)
    whole = x if isinstance(x, torch.Tensor) else x.padded()
    return whole.double().flatten(1).numpy()


def logistic_regression(train: Dataset) -> Pipeline:
    """scikit-learn's, with the C that is best on a fifth held out."""
    x, y = flat(train.x), train.y.numpy()
    scaled = StandardScaler().fit_transform(x)
    fitted, held = carve(train, torch.arange(len(train)), 0.2, seed=0)

    def loss(c: float) -> float:
        model = LogisticRegression(C=c, max_iter=1000).fit(scaled[fitted], y[fitted])
        return log_loss(y[held], model.predict_proba(scaled[held]))

    best = min((0.001, 0.01, 0.1, 1.0), key=loss)
    return make_pipeline(StandardScaler(), LogisticRegression(C=best, max_iter=1000)).fit(x, y)


def test_logistic_regression_on_digits() -> None:
    parts = split(read("digits", limit=400))
    new = flat(parts.test.x)
    model = logistic_regression(parts.train)
    expected = model.predict_proba(new)
    found = predicted("logistic regression", parts)
    np.testing.assert_allclose(np.exp(found), expected, atol=1e-4)
    loss, error = parts.test.schema.task.score(torch.from_numpy(found), parts.test.y)
    assert loss == pytest.approx(log_loss(parts.test.y.numpy(), expected), rel=1e-3)
    assert error == pytest.approx(1 - model.score(new, parts.test.y.numpy()))


def test_logistic_regression_of_two_classes() -> None:
    y = np.arange(48) % 2
    parts = split(from_arrays(images(), names(y)))
    expected = logistic_regression(parts.train).predict_proba(flat(parts.test.x))
    found = np.exp(predicted("logistic regression", parts))
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_ridge_regression() -> None:
    parts = split(from_series(series(), numbers()))
    grid = RidgeCV(alphas=np.logspace(-3, 5, 9))
    model = make_pipeline(StandardScaler(), grid).fit(flat(parts.train.x), parts.train.y.numpy())
    expected = model.predict(flat(parts.test.x))
    np.testing.assert_allclose(predicted("ridge regression", parts), expected, rtol=1e-5)


def test_large_images_are_shrunk_by_means() -> None:
    x = images(side=33)
    parts = split(from_arrays(x, names(np.arange(48) % 3)))
    kind = parts.train.schema.kind
    matrix = kind.matrix(parts.train.x)
    assert matrix.shape == (len(parts.train), kind.columns(parts.train.x)) == (len(matrix), 121)
    first = parts.train.x[0, 0].double()
    assert matrix[0, 0] == pytest.approx(float(first[:3, :3].mean()))
    assert matrix[0, -1] == pytest.approx(float(first[30:, 30:].mean()))


@pytest.mark.parametrize("classes", [2, 3])
def test_boosted_trees(classes: int) -> None:
    """The nodes give what scikit-learn's own trees give, missing values too."""
    x = [RNG.normal(i % classes, 1.0, (9, 1)) for i in range(90)]
    parts = split(from_series(x, names(np.arange(90) % classes)))
    for side in (parts.train, parts.test):
        side.x.values[::7] = np.nan  # pyright: ignore[reportAttributeAccessIssue]
    model = HistGradientBoostingClassifier(random_state=0)
    model.fit(flat(parts.train.x), parts.train.y.numpy())
    expected = model.predict_proba(flat(parts.test.x))
    np.testing.assert_allclose(np.exp(predicted("boosted trees", parts)), expected, rtol=1e-5)


def test_boosted_trees_of_numbers() -> None:
    x = RNG.normal(size=(150, 6, 1))
    y = np.stack([x[:, 0, 0] ** 2, x[:, 1, 0]], 1)
    parts = split(from_series(x, y))
    expected = np.stack([
        HistGradientBoostingRegressor(random_state=0)
        .fit(flat(parts.train.x), parts.train.y[:, k].numpy())
        .predict(flat(parts.test.x))
        for k in range(2)
    ], 1)  # fmt: skip
    np.testing.assert_allclose(predicted("boosted trees", parts), expected, rtol=1e-5)


def joined(x: object) -> list[str]:
    assert isinstance(x, Ragged)
    return [x.text(row.tolist()) for row in x.rows()]


def test_tfidf_of_words() -> None:
    parts = split(from_texts(texts(), names(np.arange(48) % 3)))
    words = {"tokenizer": str.split, "token_pattern": None}
    vectorizer = TfidfVectorizer(ngram_range=(1, 2), min_df=2, **words)
    model = make_pipeline(vectorizer, LogisticRegression(C=10, max_iter=1000))
    model.fit(joined(parts.train.x), parts.train.y.numpy())
    expected = model.predict_proba(joined(parts.test.x))
    found = np.exp(predicted("TF-IDF and logistic regression", parts))
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_tfidf_of_characters() -> None:
    parts = split(from_texts(texts(), numbers(1), unit="characters"))
    vectorizer = TfidfVectorizer(analyzer="char", ngram_range=(1, 4), min_df=2, lowercase=False)
    model = make_pipeline(vectorizer, SklearnRidge(alpha=1.0))
    model.fit(joined(parts.train.x), parts.train.y.numpy())
    expected = model.predict(joined(parts.test.x)).reshape(-1, 1)
    found = predicted("TF-IDF and ridge regression", parts)
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-2)


def test_nearest_neighbour() -> None:
    parts = split(from_series(series(), names(np.arange(48) % 3)))
    channels = parts.train.x.padded().double().flatten(0, 1).std(0, correction=0).numpy()  # pyright: ignore
    x, new = flat(parts.train.x), flat(parts.test.x)
    scale = np.tile(channels, x.shape[1] // 2)
    model = KNeighborsClassifier(1).fit(x / scale, parts.train.y.numpy())
    found = predicted("nearest neighbour", parts)
    np.testing.assert_array_equal(found.argmax(1), model.predict(new / scale))
    apart = ((x[:, None] / scale - x[None] / scale) ** 2).sum(-1)
    np.fill_diagonal(apart, np.inf)
    y = parts.train.y.numpy()
    right = (y[apart.argmin(1)] == y).sum()
    assert np.exp(found).max() == pytest.approx((right + 1) / (len(y) + 2))


def test_frequencies_and_mean() -> None:
    parts = split(from_arrays(images(), names(np.arange(48) % 3)))
    counts = np.bincount(parts.train.y.numpy())
    found = predicted("frequencies", parts)
    np.testing.assert_allclose(np.exp(found[0]), (counts + 1) / (counts.sum() + 3), rtol=1e-6)
    parts = split(from_arrays(images(), numbers()))
    np.testing.assert_allclose(predicted("mean", parts)[0], parts.train.y.mean(0), rtol=1e-6)


def test_forecasts() -> None:
    parts = split(case("naive forecast"))
    for name, season in (("naive forecast", 1), ("seasonal naive forecast", 4)):
        np.testing.assert_array_equal(predicted(name, parts), naive_forecasts(parts.test, season))
    for window, told in zip(flat(parts.test.x), predicted("drift", parts), strict=True):
        line = np.polynomial.Polynomial.fit([0, 7], window[[0, 7]], 1)
        np.testing.assert_allclose(told, line(np.arange(8, 11)), rtol=1e-5, atol=1e-5)
    x, new = flat(parts.train.x), flat(parts.test.x)
    model = make_pipeline(StandardScaler(), RidgeCV(alphas=np.logspace(-3, 5, 9)))
    model.fit(x[:, :-1] - x[:, -1:], parts.train.y.numpy() - x[:, -1:])
    expected = model.predict(new[:, :-1] - new[:, -1:]) + new[:, -1:]
    np.testing.assert_allclose(predicted("ridge on lags", parts), expected, rtol=1e-4)


def kneser_ney(rows: list[list[int]], tokens: int, order: int, context: tuple) -> np.ndarray:
    """The next token's distribution, from the definition: dictionaries and recursion.

    rows: tokens of each text, each of which but the first is predicted.
    """
    counts: list[defaultdict] = [defaultdict(int) for _ in range(order)]
    for row in rows:
        padded = ["<s>"] * (order - 1) + row
        for i in range(order, len(padded)):
            counts[-1][tuple(padded[i - order + 1 : i + 1])] += 1
    for length in range(order - 1, 0, -1):
        for gram in counts[length]:
            counts[length - 1][gram[1:]] += 1

    def share(length: int, before: tuple, word: int) -> float:
        if length < 0:
            return 1 / tokens
        values = list(counts[length].values())
        n = [values.count(k) for k in range(5)]
        y = n[1] / max(n[1] + 2 * n[2], 1)
        least = 0.05
        taken = {0: 0.0}
        for k in (1, 2, 3):
            wanted = k - (k + 1) * y * n[k + 1] / max(n[k], 1)
            taken[k] = min(max(wanted, least), k - least)
        before = before[len(before) - length :]
        seen = {g[-1]: n for g, n in counts[length].items() if g[:-1] == before}
        below = share(length - 1, before, word)
        if not seen:
            return below
        total = sum(seen.values())
        kept = (seen.get(word, 0) - taken[min(seen.get(word, 0), 3)]) / total
        return kept + sum(taken[min(count, 3)] for count in seen.values()) / total * below

    padded = ("<s>",) * order + context
    return np.array([share(order - 1, padded, word) for word in range(tokens)])


@pytest.mark.parametrize("unit", ["characters", "words"])
def test_kneser_ney(unit, tmp_path, monkeypatch) -> None:
    words = ["to ", "be ", "or ", "not ", "two ", "bee ", "oar "]
    (tmp_path / "text.txt").write_text("".join(RNG.choice(words, 400)))
    parts = split(read(tmp_path / "text.txt", unit=unit, block=30))
    x = parts.train.x
    assert isinstance(x, Ragged)
    order = {"characters": 6, "words": 3}[unit]
    rows = [
        [*row.tolist(), int(y[len(row) - 1])]
        for row, y in zip(x.rows(), parts.train.y, strict=True)
    ]
    fitted = REFERENCES["Kneser-Ney"].fit(parts.train)
    for text in ([0], [1, 0], [2, 3, 4, 1, 0, 2, 5], rows[0][:9]):
        new = Ragged.of([torch.tensor(text)], x.tokens, x.unit)
        expected = kneser_ney(rows, len(x.tokens), order, tuple(text))
        assert expected.sum() == pytest.approx(1)
        np.testing.assert_allclose(np.exp(fitted.outputs(new)[0]), expected, rtol=1e-5)


def test_kneser_ney_knows_tokens_by_their_names() -> None:
    parts = split(case("Kneser-Ney"))
    fitted = REFERENCES["Kneser-Ney"].fit(parts.train)
    x = parts.train.x
    assert isinstance(x, Ragged)
    turned = Ragged.of([torch.tensor([1, 0])], (x.tokens[3], x.tokens[2], "new"), x.unit)
    same = Ragged.of([torch.tensor([2, 3])], x.tokens, x.unit)
    np.testing.assert_array_equal(fitted.outputs(turned), fitted.outputs(same))
    unknown = Ragged.of([torch.tensor([2])], turned.tokens, x.unit)
    shares = np.exp(fitted.outputs(unknown))
    np.testing.assert_allclose(softmax(fitted.outputs(unknown)), shares, rtol=1e-5)
