"""`Evidence`: what the replicas of each arm predicted, and what is right. All that is judged by."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from steadfit.analysis.clusters import by_group
from steadfit.analysis.comparison import PointLosses
from steadfit.analysis.decomposition import (
    Decomposition,
    brier,
    cross_entropy,
    kohavi_wolpert,
    squared_error,
)
from steadfit.analysis.jackknife import Floats
from steadfit.analysis.measures import Measure, Points, measure
from steadfit.analysis.several_labels import binary_brier, binary_cross_entropy, hamming
from steadfit.analysis.terms import Failure, Loss, Route, Scheme
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
    Loss.BINARY_CROSS_ENTROPY: binary_cross_entropy,
    Loss.BINARY_BRIER: binary_brier,
    Loss.HAMMING: hamming,
}


@dataclass(frozen=True)
class Sampling:
    """How the replicas that tell the variance were drawn.

    samples, seeds: so many training samples, and seeds on each; with the scheme WHOLE each sample
        is all the training data. crossed: whether the seeds are the same on each sample.
    points: how many test points these replicas have. train: how many examples a sample is drawn
        from.
    """

    samples: int
    seeds: int = 1
    scheme: Scheme = Scheme.BOOTSTRAP
    crossed: bool = False
    points: int = 0
    train: int = 0


@dataclass(frozen=True)
class Comparing:
    """How arms are compared.

    folds: each repetition predicts every test point once, by as many replicas; with 1 by a single
        one on all the training data. looks: after how many repetitions decisions were possible.
    route: why so many folds. other_sets: whether it is asked what would hold over others.
    """

    folds: int
    looks: tuple[int, ...]
    route: Route
    other_sets: bool = False


@dataclass(frozen=True, eq=False)
class ArmEvidence:
    """What one arm's replicas predicted: logits of C classes or labels, or K numbers.

    tested: of each repetition at the N test points, shape (R, N, C or K); None where a replica
        failed. drawn: of those on drawn samples, at the M points of these, shape (S, J, M, C or
        K); None where there are none. crossed: whether the J seeds are the same on each sample.
    failed: how many replicas failed, by why. facts: single figures of the training by name, means
        over the replicas. trained: whether its replicas had learned when they ended.
    joined: whether the arm was made of those that the first round found better.
    """

    name: str
    tested: np.ndarray | None
    drawn: np.ndarray | None = None
    crossed: bool = False
    failed: Mapping[Failure, int] = field(default_factory=dict)
    facts: Mapping[str, float] = field(default_factory=dict)
    trained: bool = True
    joined: bool = False
    _values: dict[str, Floats] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        if self.tested is None and not self.failed:
            raise SteadfitError(f"The arm {self.name} must have predictions or failed replicas.")

    def values(self, measure: Measure, points: Points) -> Floats:
        """A measure by repetition and test point, shape (R, N); computed once, as a person's own
        may take long."""
        assert self.tested is not None
        if measure.name not in self._values:
            self._values[measure.name] = measure.of(self.tested, points)
        return self._values[measure.name]


@dataclass(frozen=True, eq=False)
class Evidence:
    """All arms on the same points, folds, samples and seeds; the first is the baseline.

    points: the N test points. folds: which replica of a repetition predicted a point, shape (R, N).
    drawn_points: the M test points of replicas on drawn samples. losses: those that are split.
    decides: the measure that makes an arm better or worse; measures: the others that are told.
    own: measures that a person brought (`own_measures`), told too.
    references: simple rivals, with predictions at the same points in as many repetitions.
    level: of every interval.
    """

    arms: tuple[ArmEvidence, ...]
    points: Points
    folds: NDArray[np.integer]
    comparing: Comparing
    decides: str
    measures: tuple[str, ...] = ()
    losses: Sequence[Loss] = ()
    drawn_points: Points | None = None
    sampling: Sampling | None = None
    references: tuple[ArmEvidence, ...] = ()
    level: float = 0.95
    own: tuple[Measure, ...] = ()
    _tables: dict[tuple[str, str], PointLosses] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        if not self.arms:
            raise SteadfitError("Evidence must have at least one arm, the baseline, got none.")

    @property
    def told(self) -> tuple[str, ...]:
        """Every measure, the deciding one first."""
        own = (one.name for one in self.own)
        return tuple(dict.fromkeys((self.decides, *self.measures, *own)))

    def measure(self, name: str) -> Measure:
        """One of those that are told, by its name."""
        return measure(name, own=self.own)

    def losses_of(self, arm: ArmEvidence, measure: str) -> PointLosses:
        """An arm's losses by repetition and point; computed once."""
        key = arm.name, measure
        if key not in self._tables:
            values = arm.values(self.measure(measure), self.points)
            folds = self.folds[: len(values)]
            self._tables[key] = PointLosses(values, folds, self.points.groups)
        return self._tables[key]

    @cached_property
    def decompositions(self) -> Mapping[str, Mapping[Loss, Decomposition]]:
        """Of each arm with drawn samples, its losses split, at the points of these.

        For ZERO_ONE it is Kohavi and Wolpert's.
        """
        points = self.drawn_points
        if points is None:
            return {}
        return {
            arm.name: {loss: self._split(arm, loss, points) for loss in self.losses}
            for arm in self.arms
            if arm.drawn is not None
        }

    def _split(self, arm: ArmEvidence, loss: Loss, points: Points) -> Decomposition:
        assert arm.drawn is not None
        found = DECOMPOSITIONS[loss](points.central(arm.drawn), points.y, crossed=arm.crossed)
        return found if points.groups is None else by_group(found, points.groups)
