"""What a Python program calls: `study` and `fit`, from data to a model in a folder."""

import dataclasses
import io
import platform
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch

from steadfit import workers
from steadfit.analysis.result import ArmAnalysis
from steadfit.cells import CELLS
from steadfit.data import Dataset, Split, dataset_of, points, split
from steadfit.errors import SteadfitError, counted
from steadfit.files import check_file, check_outside, write_text
from steadfit.models import settings as model_settings
from steadfit.recipe import Recipe, Scalar, Training
from steadfit.references import ReferenceScore, references_for, scores
from steadfit.remedies import ArmLike, Remedy, apply, joined
from steadfit.report import fit_html, fit_summary, page, summary, summary_html
from steadfit.report.explain_design import before_training
from steadfit.report.fit_summary import explain_fit
from steadfit.report.progress import notebook_bar
from steadfit.report.voice import PYTHON, Voice
from steadfit.study import fit_result
from steadfit.study.data_facts import data_facts
from steadfit.study.design import Design
from steadfit.study.engine import Engine, Watcher, usable_cores
from steadfit.study.fit_result import FitResult, ReferenceFacts
from steadfit.study.folder import About, Run, check_place, open_run, other_study, write_about
from steadfit.study.result import HandOver, RemedyFacts, StudyResult, agreeing
from steadfit.study.rounds import Expectation
from steadfit.study.run import run_study
from steadfit.training import (
    RecipeLearner,
    Replica,
    TrainedModel,
    TrainedReference,
    prepare,
    trained_model,
)
from steadfit.training import fit as fit_replica


@dataclass(frozen=True, eq=False)
class Study:
    """A finished study: its figures, its model, and the folder they are in.

    `print(study)` shows the table and the verdict; so does its name at the end of a notebook's
    cell. notes: on the data.
    """

    result: StudyResult
    folder: Path
    run: Run

    @property
    def model(self) -> TrainedModel | TrainedReference:
        """The best model, ready to predict. Raises SteadfitError where its training failed."""
        if self.run.model is None:
            raise SteadfitError(
                f"There is no model, because training {self.result.model.arm} on all the training "
                "data failed."
            )
        return self.run.model

    @property
    def notes(self) -> tuple[str, ...]:
        return self.run.about.notes

    def frame(self) -> Any:
        """`rows`, one an arm, as a pandas DataFrame. Raises SteadfitError without pandas."""
        try:
            import pandas
        except ImportError:
            raise SteadfitError("frame() needs pandas. Install it: pip install pandas") from None
        return pandas.DataFrame(rows(self.result))

    def __repr__(self) -> str:
        found = self.result.analysis
        arms = counted(len(found.arms), "arms")
        return f"<Study of {self.result.data.name}: {arms}, best {found.best}>"

    def _repr_html_(self) -> str:
        """What a notebook shows: the table and the sentences, without the page's figures."""
        return summary_html(self.result, PYTHON)

    def __rich__(self) -> Any:
        return summary(self.result, PYTHON, self.run.seconds)

    def __str__(self) -> str:
        return _as_text(self)


def _as_text(shown: Any) -> str:
    """What rich shows of it, as plain text."""
    from rich.console import Console

    console = Console(file=io.StringIO(), width=100)
    console.print(shown.__rich__())
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().rstrip()


def rows(result: StudyResult) -> list[dict[str, Any]]:
    """The figures as plain rows, one an arm, its verdict once; reference models after them.

    Columns: arm, verdict, repetitions; of each measure, as cross_entropy, its total, and the change
    against the baseline with its interval and the chance that it is below 0, MEASURE_change,
    MEASURE_low, MEASURE_high and MEASURE_chance_better; of each loss that was split, LOSS_variance
    and LOSS_bias_noise of the replicas on drawn samples; None where there is none.
    """
    found = result.analysis
    measures = list(dict.fromkeys(name for arm in found.arms for name in arm.totals))
    split = [arm.variance.losses for arm in found.arms if arm.variance]
    losses = list(dict.fromkeys(loss for one in split for loss in one))
    table = []
    for arm in (*found.arms, *found.references):
        whole = arm if isinstance(arm, ArmAnalysis) else None
        row: dict[str, Any] = {"arm": arm.name}
        row["verdict"] = str(whole.verdict) if whole else "reference"
        row["repetitions"] = whole.repetitions if whole else None
        for name in measures:
            change = whole.changes.get(name) if whole else None
            row[name] = arm.totals.get(name)
            row[f"{name}_change"] = change.value if change else None
            row[f"{name}_low"] = change.low if change else None
            row[f"{name}_high"] = change.high if change else None
            row[f"{name}_chance_better"] = change.chance_better if change else None
        for loss in losses:
            parts = whole.variance.losses.get(loss) if whole and whole.variance else None
            row[f"{loss}_variance"] = parts.variance if parts else None
            row[f"{loss}_bias_noise"] = parts.bias_noise if parts else None
        table.append(row)
    return table


