"""`run_study`: from data and a learner to a result and a model, through the store."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from steadfit.analysis.analyse import analyse
from steadfit.analysis.evidence import ArmEvidence, Evidence
from steadfit.analysis.learning_curve import SHARES
from steadfit.analysis.measures import measure
from steadfit.analysis.result import Analysis
from steadfit.data import Dataset
from steadfit.files import write_text
from steadfit.remedies import ArmLike
from steadfit.study.data_facts import data_facts
from steadfit.study.design import Design
from steadfit.study.engine import Engine, Watcher, quiet
from steadfit.study.folder import About, Run, network_of
from steadfit.study.learner import Learner
from steadfit.study.local_engine import LocalEngine
from steadfit.study.plan import Plan, make_plan
from steadfit.study.points_file import save_points
from steadfit.study.race import candidates, laps_within, race
from steadfit.study.references import best_reference, reference_arms
from steadfit.study.result import (
    SCHEMA,
    HandOver,
    ModelFacts,
    RaceFacts,
    RemedyFacts,
    StudyResult,
    TrainedArm,
)
from steadfit.study.rounds import Expectation, Rounds
from steadfit.study.second_round import joined_arm
from steadfit.study.store import Finished, open_store
from steadfit.study.trials import (
    Arm,
    drawn_trials,
    final_trial,
    make_arms,
    repetition_trials,
)
from steadfit.training import TrainedModel, prepare


def run_study(
    data: Dataset,
    learner: Learner,
    remedies: Sequence[ArmLike],
    folder: Path,
    design: Design | None = None,
    *,
    test: float = 0.2,
    engine: Engine | None = None,
    processes: int | None = None,
    hand_over: HandOver = "single",
    second_round: bool = True,
    watch: Watcher = quiet,
    tell: Callable[[Expectation], None] = lambda expected: None,
) -> Run:
    """Compare the baseline and each remedy, join those found better, hand over the best.

    data: all examples; `steadfit.study.plan.make_plan` divides them. learner: the baseline.
    remedies: an arm each, as `steadfit.remedies.joined` takes them. test: the share of a test side,
    where the design asks for one and the data has none of its own.
    folder: gets `store/`, `study.json`, `points.npz` and `model/`; what its store already holds is
    not trained again. engine: has the replicas trained; by default `LocalEngine(processes)`, on
    this machine. hand_over: "single", the best arm trained on all that is not kept for testing;
    "ensemble", the replicas that it was compared by, averaged; "reference", the best rival. tell:
    is told before the first training of a network what the design can show.

    A replica that cannot be trained makes its arm a failed one; the others go on.
    Raises SteadfitError for what a person can fix; what was finished by then is kept.
    """
    design = design or Design()
    plan = make_plan(data, design, test)
    arms = make_arms(learner, () if design.budget else remedies)
    racers = candidates(learner, remedies) if design.budget else ()
    for arm in (*arms, *racers):
        arm.learner.check(data)
    plan, folds_a_lap = _within(plan, arms, racers)
    decides = _decides(design, learner, data)
    store = open_store(folder / "store")
    prepare(folder / "model")
    rivals = reference_arms(data) if design.references else ()
    rounds = Rounds(plan, store, engine or LocalEngine(processes), watch, arms, rivals, decides)
    tell(rounds.expectation(1 if racers else len(arms) - 1))
    raced: RaceFacts | None = None
    if racers:
        winner, raced = race(rounds, racers, folds_a_lap)
        rounds.arms = (*arms, winner)
    not_joined = _compare(rounds, second_round)
    found, evidence, varied = _analysed(rounds)
    if hand_over == "reference":
        model, facts = best_reference(found, plan)
        replicas: list[Finished] = []
    else:
        model, members, replicas = _hand_over(rounds, found, hand_over)
        facts = ModelFacts(found.best, members)
    result = StudyResult(
        schema=SCHEMA,
        seed=design.seed,
        data=data_facts(plan.data, plan.tested.data),
        arms=tuple(
            _trained(rounds, arm, own, arm in varied)
            for arm, own in zip(rounds.arms, evidence.arms, strict=True)
        ),
        analysis=found,
        model=facts,
        not_joined=not_joined,
        references=tuple(
            _trained(rounds, arm, own, False)
            for arm, own in zip(rounds.references, evidence.references, strict=True)
        ),
        race=raced,
        repeats=_repeats(rounds),
    )
    if model is not None:
        model.save(folder / "model")
    save_points(folder / "points.npz", plan.test, plan.tested.folds)
    write_text(folder / "study.json", result.to_json())
    return Run(
        result=result,
        tested=plan.tested,
        replicas={arm.name: rounds.replicas(arm, arm in varied) for arm in rounds.arms},
        model=model,
        members=replicas,
        network=network_of(result, store),
        about=About(tuple(dict.fromkeys((*data.notes, *plan.notes)))),
    )


def _within(plan: Plan, arms: Sequence[Arm], racers: Sequence[Arm]) -> tuple[Plan, int]:
    """The plan within its ceiling, and the folds of a race's lap, if there is one.

    Raises SteadfitError, before anything is trained, for what cannot be.
    """
    design = plan.design
    if design.learning_curve:
        for fold in plan.folds[0]:
            plan.part(fold.train, min(SHARES))
    if design.budget is None:
        return plan.within_ceiling(len(arms)), 0
    return plan, laps_within(design.budget, len(racers), plan)


def _compare(rounds: Rounds, second_round: bool) -> tuple[str, ...]:
    """The looks, and a second round of those found better; what was left out of the joined arm."""
    arms = rounds.arms
    rounds.compare(arms[1:])
    if not second_round:
        return ()
    joined, not_joined = joined_arm(analyse(rounds.evidence(arms)), arms)
    if joined is None or not rounds.affords([joined], rounds.plan.looks[0]):
        return ()
    rounds.arms, rounds.joined = (*arms, joined), (joined.name,)
    rounds.compare([joined])
    return not_joined


def _repeats(rounds: Rounds) -> bool | None:
    """Whether the first training, of code whose seed may not decide all, gives the same again."""
    first, *_ = repetition_trials(rounds.plan, rounds.arms[0], 0)
    if not first.learner.of_others or rounds.known[first.key].failure:
        return None
    with TemporaryDirectory() as folder:
        again = open_store(Path(folder) / "store")
        rounds.engine.train([first], rounds.plan.data, again, rounds.watch, "the first, once more")
        both = rounds.known[first.key].logits, again.read(first.key).logits
    return bool(np.array_equal(*both))


def _analysed(rounds: Rounds) -> tuple[Analysis, Evidence, tuple[Arm, ...]]:
    """The analysis with the variance and the curve, its evidence, the arms with a variance."""
    best = analyse(rounds.evidence(rounds.arms)).best
    varied = rounds.varied(best)
    rounds.train_drawn(varied)
    evidence = rounds.evidence(rounds.arms, varied)
    found = _with_scores(analyse(evidence), rounds)
    if rounds.plan.design.learning_curve:
        arm = next(arm for arm in rounds.arms if arm.name == found.best)
        found = replace(found, learning_curve=rounds.learning_curve(arm, evidence))
    return found, evidence, varied


def _decides(design: Design, learner: Learner, data: Dataset) -> str:
    """The measure that decides. Raises SteadfitError for one of another task."""
    task = data.schema.task
    if design.decide_by in (None, "loss"):
        return str(learner.decides(task))
    assert design.decide_by is not None
    return measure(design.decide_by, task.measures).name


def _with_scores(found: Analysis, rounds: Rounds) -> Analysis:
    """The analysis with what only this task has: of the best arm, and the baseline's beside."""
    arms, plan = {arm.name: arm for arm in rounds.arms}, rounds.plan
    train, test = plan.data.take(plan.varied.train), plan.test
    facts = {arm.name: arm.facts for arm in found.arms}
    names = dict.fromkeys((found.baseline.name, found.best))
    losses = {name: facts[name]["test_loss"] for name in names if "test_loss" in facts[name]}
    predictions = rounds.replicas(arms[found.best], False).repetitions(plan.tested)
    scores = test.schema.task.scores(train.side, test.side, predictions, losses)
    return replace(found, **scores._asdict())


