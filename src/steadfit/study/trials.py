"""Arms, and the trials of each: replicas not yet trained, by all that determines them."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from steadfit.data import Dataset, Split
from steadfit.errors import SteadfitError
from steadfit.remedies import ArmLike, Remedy, joined, name_of
from steadfit.study.design import Design
from steadfit.study.learner import Learner
from steadfit.training import RESULTS

BASELINE = "baseline"


@dataclass(frozen=True)
class Arm:
    """One configuration that is compared: the baseline, or it with remedies."""

    remedies: tuple[Remedy, ...]
    learner: Learner

    @property
    def name(self) -> str:
        return name_of(self.remedies) or BASELINE


@dataclass(frozen=True, eq=False)
class Trial:
    """A replica not yet trained: all that determines it.

    arm: its name, for messages. split: the digest of the data, by `digest`.
    """

    arm: str
    learner: Learner
    examples: Tensor
    seed: int
    split: str

    @cached_property
    def key(self) -> str:
        """SHA-256 of all that determines the replica, 64 hexadecimal digits; its name on disk."""
        determined_by = {
            "learner": self.learner.identity,
            "split": self.split,
            "examples": hashlib.sha256(self.examples.numpy().tobytes()).hexdigest(),
            "seed": self.seed,
            "results": RESULTS,
        }
        return hashlib.sha256(json.dumps(determined_by, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, eq=False)
class ArmTrials:
    """An arm's trials: on drawn samples, by sample and then by seed; and on all the data."""

    drawn: tuple[tuple[Trial, ...], ...]
    whole: tuple[Trial, ...]

    def __iter__(self):
        for sample in self.drawn:
            yield from sample
        yield from self.whole


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


def make_trials(design: Design, arms: Sequence[Arm], split: Split) -> tuple[ArmTrials, ...]:
    """Of each arm, on the same samples with the same seeds."""
    data, everything = digest(split), torch.arange(len(split.train))
    on_whole = design.samples if design.scheme in ("both", "whole") else 0
    samples = [] if design.scheme == "whole" else range(design.samples)
    drawn = [(design.sample(split.train, n), design.replica_seeds(n)) for n in samples]
    return tuple(
        ArmTrials(
            drawn=tuple(
                tuple(Trial(arm.name, arm.learner, sample, seed, data) for seed in seeds)
                for sample, seeds in drawn
            ),
            whole=tuple(
                Trial(arm.name, arm.learner, everything, design.replica_seed(number), data)
                for number in range(on_whole)
            ),
        )
        for arm in arms
    )


def final_trial(design: Design, arm: Arm, split: Split) -> Trial:
    """The arm on all the training data, with the study's first seed: the model handed over."""
    everything = torch.arange(len(split.train))
    return Trial(arm.name, arm.learner, everything, design.replica_seed(0), digest(split))


def digest(split: Split) -> str:
    """SHA-256 of both sides: the examples, and all that says how they may be divided."""
    found = hashlib.sha256()
    for side in (split.train, split.test):
        found.update(side.fingerprint.encode())
        found.update(_structure(side))
    return found.hexdigest()


def _structure(data: Dataset) -> bytes:
    """The form, groups and time spans, as bytes that differ where these differ."""
    parts = [json.dumps(data.schema.to_dict(), sort_keys=True)]
    for column in (data.structure.groups, data.structure.spans):
        values = None if column is None else np.ascontiguousarray(column.numpy())
        parts.append("none" if values is None else hashlib.sha256(values.tobytes()).hexdigest())
    return json.dumps(parts).encode()
