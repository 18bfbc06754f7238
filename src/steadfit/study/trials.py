"""Arms, and the trials of each: replicas not yet trained, by all that determines them."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from torch import Tensor

from steadfit.errors import SteadfitError
from steadfit.remedies import ArmLike, Remedy, joined, name_of
from steadfit.study.learner import Learner
from steadfit.study.plan import Plan
from steadfit.training import RESULTS

BASELINE = "baseline"


@dataclass(frozen=True)
class Arm:
    """One configuration that is compared: the baseline, it with remedies, or a reference.

    called: its name, where that is not made of the remedies.
    """

    remedies: tuple[Remedy, ...]
    learner: Learner
    called: str = ""

    @property
    def name(self) -> str:
        return self.called or name_of(self.remedies) or BASELINE


@dataclass(frozen=True, eq=False)
class Trial:
    """A replica not yet trained: all that determines it.

    arm: its name, for messages. examples: positions to train on, repeats allowed; tested: positions
    to predict. data: the digest of the examples, by `digest`.
    """

    arm: str
    learner: Learner
    examples: Tensor
    tested: Tensor
    seed: int
    data: str

    @cached_property
    def key(self) -> str:
        """SHA-256 of all that determines the replica, 64 hexadecimal digits; its name on disk."""
        determined_by = {
            "learner": self.learner.identity,
            "data": self.data,
            "examples": _digest_of(self.examples),
            "tested": _digest_of(self.tested),
            "seed": self.seed,
            "results": RESULTS,
        }
        return hashlib.sha256(json.dumps(determined_by, sort_keys=True).encode()).hexdigest()


def make_arms(learner: Learner, remedies: Sequence[ArmLike]) -> tuple[Arm, ...]:
    """The baseline and an arm for each of these, none twice.

    Raises SteadfitError as `steadfit.remedies.joined` and the learner do.
    """
    arms = {BASELINE: Arm((), learner.with_remedies(()))}
    for one in remedies:
        chosen = joined(one)
        if not chosen:
            raise SteadfitError("An arm must have a remedy, got an empty list. Leave it out.")
        arms.setdefault(name_of(chosen), Arm(chosen, learner.with_remedies(chosen)))
    return tuple(arms.values())


def repetition_trials(plan: Plan, arm: Arm, repetition: int) -> tuple[Trial, ...]:
    """An arm's trials of one repetition, one a fold; the seeds are the same in every arm."""
    folds = plan.folds[repetition]
    first = repetition * len(folds)
    numbers = (first + number if arm.learner.seeded else 0 for number in range(len(folds)))
    seeds = map(plan.design.replica_seed, numbers)
    return tuple(
        Trial(arm.name, arm.learner, *fold, seed, plan.digest)
        for fold, seed in zip(folds, seeds, strict=True)
    )


def drawn_trials(plan: Plan, arm: Arm) -> tuple[tuple[Trial, ...], ...]:
    """An arm's trials on drawn samples, by sample and then by seed."""
    tested = plan.varied.test
    return tuple(
        tuple(
            Trial(arm.name, arm.learner, sample, tested, seed, plan.digest)
            for seed in plan.design.replica_seeds(number)
        )
        for number, sample in enumerate(plan.samples)
    )


def curve_trials(plan: Plan, arm: Arm, repetition: int, share: float) -> tuple[Trial, ...]:
    """Those of `repetition_trials`, on a share of each training side."""
    learner = arm.learner.on_share(share)
    return tuple(
        replace(trial, learner=learner, examples=plan.part(trial.examples, share))
        for trial in repetition_trials(plan, arm, repetition)
    )


def final_trial(plan: Plan, arm: Arm) -> Trial:
    """The arm on all examples but a test side's, with the study's first seed: what is handed over.

    It predicts all test points, which on folds it was trained on: for pictures, not for figures.
    """
    seed = plan.design.replica_seed(0)
    return Trial(arm.name, arm.learner, plan.everything, plan.rows, seed, plan.digest)


def _digest_of(positions: Tensor) -> str:
    return hashlib.sha256(positions.numpy().tobytes()).hexdigest()
