"""Probabilities that a loss can be computed with."""

import numpy as np

from steadfit.errors import SteadfitError

FLOOR = 1e-12  # the least probability: being sure and wrong costs 28 nats, not infinitely many


def seen(y: np.ndarray) -> np.ndarray:
    """The numbers of the classes that there are examples of. Raises SteadfitError for one alone."""
    found = np.unique(y)
    if len(found) < 2:
        raise SteadfitError("the training examples must have two classes or more, got one.")
    return found


def with_absent(logits: np.ndarray, present: np.ndarray, classes: int, examples: int) -> np.ndarray:
    """Log-probabilities of all classes, shape (examples, classes), from logits of those seen.

    present: which classes the columns of logits are. A class of which there was no example gets
    1 / (examples + classes), as in `Frequencies`. examples: that were trained on.
    """
    from scipy.special import log_softmax

    absent = 1 / (examples + classes)
    found = np.full((len(logits), classes), np.log(absent))
    rest = np.log1p(-absent * (classes - len(present)))
    found[:, present] = log_softmax(logits, axis=1) + rest
    return np.maximum(found, np.log(FLOOR))