def _hand_over(
    rounds: Rounds, found: Analysis, hand_over: HandOver
) -> tuple[TrainedModel | None, tuple[str, ...], list[Finished]]:
    """The model, its members' keys, and their predictions at all test points where they have them;
    no model where training failed."""
    arm = next(one for one in rounds.arms if one.name == found.best)
    plan = rounds.plan
    if hand_over == "single":
        chosen = (final_trial(plan, arm),)
        rounds.train(chosen, what="model on all training data")
    else:
        count = rounds.repetitions[arm.name]
        chosen = tuple(
            trial for number in range(count) for trial in repetition_trials(plan, arm, number)
        )
    members = [rounds.known[trial.key] for trial in chosen]
    if any(member.failure for member in members):
        return None, (), []
    keys = tuple(trial.key for trial in chosen)
    model = arm.learner.model(plan.data, [rounds.store.replica(key) for key in keys])
    return model, keys, [one for one in members if len(one.logits) == len(plan.tested.data)]


def _trained(rounds: Rounds, arm: Arm, evidence: ArmEvidence, varied: bool) -> TrainedArm:
    plan = rounds.plan
    count = rounds.repetitions[arm.name]
    drawn = drawn_trials(plan, arm) if varied else ()
    return TrainedArm(
        name=arm.name,
        remedies=tuple(RemedyFacts(one.name, one.strength) for one in arm.remedies),
        settings=dict(arm.learner.settings),
        parameters=round(evidence.facts.get("parameters", 0.0)),
        tested=tuple(
            tuple(trial.key for trial in repetition_trials(plan, arm, number))
            for number in range(count)
        ),
        drawn=tuple(tuple(trial.key for trial in sample) for sample in drawn),
    )
