"""The design: which arms, on which samples, with which seeds."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor

from steadfit.data import Split, draw, natural
from steadfit.errors import SteadfitError
from steadfit.models import complete
from steadfit.recipe import Recipe
from steadfit.study.remedies import apply
from steadfit.training import RESULTS

BASELINE = "baseline"

T = TypeVar("T")


@dataclass(frozen=True)
class Arm:
    """A named recipe, complete with every default."""

    name: str
    recipe: Recipe


@dataclass(frozen=True)
class Design:
    """samples × seeds replicas an arm, and with the scheme "both" as many on the whole as samples.

    seeds: on each sample, its own, the same in every arm; two and more tell what comes with the
    sample from what comes with the seed. crossed: the same seeds on all samples, three or more,
    which tells what comes with the seed alone from what only seed and sample together bring.
    docs/calibration.md measures both.
    scheme: "both", bootstrap samples for the variance and, for totals and changes, all the training
    data as often as there are samples, each time with another seed (`arm_loss`). Else how every
    sample is drawn (`steadfit.data.draw`): "disjoint", into as many parts as samples; with "whole"
    only the seeds differ, one a sample. seed: of the whole study.
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
        if self.scheme == "whole" and (self.seeds > 1 or self.crossed):
            raise SteadfitError(
                "With the scheme whole each sample is all the training data with a seed of its "
                f"own, so 1 seed was expected, but {self.seeds}{' crossed' * self.crossed} found. "
                f"Ask for {self.samples * self.seeds} samples instead."
            )
        if self.crossed and self.seeds < 3:
            raise SteadfitError(
                "With crossed seeds, the same on all samples, what comes with the seed is seen in "
                f"their difference alone, so 3 seeds or more were expected, but {self.seeds} "
                "found. Ask for more, or leave each sample its own."
            )
        natural("seed", self.seed)

    @property
    def drawn(self) -> int:
        """How many replicas of an arm are trained on drawn samples."""
        return self.samples * self.seeds

    @property
    def whole(self) -> int:
        """How many replicas of an arm are trained on all the training data, beside the others."""
        return self.samples if self.scheme == "both" else 0

    def at_size(self, replicas: Sequence[T]) -> Sequence[T]:
        """Of an arm's replicas those on all the training data; without such, those on samples."""
        return replicas[self.drawn :] or replicas

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


@dataclass(frozen=True, eq=False)
class Trial:
    """A replica not yet trained: all that determines it."""

    arm: Arm
    indices: Tensor
    seed: int
    train_fingerprint: str
    test_fingerprint: str

    @cached_property
    def key(self) -> str:
        """SHA-256 of all that determines the replica, 64 hexadecimal digits; its name on disk."""
        whole = {
            "recipe": self.arm.recipe.model_dump(mode="json"),
            "train": self.train_fingerprint,
            "test": self.test_fingerprint,
            "indices": hashlib.sha256(self.indices.numpy().tobytes()).hexdigest(),
            "seed": self.seed,
            "results": RESULTS,
        }
        return hashlib.sha256(json.dumps(whole, sort_keys=True).encode()).hexdigest()


def make_arms(recipe: Recipe, remedies: Sequence[str]) -> tuple[Arm, ...]:
    """The baseline and one arm a remedy. Raises SteadfitError where `remedies.apply` does."""
    baseline = Arm(BASELINE, recipe.but(model=complete(recipe.model)))
    arms = {BASELINE: baseline}
    for text in remedies:
        name, changed = apply(text, recipe)
        arms[name] = Arm(name, changed)
    return tuple(arms.values())


def make_trials(design: Design, arms: Sequence[Arm], split: Split) -> tuple[Trial, ...]:
    """Arm by arm: samples × seeds, in that order, then those on the whole."""
    share = 1 / design.samples if design.scheme == "disjoint" else 0.5
    scheme = "bootstrap" if design.scheme == "both" else design.scheme
    samples = [
        draw(split.train, scheme, number, design.seed, share) for number in range(design.samples)
    ]
    drawn = [
        (sample, seed)
        for number, sample in enumerate(samples)
        for seed in design.replica_seeds(number)
    ]
    everything = torch.arange(len(split.train))
    whole = [(everything, design.replica_seed(number)) for number in range(design.whole)]
    return tuple(
        Trial(arm, sample, seed, split.train.fingerprint, split.test.fingerprint)
        for arm in arms
        for sample, seed in (*drawn, *whole)
    )


def final_trial(design: Design, arm: Arm, split: Split) -> Trial:
    """The arm on all the training data, with the study's first seed: the model handed over."""
    everything = torch.arange(len(split.train))
    seed = design.replica_seed(0)
    return Trial(arm, everything, seed, split.train.fingerprint, split.test.fingerprint)
