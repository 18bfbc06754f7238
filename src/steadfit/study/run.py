"""`run_study`: from data and a learner to a result and a model, through the store."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from steadfit.analysis.analyse import analyse, change_spreads, mean_facts
from steadfit.analysis.evidence import ArmEvidence, Evidence, Points
from steadfit.analysis.precision import plan
from steadfit.analysis.result import Analysis
from steadfit.analysis.terms import Failure
from steadfit.data import Split, points
from steadfit.files import write_text
from steadfit.remedies import ArmLike
from steadfit.study.data_facts import data_facts
from steadfit.study.design import Design, check_precision
from steadfit.study.engine import Engine, Watcher, quiet
from steadfit.study.folder import About, ArmReplicas, Run, network_of
from steadfit.study.learner import Learner
from steadfit.study.local_engine import LocalEngine
from steadfit.study.points_file import save_points
from steadfit.study.result import (
    SCHEMA,
    Delivery,
    ModelFacts,
    RemedyFacts,
    StudyResult,
    TrainedArm,
)
from steadfit.study.second_round import joined_arm
from steadfit.study.store import Finished, Store, open_store
from steadfit.study.trials import (
    Arm,
    ArmTrials,
    Trial,
    final_trial,
    make_arms,
    make_trials,
)
from steadfit.training import TrainedModel, prepare


def run_study(
    split: Split,
    learner: Learner,
    remedies: Sequence[ArmLike],
    folder: Path,
    design: Design | None = None,
    *,
    precision: float | None = None,
    engine: Engine | None = None,
    processes: int | None = None,
    deliver: Delivery = "single",
    second_round: bool = True,
    watch: Watcher = quiet,
) -> Run:
    """Measure the baseline and each remedy, join those found better, hand over the best.

    split: training and test data. learner: the baseline. remedies: an arm each, as
    `steadfit.remedies.joined` takes them.
    folder: gets `store/`, `study.json`, `points.npz` and `model/`; what its store already holds is
    not trained again. precision: half the length wanted of the changes' intervals; samples are
    added to the design's until it is reached (`steadfit.analysis.precision`).
    engine: has the replicas trained; by default `LocalEngine(processes)`, on this machine.
    deliver: "single", the best arm trained on all the training data; "ensemble", that arm's
    replicas, averaged: those on all the training data where the design has such.

    A replica that cannot be trained makes its arm a failed one; the others go on.
    Raises SteadfitError for what a person can fix; what was finished by then is kept.
    """
    design = design or Design()
    check_precision(precision, design)
    arms = make_arms(learner, remedies)
    for arm in arms:
        arm.learner.check(split.train)
    store = open_store(folder / "store")
    prepare(folder / "model")
    study = _Study(split, store, engine or LocalEngine(processes), watch)
    found = study.measure(arms, design)
    not_joined: tuple[str, ...] = ()
    if second_round:
        joined, not_joined = joined_arm(found.analysis, arms)
        if joined is not None:
            arms = (*arms, joined)
            found = study.measure(arms, design)
    if precision is not None:
        chosen = plan(change_spreads(found.evidence), design.samples, precision)
        if chosen.samples > design.samples:
            pilot, design = design.samples, replace(design, samples=chosen.samples)
            found = study.measure(arms, design, pilot)
        found = replace(found, analysis=replace(found.analysis, precision=chosen))
    found = replace(found, analysis=study.with_scores(found))
    model, members, replicas = study.hand_over(found, design, deliver)
    result = StudyResult(
        schema=SCHEMA,
        seed=design.seed,
        data=data_facts(split, study.tested),
        arms=tuple(map(_trained, found.arms, found.trials, found.evidence.arms)),
        analysis=found.analysis,
        model=ModelFacts(found.analysis.best, members),
        not_joined=not_joined,
    )
    if model is not None:
        model.save(folder / "model")
    save_points(folder / "points.npz", split.test)
    write_text(folder / "study.json", result.to_json())
    notes = dict.fromkeys((*split.train.notes, *split.notes, *study.tested.notes))
    return Run(
        result=result,
        test=study.tested,
        replicas=found.replicas,
        model=model,
        members=replicas,
        network=network_of(result, store),
        about=About(tuple(notes)),
    )


@dataclass(frozen=True, eq=False)
class _Measured:
    """Arms, their trials and replicas, and what these showed."""

    arms: tuple[Arm, ...]
    trials: tuple[ArmTrials, ...]
    replicas: dict[str, ArmReplicas]
    evidence: Evidence
    analysis: Analysis


class _Study:
    """What stays the same from one round to the next, and what was read and split by then."""

    def __init__(self, split: Split, store: Store, engine: Engine, watch: Watcher) -> None:
        self.split, self.store, self.engine, self.watch = split, store, engine, watch
        self.tested = points(split.test)
        # Copies: the tensors' memory moves when they are sent to workers.
        groups = self.tested.structure.groups
        groups = None if groups is None else groups.numpy().copy()
        losses = self.tested.schema.task.losses
        self.points = Points(self.tested.y.numpy().copy(), losses, groups)
        self.known: dict[str, Finished] = {}  # by key
        self.judged: dict[tuple[str, int], ArmEvidence] = {}  # by arm and number of samples

    def measure(self, arms: tuple[Arm, ...], design: Design, pilot: int | None = None) -> _Measured:
        """Train what is missing of these arms, read it and analyse it."""
        trials = make_trials(design, arms, self.split)
        self.train([trial for own in trials for trial in own])
        replicas = {
            arm.name: ArmReplicas(
                tuple(self.known[trial.key] for sample in own.drawn for trial in sample),
                tuple(self.known[trial.key] for trial in own.whole),
            )
            for arm, own in zip(arms, trials, strict=True)
        }
        judged = tuple(
            self.evidence_of(arm.name, own, replicas[arm.name], design)
            for arm, own in zip(arms, trials, strict=True)
        )
        decides = arms[0].learner.decides(self.tested.schema.task)
        evidence = Evidence(judged, design.sampling(pilot), decides)
        return _Measured(arms, trials, replicas, evidence, analyse(evidence))

    def train(self, trials: Sequence[Trial], what: str = "replicas") -> None:
        """Have these trained, and read those that are new."""
        new = [trial for trial in trials if trial.key not in self.known]
        if not new:
            return
        without = self.engine.train(trials, self.split, self.store, self.watch, what)
        for trial in new:
            if trial.key in without:
                self.known[trial.key] = Finished.failed(Failure.MEMORY)
            elif trial.key not in self.known:
                self.known[trial.key] = self.read(trial.key)

    def read(self, key: str) -> Finished:
        """Raises SteadfitError where it has other predictions than there should be."""
        replica = self.store.read(key)
        expected = len(self.tested), self.tested.outputs
        if not replica.failure and replica.logits.shape != expected:
            found = replica.logits.shape
            raise self.store.damaged(key, f"its predictions have shape {found}, not {expected}")
        return replica

    def evidence_of(
        self, name: str, trials: ArmTrials, replicas: ArmReplicas, design: Design
    ) -> ArmEvidence:
        """One arm's, made once for so many samples."""
        place = name, design.samples
        if place not in self.judged:
            failures = [one.failure for one in (*replicas.drawn, *replicas.whole) if one.failure]
            drawn = whole = None
            if not failures:
                if replicas.drawn:
                    drawn = np.stack([one.logits for one in replicas.drawn])
                    grid = len(trials.drawn), len(trials.drawn[0])
                    drawn = drawn.reshape(*grid, *drawn.shape[1:])
                if replicas.whole:
                    whole = np.stack([one.logits for one in replicas.whole])
            self.judged[place] = ArmEvidence(
                name,
                self.points,
                drawn,
                whole,
                crossed=design.crossed,
                failed={why: failures.count(why) for why in dict.fromkeys(failures)},
                facts=mean_facts([one.facts for one in replicas.at_size]),
            )
        return self.judged[place]

    def with_scores(self, found: _Measured) -> Analysis:
        """The analysis with what only this task has: of the best arm, and the baseline's beside."""
        train, test, best = self.split.train, self.split.test, found.analysis.best
        facts = {arm.name: arm.facts for arm in found.evidence.arms}
        names = dict.fromkeys((found.arms[0].name, best))
        losses = {name: facts[name]["test_loss"] for name in names if "test_loss" in facts[name]}
        logits = [one.logits for one in found.replicas[best].at_size]
        scores = test.schema.task.scores(train.side, test.side, logits, losses)
        return replace(found.analysis, **scores._asdict())

    def hand_over(
        self, found: _Measured, design: Design, deliver: Delivery
    ) -> tuple[TrainedModel | None, tuple[str, ...], list[Finished]]:
        """The model, its members' keys, and their predictions; no model where training failed."""
        place = [arm.name for arm in found.arms].index(found.analysis.best)
        arm, trials = found.arms[place], found.trials[place]
        if deliver == "single":
            chosen = [final_trial(design, arm, self.split)]
            self.train(chosen, what="model on all training data")
        else:
            chosen = [*trials.whole] or [*trials]
        members = [self.known[trial.key] for trial in chosen]
        if any(member.failure for member in members):
            return None, (), []
        keys = tuple(trial.key for trial in chosen)
        model = arm.learner.model(self.split.train, [self.store.replica(key) for key in keys])
        return model, keys, members


def _trained(arm: Arm, trials: ArmTrials, evidence: ArmEvidence) -> TrainedArm:
    return TrainedArm(
        name=arm.name,
        remedies=tuple(RemedyFacts(one.name, one.strength) for one in arm.remedies),
        settings=dict(arm.learner.settings),
        parameters=round(evidence.facts.get("parameters", 0.0)),
        drawn=tuple(tuple(trial.key for trial in sample) for sample in trials.drawn),
        whole=tuple(trial.key for trial in trials.whole),
    )
