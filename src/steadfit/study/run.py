"""`run_study`: from data and a recipe to a result and a model, through the store."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Literal, TypeVar

from steadfit.data import Dataset, Forecast, Split, points
from steadfit.errors import SteadfitError
from steadfit.files import write_text
from steadfit.recipe import Recipe
from steadfit.study.design import Arm, Design, Trial, final_trial, make_arms, make_trials
from steadfit.study.engine import Watcher, quiet, train_all
from steadfit.study.forecasts import forecast_sentences
from steadfit.study.judgement import LEVEL, deciding_loss, judge, spreads
from steadfit.study.language import token_sentences
from steadfit.study.precision import check_precision, plan
from steadfit.study.result import ArmResult, DataFacts, DesignFacts, Loss, StudyResult
from steadfit.study.store import Store, open_store
from steadfit.study.verdict import best_arm, joined_remedy, sentences
from steadfit.training import Replica, TrainedModel, check, prepare, trained_model

T = TypeVar("T")
Delivery = Literal["single", "ensemble"]


@dataclass(frozen=True, eq=False)
class Outcome:
    """A study's result, the model handed over, and by arm the replicas on drawn samples."""

    result: StudyResult
    replicas: dict[str, tuple[Replica, ...]]
    model: TrainedModel


@dataclass(frozen=True, eq=False)
class Measured:
    """Arms, what each showed, and the replicas that showed it, in the same order.

    replicas: of each arm, those on drawn samples first (`Design.drawn`).
    """

    arms: tuple[Arm, ...]
    results: tuple[ArmResult, ...]
    replicas: list[tuple[Replica, ...]]

    def of(self, name: str) -> tuple[Arm, tuple[Replica, ...]]:
        """An arm and its replicas."""
        place = [arm.name for arm in self.arms].index(name)
        return self.arms[place], self.replicas[place]


def run_study(
    split: Split,
    recipe: Recipe,
    remedies: Sequence[str],
    folder: Path,
    design: Design | None = None,
    *,
    precision: float | None = None,
    processes: int | None = None,
    deliver: Delivery = "single",
    second_round: bool = True,
    watch: Watcher = quiet,
) -> Outcome:
    """Measure the baseline and each remedy, join those found better, hand over the best.

    split: training and test data. recipe: the baseline. remedies: as `remedies.apply` reads them.
    folder: gets `store/`, `study.json` and `model/`; what its store already holds is not trained
    again. precision: half the length wanted of the changes' intervals; samples are added to the
    design's until it is reached (`precision.plan`). processes: workers, by default one a usable
    core. deliver: "single", the best recipe trained on all the training data; "ensemble", that
    arm's replicas, averaged: those on all the training data where the design has such.

    Raises SteadfitError for what a person can mend; what was finished by then is kept.
    """
    design = design or Design()
    check_precision(precision, design)
    store = open_store(folder / "store")
    prepare(folder / "model")
    tested = points(split.test)
    loss = deciding_loss(tested, recipe)
    train = partial(train_all, split=split, store=store, processes=processes, watch=watch)

    def measure(remedies: Sequence[str], design: Design, pilot: int | None = None) -> Measured:
        arms = make_arms(recipe, remedies)
        for arm in arms:
            check(arm.recipe, split.train)
        trials = make_trials(design, arms, split)
        train(trials)
        replicas = _grouped([_read(store, trial, tested) for trial in trials], len(arms))
        results = judge(design, arms, replicas, tested, pilot)
        keys = _grouped([trial.key for trial in trials], len(arms))
        kept = [replace(arm, replicas=own) for arm, own in zip(results, keys, strict=True)]
        return Measured(arms, tuple(kept), replicas)

    found = measure(remedies, design)
    joined = joined_remedy(found.results, loss) if second_round else None
    if joined is not None:
        remedies = [*(arm.name for arm in found.arms[1:]), joined]
        found = measure(remedies, design)
    said: tuple[str, ...] = ()
    if precision is not None:
        chosen = plan(
            spreads(design, found.replicas, tested, loss),
            design.samples,
            precision,
            LEVEL,
            design,
        )
        said = (chosen.sentence,)
        if chosen.samples > design.samples:
            pilot, design = design.samples, replace(design, samples=chosen.samples)
            found = measure(remedies, design, pilot)
    result = _result(found, design, split, tested, loss, said)
    winner, members = found.of(result.best)
    members = design.at_size(members)
    if deliver == "single":
        trial = final_trial(design, winner, split)
        train([trial], what="model on all training data")
        members = (store.read(trial.key),)
    model = _handed_over(winner, split.train, members)
    model.save(folder / "model")
    write_text(folder / "study.json", result.to_json())
    replicas = {arm.name: own for arm, own in zip(found.arms, found.replicas, strict=True)}
    return Outcome(result, replicas, model)


def _read(store: Store, trial: Trial, tested: Dataset) -> Replica:
    """A trial's replica. Raises SteadfitError where it has other predictions than there should be.

    tested: the points of its predictions.
    """
    replica = store.read(trial.key)
    expected = len(tested), tested.outputs
    if not replica.failure and replica.logits.shape != expected:
        found = replica.logits.shape
        raise store.damaged(trial.key, f"its predictions have shape {found}, not {expected}")
    return replica


def _result(
    found: Measured,
    design: Design,
    split: Split,
    tested: Dataset,
    loss: Loss,
    said: tuple[str, ...],
) -> StudyResult:
    """The figures with their verdict. said: what there is to say beside it."""
    best = best_arm(found.results, loss)
    _, replicas = found.of(best)
    return StudyResult(
        data=_data_facts(split, tested),
        design=_design_facts(design),
        loss=loss,
        level=LEVEL,
        arms=found.results,
        best=best,
        sentences=(
            *sentences(found.results, design, loss, best),
            *said,
            *forecast_sentences(split, best, design.at_size(replicas)),
            *token_sentences(split, found.results, best),
        ),
    )


def _design_facts(design: Design) -> DesignFacts:
    return DesignFacts(
        design.samples, design.seeds, design.scheme, design.seed, design.whole, design.crossed
    )


def _handed_over(arm: Arm, train: Dataset, members: Sequence[Replica]) -> TrainedModel:
    failure = next((member.failure for member in members if member.failure), "")
    if failure:
        raise SteadfitError(f"There is no model to hand over, because training failed: {failure}")
    return trained_model(arm.recipe, train, members)


def _grouped(values: Sequence[T], arms: int) -> list[tuple[T, ...]]:
    """What belongs to each arm, in the arms' order."""
    size = len(values) // arms
    return [tuple(values[i : i + size]) for i in range(0, len(values), size)]


def _data_facts(split: Split, tested: Dataset) -> DataFacts:
    train: Dataset = split.train
    task = train.schema.task
    return DataFacts(
        name=train.name,
        shape=train.example_shape,
        train=len(train),
        test=len(tested),
        task=task.learned,
        classes=train.classes,
        train_fingerprint=train.fingerprint,
        test_fingerprint=split.test.fingerprint,
        notes=tuple(dict.fromkeys((*train.notes, *split.notes, *tested.notes))),
        horizon=task.horizon if isinstance(task, Forecast) else 0,
    )
