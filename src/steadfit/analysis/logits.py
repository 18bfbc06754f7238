"""Logits with their labels, and what is computed of either. Classes stand last but one: a block of
points is worked on as (…, classes, points)."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from steadfit.analysis.jackknife import Floats
from steadfit.errors import SteadfitError


def logits_and_labels(
    z: ArrayLike, y: ArrayLike
) -> tuple[NDArray[np.floating], NDArray[np.integer]]:
    """Logits and labels as arrays that fit one another."""
    logits, labels = np.asarray(z), np.asarray(y)
    if logits.ndim != 4 or labels.shape != logits.shape[2:3]:
        raise SteadfitError(
            "Logits in the shape (samples, seeds, points, classes) and labels in the shape "
            f"(points,) were expected, but {logits.shape} and {labels.shape} found."
        )
    classes = logits.shape[3]
    if labels.dtype.kind not in "iu" or not ((labels >= 0) & (labels < classes)).all():
        raise SteadfitError(
            f"Labels were expected to be whole numbers from 0 to {classes - 1}, but "
            f"{np.unique(labels)[:20]} of type {labels.dtype} found."
        )
    return logits, labels


def log_sum_exp(f: Floats) -> Floats:
    highest = f.max(-2, keepdims=True)
    shifted = f - highest
    return np.log(np.exp(shifted, out=shifted).sum(-2)) + highest[..., 0, :]


def softmax(z: Floats) -> Floats:
    weights = np.exp(z - z.max(-2, keepdims=True))
    return weights / weights.sum(-2, keepdims=True)


def square(f: Floats) -> Floats:
    return np.einsum("...kn,...kn->...n", f, f)


def one_hot(labels: NDArray[np.integer], classes: int) -> Floats:
    """From (..., n) to (..., classes, n)."""
    return (labels[..., None, :] == np.arange(classes)[:, None]).astype(np.float64)
