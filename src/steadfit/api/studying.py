"""`study` compares arms, and `report` shows a finished study again."""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from steadfit import workers
from steadfit.api.judging import MeasureLike, judging
from steadfit.api.recipes import (
    Chosen,
    NetworkLike,
    network_notes,
    recipe_of,
    resolved,
    suited_reading,
    usual_remedies,
)
from steadfit.api.results import Study
from steadfit.api.runs import finished, folder_for, teller
from steadfit.data import Dataset, dataset_of
from steadfit.files import write_text
from steadfit.recipe import Recipe, Scalar
from steadfit.references import absent_notes
from steadfit.remedies import ArmLike
from steadfit.report import page
from steadfit.report.progress import notebook_bar
from steadfit.report.voice import PYTHON, Voice
from steadfit.study.design import Design
from steadfit.study.engine import Watcher
from steadfit.study.engines import EngineLike, engine_of
from steadfit.study.folder import open_run
from steadfit.study.result import HandOver, agreeing
from steadfit.study.run import run_study
from steadfit.training import RecipeLearner


def study(
    data: Dataset | str | Path | tuple[Any, Any],
    model: NetworkLike | None = None,
    remedies: Sequence[ArmLike] | str | None = None,
    *,
    folds: int | None = None,
    repetitions: int | None = None,
    trainings: int | None = None,
    decide_by: MeasureLike | None = None,
    measures: Sequence[MeasureLike] = (),
    variance: str = "best",
    samples: int = 5,
    seeds: int = 1,
    crossed: bool = False,
    scheme: str = "bootstrap",
    other_sets: bool = False,
    learning_curve: bool = False,
    budget: int | None = None,
    reference: bool = True,
    seed: int = 0,
    recipe: Recipe | None = None,
    settings: Mapping[str, Scalar] | None = None,
    training: Mapping[str, Any] | None = None,
    test: float = 0.2,
    out: Path | str | None = None,
    replace: bool = False,
    engine: EngineLike = "local",
    processes: int | None = None,
    hand_over: HandOver = "single",
    watch: Watcher | None = None,
    tell: Callable[[str], None] | None = None,
    voice: Voice = PYTHON,
) -> Study:
    """Find out which remedies lower a model's error on data, how sure that is, and how much of the
    error is variance.

    data: a Dataset, what `read` takes, or a pair (x, y) as `steadfit.data.from_pair` has it.
    model: a name of `steadfit.models.MODELS`, by default what suits the task and the kind of
    examples, or a network of one's own: a function `(shape, outputs, **settings)`, a class or an
    instance of nn.Module, "module:name", or a `steadfit.models.OwnNetwork`; settings: of the model;
    training: changes of `recipe.training`; or a whole `recipe` instead of these three.
    remedies: an arm each, or a single one: a name as "l2" or "l2=0.01", a function from recipe to
    recipe, or a `steadfit.remedies.Remedy`; several joined in one arm are "dropout+l2", or a list
    of them. "none", or an empty list: the baseline alone. By default those that suit task and kind.
    folds, repetitions, trainings, decide_by, variance, samples, seeds, crossed, scheme, other_sets,
    learning_curve, budget, seed: the design, as `steadfit.study.design.Design` says. decide_by may
    be a measure of your own or a scorer of scikit-learn's, and measures are others, told besides
    (`steadfit.api.judging.judging`). reference:
    whether the references that suit the data are compared too (`steadfit.references`).
    test: share of the data held out, where folds is 1 and the data has no test set of its own.
    out: the folder, by default runs/NAME; a study of the same data and baseline that is there
    already is continued. replace: put this study in the place of another one, or of a fit.
    engine, processes, hand_over: as in `steadfit.study.run.run_study`. watch: is told the progress;
    by default a notebook shows a bar. tell: gets the sentences that are known before the first
    network is trained. voice: who reads the report.

    Raises SteadfitError for what a person can fix.

    Example: `study("photos/", remedies=["dropout", "l2", my_remedy], out="runs/photos")`; the first
    page of the documentation has a small one that runs.
    """
    began = time.time()
    chosen = engine_of(engine, processes=processes)
    workers.start_server()
    model = resolved(model)
    dataset = dataset_of(data, **suited_reading(model, settings))
    decides, brought = judging(decide_by, measures)
    design = Design(
        folds=folds,
        repetitions=repetitions,
        trainings=trainings,
        decide_by=decides,
        own_measures=brought,
        variance=variance,
        samples=samples,
        seeds=seeds,
        scheme=scheme,
        crossed=crossed,
        other_sets=other_sets,
        learning_curve=learning_curve,
        budget=budget,
        references=reference,
        seed=seed,
    )
    found = recipe_of(dataset, recipe, model, settings, training)
    baseline = found.recipe
    folder = folder_for(out, dataset.name, data, dataset, RecipeLearner(baseline), replace, voice)
    notes = (*found.notes, *network_notes(baseline, dataset))
    notes += absent_notes(dataset) if reference else ()
    if tell is not None:
        for note in notes:
            tell(note)

    with notebook_bar() if watch is None else nullcontext(watch) as told:
        run = run_study(
            dataset,
            RecipeLearner(baseline),
            _tried(remedies, dataset, found),
            folder,
            design,
            test=test,
            engine=chosen,
            hand_over=hand_over,
            watch=told,
            tell=teller(tell),
        )
    return finished(run, folder, began, chosen, voice, notes)


def _tried(
    remedies: Sequence[ArmLike] | str | None, dataset: Dataset, found: Chosen
) -> Sequence[ArmLike]:
    """The arms that were asked for beside the baseline; by default those that suit the data."""
    if remedies is None:
        return usual_remedies(dataset, found)
    asked = [remedies] if isinstance(remedies, str) else remedies
    return [] if list(asked) == ["none"] else asked


def report(folder: Path | str, voice: Voice = PYTHON) -> Study:
    """A finished study from its folder, whose `report.html` is written anew; nothing is trained.

    Raises SteadfitError where there is none, or a part of it is missing or damaged.
    """
    folder = Path(folder)
    with agreeing(folder):
        run = open_run(folder)
        text = page(run, voice)
    write_text(folder / "report.html", text)
    return Study(run.result, folder, run)
