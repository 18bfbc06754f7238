"""`fit` trains one recipe once."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from steadfit.analysis.confusion import Confusion, confusion_of
from steadfit.api.recipes import (
    NetworkLike,
    network_notes,
    recipe_of,
    resolved,
    suited_reading,
)
from steadfit.api.results import Fitted
from steadfit.api.runs import run_facts, usual_folder
from steadfit.data import Dataset, Split, dataset_of, points, split
from steadfit.files import check_file, check_outside, write_text
from steadfit.recipe import Recipe, Scalar
from steadfit.references import ReferenceScore, absent_notes, references_for, scores
from steadfit.remedies import ArmLike, Remedy, apply, check_kind, joined
from steadfit.report.fit_page import fit_page
from steadfit.study import fit_result
from steadfit.study.data_facts import data_facts
from steadfit.study.fit_result import FitResult, ReferenceFacts
from steadfit.study.folder import About, check_no_study, check_page, write_about
from steadfit.study.result import RemedyFacts
from steadfit.training import Replica, TrainedModel, prepare, trained_model
from steadfit.training import fit as fit_replica

REPORT = "report.html"


def fit(
    data: Dataset | str | Path | tuple[Any, Any],
    model: NetworkLike | None = None,
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

    A forecast is trained twice: on what lies before the tested steps, for the figures, and on all,
    for the model.

    remedies: of one arm, as in `study`: "dropout+l2" or ["dropout", "l2"] joins two. The rest as in
    `study`. out: by default runs/NAME-fit; gets `model/`, `report.html`, a page of what it predicts
    and gets wrong, and `fit.json` with the figures, which `steadfit show` shows again. reference:
    whether the references that suit the data are fitted too, and the loss is compared with theirs
    (`steadfit.references`).

    Raises SteadfitError for what a person can fix, such as a folder that holds a study.

    >>> import tempfile
    >>> from steadfit.data import read
    >>> digits, out = read("digits", limit=100), tempfile.mkdtemp()
    >>> done = fit(digits, "mlp", training={"epochs": 1}, reference=False, out=out)
    >>> done.model.predict(digits.x[:3]).shape, done.model.probabilities(digits.x[:3]).shape
    ((3,), (3, 10))
    """
    began = time.time()
    model = resolved(model)
    dataset = dataset_of(data, **suited_reading(model, settings))
    parts = split(dataset, test=test, seed=seed)
    found = recipe_of(parts.train, recipe, model, settings, training)
    chosen = found.recipe
    wanted = joined(remedies) if remedies else ()
    check_kind(wanted, dataset.schema.kind.name)
    if wanted:
        chosen = apply(wanted, chosen)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    everything = torch.arange(len(parts.train))
    folder = Path(out) if out is not None else usual_folder(f"{dataset.name}-fit")
    _check_folder(folder, data)
    replica = fit_replica(chosen, parts.train, everything, parts.test, seed, device)
    trained = _handed_over(chosen, dataset, parts, replica, seed, device)
    trained.save(folder / "model")
    rivals = references_for(parts.train) if reference else ()
    compared = scores(rivals, parts.train, parts.test, seed)
    result = _fit_result(dataset, parts, chosen, wanted, replica, compared, seed)
    write_text(folder / fit_result.NAME, result.to_json())
    notes = (*parts.train.notes, *parts.notes, *found.notes, *network_notes(chosen, parts.train))
    notes += absent_notes(parts.train) if reference else ()
    about = About(notes, run_facts(time.time() - began))
    write_text(folder / REPORT, fit_page(result, trained, parts.test, replica.logits, about))
    write_about(folder, about)
    return Fitted(trained, folder, result, replica.seconds, compared, notes)


def _check_folder(folder: Path, data: object) -> None:
    """Raise SteadfitError before the training where its files cannot be written."""
    if isinstance(data, str | Path):
        check_outside(folder, Path(data))
    check_no_study(folder)
    check_page(folder)
    for name in (fit_result.NAME, "run.json", REPORT):
        check_file(folder / name)
    prepare(folder / "model")


def _handed_over(
    recipe: Recipe, data: Dataset, parts: Split, replica: Replica, seed: int, device: str
) -> TrainedModel:
    """The network that was judged; of a forecast another one, trained on the tested steps too, as
    the newest steps say most of the next ones."""
    if not data.schema.task.steps_ahead:
        return trained_model(recipe, parts.train, [replica])
    again = fit_replica(recipe, data, torch.arange(len(data)), parts.test, seed, device)
    judged = trained_model(recipe, parts.train, [replica])
    after = data.take(torch.from_numpy(_after(data, parts.test)))
    told = judged.logits(after.x).mean(0)
    return trained_model(recipe, data, [again]).with_intervals(after, told)


def _after(data: Dataset, tested: Dataset) -> np.ndarray:
    """The positions of all examples that predict nothing before the tested steps, those among them
    that predict steps twice."""
    spans, test = data.structure.spans, tested.structure.spans
    assert spans is not None
    assert test is not None
    return np.flatnonzero((spans[:, 1] >= test[:, 1].min()).numpy())


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
            ReferenceFacts(
                one.name,
                None if one.left_out else one.loss,
                one.error,
                one.left_out,
                one.measures,
            )
            for one in references
        ),
        measures=task.read_by(train, tested.side, replica.logits),
        confusion=confusion_of(replica.logits.argmax(1), tested.y.numpy(), tested.classes)
        if parts.test.classes
        else Confusion(),
        **beside._asdict(),
    )
