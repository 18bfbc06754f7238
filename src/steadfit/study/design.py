"""The design: how many replicas of each arm, on which samples, with which seeds."""

from dataclasses import dataclass

import numpy as np
from torch import Tensor

from steadfit.analysis.evidence import Sampling
from steadfit.analysis.terms import Scheme
from steadfit.data import Dataset, carve, draw, natural
from steadfit.errors import SteadfitError, unknown

DRAWS = 100  # of a sample that cannot be divided, before it is taken all the same
_SHARE = 0.2  # of a sample that a training may hold out


@dataclass(frozen=True)
class Design:
    """samples × seeds replicas an arm, and with "both" as many as samples on all the data.

    seeds: on each sample, its own, the same in every arm; two and more tell what comes with the
    sample from what comes with the seed. crossed: the same seeds on all samples, three or more,
    which tells what comes with the seed alone from what only seed and sample together bring.
    docs/calibration.md measures both.
    scheme: "both", bootstrap samples for the variance and, for totals and changes, all the training
    data as often as there are samples, each time with another seed. Else how every sample is drawn
    (`steadfit.data.draw`): "disjoint", into as many parts as samples; with "whole" only the seeds
    differ, one a sample. seed: of the whole study.
    """

    samples: int = 5
    seeds: int = 1
    scheme: str = "both"
    seed: int = 0
    crossed: bool = False

    def __post_init__(self) -> None:
        if self.samples < 2 or self.seeds < 1 or isinstance(self.seeds, bool):
            raise SteadfitError(
                "A study needs at least 2 samples and 1 seed, "
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
    def whole(self) -> int:
        """How many replicas of an arm are trained on all the training data, beside the others."""
        return self.samples if self.scheme == "both" else 0

    def sampling(self, pilot: int | None = None) -> Sampling:
        """The design as the analysis knows it."""
        plan = self.samples, self.seeds, self.whole, Scheme(self.scheme), self.crossed
        return Sampling(*plan, pilot)

    def sample(self, train: Dataset, number: int) -> Tensor:
        """The examples of training sample `number`, from 0: int64 positions.

        A sample of groups drawn with replacement can be of a single group, which nothing can be
        held out of. It is drawn again, for every arm alike.
        """
        scheme = "bootstrap" if self.scheme == "both" else self.scheme
        share = 1 / self.samples if scheme == "disjoint" else 0.5
        sample = draw(train, scheme, number, self.seed, share)
        if scheme not in ("bootstrap", "subsample") or train.structure.groups is None:
            return sample
        for again in range(1, DRAWS):
            if _can_be_divided(train, sample):
                break
            sample = draw(train, scheme, number + again * 2**32, self.seed, share)
        return sample

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
            "smaller ones, whose figures are for another size. Use another scheme, or give the "
            "number of samples alone."
        )


def _can_be_divided(train: Dataset, sample: Tensor) -> bool:
    """Whether a part of the sample can be held out, groups whole, as early stopping does."""
    try:
        carve(train, sample, _SHARE, seed=0)
    except SteadfitError:
        return False
    return True
