"""Temperature scaling (Guo et al. 2017, "On calibration of modern neural networks", 4.2)."""

import numpy as np
from torch import nn

from steadfit.data import Dataset, points
from steadfit.kinds import Preparation
from steadfit.training.predict import answers

LOWEST, HIGHEST = 0.05, 20.0  # temperatures


def fit_temperature(
    module: nn.Module, preparation: Preparation, held_out: Dataset, device: str = "cpu"
) -> float:
    """The `best_temperature` of a module's logits, on examples that it did not learn from."""
    logits, _ = answers(module, preparation, held_out, device)
    held_out = points(held_out)
    return best_temperature(*held_out.schema.task.choices(logits.numpy(), held_out.y.numpy()))


def best_temperature(logits: np.ndarray, y: np.ndarray) -> float:
    """The T for which softmax(logits / T) has the lowest cross-entropy, from 0.05 to 20.

    logits: shape (examples, classes). y: class numbers, shape (examples,). The cross-entropy is
    convex in 1/T. Where the logit of its own class is the highest in every example, it falls until
    T is 0, and nothing can be learned of T: then 1 is returned, which changes nothing.

    >>> logits = np.array([[4.0, 0.0]] * 4)
    >>> temperature = best_temperature(logits, np.array([0, 0, 0, 1]))
    >>> round(float(np.exp(4 / temperature)), 4)  # odds of three to one, as in y
    3.0
    """
    from scipy.optimize import minimize_scalar
    from scipy.special import log_softmax

    logits = np.asarray(logits, np.float64)
    rows = np.arange(len(y))
    if (logits[rows, y] >= logits.max(axis=1)).all():
        return 1.0

    def loss(inverse: float) -> float:
        return float(-log_softmax(logits * inverse, axis=1)[rows, y].mean())

    bounds = (1 / HIGHEST, 1 / LOWEST)
    found = minimize_scalar(loss, bounds=bounds, method="bounded", options={"xatol": 1e-8})
    return float(1 / found.x)