def study(
    data: Dataset | str | Path,
    model: str | None = None,
    remedies: Sequence[ArmLike] | str | None = None,
    *,
    folds: int | None = None,
    repetitions: int | None = None,
    trainings: int | None = None,
    decide_by: str | None = None,
    variance: str = "best",
    samples: int = 5,
    seeds: int = 1,
    crossed: bool = False,
    scheme: str = "bootstrap",
    other_sets: bool = False,
    reference: bool = True,
    seed: int = 0,
    recipe: Recipe | None = None,
    settings: Mapping[str, Scalar] | None = None,
    training: Mapping[str, Any] | None = None,
    test: float = 0.2,
    out: Path | str | None = None,
    replace: bool = False,
    engine: Engine | None = None,
    processes: int | None = None,
    hand_over: HandOver = "single",
    watch: Watcher | None = None,
    tell: Callable[[str], None] | None = None,
    voice: Voice = PYTHON,
) -> Study:
    """Find out which remedies lower a model's error on data, how sure that is, and how much of the
    error is variance.

    data: a Dataset, or what `read` takes. model: a name of `steadfit.models.MODELS`, by default
    what suits the task and the kind of examples, with `settings` of its own; training: changes of
    `recipe.training`; or a whole `recipe` instead of these three.
    remedies: an arm each, or a single one: a name as "l2" or "l2=0.01", a function from recipe to
    recipe, or a `steadfit.remedies.Remedy`; several joined in one arm are "dropout+l2", or a list
    of them. "none", or an empty list: the baseline alone. By default those that suit task and kind.
    folds, repetitions, trainings, decide_by, variance, samples, seeds, crossed, scheme, other_sets,
    seed: the design, as `steadfit.study.design.Design` says. reference: whether the references that
    suit the data are compared too (`steadfit.references`).
    test: share of the data held out, where folds is 1 and the data has no test set of its own.
    out: the folder, by default runs/NAME; a study of the same data and baseline that is there
    already is continued. replace: put this study in the place of another one that is there.
    engine, processes, hand_over: as in `steadfit.study.run.run_study`. watch: is told the progress;
    by default a notebook shows a bar. tell: gets the sentences that are known before the first
    network is trained. voice: who reads the report.

    Raises SteadfitError for what a person can fix.
    """
    began = time.time()
    workers.start_server()
    dataset = dataset_of(data)
    design = Design(
        folds=folds,
        repetitions=repetitions,
        trainings=trainings,
        decide_by=decide_by,
        variance=variance,
        samples=samples,
        seeds=seeds,
        scheme=scheme,
        crossed=crossed,
        other_sets=other_sets,
        references=reference,
        seed=seed,
    )
    baseline = _recipe(dataset, recipe, model, settings, training)
    tried = [remedies] if isinstance(remedies, str) else remedies
    if tried == ["none"]:
        tried = []
    folder = Path(out) if out is not None else _usual_folder(dataset.name)
    if not isinstance(data, Dataset):
        check_outside(folder, Path(data))
    check_place(folder)
    other = "" if replace else other_study(folder, dataset, RecipeLearner(baseline))
    if other:
        raise SteadfitError(
            f"{folder} must be a new folder or that of this study, got {other}. Choose another "
            f"folder with {voice.setting('out')}, or replace that study with "
            f"{voice.setting('replace', True)}."
        )

    def told_before(expected: Expectation) -> None:
        if tell is not None:
            for sentence in before_training(expected):
                tell(sentence)

    with notebook_bar() if watch is None else nullcontext(watch) as told:
        run = run_study(
            dataset,
            RecipeLearner(baseline),
            dataset.schema.remedies if tried is None else tried,
            folder,
            design,
            test=test,
            engine=engine,
            processes=processes,
            hand_over=hand_over,
            watch=told,
            tell=told_before,
        )
    facts = run_facts(time.time() - began, processes)
    run = dataclasses.replace(run, about=dataclasses.replace(run.about, facts=facts))
    write_about(folder, run.about)
    write_text(folder / "report.html", page(run, voice))
    return Study(run.result, folder, run)


