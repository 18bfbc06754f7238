"""From arrays of predictions that were made elsewhere to `Evidence`."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from steadfit.analysis.evidence import ArmEvidence, Comparing, Evidence
from steadfit.analysis.measures import (
    OF_CLASSES,
    OF_LABELS,
    OF_MARKS,
    OF_NUMBERS,
    OF_SEVERAL,
    Measure,
    Points,
    measure,
)
from steadfit.analysis.terms import Route
from steadfit.errors import SteadfitError

SURE = 40.0  # the logit of a class that was named without a probability
LEAST = 1e-15  # of a probability


def evidence_of(
    predictions: Mapping[str, ArrayLike],
    y: ArrayLike,
    *,
    classes: Sequence[object] | None = None,
    folds: ArrayLike | None = None,
    groups: ArrayLike | None = None,
    decide_by: str | None = None,
    own: tuple[Measure, ...] = (),
) -> Evidence:
    """The arms of these predictions, the first the baseline.

    predictions: by arm, of R retrainings at N points: probabilities (R, N, C), labels (R, N), or
        numbers (R, N) or (R, N, K); of several labels a point the probability of each, or 0 and 1,
        (R, N, L); of one retraining without the first axis.
    y: what is right, labels or floats, shape (N,), numbers (N, K), or booleans or whole numbers 0
        and 1 of several labels (N, L). classes: the labels in the order of the columns; by default
        sorted.
    folds: which replica of a repetition predicted each point, (N,) or (R, N), for cross-fitting;
        without them a repetition is one retraining, and two are needed. groups: of points that
        belong together, (N,). decide_by: a measure; by default the cross-entropy, the error of
        labels, or the squared error.
    own: measures that a person brought. Raises SteadfitError, with the arm's name, for what does
    not fit.
    """
    if not predictions:
        raise SteadfitError("predictions must have an arm, the baseline, got none.")
    target = np.asarray(y)
    found = _reader(target)(predictions, target, classes)
    arms = found.arms
    decides = measure(decide_by or found.told[0], found.known, own).name
    same = None if groups is None else np.unique(np.asarray(groups), return_inverse=True)[1]
    points = Points(found.y, same)
    longest = max(len(one) for one in arms.values())
    where = _folds(folds, longest, len(target))
    if where.max() == 0 and min(len(one) for one in arms.values()) < 2:
        raise SteadfitError(
            "predictions must be of two retrainings or more an arm, or of folds, got one: a single "
            "retraining does not tell what another would change. Give folds, or more retrainings."
        )
    return Evidence(
        tuple(ArmEvidence(name, outputs) for name, outputs in arms.items()),
        points,
        where,
        Comparing(int(where.max()) + 1, (min(map(len, arms.values())),), Route.ASKED),
        decides,
        found.told,
        own=own,
    )


class _Read(NamedTuple):
    """Outputs by arm, what is right, the measures that there are, and those that are told."""

    arms: dict[str, NDArray[np.float64]]
    y: np.ndarray
    known: tuple[str, ...]
    told: tuple[str, ...]


Predictions = Mapping[str, ArrayLike]
Classes = Sequence[object] | None


def _reader(target: np.ndarray) -> Callable[[Predictions, np.ndarray, Classes], _Read]:
    if target.dtype.kind == "f":
        return _of_numbers
    return _of_several if target.ndim == 2 and target.dtype.kind in "bui" else _of_classes


def _of_numbers(predictions: Predictions, target: np.ndarray, classes: Classes) -> _Read:
    arms = {name: _numbers(name, given, target) for name, given in predictions.items()}
    y = target.reshape(len(target), -1).astype(np.float64)
    return _Read(arms, y, OF_NUMBERS, OF_NUMBERS)


def _of_classes(predictions: Predictions, target: np.ndarray, classes: Classes) -> _Read:
    names = np.unique(target) if classes is None else np.asarray(classes)
    arms = {name: _logits(name, given, names, len(target)) for name, given in predictions.items()}
    y = _numbered(target, names)
    if any(map(_are_labels, predictions.values())):
        return _Read(arms, y, OF_LABELS, OF_LABELS[:1])
    return _Read(arms, y, OF_CLASSES, OF_CLASSES[:3])


def _of_several(predictions: Predictions, target: np.ndarray, classes: Classes) -> _Read:
    if ((target != 0) & (target != 1)).any():
        raise SteadfitError(
            f"y must be 0 and 1 for several labels a point, got {target.max()} in shape "
            f"{target.shape}. Give one label a point in shape ({len(target)},)."
        )
    arms = {name: _log_odds(name, given, target.shape) for name, given in predictions.items()}
    only_marks = any(np.asarray(given).dtype.kind in "bui" for given in predictions.values())
    known = OF_MARKS if only_marks else OF_SEVERAL
    return _Read(arms, target.astype(bool), known, known)


def _log_odds(name: str, given: ArrayLike, shape: tuple[int, ...]) -> NDArray[np.float64]:
    found = np.asarray(given, np.float64)
    shares = _checked(name, found if found.ndim == 3 else found[None], shape)
    if (shares < -1e-6).any() or (shares > 1 + 1e-6).any():
        raise SteadfitError(
            f"{name} must be probabilities from 0 to 1, got values from {shares.min():.3g} to "
            f"{shares.max():.3g}. Give sigmoid(logits)."
        )
    return np.log(np.maximum(shares, LEAST) / np.maximum(1 - shares, LEAST))


def _are_labels(given: ArrayLike) -> bool:
    found = np.asarray(given)
    return found.dtype.kind != "f" and found.ndim < 3


def _numbers(name: str, given: ArrayLike, target: np.ndarray) -> NDArray[np.float64]:
    found = np.asarray(given, np.float64)
    outputs = target.shape[1:] or (1,)
    if target.ndim == 1 and found.ndim in (1, 2) and found.shape[-1] == len(target):
        found = found[..., None]
    if found.ndim == 2:
        found = found[None]
    return _checked(name, found, (len(target), *outputs))


def _logits(name: str, given: ArrayLike, classes: np.ndarray, points: int) -> NDArray[np.float64]:
    found = np.asarray(given)
    if _are_labels(given):
        labels = found if found.ndim == 2 else found[None]
        if labels.shape[1:] != (points,):
            raise _misfit(name, labels.shape[1:], (points,))
        return SURE * np.eye(len(classes))[_numbered(labels, classes, name)]
    shares = np.asarray(found if found.ndim == 3 else found[None], np.float64)
    shares = _checked(name, shares, (points, len(classes)))
    if (shares < -1e-6).any() or (np.abs(shares.sum(-1) - 1) > 1e-3).any():
        raise SteadfitError(
            f"{name} must be probabilities, each row with a sum of 1, got rows from "
            f"{shares.sum(-1).min():.3g} to {shares.sum(-1).max():.3g}. Give softmax(logits)."
        )
    return np.log(np.maximum(shares, LEAST))


def _checked(name: str, found: NDArray[np.float64], shape: tuple[int, ...]) -> NDArray[np.float64]:
    if found.ndim != len(shape) + 1 or found.shape[1:] != shape:
        raise _misfit(name, found.shape[1:], shape)
    if not np.isfinite(found).all():
        raise SteadfitError(f"{name} must be finite, got NaN or infinity. Leave the arm out.")
    return found


def _misfit(name: str, got: tuple[int, ...], shape: tuple[int, ...]) -> SteadfitError:
    return SteadfitError(f"{name} must have shape {shape} for each retraining, got {got}.")


def _numbered(labels: np.ndarray, classes: np.ndarray, name: str = "y") -> NDArray[np.int64]:
    """Labels as numbers of their columns."""
    order = np.argsort(classes)
    place = np.searchsorted(classes[order], labels).clip(0, len(classes) - 1)
    numbers = order[place]
    if (classes[numbers] != labels).any():
        other = labels[classes[numbers] != labels].ravel()[0]
        raise SteadfitError(
            f"{name} must have only the classes {', '.join(map(str, classes[:10]))}, got {other}. "
            "Give classes, in the order of the columns."
        )
    return numbers.astype(np.int64)


def _folds(folds: ArrayLike | None, repetitions: int, points: int) -> NDArray[np.int64]:
    if folds is None:
        return np.zeros((repetitions, points), np.int64)
    found = np.asarray(folds)
    found = np.tile(found, (repetitions, 1)) if found.ndim == 1 else found
    if found.shape != (repetitions, points):
        raise SteadfitError(
            f"folds must have shape {(repetitions, points)}, got {found.shape}: a number for each "
            "retraining and point."
        )
    return np.unique(found, return_inverse=True)[1].reshape(found.shape).astype(np.int64)
