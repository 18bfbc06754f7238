"""Measures that people bring: a function of what is right and what was predicted.

One that gives a value a point is such a measure as it is. One that gives a single number, as a rank
correlation, is linearised: a point's influence is found by leaving it out (the jackknife; Davison
and Hinkley 1997, "Bootstrap methods and their application", 2.7.3). More than `BLOCKS` points are
left out a block at a time. A block's influence is the mean of those of its m points, with 1/m of
their variance, and is therefore scaled by the root of m.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steadfit.analysis.jackknife import Floats
from steadfit.analysis.measures import MEASURES, Measure, Points
from steadfit.errors import SteadfitError

BLOCKS = 200

Judging = Callable[[np.ndarray, np.ndarray], Any]


def own_measure(function: Judging, name: str | None = None) -> Measure:
    """A measure by a function (y, predicted), less of which is better.

    y: class numbers, shape (N,), numbers, (N, K), or which labels are there, bool, (N, L).
    predicted: probabilities (N, C) or (N, L), or numbers (N, K). It gives a value a point, shape
    (N,), or a single number. name: by default the function's.
    Raises SteadfitError for a name that is taken, or none.

    >>> def unsure(y, predicted):
    ...     return 1 - predicted.max(1)
    >>> points = Points(np.array([0, 1]))
    >>> own_measure(unsure).of(np.log([[[0.5, 0.5], [0.1, 0.9]]]), points).round(3).tolist()
    [[0.5, 0.1]]
    """
    called = name or getattr(function, "__name__", "")
    if not called or called == "<lambda>":
        raise SteadfitError("A measure must have a name, got a function without one. Use def.")
    if called in {*MEASURES, "loss"}:
        raise SteadfitError(f"A measure must have a name of its own, got {called}. Rename it.")
    return Measure(called, _Linearised(function, called))


@dataclass(frozen=True)
class _Linearised:
    """`Measure.values` of a person's function; an object, so that it is carried to no worker."""

    function: Judging
    name: str

    def __call__(self, outputs: Floats, points: Points) -> Floats:
        predicted = points.answers(outputs)
        whole = self._of(points.y, predicted)
        if whole.ndim == 1:
            return whole
        return self._by_leaving_out(float(whole), predicted, points)

    def _of(self, y: np.ndarray, predicted: Floats) -> Floats:
        """What the function gives, checked; it gets copies."""
        try:
            given = self.function(y.copy(), predicted.copy())
            found = np.asarray(given, np.float64)
        except Exception as error:  # a person's function may raise anything
            raise SteadfitError(
                f"The measure {self.name} raised {type(error).__name__}: {str(error)[:200]}"
            ) from error
        if found.shape not in ((), (len(y),)):
            raise SteadfitError(
                f"The measure {self.name} must give a number, or one a point, shape ({len(y)},), "
                f"got shape {found.shape}."
            )
        if not np.isfinite(found).all():
            raise SteadfitError(f"The measure {self.name} must be finite, got {found.min()}.")
        return found

    def _by_leaving_out(self, whole: float, predicted: Floats, points: Points) -> Floats:
        blocks, units = _blocks(points)
        values = np.empty(len(points))
        for block in range(int(blocks.max()) + 1):
            inside = blocks == block
            rest = float(self._of(points.y[~inside], predicted[~inside]))
            influence = (~inside).sum() / inside.sum() * (whole - rest)
            values[inside] = np.sqrt(units[block]) * influence
        return whole + values - values.mean()


def _blocks(points: Points) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The block of each point, and how many units each block has: points, or groups of them."""
    alike = np.arange(len(points)) if points.groups is None else points.groups
    _, unit = np.unique(alike, return_inverse=True)
    count = int(unit.max()) + 1
    if count < 2:
        raise SteadfitError("A measure of all points together needs two points or groups, got one.")
    block_of = np.random.default_rng(0).permutation(count) % min(BLOCKS, count)
    return block_of[unit], np.bincount(block_of)
