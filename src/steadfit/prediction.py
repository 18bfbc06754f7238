"""New inputs through a finished run: predictions, and how far its replicas disagree on them."""

import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.csv

from steadfit import training
from steadfit.data import Schema
from steadfit.data.readers.image_labels import cells_of
from steadfit.errors import SteadfitError
from steadfit.foreign_text import harmless_cell
from steadfit.formats.encoding import read_text
from steadfit.kinds import Examples, existing
from steadfit.recipe import Recipe
from steadfit.study.result import StudyResult
from steadfit.study.store import Store, existing_store
from steadfit.training import TextScore, TrainedModel, TrainedReference, model_folder, new_inputs
from steadfit.training.limits import MOST_MEMBERS, check_weights


class Predicted(NamedTuple):
    """Predictions as CSV text, and what the reader has to tell of the inputs."""

    text: str
    notes: tuple[str, ...]


def predictions(
    run: Path,
    source: Path,
    labels: Path | None = None,
    target: str | None = None,
    **options: Any,
) -> Predicted:
    """The predictions of a run's model, one row an input; of a forecast, one a step of each series.

    Columns: input; for classes, `class`, `p_NAME` of each class, and `disagreement`, the share of
    the best arm's replicas that do not predict the class most of them do; for several labels,
    `labels` with the mark between them, `p_NAME` of each label, and `disagreement`, its mean over
    the labels; for a number, `prediction`, for several one such column an output, and the replicas'
    standard deviation of it; for a forecast, `time`, where the table
    has times, `step`, counted from the series' last one, and for each column that is forecast the
    same and the ends of its intervals, as `low_80_NAME`. Without a study's replicas, the columns on
    disagreement are left out; a note says so where they cannot be read. A text without a word has
    empty cells beside its name.

    Names of inputs and classes that a spreadsheet program would take for formulas have an
    apostrophe in front (`foreign_text.harmless_cell`, undone by `original_cell`); numbers stay.
    Images that cannot be read have a row too, after the others, with the reason in a column `note`.

    Where a file of texts has the labels too, a note says how many are wrong, and which. So it is
    with images in folders that are called as the classes, and with `labels`, a table that has the
    image's path or name in one column and its label in another, `target`.

    options: how series and texts are read: missing, encoding, delimiter, decimal, sheet,
    and of forecasts fill (`Schema.read`).

    Raises SteadfitError where the run has no model, or a language model, or an input cannot be
    read.
    """
    model, run = TrainedModel.load(run), run_folder(run)
    schema = model.facts.schema
    schema.task.check_answers()
    of_table = {} if labels is None else options
    found = schema.read(source, **({} if of_table else options))
    if labels is not None:
        beside = _labels_beside(schema, found, source, labels, target, of_table)
        found = found._replace(labels=beside)
    elif target is not None:
        raise SteadfitError("target is a column of a table. Give it: labels; or leave it out.")
    elif told := schema.kind.labels_of(found.ids, schema.task.classes):
        found = found._replace(labels=told)
    try:
        store, notes = existing_store(run / "store"), found.notes
    except SteadfitError as error:  # the model is there all the same
        store, notes = None, (*found.notes, f"The columns on disagreement are left out. {error}")
    notes = (*notes, *_unknown(model, found.x))
    replicas = None if store is None else _replicas(run, store, model)
    said = None if replicas is None else replicas.logits(found.x)
    columns = new_inputs.columns(model, found, said)
    notes = (*notes, *schema.task.compared(found.labels, columns, schema.kind.several))
    columns = {name: _harmless(each) for name, each in columns.items()}
    table = _with_damaged(_with_blanks(pa.table(columns), found), found.damaged)
    return Predicted(_csv(table), notes)


def _labels_beside(
    schema: Schema,
    found: Examples,
    source: Path,
    labels: Path,
    target: str | None,
    writing: Mapping[str, Any],
) -> tuple[str, ...]:
    """Of each example that in a table; "" where it has none."""
    if not schema.kind.labels_beside:
        raise SteadfitError(
            f"labels is a table with the labels of images, and the model takes {schema.kind}. "
            "Leave it out."
        )
    if not schema.task.classes:
        raise SteadfitError(
            "labels compares classes, and the model predicts numbers. Leave it out."
        )
    root = source if source.is_dir() else source.parent
    return cells_of(found.ids, root, existing(labels), target, schema.task.mark or None, writing)


