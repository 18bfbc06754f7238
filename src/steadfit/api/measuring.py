"""`measure` compares training functions and estimators, of any framework."""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from steadfit import workers
from steadfit.api.judging import MeasureLike, judging
from steadfit.api.results import Study
from steadfit.api.runs import finished, folder_for, teller
from steadfit.data import Dataset, dataset_of
from steadfit.errors import SteadfitError
from steadfit.references import REFERENCES
from steadfit.report.progress import notebook_bar
from steadfit.report.voice import PYTHON, Voice
from steadfit.study.design import Design
from steadfit.study.engine import Watcher
from steadfit.study.engines import EngineLike, engine_of
from steadfit.study.run import run_arms
from steadfit.study.trials import BASELINE, Arm
from steadfit.training import own_learner


def measure(
    arms: Mapping[str, Any],
    data: Dataset | str | Path | tuple[Any, Any],
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
    reference: bool = True,
    seed: int = 0,
    version: str | None = None,
    test: float = 0.2,
    out: Path | str | None = None,
    replace: bool = False,
    engine: EngineLike = "local",
    processes: int | None = None,
    watch: Watcher | None = None,
    tell: Callable[[str], None] | None = None,
    voice: Voice = PYTHON,
) -> Study:
    """Compare what people train themselves, by retraining it as `study` retrains networks.

    arms: by name; the baseline is the one called "baseline", else the first. Each is one of

        - a function `train(x, y, *, seed, **settings)`, which returns what predicts: an object with
          `predict_proba` or `predict`, or a function of x;
        - an estimator as scikit-learn has them, made anew by its `get_params` for each training,
          its `random_state` set to the seed;
        - `functools.partial` of a function, or the import path "module:name".

    data: as in `study`.
    x: of tables (examples, columns), NaN where a value is missing, a category as its number; of
        images (examples, channels, height, width), uint8 or float32; of series (examples, steps)
        with one channel, else (examples, steps, channels), and a list of arrays where they are of
        unequal length; of texts a list of str. An estimator gets arrays of more axes as one row an
        example.
    y: class numbers from 0, int64, in the order of the data's classes, shape (examples,); or
        numbers, float64, (examples,) or (examples, outputs).
    Both are copies. Predictions are probabilities, (examples, classes), whose columns `classes_`
    names where the object has it; class numbers, (examples,), and all arms are then compared by
    their errors; or numbers, with the shape of y.

    version: of all arms' code, where its source does not tell one version from another. The rest
    as in `study`; out is by default runs/NAME-measure. Nothing is handed over: the result says
    which arm is best.

    A replica has one thread, and is kept by the source of its function, or the class, parameters
    and version of its estimator. Each arm is first trained once to try it; where it fails, nothing
    else is trained.

    Raises SteadfitError, with the arm's name, for what a person can fix.

    Example: `measure({"trees": RandomForestClassifier(), "line": LogisticRegression()}, "digits")`.
    """
    began = time.time()
    chosen = engine_of(engine, processes=processes)
    workers.start_server()
    compared = _arms(arms, version)
    dataset = dataset_of(data)
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
        references=reference,
        seed=seed,
    )
    name = f"{dataset.name}-measure"
    folder = folder_for(out, name, data, dataset, compared[0].learner, replace, voice)
    with notebook_bar() if watch is None else nullcontext(watch) as told:
        run = run_arms(
            dataset,
            compared,
            folder,
            design,
            test=test,
            engine=chosen,
            hand_over="none",
            watch=told,
            tell=teller(tell),
        )
    return finished(run, folder, began, chosen, voice)


def _arms(arms: Mapping[str, Any], version: str | None) -> tuple[Arm, ...]:
    """The baseline first. Raises SteadfitError for names and things that are no arms."""
    if not isinstance(arms, Mapping) or not arms:
        raise SteadfitError(
            "arms must be training functions or estimators by name, as {"
            f'"baseline": train}}, got {"none" if not arms else type(arms).__name__}.'
        )
    for name in arms:
        if not isinstance(name, str) or not name.strip():
            raise SteadfitError(f"An arm's name must be a text, got {name!r}.")
        if name in REFERENCES:
            raise SteadfitError(
                f'An arm must have a name of its own, got "{name}", a reference\'s. Rename it.'
            )
    names = sorted(arms, key=lambda name: name != BASELINE)
    return tuple(Arm((), own_learner(arms[name], name, version), name) for name in names)
