"""The rounds of a study: train what a look needs, look, and go on with the arms that are open."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from torch import Tensor

from steadfit.analysis.analyse import decisions_of, mean_facts
from steadfit.analysis.comparison import smallest_change
from steadfit.analysis.evidence import ArmEvidence, Evidence
from steadfit.analysis.learning_curve import SHARES, AtShare, learning_curve
from steadfit.analysis.measures import Points
from steadfit.analysis.result import LearningCurve
from steadfit.analysis.terms import Failure
from steadfit.study.design import Varied
from steadfit.study.dispatch import train
from steadfit.study.engine import Session, Watcher
from steadfit.study.plan import Plan
from steadfit.study.store import Finished, Store
from steadfit.study.tested import ArmReplicas
from steadfit.study.trials import Arm, Trial, curve_trials, drawn_trials, repetition_trials

Replicas = tuple[tuple[Finished, ...], ...]  # by repetition and fold, or by sample and seed


@dataclass(frozen=True)
class Expectation:
    """What is known before the first network is trained.

    decides: the measure that will. points: how many. arms: beside the baseline. references: the
    measures of each rival. smallest: the change of the deciding measure that the design can show;
    None where there is no rival to tell from, or nothing to compare.
    """

    decides: str
    points: int
    arms: int
    references: Mapping[str, Mapping[str, float]]
    smallest: float | None


@dataclass
class Rounds:
    """What stays the same from one round to the next, and what was trained and read by then.

    told: the measures that are told; all of the task's if empty. repetitions: of each arm by name,
    so far.
    """

    plan: Plan
    store: Store
    session: Session
    watch: Watcher
    arms: tuple[Arm, ...]
    references: tuple[Arm, ...]
    decides: str
    told: tuple[str, ...] = ()
    joined: tuple[str, ...] = ()
    repetitions: dict[str, int] = field(default_factory=dict)
    known: dict[str, Finished] = field(default_factory=dict)  # by key
    judged: dict[tuple[str, int, bool], ArmEvidence] = field(default_factory=dict)

    def expectation(self, arms: int) -> Expectation:
        """What the rivals give, fitted first as they are quick, and what the design can show of so
        many arms beside the baseline."""
        of = {}
        smallest = None
        if self.references:
            self._train_repetitions(self.references, self.plan.looks[0])
            evidence = self.evidence(self.references)
            known = [arm for arm in evidence.arms if arm.tested is not None]
            of = {
                arm.name: {name: evidence.losses_of(arm, name).mean for name in evidence.told}
                for arm in known
            }
            if known and arms:
                best = min(known, key=lambda arm: of[arm.name][self.decides])
                values = evidence.losses_of(best, self.decides).values[0]
                smallest = smallest_change(values, arms)
        return Expectation(self.decides, len(self.plan.tested.data), arms, of, smallest)

    def compare(self, arms: Sequence[Arm]) -> None:
        """Take these arms through the looks, as far as the ceiling of trainings allows; the
        baseline goes on with the last of them."""
        active = tuple(arms)
        for look in self.plan.looks:
            if not self.affords(active, look):
                return
            trained = (self.arms[0], *active, *self.references)
            self._train_repetitions(trained, look)
            decisions = decisions_of(self.evidence((self.arms[0], *arms)))
            active = tuple(
                arm for arm in active if arm.name in decisions and decisions[arm.name].goes_on
            )
            if not active:
                return

    def affords(self, arms: Sequence[Arm], look: int) -> bool:
        """Whether the ceiling of trainings allows to take these arms and the baseline to a look."""
        ceiling = self.plan.design.trainings
        if ceiling is None:
            return True
        names = {arm.name for arm in (*self.arms, *arms)}
        going_on = {self.arms[0].name} | {arm.name for arm in arms}
        done = {name: self.repetitions.get(name, 0) for name in names}
        repetitions = sum(max(done[one], look) if one in going_on else done[one] for one in names)
        variance = self.plan.trainings(len(names), 0)
        return repetitions * len(self.plan.folds[0]) + variance <= ceiling

    def evidence(self, arms: Sequence[Arm], drawn: Sequence[Arm] = ()) -> Evidence:
        """What these arms showed; drawn: those whose replicas on drawn samples are trained."""
        plan, task = self.plan, self.plan.tested.data.schema.task
        told = self.told or task.judged_by
        with_variance = {arm.name for arm in drawn}
        judged = tuple(self._evidence_of(arm, arm.name in with_variance) for arm in arms)
        longest = max((self.repetitions.get(arm.name, 0) for arm in arms), default=0)
        return Evidence(
            arms=judged,
            points=self.points,
            folds=plan.tested.folds[:longest],
            comparing=plan.comparing,
            decides=self.decides,
            measures=told,
            losses=tuple(loss for loss in task.losses if loss in told),
            drawn_points=self._points_of(plan.tested.sampled) if drawn else None,
            sampling=plan.sampling if drawn else None,
            references=tuple(self._evidence_of(arm, False) for arm in self.references),
            own=plan.design.own_measures,
        )

    def train_drawn(self, arms: Sequence[Arm]) -> None:
        """The replicas on drawn samples of these arms."""
        trials = [
            trial for arm in arms for of_one in drawn_trials(self.plan, arm) for trial in of_one
        ]
        self.train(trials, what="replicas for the variance")

    def learning_curve(self, arm: Arm, evidence: Evidence) -> LearningCurve:
        """Train an arm on shares of the data too; no points where a replica failed."""
        plan = self.plan
        of_shares = [
            [curve_trials(plan, arm, number, share) for number in range(plan.looks[0])]
            for share in SHARES
        ]
        every = [trial for of_one in of_shares for trials in of_one for trial in trials]
        self.train(every, what="replicas for the learning curve")
        own = next(one for one in evidence.arms if one.name == arm.name)
        if own.tested is None or any(self.known[trial.key].failure for trial in every):
            return LearningCurve(arm.name, (), None)
        shares = [
            AtShare(share, _mean_size(trials), self._assembled(self._known(trials)))
            for share, trials in zip(SHARES, of_shares, strict=True)
        ]
        whole = [repetition_trials(plan, arm, number) for number in range(plan.looks[0])]
        return learning_curve(evidence, own, shares, _mean_size(whole))

    def varied(self, best: str) -> tuple[Arm, ...]:
        """The arms whose variance is measured."""
        wanted = self.plan.design.varied
        if wanted is Varied.NONE:
            return ()
        if wanted is Varied.ALL:
            return self.arms
        names = {self.arms[0].name, best}
        return tuple(arm for arm in self.arms if arm.name in names)

    def replicas(self, arm: Arm, drawn: bool) -> ArmReplicas:
        """An arm's finished replicas, without weights."""
        numbers = range(self.repetitions.get(arm.name, 0))
        tested = [repetition_trials(self.plan, arm, number) for number in numbers]
        samples = drawn_trials(self.plan, arm) if drawn else ()
        return ArmReplicas(self._known(tested), self._known(samples))

    def train(self, trials: Sequence[Trial], what: str = "replicas") -> None:
        """Have these trained, and read those that are new."""
        missing = {trial.key: trial for trial in trials if trial.key not in self.known}
        new = tuple(missing.values())
        if not new:
            return
        without = train(self.session, new, self.store, self.watch, what)
        for trial in new:
            if trial.key in without:
                self.known[trial.key] = Finished.failed(Failure.MEMORY)
            elif trial.key not in self.known:
                self.known[trial.key] = self._read(trial)

    def _read(self, trial: Trial) -> Finished:
        """Raises SteadfitError where it has other predictions than there should be."""
        replica, plan = self.store.read(trial.key), self.plan
        whole = len(trial.tested) == len(plan.rows)  # of texts to continue, a point is a step
        rows = len(plan.tested.data) if whole else len(trial.tested)
        expected = rows, plan.tested.data.outputs
        if not replica.failure and replica.logits.shape != expected:
            found = replica.logits.shape
            reason = f"its predictions have shape {found}, not {expected}"
            raise self.store.damaged(trial.key, reason)
        return replica

    @cached_property
    def points(self) -> Points:
        """The test points as the analysis knows them."""
        return self._points_of(np.arange(len(self.plan.tested.data)))

    def points_at(self, positions: Tensor) -> Points:
        """Other examples of the data as test points, for a choice that is measured elsewhere."""
        data, train = self.plan.data.take(positions), self.plan.varied.train
        task, groups = data.schema.task, data.structure.groups
        scales = task.scales(self.plan.data.take(train).side, data.side)
        known = None if groups is None else groups.numpy()
        return Points(data.y.numpy(), known, scales, task.quantiles)

    def _points_of(self, rows: np.ndarray) -> Points:
        tested = self.plan.tested.data
        groups, scales = tested.structure.groups, self._scales
        return Points(
            tested.y.numpy()[rows],
            None if groups is None else groups.numpy()[rows],
            None if scales is None else scales[rows],
            tested.schema.task.quantiles,
        )

    @cached_property
    def _scales(self) -> np.ndarray | None:
        """Of forecasts, what counts as an error of 1 (MASE)."""
        tested, plan = self.plan.tested.data, self.plan
        train = plan.data.take(plan.varied.train)
        return tested.schema.task.scales(train.side, tested.side)

    def _train_repetitions(self, arms: Sequence[Arm], look: int) -> None:
        trials = [
            trial
            for number in range(look)
            for arm in arms
            for trial in repetition_trials(self.plan, arm, number)
        ]
        self.train(trials, what=f"repetition {look}" if look < 2 else f"repetitions to {look}")
        for arm in arms:  # a second round begins anew, with a baseline that has more
            self.repetitions[arm.name] = max(look, self.repetitions.get(arm.name, 0))

    def _evidence_of(self, arm: Arm, drawn: bool) -> ArmEvidence:
        """One arm's, made once for so many repetitions."""
        place = arm.name, self.repetitions.get(arm.name, 0), drawn
        if place not in self.judged:
            self.judged[place] = self._gathered(arm, self.replicas(arm, drawn), drawn)
        return self.judged[place]

    def _known(self, trials: Sequence[Sequence[Trial]]) -> Replicas:
        return tuple(tuple(self.known[trial.key] for trial in of_one) for of_one in trials)

    def _assembled(self, replicas: Replicas) -> np.ndarray:
        """The predictions of each repetition, of one replica a fold, at all points: (R, N, C)."""
        return np.stack([
            self.plan.tested.assemble(number, [one.logits for one in of_one])
            for number, of_one in enumerate(replicas)
        ])  # fmt: skip

    def _gathered(self, arm: Arm, replicas: ArmReplicas, drawn: bool) -> ArmEvidence:
        every = [one for of_one in replicas.tested for one in of_one]
        failures = [one.failure for one in every if one.failure]
        tested = samples = None
        if not failures:
            tested = self._assembled(replicas.tested)
        on_samples = [one for of_one in replicas.drawn for one in of_one]
        if drawn and on_samples and not any(one.failure for one in on_samples):
            samples = np.stack([
                np.stack([one.logits for one in of_one]) for of_one in replicas.drawn
            ])  # fmt: skip
        return ArmEvidence(
            arm.name,
            tested,
            samples,
            crossed=self.plan.design.crossed,
            failed={why: failures.count(why) for why in dict.fromkeys(failures)},
            facts=mean_facts([one.facts for one in every]),
            trained=_trained(every),
            joined=arm.name in self.joined,
        )


def _trained(replicas: Sequence[Finished]) -> bool:
    """Whether more than half of the replicas had learned when they ended, as far as it is known."""
    known = [one.facts["trained"] for one in replicas if "trained" in one.facts]
    return not known or 2 * sum(known) > len(known)


def _mean_size(trials: Sequence[Sequence[Trial]]) -> float:
    """How many examples a trial is trained on."""
    return float(np.mean([len(trial.examples) for of_one in trials for trial in of_one]))