def _with_blanks(table: pa.Table, found: Examples) -> pa.Table:
    """With a row of empty cells for each input that has nothing to predict from, in its place."""
    if not found.blank:
        return table
    total = len(table) + len(found.blank)
    told = iter(range(len(table)))
    rows = [None if place in found.blank else next(told) for place in range(total)]
    named = iter(table["input"].to_pylist())
    names = [harmless_cell(found.blank[place]) if row is None else next(named)
             for place, row in enumerate(rows)]  # fmt: skip
    return table.take(pa.array(rows, pa.int64())).set_column(0, "input", pa.array(names))


def _unknown(model: TrainedModel | TrainedReference, x: Any) -> Iterator[str]:
    """How much of the texts the model does not know."""
    if isinstance(model, TrainedReference):
        return
    kind = model.facts.schema.kind
    shares = [kind.unknown(x, preparation) for _, preparation in model.members]
    known = [share for share in shares if share is not None]
    if any(known):
        share = sum(known) / len(known)
        warned = ": predictions are little more than guesses" if share > 0.5 else ""
        yield f"The model does not know {share:.1%} of the {x.unit} of these texts{warned}."


def _with_damaged(table: pa.Table, damaged: Mapping[str, str]) -> pa.Table:
    """And a row for each input that cannot be read, whose other cells are empty."""
    if not damaged:
        return table
    names, notes = (_harmless(np.array(list(each))) for each in (damaged, damaged.values()))
    rows = pa.table({"input": names, "note": notes})
    return pa.concat_tables([table, rows], promote_options="default")


def _harmless(values: np.ndarray) -> np.ndarray:
    if values.dtype.kind != "U":
        return values
    return np.array([harmless_cell(name) for name in values.tolist()])


def continued(run: Path, prompt: str, length: int, **drawn: Any) -> str:
    """A prompt and what a run's language model writes after it; settings as of
    `training.continuation`.

    Raises SteadfitError where the run has no model, and as `training.continuation` does.
    """
    return training.continued(_network(run, "continued"), prompt, length, **drawn)


def score_file(run: Path, source: Path, encoding: str | None = None) -> TextScore:
    """How well a run's language model predicts a text file; see `TrainedModel.score_text`.

    encoding: as in `read_text`. Raises SteadfitError where the run has no model or the file is no
    text, and as `TrainedModel.score_text` does.
    """
    return _network(run, "scored").score_text(read_text(existing(source), encoding))


def token_table(score: TextScore) -> str:
    """Each token with its log-probability, as CSV text: the first has none."""
    tokens = [harmless_cell(token) for token in score.tokens]
    columns = {"token": tokens, "log_probability": [None, *score.log_probabilities.tolist()]}
    return _csv(pa.table(columns))


def _csv(table: pa.Table) -> str:
    text = io.BytesIO()
    pyarrow.csv.write_csv(table, text)
    return text.getvalue().decode()


def _network(run: Path, use: str) -> TrainedModel:
    """A run's model. Raises SteadfitError where it is no network."""
    model = TrainedModel.load(run)
    if isinstance(model, TrainedReference):
        raise SteadfitError(
            f"A text is {use} by a network, and {run} hands over {model.facts.reference}. Hand "
            "over the network."
        )
    return model


def run_folder(folder: Path) -> Path:
    """The folder of the study or fit: this one, or the one that this folder of a model is in."""
    return folder.absolute().parent if model_folder(folder) == folder else folder


def _replicas(
    run: Path, store: Store, model: TrainedModel | TrainedReference
) -> TrainedModel | None:
    """The best arm's replicas as an ensemble; None where the run is no study or lost them, or hands
    over a reference, which is none of them.

    Those on drawn samples, which tell the variance.
    """
    if isinstance(model, TrainedReference) or not (run / "study.json").exists():
        return None
    if model.graphs:  # without its code, the replicas' networks cannot be made
        return None
    result = StudyResult.read(run / "study.json")
    best = result.arm(result.analysis.best)
    keys = tuple(key for sample in best.drawn for key in sample)
    if len(keys) < 2 or not all(key in store for key in keys):
        return None
    if len(keys) > MOST_MEMBERS:
        raise SteadfitError(
            f"{run / 'study.json'} must name at most {MOST_MEMBERS:,} replicas of an arm, got "
            f"{len(keys):,}. Run the study again."
        )
    check_weights(f"The replicas of {best.name}", sum(map(store.size_of_weights, keys)))
    replicas = [store.replica(key) for key in keys]
    return model.with_replicas(Recipe.of(**best.settings), replicas)