def report(folder: Path | str, voice: Voice = PYTHON) -> Study:
    """A finished study from its folder, whose `report.html` is written anew; nothing is trained.

    Raises SteadfitError where there is none, or a part of it is missing or damaged.
    """
    folder = Path(folder)
    run = open_run(folder)
    with agreeing(folder):
        text = page(run, voice)
    write_text(folder / "report.html", text)
    return Study(run.result, folder, run)


@dataclass(frozen=True, eq=False)
class Fitted:
    """One trained model: its folder, its figures, and the seconds that training took.

    `print(fitted)` shows the figures; so does its name at the end of a notebook's cell.
    references: what simple rivals give on the same test points; the first guesses. notes: what else
    there is to say of the training.
    """

    model: TrainedModel
    folder: Path
    result: FitResult
    seconds: float
    references: tuple[ReferenceScore, ...] = ()

    @property
    def loss(self) -> float:
        """Mean cross-entropy of the test points in nats (of a text, a token), or squared error."""
        return self.result.loss

    @property
    def error(self) -> float | None:
        """The share of wrong classes or tokens; None for numbers."""
        return self.result.error

    @property
    def in_words(self) -> str:
        """The loss as people compare it: "test loss 0.1234 nats"."""
        return self.model.facts.schema.task.in_words(self.loss)

    @property
    def notes(self) -> tuple[str, ...]:
        return explain_fit(self.result)

    @property
    def curves(self) -> Mapping[str, Sequence[float]]:
        """The losses of each epoch: train_loss and, where some examples were held out for it,
        validation_loss."""
        return self.result.curves

    def __repr__(self) -> str:
        name = self.result.settings["model"]["name"]
        return f"<Fitted {name} on {self.result.data.name}: {self.in_words}>"

    def _repr_html_(self) -> str:
        """What a notebook shows."""
        return fit_html(self.result)

    def __rich__(self) -> Any:
        return fit_summary(self.result)

    def __str__(self) -> str:
        return _as_text(self)


def fit(
    data: Dataset | str | Path,
    model: str | None = None,
    remedies: ArmLike = "",
    *,
    seed: int = 0,
    recipe: Recipe | None = None,
    settings: Mapping[str, Scalar] | None = None,
    training: Mapping[str, Any] | None = None,
    test: float = 0.2,
    out: Path | str | None = None,
    reference: bool = True,
) -> Fitted:
    """Train one recipe on all the training data, once, with every core.

    remedies: of one arm, as in `study`: "dropout+l2" or ["dropout", "l2"] joins two. The rest as in
    `study`. out: by default runs/NAME-fit; gets `model/`, and `fit.json` with the figures, which
    `steadfit show` shows again. reference: whether the references that suit the data are fitted
    too, and the loss is compared with theirs (`steadfit.references`). Raises SteadfitError for what
    a person can fix.
    """
    began = time.time()
    dataset = dataset_of(data)
    parts = split(dataset, test=test, seed=seed)
    chosen = _recipe(parts.train, recipe, model, settings, training)
    wanted = joined(remedies) if remedies else ()
    if wanted:
        chosen = apply(wanted, chosen)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    everything = torch.arange(len(parts.train))
    folder = Path(out) if out is not None else _usual_folder(f"{dataset.name}-fit")
    if not isinstance(data, Dataset):
        check_outside(folder, Path(data))
    for name in (fit_result.NAME, "run.json"):
        check_file(folder / name)
    prepare(folder / "model")
    replica = fit_replica(chosen, parts.train, everything, parts.test, seed, device)
    trained = trained_model(chosen, parts.train, [replica])
    trained.save(folder / "model")
    rivals = references_for(parts.train) if reference else ()
    compared = scores(rivals, parts.train, parts.test, seed)
    result = _fit_result(dataset, parts, chosen, wanted, replica, compared, seed)
    write_text(folder / fit_result.NAME, result.to_json())
    notes = (*parts.train.notes, *parts.notes)
    write_about(folder, About(notes, run_facts(time.time() - began, 1)))
    return Fitted(trained, folder, result, replica.seconds, compared)


