"""`Tested`: the test points of a study, and which replica of a repetition predicts each.

`ArmReplicas`: those of one arm.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from steadfit.data import Dataset
from steadfit.study.store import Finished


@dataclass(frozen=True, eq=False)
class Tested:
    """data: the test points, in the data's order. folds: of each repetition, which replica predicts
    a point, counted from 0, shape (R, N)."""

    data: Dataset
    folds: NDArray[np.integer]

    @property
    def sampled(self) -> NDArray[np.integer]:
        """The positions of the points that replicas on drawn samples predict, ascending: those of
        the first fold."""
        return np.flatnonzero(self.folds[0] == 0)

    def assemble(self, repetition: int, replicas: Sequence[np.ndarray]) -> np.ndarray:
        """The predictions of one repetition at all points, shape (N, outputs), from those of its
        replicas, each at the points of its fold in their order."""
        found = np.empty((len(self.data), *replicas[0].shape[1:]), replicas[0].dtype)
        for number, logits in enumerate(replicas):
            found[self.folds[repetition] == number] = logits
        return found


@dataclass(frozen=True, eq=False)
class ArmReplicas:
    """An arm's replicas without their weights.

    tested: those that arms are compared by, of each repetition one a fold. drawn: those on drawn
    samples, by sample and then by seed; none where the arm's variance was not measured.
    """

    tested: tuple[tuple[Finished, ...], ...]
    drawn: tuple[tuple[Finished, ...], ...] = ()

    @property
    def all(self) -> list[Finished]:
        """All that did not fail."""
        return _finished(one for of_one in (*self.tested, *self.drawn) for one in of_one)

    @property
    def on_samples(self) -> list[Finished]:
        """Those on drawn samples that did not fail."""
        return _finished(one for of_one in self.drawn for one in of_one)

    @property
    def compared(self) -> list[Finished]:
        """Those that arms are compared by, without failed ones."""
        return _finished(one for of_one in self.tested for one in of_one)

    def repetitions(self, tested: Tested) -> list[np.ndarray]:
        """The predictions of each whole repetition at all points, shape (N, outputs)."""
        return [
            tested.assemble(number, [one.logits for one in of_one])
            for number, of_one in enumerate(self.tested)
            if not any(one.failure for one in of_one)
        ]


def _finished(replicas: Iterable[Finished]) -> list[Finished]:
    return [replica for replica in replicas if replica.failure is None]
