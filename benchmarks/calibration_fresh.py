"""What studies on fresh training sets say of a change, held against sets they have not seen.

Of the K disjoint sets there are, and of the test images, a study gets the same share S / K. With
one seed a sample each set has its own; where seeds are crossed, the study's are drawn from those
that all sets share. The truth is the mean over the other sets, with their own seeds, and the other
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

from steadfit.study.intervals import spread, student, verdicts

DESIGNS = ((3, 1), (5, 1), (10, 1), (5, 2), (10, 2))  # samples, seeds; 1: each sample its own
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


def coverage(shared: Losses, own: Losses, samples: int, seeds: int) -> tuple[float, float]:
    """How often intervals of changes hold the truth, over all arms; "better" by chance.

    shared, own: one net's fresh replicas of one size, with shared seeds and with their own.
    """
    rng = np.random.default_rng(0)
    true = _changes(own)
    tables = true if seeds == 1 else _changes(shared)
    held: dict[str, list[tuple[float, ...]]] = {name: [] for name in tables}
    better = []
    for _ in range(STUDIES):
        drawn = _draw(rng, tables[AGAIN].shape, samples, seeds)
        own_sign = (samples, 1, 1) if seeds == 1 else (1, seeds, 1)
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


def coverage_rows(covered: dict[Part, list[tuple[float, float]]]) -> list[str]:
    """A net and size a row, then their mean."""
    mean = [tuple(each) for each in np.mean(list(covered.values()), axis=0)]
    heads = [f"| {part.model} | {part.n:,} |" for part in covered]
    return [
        head + "".join(f" {held:.1%}, {better:.1%} |" for held, better in found)
        for head, found in zip([*heads, "| all | |"], [*covered.values(), mean], strict=True)
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
