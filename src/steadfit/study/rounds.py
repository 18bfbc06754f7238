"""The rounds of a study: train what a look needs, look, and go on with the arms that are open."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from steadfit.analysis.analyse import decisions_of, mean_facts
from steadfit.analysis.comparison import smallest_change
from steadfit.analysis.evidence import ArmEvidence, Evidence
from steadfit.analysis.measures import Points
from steadfit.analysis.terms import Failure
from steadfit.study.design import Varied
from steadfit.study.engine import Engine, Watcher
from steadfit.study.plan import Plan
from steadfit.study.store import Finished, Store
from steadfit.study.tested import ArmReplicas
from steadfit.study.trials import Arm, Trial, drawn_trials, repetition_trials


@dataclass(frozen=True)
class Expectation:
    """What is known before the first network is trained.

    decides: the measure that will. points, remedies: how many. references: the measures of each
    rival. smallest: the change of the deciding measure that the design can show; None where there
    is no rival to tell from, or nothing to compare.
    """

    decides: str
    points: int
    remedies: int
    references: Mapping[str, Mapping[str, float]]
    smallest: float | None


@dataclass
class Rounds:
    """What stays the same from one round to the next, and what was trained and read by then.

    repetitions: of each arm by name, so far.
    """

    plan: Plan
    store: Store
    engine: Engine
    watch: Watcher
    arms: tuple[Arm, ...]
    references: tuple[Arm, ...]
    decides: str
    joined: tuple[str, ...] = ()
    repetitions: dict[str, int] = field(default_factory=dict)
    known: dict[str, Finished] = field(default_factory=dict)  # by key
    judged: dict[tuple[str, int, bool], ArmEvidence] = field(default_factory=dict)

    def expectation(self) -> Expectation:
        """What the rivals give, fitted first as they are quick, and what the design can show."""
        measures = self.plan.data.schema.task.measures
        of = {}
        smallest = None
        if self.references:
            first = 1 if len(self.plan.folds[0]) > 1 else self.plan.looks[0]
            self._train_repetitions(self.references, first)
            evidence = self.evidence(self.references)
            known = [arm for arm in evidence.arms if arm.tested is not None]
            of = {
                arm.name: {name: evidence.losses_of(arm, name).mean for name in measures}
                for arm in known
            }
            if known and len(self.arms) > 1:
                best = min(known, key=lambda arm: of[arm.name][self.decides])
                values = evidence.losses_of(best, self.decides).values[0]
                smallest = smallest_change(values, len(self.arms) - 1)
        points = len(self.plan.tested.data)
        return Expectation(self.decides, points, len(self.arms) - 1, of, smallest)

    def compare(self, arms: Sequence[Arm]) -> None:
        """Take these arms through the looks; the baseline goes on with the last of them."""
        active = tuple(arms)
        for look in self.plan.looks:
            trained = (self.arms[0], *active, *self.references)
            self._train_repetitions(trained, look)
            decisions = decisions_of(self.evidence((self.arms[0], *arms)))
            active = tuple(
                arm for arm in active if arm.name in decisions and decisions[arm.name].goes_on
            )
            if not active:
                return

    def evidence(self, arms: Sequence[Arm], drawn: Sequence[Arm] = ()) -> Evidence:
        """What these arms showed; drawn: those whose replicas on drawn samples are trained."""
        plan, task = self.plan, self.plan.tested.data.schema.task
        with_variance = {arm.name for arm in drawn}
        judged = tuple(self._evidence_of(arm, arm.name in with_variance) for arm in arms)
        longest = max((self.repetitions.get(arm.name, 0) for arm in arms), default=0)
        return Evidence(
            arms=judged,
            points=self.points,
            folds=plan.tested.folds[:longest],
            comparing=plan.comparing,
            decides=self.decides,
            measures=task.measures,
            losses=task.losses,
            drawn_points=self._points_of(plan.tested.sampled) if drawn else None,
            sampling=plan.sampling if drawn else None,
            references=tuple(self._evidence_of(arm, False) for arm in self.references),
        )

    def train_drawn(self, arms: Sequence[Arm]) -> None:
        """The replicas on drawn samples of these arms."""
        trials = [
            trial for arm in arms for of_one in drawn_trials(self.plan, arm) for trial in of_one
        ]
        self.train(trials, what="replicas for the variance")

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
        tested = tuple(
            tuple(self.known[trial.key] for trial in repetition_trials(self.plan, arm, number))
            for number in range(self.repetitions.get(arm.name, 0))
        )
        samples = drawn_trials(self.plan, arm) if drawn else ()
        return ArmReplicas(
            tested, tuple(tuple(self.known[trial.key] for trial in one) for one in samples)
        )

    def train(self, trials: Sequence[Trial], what: str = "replicas") -> None:
        """Have these trained, and read those that are new."""
        new = [trial for trial in trials if trial.key not in self.known]
        if not new:
            return
        without = self.engine.train(new, self.plan.data, self.store, self.watch, what)
        for trial in new:
            if trial.key in without:
                self.known[trial.key] = Finished.failed(Failure.MEMORY)
            elif trial.key not in self.known:
                self.known[trial.key] = self._read(trial)

    def _read(self, trial: Trial) -> Finished:
        """Raises SteadfitError where it has other predictions than there should be."""
        replica, tested = self.store.read(trial.key), self.plan.tested.data
        rows = len(trial.tested) if len(self.plan.folds[0]) > 1 else len(tested)
        expected = rows, tested.outputs
        if not replica.failure and replica.logits.shape != expected:
            found = replica.logits.shape
            reason = f"its predictions have shape {found}, not {expected}"
            raise self.store.damaged(trial.key, reason)
        return replica

    @cached_property
    def points(self) -> Points:
        """The test points as the analysis knows them."""
        return self._points_of(np.arange(len(self.plan.tested.data)))

    def _points_of(self, rows: np.ndarray) -> Points:
        tested = self.plan.tested.data
        groups, scales = tested.structure.groups, self._scales
        return Points(
            tested.y.numpy()[rows],
            None if groups is None else groups.numpy()[rows],
            None if scales is None else scales[rows],
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
        self.repetitions |= {arm.name: look for arm in arms}

    def _evidence_of(self, arm: Arm, drawn: bool) -> ArmEvidence:
        """One arm's, made once for so many repetitions."""
        place = arm.name, self.repetitions.get(arm.name, 0), drawn
        if place not in self.judged:
            self.judged[place] = self._gathered(arm, self.replicas(arm, drawn), drawn)
        return self.judged[place]

    def _gathered(self, arm: Arm, replicas: ArmReplicas, drawn: bool) -> ArmEvidence:
        every = [one for of_one in replicas.tested for one in of_one]
        failures = [one.failure for one in every if one.failure]
        tested = samples = None
        if not failures:
            tested = np.stack([
                self.plan.tested.assemble(number, [one.logits for one in of_one])
                for number, of_one in enumerate(replicas.tested)
            ])  # fmt: skip
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
