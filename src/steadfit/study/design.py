"""The design that is asked for: how arms are compared, and how their variance is measured."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from steadfit.analysis.measures import MEASURES, Measure
from steadfit.analysis.terms import Scheme
from steadfit.data import natural
from steadfit.errors import SteadfitError, unknown

FOLDS = 5  # where the data has no test set of its own, or a small one
FEW = 2_000  # test points: with fewer, folds test one another
LOOKS_ON_FOLDS = (1, 2, 3)  # repetitions, of `FOLDS` replicas each
LOOKS_ON_TEST_SET = (3, 5, 8)  # repetitions, of one replica each
MOST_REPETITIONS = 200


class Varied(StrEnum):
    """Whose variance is measured: of the baseline and the arm handed over, of all, of none."""

    BEST = "best"
    ALL = "all"
    NONE = "none"


@dataclass(frozen=True)
class Design:
    """What a person asks of a study; what is None follows from the data (`steadfit.study.plan`).

    folds: in every repetition each example is tested once, by what was trained on the other folds;
        1: all replicas are trained on the training side and tested on the test side. By default
        5, and 1 where the data has a test set of 2,000 points or more.
    repetitions: at most so many an arm. By default 3, and 8 retrainings with a test set; an arm
        that is decided, or hopeless, gets fewer (`steadfit.analysis.deciding`).
    trainings: at most so many replicas in all, the model that is handed over not counted.
    decide_by: the measure that makes an arm better; by default the loss that is learned by.
    own_measures: others that a person brought (`steadfit.analysis.own_measures`), told besides.
    variance: whose variance is measured. samples × seeds: replicas of each such arm, on samples
        drawn by `scheme` (`steadfit.data.draw`); the seeds are each sample's own or `crossed`, the
        same on all, three or more, which tells what comes with the seed from what only seed and
        sample together bring. With the scheme "whole" only the seeds differ, one a sample.
    other_sets: also say what would hold over other training sets of this size; needs the variance
        of all arms.
    references: whether simple rivals are fitted beside the networks. learning_curve: whether the
        arm handed over is trained on a quarter and on half of the data too. seed: of the whole
        study. budget: so many replicas in all, for a race of remedies at several strengths and
        joined (`steadfit.study.race`), and for measuring its winner.
    """

    folds: int | None = None
    repetitions: int | None = None
    trainings: int | None = None
    decide_by: str | None = None
    variance: str = "best"
    samples: int = 5
    seeds: int = 1
    scheme: str = "bootstrap"
    crossed: bool = False
    other_sets: bool = False
    references: bool = True
    learning_curve: bool = False
    budget: int | None = None
    own_measures: tuple[Measure, ...] = ()
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("folds", "repetitions", "trainings", "budget"):
            value = getattr(self, name)
            if value is not None and (isinstance(value, bool) or value < 1):
                raise SteadfitError(f"{name} must be 1 or more, got {value}.")
        if self.repetitions is not None and self.repetitions > MOST_REPETITIONS:
            raise SteadfitError(
                f"repetitions must be {MOST_REPETITIONS} or fewer, got {self.repetitions}."
            )
        if self.budget is not None and self.trainings is not None:
            raise SteadfitError(
                "budget and trainings must not be given together, as both say how many trainings "
                "there may be. Give one of them."
            )
        own = [one.name for one in self.own_measures]
        if self.decide_by not in (None, "loss", *MEASURES, *own):
            raise unknown("measure", str(self.decide_by), ["loss", *MEASURES, *own])
        if self.variance not in set(Varied):
            raise unknown("choice of variance", self.variance, [str(one) for one in Varied])
        if self.samples < 2 or self.seeds < 1 or isinstance(self.seeds, bool):
            raise SteadfitError(
                "A variance needs at least 2 samples and 1 seed, "
                f"got {self.samples} and {self.seeds}. 5 and 1 are usual."
            )
        if self.scheme not in set(Scheme):
            raise unknown("sampling scheme", self.scheme, [str(scheme) for scheme in Scheme])
        if self.scheme == "whole" and (self.seeds > 1 or self.crossed):
            raise SteadfitError(
                "With the scheme whole each sample is all the training data with a seed of its "
                f"own, so seeds must be 1, got {self.seeds}{' crossed' * self.crossed}. "
                f"Ask for {self.samples * self.seeds} samples instead."
            )
        if self.crossed and self.seeds < 3:
            raise SteadfitError(
                "Crossed seeds, the same on all samples, must be 3 or more to tell what comes with "
                f"the seed, got {self.seeds}. Ask for more, or leave each sample its own."
            )
        natural("seed", self.seed)

    @property
    def varied(self) -> Varied:
        """Whose variance is measured; that of all where other training sets are asked about."""
        return Varied.ALL if self.other_sets else Varied(self.variance)

    def replica_seeds(self, sample: int) -> tuple[int, ...]:
        """The seeds of a sample's replicas, the same in every arm."""
        if self.crossed:
            return tuple(map(self.replica_seed, range(self.seeds)))
        return tuple(self.replica_seed(sample, again) for again in range(self.seeds))

    def replica_seed(self, number: int, again: int = 0) -> int:
        """The seed of this number, from 0, and further ones for it: more samples, or more seeds on
        each, leave those that there were as they are."""
        entropy = [self.seed, number, again]
        return int(np.random.SeedSequence(entropy).generate_state(1, np.uint32)[0])
