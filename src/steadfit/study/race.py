"""A race: which remedies, how strong and which of them joined, within a number of trainings.

Every remedy runs at a third of its strength, at its strength and at three times of it. After each
lap, of so many folds as the budget allows, the better half goes on (successive halving: Jamieson
and Talwalkar 2016, "Non-stochastic best arm identification and hyperparameter optimization"). The
finalists that beat the baseline are joined, the best first, and run all the folds too.

The race has folds and seeds of its own, and of data with a test side or in time order only what
the study's first fold trains on. The winner is then measured by what chose nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from steadfit.analysis.measures import measure
from steadfit.data import Fold, fold_units, make_folds
from steadfit.errors import SteadfitError
from steadfit.remedies import ArmLike, Remedy, joined, name_of
from steadfit.study.design import FOLDS
from steadfit.study.learner import Learner
from steadfit.study.result import RaceFacts, Racer
from steadfit.study.trials import Arm, Trial

if TYPE_CHECKING:
    from steadfit.study.plan import Plan
    from steadfit.study.rounds import Rounds

FACTORS = (1 / 3, 1.0, 3.0)  # of a remedy's strength
FINALISTS = 4
JOINED = 3  # arms at most
FIRST_SEED = 1_000_000  # its seeds' numbers; those of the study begin with 0


def candidates(learner: Learner, remedies: Sequence[ArmLike]) -> tuple[Arm, ...]:
    """Each remedy at several strengths, none twice; strengths out of range are left out.

    Raises SteadfitError as `steadfit.study.trials.make_arms` for what was asked for itself.
    """
    found: dict[str, Arm] = {}
    for one in remedies:
        asked = joined(one)
        for varied in (asked, *_strengths(asked)):
            try:
                arm = Arm(varied, learner.with_remedies(varied))
            except SteadfitError:
                if varied is asked:
                    raise
            else:
                found.setdefault(arm.name, arm)
    return tuple(found.values())


def laps_within(budget: int, count: int, plan: Plan) -> int:
    """How many folds a lap of so many candidates has, that the whole study stays within a budget.

    Raises SteadfitError where it is too small for one, and for texts to continue.
    """
    if plan.data.schema.task.most_folds == 1:
        raise SteadfitError(
            "budget must be None where each step of a text is a test point: a race needs folds. "
            "Name remedies at the strengths to compare."
        )
    measuring = plan.trainings(2, plan.looks[-1])
    one = _cost(count)
    folds = (budget - measuring) // one
    if folds < 1:
        raise SteadfitError(
            f"budget must be {measuring + one} or more for {count} candidates ({one} trainings "
            f"for the race, {measuring} to measure the winner), got {budget}. Allow more, or name "
            "fewer remedies."
        )
    return folds


def race(rounds: Rounds, arms: Sequence[Arm], folds_a_lap: int) -> tuple[Arm, RaceFacts]:
    """The winner among these arms and those that are joined of the finalists.

    Raises SteadfitError where all of them fail.
    """
    run = _Run(rounds)
    alive, folds = list(arms), 0
    while True:
        folds += folds_a_lap
        run.to(folds, alive)
        if len(alive) <= FINALISTS:
            break
        alive = run.ranked(alive)[: math.ceil(len(alive) / 2)]
    baseline = rounds.arms[0]
    helping = [arm for arm in run.ranked(alive) if run.loss(arm) < run.loss(baseline)]
    final = [*alive, *_joined(baseline.learner, helping)]
    run.to(folds, final)
    winner, *_ = run.ranked(final)
    if not math.isfinite(run.loss(winner)):
        raise SteadfitError(
            "All candidates of the race failed: their losses were not finite. Use a lower learning "
            "rate, or other remedies."
        )
    racers = tuple(
        Racer(arm.name, run.folds_of(arm), _finite(run.loss(arm)))
        for arm in sorted(run.all, key=lambda arm: (-run.folds_of(arm), run.loss(arm)))
    )
    return winner, RaceFacts(winner.name, len(rounds.known), racers)


class _Run:
    """What the arms have lost so far, by name and fold."""

    def __init__(self, rounds: Rounds) -> None:
        self._rounds = rounds
        self._folds = _folds(rounds.plan)
        self._drawn: list[Fold] = []
        self._losses: dict[str, list[float]] = {}
        self._measure = measure(rounds.decides, own=rounds.plan.design.own_measures)
        self._arms: dict[str, Arm] = {}

    @property
    def all(self) -> Sequence[Arm]:
        return tuple(self._arms.values())

    def folds_of(self, arm: Arm) -> int:
        return len(self._losses[arm.name])

    def loss(self, arm: Arm) -> float:
        """The mean over its folds; infinite where a training failed."""
        return float(np.mean(self._losses[arm.name]))

    def ranked(self, arms: Sequence[Arm]) -> list[Arm]:
        return sorted(arms, key=self.loss)

    def to(self, folds: int, arms: Sequence[Arm]) -> None:
        """Have these arms and the baseline trained on the first folds."""
        while len(self._drawn) < folds:
            self._drawn.append(next(self._folds))
        every = {arm.name: arm for arm in (self._rounds.arms[0], *arms)}
        self._arms |= every
        trials = {name: [self._trial(arm, n) for n in range(folds)] for name, arm in every.items()}
        self._rounds.train([one for of_arm in trials.values() for one in of_arm], what="race")
        for name, of_arm in trials.items():
            self._losses[name] = [self._loss_of(trial) for trial in of_arm]

    def _trial(self, arm: Arm, number: int) -> Trial:
        plan = self._rounds.plan
        seed = plan.design.replica_seed(FIRST_SEED + number)
        return Trial(arm.name, arm.learner, *self._drawn[number], seed, plan.digest)

    def _loss_of(self, trial: Trial) -> float:
        finished = self._rounds.known[trial.key]
        if finished.failure:
            return math.inf
        points = self._rounds.points_at(trial.tested)
        return float(self._measure.of(finished.logits[None], points).mean())


def _finite(loss: float) -> float | None:
    return loss if math.isfinite(loss) else None


def _folds(plan: Plan) -> Iterator[Fold]:
    """Folds that the study does not use, without an end."""
    in_time = plan.data.structure.spans is not None
    if len(plan.folds[0]) > 1 and not in_time:
        number = len(plan.folds)
        while True:
            yield from make_folds(plan.data, len(plan.folds[0]), number, plan.design.seed)
            number += 1
    side = plan.varied.train
    data = plan.data.take(side)
    count, number = max(2, min(FOLDS, fold_units(data))), 0
    while True:
        for fold in make_folds(data, count, number, plan.design.seed):
            yield Fold(side[fold.train], side[fold.test])
        number += 1


def _cost(count: int) -> int:
    """Trainings of a race of so many candidates with one fold a lap, at most."""
    total = laps = 0
    while True:
        laps += 1
        total += count + 1  # the baseline runs along
        if count <= FINALISTS:
            return total + JOINED * laps
        count = math.ceil(count / 2)


def _strengths(remedies: tuple[Remedy, ...]) -> Iterator[tuple[Remedy, ...]]:
    """A single remedy with a number as its strength, weaker and stronger."""
    if len(remedies) != 1:
        return
    (remedy,) = remedies
    strength = remedy.strength
    if isinstance(strength, bool) or not isinstance(strength, int | float):
        return
    for factor in FACTORS:
        other = float(f"{strength * factor:.2g}")
        if isinstance(strength, int):
            other = max(1, round(other))
        yield (replace(remedy, strength=other),)


def _joined(learner: Learner, ranked: Sequence[Arm]) -> Iterator[Arm]:
    """The best with the second, these with the third, and so on, where they can be joined."""
    chosen: tuple[Remedy, ...] = ()
    made: Mapping[str, Arm] = {arm.name: arm for arm in ranked}
    for arm in ranked:
        if {one.name for one in chosen} & {one.name for one in arm.remedies}:
            continue
        try:
            both = Arm((*chosen, *arm.remedies), learner.with_remedies((*chosen, *arm.remedies)))
        except SteadfitError:
            continue
        chosen = both.remedies
        if name_of(chosen) not in made:
            yield both
