"""How many samples make the intervals narrow enough: the two-stage rule of Stein.

Looking at an interval again and again, and stopping when it is narrow, stops most often where
the spread came out too small by chance: such intervals miss the truth too often. Stein 1945 ("A
two-sample test for a linear hypothesis whose power is independent of the variance", Annals of
Mathematical Statistics 16) looks once. A pilot of S0 samples gives the spread; that spread alone
says how many samples N >= S0 there shall be, and that spread alone, with the pilot's degrees of
freedom, gives the length of the interval around the mean of all N. The mean does not depend on the
pilot's spread, so that the interval holds the truth in 95% of studies at least, whatever the
spread is (exactly so for samples' effects from a normal distribution).

More samples take away the samples' part of the spread, not that of the test points, nor that of
crossed seeds, which all samples share, nor, with the scheme BOTH, what another training set would
change (`arm_loss`): below these no number of samples reaches.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from steadfit.analysis.intervals import Spread

MOST = 200  # samples that a study chooses by itself


class Reached(StrEnum):
    """How a wanted precision ended.

    YES. NO_CHANGES: there was nothing to compare. FLOOR: what samples do not take away is more
    than was wanted. TOO_MANY: it would take more than `MOST` samples.
    """

    YES = "yes"
    NO_CHANGES = "no_changes"
    FLOOR = "floor"
    TOO_MANY = "too_many"


@dataclass(frozen=True)
class Precision:
    """The number of samples chosen. All but the first two and the last in the loss's unit.

    samples: chosen; pilot: whose spread chose it. wanted: half the length of the longest interval
        that was asked for. reach: that of the samples chosen; floor: that of infinitely many.
    """

    samples: int
    pilot: int
    wanted: float
    reach: float
    floor: float
    reached: Reached


def plan(changes: Sequence[Spread], pilot: int, precision: float, level: float = 0.95) -> Precision:
    """The fewest samples with which every change's interval is ± precision or shorter.

    changes: of each arm's total against the baseline's, from `pilot` samples. precision: half the
    length wanted, in the loss's unit. Where more than `MOST` samples would be needed it stays with
    the pilot's.

    >>> change = Spread(parts=(4e-4, 0.0, 1e-6), degrees=(9.0, 1.0, 1999.0))
    >>> plan([change], pilot=10, precision=0.02).samples
    52
    """

    def reach(samples: float) -> float:
        return max(change.with_samples(samples / pilot).reach(level) for change in changes)

    def chosen(samples: int, reached: Reached) -> Precision:
        floor = reach(float("inf"))
        return Precision(samples, pilot, precision, reach(samples), floor, reached)

    if not changes:
        return Precision(pilot, pilot, precision, 0.0, 0.0, Reached.NO_CHANGES)
    for samples in range(pilot, MOST + 1):
        if reach(samples) <= precision:
            return chosen(samples, Reached.YES)
    floor = reach(float("inf"))
    return chosen(pilot, Reached.FLOOR if floor > precision else Reached.TOO_MANY)
