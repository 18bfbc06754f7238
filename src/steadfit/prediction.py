"""New inputs through a finished run: predictions, and how far its replicas disagree on them."""

import io
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv

from steadfit.data import Inputs
from steadfit.data.inputs import read_inputs
from steadfit.data.sequence_inputs import read_sequences
from steadfit.errors import SteadfitError
from steadfit.study import StudyResult
from steadfit.study.store import existing_store
from steadfit.training import TrainedModel, continuation


def predictions(run: Path, source: Path) -> str:
    """The predictions of a run's model as CSV text, one row an input.

    Columns: input; for classes, `class`, `p_NAME` of each class, and `disagreement`, the share of
    the best arm's replicas that do not predict the class most of them do; for numbers, one column
    an output and the replicas' standard deviation of it. Without a study's replicas, the columns on
    disagreement are left out.

    Raises SteadfitError where the run has no model, or a language model, or an input cannot be
    read.
    """
    model = _model(run)
    if model.facts.task == "tokens":
        raise SteadfitError(
            f"The model in {run} continues texts. Give it a beginning: --prompt TEXT."
        )
    x, names = _inputs(model, source)
    columns: dict[str, object] = {"input": names}
    replicas = _replicas(run, model)
    if model.facts.task == "classes":
        columns["class"] = model.predict(x)
        for name, p in zip(model.facts.classes, model.probabilities(x).T, strict=True):
            columns[f"p_{name}"] = p
        if replicas is not None:
            votes = replicas.logits(x).argmax(-1)
            counts = np.stack([(votes == k).mean(0) for k in range(model.facts.outputs)])
            columns["disagreement"] = 1 - counts.max(0)
    else:
        predicted = model.predict(x)
        spread = None if replicas is None else replicas.logits(x).std(0, ddof=1)
        for k in range(model.facts.outputs):
            columns[f"prediction_{k}"] = predicted[:, k]
            if spread is not None:
                columns[f"deviation_{k}"] = spread[:, k]
    text = io.BytesIO()
    pyarrow.csv.write_csv(pa.table(columns), text)
    return text.getvalue().decode()


def continued(run: Path, prompt: str, length: int, temperature: float, seed: int) -> str:
    """A prompt and what a run's language model writes after it; see `training.continuation`.

    Raises SteadfitError where the run has no model, and as `training.continuation` does.
    """
    model = _model(run)
    between = "" if model.facts.unit == "characters" else " "
    return prompt + between + continuation(model, prompt, length, temperature, seed)


def _model(run: Path) -> TrainedModel:
    if not (run / "model").is_dir():
        raise SteadfitError(
            f"There is no model in {run}. Run steadfit study or steadfit fit first."
        )
    return TrainedModel.load(run / "model")


def _inputs(model: TrainedModel, source: Path) -> tuple[Inputs, tuple[str, ...]]:
    if model.facts.unit is not None:
        return read_sequences(source, model.facts.unit, model.facts.columns)
    channels, height, width = model.facts.shape
    return read_inputs(source, (channels, height, width))


def _replicas(run: Path, model: TrainedModel) -> TrainedModel | None:
    """The best arm's replicas as an ensemble; None where the run is no study or lost them."""
    if not (run / "study.json").is_file():
        return None
    result = StudyResult.read(run / "study.json")
    best = result.arm(result.best)
    store = existing_store(run / "store")
    if store is None or not all(key in store for key in best.replicas):
        return None
    replicas = [store.read(key) for key in best.replicas]
    return model.with_replicas(best.recipe, replicas)
