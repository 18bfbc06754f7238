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
crossed seeds, which all samples share, nor, with the scheme "both", what another training set would
change (`arm_loss`): below these no number of samples reaches.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from steadfit.analysis.intervals import Spread
from steadfit.errors import SteadfitError
from steadfit.study.design import Design

MOST = 200  # samples that a study chooses by itself


@dataclass(frozen=True)
class Plan:
    """The number of samples chosen, and what is said of it.

    reach: half the length of the longest interval with so many samples, in the loss's unit.
    """

    samples: int
    reach: float
    sentence: str


def check_precision(precision: float | None, design: Design) -> None:
    """Raise SteadfitError for a precision that is not above 0, or that no samples can be added
    for: more disjoint parts are smaller ones."""
    if precision is not None and not precision > 0:
        raise SteadfitError(
            f"A precision must be above 0, got {precision:g}. It is half the length of the "
            "interval wanted, in the unit of the loss: 0.01 for ±0.01."
        )
    if precision is not None and design.scheme == "disjoint":
        raise SteadfitError(
            "A precision is reached with more samples, and more disjoint parts of the data are "
            "smaller ones, whose figures stand for another size. Use another scheme, or name the "
            "number of samples alone."
        )


def plan(
    changes: Sequence[Spread],
    pilot: int,
    precision: float,
    level: float = 0.95,
    design: Design | None = None,
) -> Plan:
    """The fewest samples with which every change's interval is +- precision or shorter.

    changes: of each arm's total against the baseline's, from `pilot` samples. precision: half the
    length wanted, in the loss's unit. Where more than `MOST` samples would be needed it stays with
    the pilot's, and the sentence says what they give, and what helps with the `design`.

    >>> change = Spread(parts=(4e-4, 0.0, 1e-6), degrees=(9.0, 1.0, 1999.0))
    >>> plan([change], pilot=10, precision=0.02).samples
    52
    """

    def reach(samples: float) -> float:
        return max(change.with_samples(samples / pilot).reach(level) for change in changes)

    if not changes:
        return Plan(pilot, 0.0, "There is no change whose precision could be chosen.")
    for samples in range(pilot, MOST + 1):
        if (widest := reach(samples)) <= precision:
            return Plan(
                samples,
                widest,
                f"The {samples} training samples were chosen by the spread of the first {pilot} "
                f"(Stein's two-stage rule), so that no interval is longer than ±{precision:g}.",
            )
    why = _why_not(precision, pilot, reach(pilot), reach(float("inf")), design or Design())
    return Plan(pilot, reach(pilot), why)


def _why_not(precision: float, pilot: int, reached: float, least: float, design: Design) -> str:
    stays, helps = "the test points", "more of them help"
    if design.crossed:
        stays += " and the seeds that all samples share"
        helps = "more test points help, and seeds of the samples' own"
    if design.scheme == "both":
        stays = "the test points and what another training set would change"
        helps = "more data help, or --scheme whole, which asks about training on these data only"
    why = (
        f"{stays} leave ±{least:.3g} alone; {helps}"
        if least > precision
        else f"it would take more than {MOST} training samples"
    )
    return (
        f"A precision of ±{precision:g} was asked for, but {why}. The study stayed with {pilot} "
        f"samples, and its longest interval is ±{reached:.3g}."
    )