def _fit_result(
    dataset: Dataset,
    parts: Split,
    recipe: Recipe,
    remedies: Sequence[Remedy],
    replica: Replica,
    references: Sequence[ReferenceScore],
    seed: int,
) -> FitResult:
    tested = points(parts.test)
    logits = torch.from_numpy(replica.logits)
    loss, error = tested.schema.task.score(logits, tested.y)
    loss = replica.facts.get("test_loss", loss)  # of a text, over all its tokens
    train, test, task = parts.train.side, parts.test.side, parts.test.schema.task
    losses = {"the model": loss} if "test_loss" in replica.facts else {}
    beside = task.scores(train, test, [replica.logits], losses)
    return FitResult(
        schema=fit_result.SCHEMA,
        seed=seed,
        data=data_facts(dataset, tested),
        remedies=tuple(RemedyFacts(one.name, one.strength) for one in remedies),
        settings=recipe.model_dump(mode="json"),
        parameters=round(replica.facts["parameters"]),
        measured=tested.schema.task.losses[0],
        loss=loss,
        error=error,
        facts=replica.facts,
        curves={name: tuple(values) for name, values in replica.curves.items()},
        references=tuple(
            ReferenceFacts(one.name, None if one.left_out else one.loss, one.error, one.left_out)
            for one in references
        ),
        **beside._asdict(),
    )


def cell_arms(settings: Mapping[str, Scalar]) -> tuple[str, ...]:
    """A remedy for each cell but that of the baseline, to compare them all.

    settings: of the baseline's model.

    >>> cell_arms({"cell": "lstm"})[:3]
    ('cell=rnn', 'cell=rnn_relu', 'cell=peephole_lstm')
    """
    own = settings.get("cell", model_settings("recurrent")["cell"])
    return tuple(f"cell={name}" for name in CELLS if name != own)


def _usual_folder(name: str) -> Path:
    """In runs/: a file named "...csv" has the name "..", which leads out of it."""
    return Path("runs") / (name if name.strip(". ") else "data")


def make_recipe(model: str, settings: Mapping[str, Scalar], training: Mapping[str, Any]) -> Recipe:
    """The default recipe with another model, its settings, and changes of the training."""
    if not isinstance(model, str):
        raise SteadfitError(
            f"model must be a name or a list of layers in words, got {type(model).__name__}. A "
            "module of your own cannot be studied yet; steadfit.nn.swap makes its recurrent layers "
            "ours."
        )
    recipe = Recipe().model_with(name=model, **settings)
    return recipe.training_with(**training)


def _recipe(
    train: Dataset,
    recipe: Recipe | None,
    model: str | None,
    settings: Mapping[str, Scalar] | None,
    training: Mapping[str, Any] | None,
) -> Recipe:
    """The recipe that is given, or one of these parts, by default those that suit the data.

    Raises SteadfitError where both are given.
    """
    if recipe is None:
        given = training or {}
        epochs = train.schema.epochs(Training().epochs, len(train), Training.of(**given).batch)
        name = model or train.schema.model
        return make_recipe(name, settings or {}, {"epochs": epochs, **given})
    parts = {"model": model, "settings": settings, "training": training}
    beside = [name for name, value in parts.items() if value]
    if beside:
        raise SteadfitError(
            f"recipe must be given alone, got {' and '.join(beside)} beside it. Put them into the "
            "recipe: recipe.model_with(name, ...), recipe.training_with(...)."
        )
    return recipe


def run_facts(seconds: float, processes: int | None) -> dict[str, str]:
    """What is said of a run beside its figures: versions, machine, time."""
    return {
        "steadfit": version("steadfit"),
        "torch": torch.__version__,
        "numpy": np.__version__,
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}, {usable_cores()} cores",
        "processes": str(processes or usable_cores()),
        "this run took": f"{seconds:.0f} s",
    }
