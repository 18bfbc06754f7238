"""`Evidence`: what the replicas of each arm predicted, and what is right. All that is judged by."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from steadfit.analysis.arm_loss import ArmLoss
from steadfit.analysis.decomposition import (
    Decomposition,
    brier,
    cross_entropy,
    kohavi_wolpert,
    squared_error,
)
from steadfit.analysis.terms import Failure, Loss, Scheme
from steadfit.errors import SteadfitError


class Decompose(Protocol):
    """A loss split for one arm: `decomposition.cross_entropy` and its like."""

    def __call__(self, z: np.ndarray, y: np.ndarray, /, *, crossed: bool = False) -> Decomposition:
        """From outputs by sample, seed and point, and what is right at each point."""
        ...


DECOMPOSITIONS: Mapping[Loss, Decompose] = {
    Loss.CROSS_ENTROPY: cross_entropy,
    Loss.BRIER: brier,
    Loss.ZERO_ONE: kohavi_wolpert,
    Loss.SQUARED: squared_error,
}


@dataclass(frozen=True)
class Sampling:
    """How the replicas of every arm were drawn.

    samples, seeds: so many training samples, and seeds on each; with the scheme WHOLE each sample
        is all the training data. whole: retrainings on all the training data beside those.
    crossed: whether the seeds are the same on each sample.
    pilot: the first samples, where their spread chose how many there are (`precision`).
    """

    samples: int
    seeds: int = 1
    whole: int = 0
    scheme: Scheme = Scheme.BOTH
    crossed: bool = False
    pilot: int | None = None


@dataclass(frozen=True, eq=False)
class Points:
    """The test points, N of them, and what every prediction is held against.

    y: class numbers, shape (N,), or numbers, shape (N, K). losses: those that are split.
    groups: of each point, int64, shape (N,), where points belong together; None where not.
    """

    y: np.ndarray
    losses: Sequence[Loss]
    groups: NDArray[np.integer] | None = None


@dataclass(frozen=True, eq=False)
class ArmEvidence:
    """What one arm's replicas predicted: logits of C classes, or K numbers, at N points.

    drawn: of those on training samples, shape (S, J, N, C or K). whole: of those on all the
        training data, shape (W, N, C or K). Either may be None, and both are where one failed.
    crossed: whether the J seeds are the same on each sample.
    failed: how many replicas failed, by why. facts: single figures of the training by name, means
        over the replicas.
    """

    name: str
    points: Points
    drawn: np.ndarray | None
    whole: np.ndarray | None = None
    crossed: bool = False
    failed: Mapping[Failure, int] = field(default_factory=dict)
    facts: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.drawn is None and self.whole is None and not self.failed:
            raise SteadfitError(f"The arm {self.name} has no predictions. Give drawn or whole.")

    @property
    def varying(self) -> np.ndarray | None:
        """The predictions that tell the variance, shape (S, J, N, C or K)."""
        if self.drawn is not None or self.whole is None:
            return self.drawn
        return self.whole[:, None]

    @cached_property
    def losses(self) -> Mapping[Loss, ArmLoss]:
        """Each loss, split; none where a replica failed. For ZERO_ONE it is Kohavi and Wolpert's.

        Computed once, when it is first asked for.
        """
        varying = self.varying
        if self.failed or varying is None:
            return {}
        y, group = self.points.y, self.points.groups
        again = self.whole[:, None] if self.drawn is not None and self.whole is not None else None
        found = {}
        for loss in self.points.losses:
            split = DECOMPOSITIONS[loss]
            own = ArmLoss(
                split(varying, y, crossed=self.crossed), None if again is None else split(again, y)
            )
            found[loss] = own if group is None else own.by_group(group)
        return found


@dataclass(frozen=True, eq=False)
class Evidence:
    """All arms on the same points, samples and seeds; the first is the baseline.

    decides: the loss whose total makes an arm better or worse. level: of every interval.
    """

    arms: tuple[ArmEvidence, ...]
    sampling: Sampling
    decides: Loss
    level: float = 0.95

    def __post_init__(self) -> None:
        if not self.arms:
            raise SteadfitError("Evidence needs at least one arm, the baseline.")
        if self.decides not in self.arms[0].points.losses:
            raise SteadfitError(f"{self.decides} decides, so it must be among the losses split.")
