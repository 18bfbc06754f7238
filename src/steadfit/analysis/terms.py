"""The words that figures go by: losses, verdicts, designs, limits, ways to fail."""

from enum import StrEnum


class Loss(StrEnum):
    """A loss that is split into bias+noise and variance; the names are those of `measures`. Units:
    nats; squared probabilities, 0 to 2; a share of the test points; the square of y's unit, summed
    over outputs; of several labels, the mean over them: nats, squared probabilities, 0 to 1, and a
    share of the labels."""

    CROSS_ENTROPY = "cross_entropy"
    BRIER = "brier"
    ZERO_ONE = "error"
    SQUARED = "squared"
    BINARY_CROSS_ENTROPY = "binary_cross_entropy"
    BINARY_BRIER = "binary_brier"
    HAMMING = "hamming"


class Scheme(StrEnum):
    """What each replica of an arm is trained on.

    BOOTSTRAP: as many examples as there are, drawn with replacement. SUBSAMPLE: a random half.
    DISJOINT: a part of its own. WHOLE: all of it, with another seed each time.
    """

    BOOTSTRAP = "bootstrap"
    SUBSAMPLE = "subsample"
    DISJOINT = "disjoint"
    WHOLE = "whole"


class Route(StrEnum):
    """Why arms are compared on so many folds.

    NO_TEST_SET: the data has none of its own. FEW_TEST_POINTS: it has, and a small one.
    TEST_SET: it has a large one, which tests. ASKED: the person chose. STEPS: each step of a text
    is a test point, so that there are many.
    """

    NO_TEST_SET = "no_test_set"
    FEW_TEST_POINTS = "few_test_points"
    TEST_SET = "test_set"
    ASKED = "asked"
    STEPS = "steps"


class Limit(StrEnum):
    """What makes an interval long: the test points, the retrainings, or other training sets."""

    POINTS = "points"
    RETRAININGS = "retrainings"


class Verdict(StrEnum):
    """What the change of the deciding measure shows of an arm (`deciding`).

    NOT_TRAINED: its replicas had not learned when they ended, so nothing is said of it.
    """

    BASELINE = "baseline"
    BETTER = "better"
    PROBABLY_BETTER = "probably_better"
    CANNOT_TELL = "cannot_tell"
    WORSE = "worse"
    NOT_TRAINED = "not_trained"
    FAILED = "failed"


class Failure(StrEnum):
    """Why a replica has no result.

    DIVERGED: a loss, a gradient or a prediction was not finite. MEMORY: there was too little.
    SAMPLE: its sample could not be trained on, as one of a single group cannot be divided.
    CODE: a person's own code raised an error, or gave what are no predictions.
    """

    DIVERGED = "diverged"
    MEMORY = "memory"
    SAMPLE = "sample"
    CODE = "code"
