"""New inputs through a finished run: predictions, and how far its replicas disagree on them."""

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.csv

from steadfit.data import Inputs
from steadfit.data.inputs import read_inputs
from steadfit.data.sequence_inputs import read_sequences
from steadfit.errors import SteadfitError
from steadfit.foreign_text import harmless_cell
from steadfit.report import points
from steadfit.study.result import StudyResult
from steadfit.study.store import existing_store
from steadfit.training import TrainedModel, continuation
from steadfit.training.limits import MOST_MEMBERS

Columns = dict[str, np.ndarray]


class Predicted(NamedTuple):
    """Predictions as CSV text, and what the reader has to tell of the inputs."""

    text: str
    notes: tuple[str, ...]


def predictions(run: Path, source: Path, **options: Any) -> Predicted:
    """The predictions of a run's model, one row an input; of a forecast, one a step of each series.

    Columns: input; for classes, `class`, `p_NAME` of each class, and `disagreement`, the share of
    the best arm's replicas that do not predict the class most of them do; for numbers, one column
    an output and the replicas' standard deviation of it; for a forecast, `step`, counted from the
    series' last one, and the same for each column that is forecast. Without a study's replicas, the
    columns on disagreement are left out.

    Names of inputs and classes that a spreadsheet program would take for formulas have an
    apostrophe in front (`foreign_text.harmless_cell`, undone by `original_cell`); numbers stay.

    options: how series and texts are read, as `steadfit.data.sequence_inputs.read_sequences` has
    them: missing, encoding, delimiter.

    Raises SteadfitError where the run has no model, or a language model, or an input cannot be
    read.
    """
    model = _model(run)
    if model.facts.task == "tokens":
        raise SteadfitError(
            f"The model in {run} continues texts. Give it a beginning: --prompt TEXT."
        )
    x, names, notes = _inputs(model, source, options)
    cells = np.array([harmless_cell(name) for name in names])
    replicas = _replicas(run, model)
    if model.facts.task == "classes":
        columns = {"input": cells, **_of_classes(model, replicas, x)}
    elif model.facts.forecast is None:
        ends = [str(k) for k in range(model.facts.outputs)]
        columns = {"input": cells, **_of_numbers(model, replicas, x, ends)}
    else:
        horizon, targets = model.facts.forecast.horizon, model.facts.forecast.targets
        columns = {
            "input": np.repeat(cells, horizon),
            "step": np.tile(np.arange(1, horizon + 1), len(x)),
            **_of_numbers(model, replicas, x, [model.facts.columns[k] for k in targets]),
        }
    text = io.BytesIO()
    pyarrow.csv.write_csv(pa.table(columns), text)
    return Predicted(text.getvalue().decode(), notes)


def _of_classes(model: TrainedModel, replicas: TrainedModel | None, x: Inputs) -> Columns:
    probabilities = zip(model.facts.classes, model.probabilities(x).T, strict=True)
    classes = np.array([harmless_cell(name) for name in model.predict(x)])
    columns = {"class": classes, **{f"p_{name}": p for name, p in probabilities}}
    if replicas is not None:
        columns["disagreement"] = points.disagreement(points.votes(replicas.logits(x)))
    return columns


def _of_numbers(
    model: TrainedModel, replicas: TrainedModel | None, x: Inputs, ends: Sequence[str]
) -> Columns:
    """ends: of the columns' names, one an output; of a forecast one a column, a row a step."""
    found = {"prediction": model.predict(x)}
    if replicas is not None:
        found["deviation"] = replicas.logits(x).std(0, ddof=1)
    return {
        f"{name}_{end}": values.reshape(-1, len(ends))[:, k]
        for k, end in enumerate(ends)
        for name, values in found.items()
    }


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


def _inputs(
    model: TrainedModel, source: Path, options: dict[str, Any]
) -> tuple[Inputs, tuple[str, ...], tuple[str, ...]]:
    """The examples, what each is called, and what the reader has to tell."""
    facts = model.facts
    if facts.unit is None:
        if options:
            raise SteadfitError(
                f"The model takes images, for which {', '.join(options)} is nothing."
            )
        channels, height, width = facts.shape
        return read_inputs(source, (channels, height, width))
    found = read_sequences(
        source,
        facts.unit,
        facts.columns,
        series_column=facts.series_column,
        time_column=facts.time_column,
        forecast=facts.forecast,
        **options,
    )
    return found.x, found.ids, found.notes


def _replicas(run: Path, model: TrainedModel) -> TrainedModel | None:
    """The best arm's replicas as an ensemble; None where the run is no study or lost them."""
    if not (run / "study.json").exists():
        return None
    result = StudyResult.read(run / "study.json")
    best = result.arm(result.best)
    store = existing_store(run / "store")
    if store is None or len(best.replicas) < 2 or not all(key in store for key in best.replicas):
        return None
    if len(best.replicas) > MOST_MEMBERS:
        raise SteadfitError(
            f"{run / 'study.json'} must name at most {MOST_MEMBERS:,} replicas of an arm, got "
            f"{len(best.replicas):,}. Run the study again."
        )
    replicas = [store.read(key) for key in best.replicas]
    return model.with_replicas(best.recipe, replicas)
