"""What studies on fresh training sets say of a change, held against sets they have not seen.

Of the K disjoint sets there are, and of the test images, a study gets the same share S / K. Each
set has seeds of its own; where seeds are crossed, the study's are drawn from those that all sets
share. The truth is the mean over the other sets, with their own seeds, and the other
images. It is uncertain itself, so that the distance between the two has the variance W + T, W the
study's and T the truth's, and is shortened by sqrt(W / (W + T)), both being means over studies.

Of an arm that changes nothing the truth is 0. Its label and the baseline's can be exchanged, for
each set where seeds are the sets' own, for each seed where they are shared: a study draws one of
these labellings, so that its sign is not the same for all studies by the chance of one pool.
"""

from dataclasses import dataclass

import numpy as np
from calibrate import AGAIN, Part
from calibration_power import Losses
from numpy.typing import NDArray

from steadfit.analysis.intervals import spread, student, verdicts

DESIGNS = {  # samples, seeds, crossed
    "3 × 1": (3, 1, False),
    "5 × 1": (5, 1, False),
    "10 × 1": (10, 1, False),
    "5 × 2": (5, 2, False),
    "10 × 2": (10, 2, False),
    "5 × 2 crossed": (5, 2, True),
    "10 × 2 crossed": (10, 2, True),
}
STUDIES = 400
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class _Draw:
    """Which sets, seeds and test images one study has."""

    sets: NDArray[np.bool_]
    seeds: NDArray[np.intp]
    points: NDArray[np.bool_]

    def of(self, table: Floats) -> Floats:
        """The study's part of a table of shape (sets, seeds, points)."""
        return table[self.sets][:, self.seeds][:, :, self.points]

    def beside(self, table: Floats) -> Floats:
        """The other sets and images, of all seeds."""
        return table[~self.sets][:, :, ~self.points]


def coverage(
    shared: Losses | None, own: Losses, samples: int, seeds: int, crossed: bool
) -> tuple[float, float] | None:
    """How often intervals of changes hold the truth, over all arms; "better" by chance.

    shared, own: one net's fresh replicas of one size, with shared seeds and with their own; None
    for crossed seeds where the former are missing.
    """
    if crossed and shared is None:
        return None
    rng = np.random.default_rng(0)
    columns = 1 if crossed else seeds
    means = {name: each[:, :columns].mean(1, keepdims=True) for name, each in own.items()}
    true = _changes(means)
    tables = _changes(shared) if crossed and shared else true
    held: dict[str, list[tuple[float, ...]]] = {name: [] for name in tables}
    better = []
    for _ in range(STUDIES):
        drawn = _draw(rng, tables[AGAIN].shape, samples, seeds if crossed else 1)
        own_sign = (1, seeds, 1) if crossed else (samples, 1, 1)
        estimates = []
        for name, table in tables.items():
            seen, others = drawn.of(table), drawn.beside(true[name])
            if name == AGAIN:
                seen = seen * rng.choice((-1.0, 1.0), own_sign)
                others = np.zeros_like(others)
            found = spread(seen, "total")
            estimates.append(student(float(seen.mean()), found, 0.95))
            distance = abs(seen.mean() - others.mean())
            truth = spread(others, "total")
            held[name].append((distance, found.reach(0.95), found.error**2, truth.error**2))
        better.append(verdicts(estimates)[list(tables).index(AGAIN)] == "better")
    return float(np.mean([_share(np.array(each)) for each in held.values()])), float(
        np.mean(better)
    )


def coverage_rows(covered: dict[Part, list[tuple[float, float] | None]]) -> list[str]:
    """A net and size a row, then their mean where all are complete."""
    columns = zip(*covered.values(), strict=True)
    means = [None if None in each else np.mean(each, axis=0) for each in columns]
    rows = {f"| {part.model} | {part.n:,} |": found for part, found in covered.items()}
    return [
        head + "".join(" |" if one is None else f" {one[0]:.1%}, {one[1]:.1%} |" for one in found)
        for head, found in {**rows, "| all | |": means}.items()
    ]


def _changes(losses: Losses) -> Losses:
    first, *others = losses
    return {name: losses[name] - losses[first] for name in others}


def _draw(rng: np.random.Generator, shape: tuple[int, ...], samples: int, seeds: int) -> _Draw:
    sets, columns, points = shape
    return _Draw(
        np.isin(np.arange(sets), rng.permutation(sets)[:samples]),
        rng.permutation(columns)[:seeds],
        np.isin(np.arange(points), rng.permutation(points)[: points * samples // sets]),
    )


def _share(studies: Floats) -> float:
    """How many intervals hold the truth; studies: distance, reach, W and T, shape (studies, 4)."""
    distance, reach, own, truth = studies.T
    shorten = np.sqrt(own.mean() / (own + truth).mean())
    return float(np.mean(distance * shorten <= reach))
