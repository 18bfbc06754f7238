"""What a person's trained model answers, as log-probabilities and numbers."""

import numpy as np
import pandas as pd
import pytest
import torch

from steadfit.errors import OwnCodeError
from steadfit.training.answers import class_answers, label_answers, number_answers

X = np.zeros((2, 4))


class Shares:
    def __init__(self, shares, classes=None):
        self.shares = np.array(shares)
        if classes is not None:
            self.classes_ = classes

    def predict_proba(self, x):
        return self.shares


def test_probabilities_are_kept_and_bounded():
    outputs, labels = class_answers(Shares([[0.25, 0.75, 0], [0, 1, 0]]), X, 3, 10)
    expected = np.log([[0.25, 0.75, 1e-12], [1e-12, 1, 1e-12]])
    np.testing.assert_allclose(outputs, expected, rtol=1e-6, atol=1e-6)
    assert not labels
    assert outputs.dtype == np.float32


def test_a_class_that_the_sample_lacked_has_a_small_probability():
    """As the references have it: 1 / (examples + classes)."""
    outputs, _ = class_answers(Shares([[0.25, 0.75], [1, 0]], classes=[2, 0]), X, 3, 7)
    shares = np.exp(outputs.astype(np.float64))
    np.testing.assert_allclose(shares, [[0.675, 0.1, 0.225], [0, 0.1, 0.9]], atol=1e-7)


@pytest.mark.parametrize("given", [[1, 0], [[1], [0]], [1.0, 0.0], torch.tensor([1, 0])])
def test_labels(given):
    outputs, labels = class_answers(lambda x: given, X, 2, 10)
    assert labels
    np.testing.assert_array_equal(outputs.argmax(1), [1, 0])


@pytest.mark.parametrize(
    "given", [[1.5, 2.0], [[1.5], [2.0]], torch.tensor([1.5, 2.0], requires_grad=True),
              pd.Series([1.5, 2.0])],
)  # fmt: skip
def test_numbers(given):
    outputs, _ = number_answers(lambda x: given, X, 1)
    np.testing.assert_array_equal(outputs, np.float32([[1.5], [2.0]]))


@pytest.mark.parametrize(
    ("classes", "said"),
    [
        ([0, 5], r"classes_ must be class numbers from 0 to 2, each once, got \[0 5\]"),
        ([1, 1], "each once"),
        (["a", "b"], "must be class numbers from 0 to 2"),
        ([0, 1, 2], r"a column for each of the 3 classes, got shape \(2, 2\)"),
    ],
)
def test_columns_that_are_no_classes(classes, said):
    with pytest.raises(OwnCodeError, match=said):
        class_answers(Shares([[0.5, 0.5], [0.5, 0.5]], classes), X, 3, 10)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([0.2, 0.7], "must be class numbers from 0 to 1, or probabilities .* got 0.2"),
        ([[0.2, 0.7], [0.5, 0.5]], "sums from 0.9 to 1"),
        ([[-0.2, 1.2], [0.5, 0.5]], "values from -0.2 to 1.2"),
        ([[np.nan, 1], [0.5, 0.5]], "for 1 of 2 examples"),
        ([[[1.0]], [[1.0]]], r"a column for each of the 2 classes, got shape \(2, 1, 1\)"),
        (1.0, "must be an array of numbers, got float"),
        (None, "must be an array of numbers, got NoneType of object"),
    ],
)
def test_what_are_no_classes(given, said):
    with pytest.raises(OwnCodeError, match=said):
        class_answers(lambda x: given, X, 2, 10)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([[1.0], [2.0]], r"must have shape \(2, 2\), got \(2, 1\)"),
        ([[1.0, 2], [np.inf, 1]], "for 1 of 2 examples"),
        ([[1e300, 2], [1, 1]], "must be finite"),
    ],
)
def test_what_are_no_numbers(given, said):
    with pytest.raises(OwnCodeError, match=said):
        number_answers(lambda x: given, X, 2)


def test_answers_of_several_labels() -> None:
    """scikit-learn's estimators give an array, or one a label, which a sample may lack."""
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.multiclass import OneVsRestClassifier

    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 3))
    y = np.stack([x[:, 0] > 0, x[:, 1] > 0.5, np.zeros(60, bool)], 1).astype(int)
    forest = RandomForestClassifier(5, random_state=0).fit(x, y)
    found = label_answers(forest, x, 3)
    shares = 1 / (1 + np.exp(-found.outputs))
    np.testing.assert_allclose(shares[:, 0], forest.predict_proba(x)[0][:, 1], atol=1e-6)
    assert shares[:, 2].max() < 1e-6
    both = OneVsRestClassifier(LogisticRegression()).fit(x, y[:, :2])
    shares = 1 / (1 + np.exp(-label_answers(both, x, 2).outputs))
    np.testing.assert_allclose(shares, both.predict_proba(x), atol=1e-6)
    assert not label_answers(both, x, 2).labels
    marks = label_answers(both.predict, x, 2)
    assert marks.labels
    np.testing.assert_array_equal(marks.outputs > 0, both.predict(x) == 1)


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (np.zeros((4, 3)), "a column for each of the 2 labels, got shape"),
        (np.full((4, 2), 1.5), "probabilities from 0 to 1, got values from 1.5 to 1.5"),
        (np.full((4, 2), np.nan), "must be finite"),
        (np.zeros((3, 2)), "must predict each of the 4 examples"),
    ],
)
def test_what_are_no_labels_is_said(said: np.ndarray, sentence: str) -> None:
    with pytest.raises(OwnCodeError, match=sentence):
        label_answers(lambda x: said, np.zeros((4, 1)), 2)
