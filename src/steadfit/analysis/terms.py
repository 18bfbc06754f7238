"""The words that figures go by: losses, verdicts, ways to draw samples, ways to fail."""

from enum import StrEnum


class Loss(StrEnum):
    """A loss that is split into bias+noise and variance. Units: nats; squared probabilities, 0 to
    2; a share of the test points; the square of y's unit, summed over outputs."""

    CROSS_ENTROPY = "cross_entropy"
    BRIER = "brier"
    ZERO_ONE = "zero_one"
    SQUARED = "squared"


class Scheme(StrEnum):
    """What each replica of an arm is trained on.

    BOTH: bootstrap samples, which tell the variance, and beside them all the training data, which
        tell totals and changes. The others: a bootstrap sample, a random half, a part of its own,
        or all of it with another seed each time.
    """

    BOTH = "both"
    BOOTSTRAP = "bootstrap"
    SUBSAMPLE = "subsample"
    DISJOINT = "disjoint"
    WHOLE = "whole"


class Verdict(StrEnum):
    """What the change of the deciding loss shows of an arm.

    BETTER, WORSE: for its mean over training sets of this size. BETTER_HERE, WORSE_HERE: for
        training on these very data, and not for others of their size.
    """

    BASELINE = "baseline"
    BETTER = "better"
    BETTER_HERE = "better_here"
    CANNOT_TELL = "cannot_tell"
    WORSE_HERE = "worse_here"
    WORSE = "worse"
    FAILED = "failed"

    @property
    def helps(self) -> bool:
        """Whether the arm was found better than the baseline."""
        return self in (Verdict.BETTER, Verdict.BETTER_HERE)

    @property
    def here(self) -> "Verdict":
        """The same for training on these very data alone."""
        return {
            Verdict.BETTER: Verdict.BETTER_HERE,
            Verdict.WORSE: Verdict.WORSE_HERE,
        }.get(self, self)


class Failure(StrEnum):
    """Why a replica has no result.

    DIVERGED: a loss, a gradient or a prediction was not finite. MEMORY: there was too little.
    SAMPLE: its sample could not be trained on, as one of a single group cannot be divided.
    """

    DIVERGED = "diverged"
    MEMORY = "memory"
    SAMPLE = "sample"
