"""From data and arms to a result and a model, through the store.

`run_study` makes the arms of a learner and remedies, `run_arms` takes them as they are.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from steadfit.analysis.analyse import analyse
from steadfit.analysis.evidence import Evidence
from steadfit.analysis.learning_curve import SHARES
from steadfit.analysis.measures import NO_SCALE, measurable
from steadfit.analysis.result import Analysis
from steadfit.data import Dataset
from steadfit.errors import SteadfitError
from steadfit.remedies import ArmLike, check_kind
from steadfit.study.data_facts import data_facts
from steadfit.study.deciding_measure import deciding_measure, measure_of_labels
from steadfit.study.design import Design
from steadfit.study.engine import Watcher, quiet
from steadfit.study.engines import EngineLike, engine_of
from steadfit.study.first_trainings import (
    FirstTraining,
    arms_not_repeated,
    first_trainings,
    only_labels,
)
from steadfit.study.folder import About, Run, changed_code, network_of
from steadfit.study.learner import Learner
from steadfit.study.plan import Plan, make_plan
from steadfit.study.race import candidates, laps_within, race
from steadfit.study.references import best_reference, reference_arms
from steadfit.study.result import (
    SCHEMA,
    HandOver,
    ModelFacts,
    RaceFacts,
    StudyResult,
)
from steadfit.study.rounds import Expectation, Rounds
from steadfit.study.second_round import joined_arm
from steadfit.study.store import Finished, open_store
from steadfit.study.trials import (
    Arm,
    final_trial,
    make_arms,
    repetition_trials,
)
from steadfit.study.writing import trained_arms, write
from steadfit.training import TrainedModel, TrainedReference, prepare


def run_study(
    data: Dataset,
    learner: Learner,
    remedies: Sequence[ArmLike],
    folder: Path,
    design: Design | None = None,
    *,
    test: float = 0.2,
    engine: EngineLike = "local",
    processes: int | None = None,
    hand_over: HandOver = "single",
    watch: Watcher = quiet,
    tell: Callable[[Expectation], None] = lambda expected: None,
) -> Run:
    """Compare the baseline and each remedy, join those found better, hand over the best.

    learner: the baseline. remedies: an arm each, as `steadfit.remedies.joined` takes them; with a
    budget, the candidates of a race. The rest as in `run_arms`.
    """
    design = design or Design()
    return run_arms(
        data,
        make_arms(learner, () if design.budget else remedies),
        folder,
        design,
        racers=candidates(learner, remedies) if design.budget else (),
        test=test,
        engine=engine,
        processes=processes,
        hand_over=hand_over,
        watch=watch,
        tell=tell,
    )


def run_arms(
    data: Dataset,
    arms: Sequence[Arm],
    folder: Path,
    design: Design,
    *,
    racers: Sequence[Arm] = (),
    test: float = 0.2,
    engine: EngineLike = "local",
    processes: int | None = None,
    hand_over: HandOver = "single",
    watch: Watcher = quiet,
    tell: Callable[[Expectation], None] = lambda expected: None,
) -> Run:
    """Compare arms, the first the baseline; join the remedies found better; hand over the best.

    data: all examples; `steadfit.study.plan.make_plan` divides them. racers: of a race, whose
    winner is one more arm. test: the share of a test side, where the design asks for one and the
    data has none of its own.
    folder: gets `store/`, `study.json`, `points.npz` and `model/`; what its store already holds is
    not trained again. engine: has the replicas trained: a name of `steadfit.study.engines.ENGINES`,
    with so many processes, or an object. hand_over: "single", the best arm trained on all that is
    not kept for testing; "ensemble", the replicas that it was compared by, averaged; "reference",
    the best rival; "none", nothing. tell: is told before the first training of a network what the
    design can show.

    A replica that cannot be trained makes its arm a failed one; the others go on. A person's code
    is tried first, by one training, and where it fails the study ends.
    Raises SteadfitError for what a person can fix; what was finished by then is kept.
    """
    plan = make_plan(data, design, test)
    for arm in (*arms, *racers):
        check_kind(arm.remedies, data.schema.kind.name)
        arm.learner.check(data)
    plan, folds_a_lap = _within(plan, arms, racers)
    decides = deciding_measure(design, arms[0].learner, data)
    store = open_store(folder / "store")
    prepare(folder / "model")
    chosen = engine_of(engine, processes=processes)
    for arm in (*arms, *racers):
        arm.learner.make_ready(data)
    changed = changed_code(folder, {arm.name: arm.learner.own_code for arm in arms})
    with chosen.opened(plan.data) as session:
        first = first_trainings(arms, plan, folder, session, watch)
        rounds = Rounds(plan, store, session, watch, tuple(arms), *_judged(plan, first, decides))
        _leave_out_unmeasurable(rounds)
        tell(rounds.expectation(1 if racers else len(arms) - 1))
        raced: RaceFacts | None = None
        if racers:
            winner, raced = race(rounds, racers, folds_a_lap)
            rounds.arms = (*arms, winner)
        not_joined = _compare(rounds)
        found, evidence, varied = _analysed(rounds)
        model, facts, replicas = _handed_over(rounds, found, hand_over)
    not_repeated = arms_not_repeated(first, rounds.known)
    result = StudyResult(
        schema=SCHEMA,
        seed=design.seed,
        data=data_facts(plan.data, plan.tested.data),
        arms=trained_arms(rounds, rounds.arms, evidence.arms, varied),
        analysis=found,
        model=facts,
        not_joined=not_joined,
        references=trained_arms(rounds, rounds.references, evidence.references),
        race=raced,
        repeats=None if not_repeated is None else not not_repeated,
        not_repeated=not_repeated or (),
    )
    write(folder, result, model, plan)
    return Run(
        result=result,
        tested=plan.tested,
        replicas={arm.name: rounds.replicas(arm, arm in varied) for arm in rounds.arms},
        model=model,
        members=replicas,
        network=network_of(result, store),
        about=About(tuple(dict.fromkeys((*data.notes, *plan.notes, *changed, *session.notes)))),
    )


def _within(plan: Plan, arms: Sequence[Arm], racers: Sequence[Arm]) -> tuple[Plan, int]:
    """The plan within its ceiling, and the folds of a race's lap, if there is one.

    Raises SteadfitError, before anything is trained, for what cannot be.
    """
    design = plan.design
    if len(plan.folds[0]) == 1 and plan.looks[-1] == 1 and len(arms) + len(racers) > 1:
        raise SteadfitError(
            "repetitions must be 2 or more where each is one training, as arms are compared by how "
            "far their trainings differ, got 1. Give more, or 2 folds or more."
        )
    if design.learning_curve:
        for fold in plan.folds[0]:
            plan.part(fold.train, min(SHARES))
    if design.budget is None:
        return plan.within_ceiling(len(arms)), 0
    return plan, laps_within(design.budget, len(racers), plan)


def _judged(
    plan: Plan, first: Sequence[FirstTraining], decides: str
) -> tuple[tuple[Arm, ...], str, tuple[str, ...]]:
    """The reference models, the measure that decides, and those that are told."""
    design, task = plan.design, plan.data.schema.task
    rivals = reference_arms(plan.data) if design.references else ()
    if labelled := only_labels(first):
        told = task.of_answers
        return rivals, measure_of_labels(design, decides, labelled, told), told
    return rivals, decides, task.judged_by


def _leave_out_unmeasurable(rounds: Rounds) -> None:
    """Raises SteadfitError where the deciding measure is one that the test points do not have."""
    all_told = rounds.told
    rounds.told = measurable(all_told, rounds.points)
    if rounds.decides in all_told and rounds.decides not in rounds.told:
        raise SteadfitError(NO_SCALE)


def _compare(rounds: Rounds) -> tuple[str, ...]:
    """The looks, and a second round of those found better; what was left out of the joined arm."""
    arms = rounds.arms
    rounds.compare(arms[1:])
    joined, not_joined = joined_arm(analyse(rounds.evidence(arms)), arms)
    if joined is None or not rounds.affords([joined], rounds.plan.looks[0]):
        return ()
    rounds.arms, rounds.joined = (*arms, joined), (joined.name,)
    rounds.compare([joined])
    return not_joined


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


def _handed_over(
    rounds: Rounds, found: Analysis, hand_over: HandOver
) -> tuple[TrainedModel | TrainedReference | None, ModelFacts | None, list[Finished]]:
    """The model, what there is to say of it, and its members' predictions at all test points where
    they have them; no model where training failed, or where none is asked for."""
    if hand_over == "none":
        return None, None, []
    plan = rounds.plan
    if hand_over == "reference":
        return *best_reference(found, plan), []
    arm = next(one for one in rounds.arms if one.name == found.best)
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
        return None, ModelFacts(found.best, ()), []
    keys = tuple(trial.key for trial in chosen)
    model = arm.learner.model(plan.data, [rounds.store.replica(key) for key in keys])
    for predicted in rounds.replicas(arm, False).repetitions(plan.tested)[:1]:
        model = model.with_intervals(plan.tested.data, predicted)
    tested = [one for one in members if len(one.logits) == len(plan.tested.data)]
    return model, ModelFacts(found.best, keys), tested
