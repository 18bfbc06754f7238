"""What a person's trained model answers, checked, as the outputs that a study compares."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from torch import Tensor

from steadfit.errors import OwnCodeError
from steadfit.references.classifying import FLOOR, with_absent

ROUNDING = 1e-3  # that the sum of a row of probabilities may be off


class Answers(NamedTuple):
    """outputs: float32, shape (examples, outputs): log-probabilities of classes, log odds of
    several labels, or numbers. labels: whether they were named without probabilities."""

    outputs: np.ndarray
    labels: bool


def class_answers(model: Any, x: Any, classes: int, trained_on: int) -> Answers:
    """Of classes, by `predict_proba`, `predict`, or a call.

    trained_on: how many examples; a class that is not among `model.classes_` has a probability of
    1 / (trained_on + classes), as in the references.
    Raises OwnCodeError for what are neither probabilities nor class numbers.
    """
    shares = getattr(model, "predict_proba", None)
    said = _array((shares or _predictor(model))(x))
    _check_length(said, x)
    if shares is None and (said.ndim == 1 or said.shape[1:] == (1,)):
        labels = _labels(said.reshape(-1), classes)
        outputs = np.full((len(labels), classes), np.log(FLOOR), np.float32)
        outputs[np.arange(len(labels)), labels] = 0
        return Answers(outputs, labels=True)
    columns = _columns(getattr(model, "classes_", None), classes)
    if said.ndim != 2 or said.shape[1] != len(columns):
        raise OwnCodeError(
            f"its predictions must have a column for each of the {len(columns)} classes, got shape "
            f"{said.shape}. Return an object with classes_, which names its columns, where some "
            "class may be absent from a training sample."
        )
    _check_finite(said)
    sums = said.sum(1)
    if (said < -ROUNDING).any() or (np.abs(sums - 1) > ROUNDING).any():
        raise OwnCodeError(
            f"its predictions must be probabilities, each row with a sum of 1, got values from "
            f"{said.min():.3g} to {said.max():.3g} and sums from {sums.min():.3g} to "
            f"{sums.max():.3g}. Give softmax(logits)."
        )
    logits = np.log(np.maximum(said, FLOOR))
    return Answers(with_absent(logits, columns, classes, trained_on).astype(np.float32), False)


def number_answers(model: Any, x: Any, count: int) -> Answers:
    """Of numbers, `count` an example, by `predict` or a call.

    Raises OwnCodeError for another shape, and for what is not finite.
    """
    said = _array(_predictor(model)(x))
    _check_length(said, x)
    if said.shape[1:] != (count,) and not (count == 1 and said.ndim == 1):
        raise OwnCodeError(
            f"its predictions must have shape {(len(said), count)}, got {said.shape}: a number for "
            "each output."
        )
    _check_finite(said)
    with np.errstate(over="ignore"):
        outputs = said.reshape(-1, count).astype(np.float32)
    _check_finite(outputs)
    return Answers(outputs, labels=False)


def label_answers(model: Any, x: Any, count: int) -> Answers:
    """Of several labels, `count` an example, by `predict_proba`, `predict`, or a call.

    They are the probability of each, or 0 and 1. What scikit-learn gives of several outputs, a list
    with an array of probabilities for each, is taken too.
    Raises OwnCodeError for what are neither probabilities nor marks.
    """
    shares = getattr(model, "predict_proba", None)
    given = (shares or _predictor(model))(x)
    if isinstance(given, list) and shares is not None:
        known = getattr(model, "classes_", [[0, 1]] * len(given))
        given = np.stack([_of_one(*both) for both in zip(given, known, strict=True)], axis=1)
    said = _array(given)
    _check_length(said, x)
    if said.shape[1:] != (count,):
        raise OwnCodeError(
            f"its predictions must have a column for each of the {count} labels, got shape "
            f"{said.shape}. Give the probability of each label, or 0 and 1."
        )
    _check_finite(said)
    if (said < -ROUNDING).any() or (said > 1 + ROUNDING).any():
        raise OwnCodeError(
            f"its predictions must be probabilities from 0 to 1, got values from {said.min():.3g} "
            f"to {said.max():.3g}. Give sigmoid(logits)."
        )
    yes, no = np.maximum(said, FLOOR), np.maximum(1 - said, FLOOR)
    only_marks = shares is None and bool(((said == 0) | (said == 1)).all())
    return Answers(np.log(yes / no).astype(np.float32), labels=only_marks)


def _of_one(shares: Any, classes: Any) -> np.ndarray:
    """The probability that one label is there; 0 or 1 where training had no other example."""
    found = np.asarray(shares, np.float64)
    there = np.flatnonzero(np.asarray(classes) == 1)
    return found[:, there[0]] if len(there) else np.zeros(len(found))


def _predictor(model: Any) -> Callable[[Any], Any]:
    predict = getattr(model, "predict", model)
    if not callable(predict):
        raise OwnCodeError(
            "it must return a function that predicts, or an object with predict_proba or predict, "
            f"got {type(model).__name__}. Return the trained model."
        )
    return predict


def _array(said: Any) -> np.ndarray:
    found = said.numpy(force=True) if isinstance(said, Tensor) else np.asarray(said)
    if found.dtype.kind not in "biuf" or not found.ndim:
        raise OwnCodeError(
            f"its predictions must be an array of numbers, got {type(said).__name__} of "
            f"{found.dtype}. Classes are numbers, in the order of their names."
        )
    return found.astype(np.float64)


def _check_length(said: np.ndarray, x: Any) -> None:
    if len(said) != len(x):
        raise OwnCodeError(
            f"it must predict each of the {len(x):,} examples, got {len(said):,} predictions."
        )


def _check_finite(said: np.ndarray) -> None:
    rows = np.flatnonzero(~np.isfinite(said).reshape(len(said), -1).all(1))
    if len(rows):
        raise OwnCodeError(
            f"its predictions must be finite, got NaN or infinity for {len(rows):,} of "
            f"{len(said):,} examples."
        )


def _labels(said: np.ndarray, classes: int) -> np.ndarray:
    known = np.isin(said, np.arange(classes))
    if not known.all():
        raise OwnCodeError(
            f"its predictions must be class numbers from 0 to {classes - 1}, or probabilities with "
            f"a column for each class, got {said[~known][0]:.6g}."
        )
    return said.astype(np.int64)


def _columns(named: Any, classes: int) -> np.ndarray:
    """Which class each column of the probabilities is of."""
    if named is None:
        return np.arange(classes)
    found = np.asarray(named)
    known = found.ndim == 1 and found.dtype.kind in "biuf" and np.isin(found, range(classes)).all()
    if not known or len(np.unique(found)) < len(found):
        raise OwnCodeError(
            f"its classes_ must be class numbers from 0 to {classes - 1}, each once, got "
            f"{str(found)[:100]}. Train it on y as it is given."
        )
    return found.astype(np.int64)
