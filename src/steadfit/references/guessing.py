"""What is predicted without looking at the example."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from steadfit.data import Dataset, Schema
from steadfit.references.base import Learned, Reference
from steadfit.references.shapes import Shapes


@dataclass(frozen=True)
class Frequencies(Reference):
    """Each class or token as often as in the training examples, each counted once more.

    (n + 1) / (examples + classes), Laplace's rule: a class that was never seen keeps a chance.
    """

    name = "frequencies"
    what = "Guessing: each class or token as often as it was seen."
    predicts = frozenset({"classes", "tokens"})
    shapes: ClassVar[Shapes] = {"shares": ("outputs",)}

    def learn(self, train: Dataset, seed: int) -> Learned:
        known = train.y[train.y >= 0].numpy()
        counts = np.bincount(known, minlength=train.outputs) + 1
        return Learned({"shares": counts / counts.sum()})

    def outputs(self, learned: Learned, schema: Schema, x: Any) -> np.ndarray:
        return np.tile(np.log(learned.arrays["shares"]), (len(x), 1))


@dataclass(frozen=True)
class Mean(Reference):
    """The mean of the training targets, whose squared error is their variance."""

    name = "mean"
    what = "Guessing: the mean of the training targets."
    predicts = frozenset({"numbers"})
    shapes: ClassVar[Shapes] = {"mean": ("outputs",)}

    def learn(self, train: Dataset, seed: int) -> Learned:
        return Learned({"mean": train.y.numpy().astype(np.float64).mean(0)})

    def outputs(self, learned: Learned, schema: Schema, x: Any) -> np.ndarray:
        return np.tile(learned.arrays["mean"], (len(x), 1))
