"""Losses of several labels an example, split as those of classes: each label is there or not.

Shapes as in `decomposition`, with L labels in the place of the classes; a logit is a label's log
odds. Each loss is the mean over the labels of that of two classes with the logits (0, f), and so
are its parts.

| loss | unit | f | phi(f) |
| --- | --- | --- | --- |
| binary cross-entropy | nats | logits | mean_l log(1 + exp f_l) |
| Brier score of labels | 0 to 1 | p - y | mean_l f_l^2 |
| Hamming loss | share of labels | [f > 0] - y | mean_l f_l^2 |
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from steadfit.analysis.decomposition import Decomposition, decompose
from steadfit.analysis.jackknife import Floats
from steadfit.analysis.logits import square
from steadfit.errors import SteadfitError


def binary_cross_entropy(z: ArrayLike, y: ArrayLike, *, crossed: bool = False) -> Decomposition:
    """Split -y log p - (1 - y) log(1 - p), the mean over the labels, in nats, p = sigmoid(z).

    The centre of a label has the mean of its log odds: `decomposition.cross_entropy` of two
    classes, as L of them.

    z: logits, shape (S, J, N, L), finite. y: which labels are there, bool, shape (N, L). crossed:
    whether the J seeds are the same on each sample.
    Raises SteadfitError as `decomposition.cross_entropy` does.

    >>> z = np.zeros((3, 1, 10, 4))
    >>> parts = binary_cross_entropy(z, np.ones((10, 4), bool))
    >>> round(parts.total, 4), round(abs(parts.variance), 4)
    (0.6931, 0.0)
    """
    logits, there = _logits_and_marks(z, y)

    def coordinates(block: Floats, points: slice) -> tuple[Floats, Floats, Floats]:
        cells = _softplus(block)
        return block, cells, cells - (block * there[points].T).mean(-2)

    return decompose(logits, coordinates, _softplus, crossed)


def binary_brier(z: ArrayLike, y: ArrayLike, *, crossed: bool = False) -> Decomposition:
    """Split (p - y)^2, the mean over the labels, from 0 to 1, p = sigmoid(z) (Brier 1950).

    Arguments and errors as in `binary_cross_entropy`.
    """
    logits, there = _logits_and_marks(z, y)

    def coordinates(block: Floats, points: slice) -> tuple[Floats, Floats, Floats]:
        return _residuals(sigmoid(block), there[points])

    return decompose(logits, coordinates, square, crossed)


def hamming(z: ArrayLike, y: ArrayLike, *, crossed: bool = False) -> Decomposition:
    """Split the Hamming loss, the share of labels that are wrong, a label being said where z > 0.

    As Kohavi and Wolpert (1996) split the error: with P the share of retrainings that say a label,
    variance = P (1 - P) and bias_noise = (P - y)^2. Arguments and errors as in
    `binary_cross_entropy`.
    """
    logits, there = _logits_and_marks(z, y)

    def coordinates(block: Floats, points: slice) -> tuple[Floats, Floats, Floats]:
        return _residuals((block > 0).astype(np.float64), there[points])

    return decompose(logits, coordinates, square, crossed)


def sigmoid(z: Floats) -> Floats:
    """The probability of these log odds, without overflow."""
    return np.exp(-np.logaddexp(0.0, -z))


def _residuals(said: Floats, there: NDArray[np.bool_]) -> tuple[Floats, Floats, Floats]:
    """Coordinates whose sum of squares is the mean over the labels."""
    residuals = (said - there.T) / np.sqrt(said.shape[-2])
    losses = square(residuals)
    return residuals, losses, losses


def _softplus(f: Floats) -> Floats:
    return np.logaddexp(0.0, f).mean(-2)


def _logits_and_marks(z: ArrayLike, y: ArrayLike) -> tuple[NDArray[np.floating], NDArray[np.bool_]]:
    logits, there = np.asarray(z), np.asarray(y)
    if logits.ndim != 4 or there.shape != logits.shape[2:] or there.dtype != bool:
        raise SteadfitError(
            "Logits in the shape (samples, seeds, points, labels) and booleans in the shape "
            f"(points, labels) were expected, but {logits.shape} and {there.dtype} of shape "
            f"{there.shape} found."
        )
    return logits, there
