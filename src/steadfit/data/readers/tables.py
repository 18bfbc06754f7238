"""CSV and Parquet in four forms: wide series, long series, texts, and series to forecast."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from steadfit.data.dataset import Dataset, Task
from steadfit.data.ragged import Unit
from steadfit.data.readers.columns import Columns, read_csv, read_parquet
from steadfit.data.readers.table_forecast import forecast_table
from steadfit.data.readers.table_long import long_table
from steadfit.data.sequences import from_series, from_texts
from steadfit.data.targets import some
from steadfit.errors import SteadfitError

_TARGETS = ("label", "target", "class", "y")  # what columns of labels are called
_TEXTS = ("text", "sentence", "review", "comment", "message", "document")
_INDEX = ("", "id", "index", "unnamed: 0")  # row numbers that other programs write


def read(
    source: str | Path,
    *,
    target: str | Sequence[str] | None = None,
    text: str | None = None,
    series: str | None = None,
    time: str | None = None,
    values: str | Sequence[str] | None = None,
    group: str | None = None,
    horizon: int | None = None,
    window: int | None = None,
    season: int | None = None,
    missing: str = "refuse",
    task: Task | None = None,
    unit: Unit = "words",
    encoding: str | None = None,
    delimiter: str | None = None,
) -> Dataset:
    """A table with named columns, in one of four forms.

    Wide: a row an example, a column a time step, in the file's order; empty cells at a row's end
    make its series shorter. Long, told by `series`: a row a step. Text, told by `text`, or by the
    only column of words: a row an example. Forecast, told by `horizon`: rows in time order.

    target: the column of the labels or numbers to learn; in a forecast the columns to forecast.
        If None, the one that is called label, target, class or y.
    text: the column of texts. series: the column that names the series of a row. time: the column
        of times, numbers or ISO 8601; the rows' order if None.
    values: the columns of a series' values; all other columns of numbers if None. Several names
        are given as a list or with commas between them.
    group: a column whose equal rows stay on one side of every split.
    horizon: steps to forecast. window: steps that a forecast is made from; twice the horizon, or a
        season if that is more. season: steps of a season; told by calendar times if None.
    missing: as in `from_series`; in a forecast as in `from_forecast`; texts must all be there.
    task: "classes" or "numbers"; told by the labels if None: those with a point are numbers.
    unit: "words" or "characters" of a text.
    encoding: as in `read_text`. delimiter: told by the header if None.

    Raises SteadfitError for columns that are not there or cannot be told, and names every row with
    other columns than the header, or with something else in a cell than is expected.
    """
    path = Path(source)
    table = open_table(path, encoding, delimiter)
    named = [series, time, group, *_listed(values)]
    for name in named:
        if name is not None:
            table.check(name)
    _check_form(text, series, time, group, horizon, window, season)
    targets = [table.check(name) for name in dict.fromkeys(_listed(target))]
    if horizon is not None:
        data = forecast_table(
            table, path.stem, targets, series, time, _listed(values), horizon, window, season,
            missing,
        )  # fmt: skip
        return _with_notes_of(table, data)
    label = _the_target(table, targets, [*named, text])
    if series is not None:
        data = long_table(
            table, path.stem, label, series, time, _listed(values), group, missing, task
        )
    elif text := table.check(text) if text else text_column(table, {label, group}):
        data = _texts(table, path.stem, label, text, group, missing, task, unit)
    else:
        columns = _listed(values) or step_columns(table, {label, group})
        data = _wide(table, path.stem, label, columns, group, missing, task)
    return _with_notes_of(table, data)


def _with_notes_of(table: Columns, data: Dataset) -> Dataset:
    return replace(data, notes=(*data.notes, *table.notes))


def _texts(
    table: Columns, name: str, label: str, text: str, group: str | None, missing: str,
    task: Task | None, unit: Unit,
) -> Dataset:  # fmt: skip
    """A row a text."""
    if missing != "refuse":
        raise SteadfitError(
            f'There is no rule for missing texts "{missing}": rows without a text are refused, '
            "and named. Remove them."
        )
    data = from_texts(
        table.texts(text),
        table.labels(label),
        name,
        unit=unit,
        task=task,
        ids=_rows(table),
        groups=None if group is None else table.labels(group),
        notes=_unused(table, {label, group, text}),
    )
    return replace(data, columns=(text,))


def _wide(
    table: Columns, name: str, label: str, columns: list[str], group: str | None, missing: str,
    task: Task | None,
) -> Dataset:  # fmt: skip
    """A row a series, a column a step."""
    data = from_series(
        wide_series(table, columns),
        table.labels(label),
        name,
        task=task,
        missing=missing,
        ids=_rows(table),
        groups=None if group is None else table.labels(group),
        notes=[
            f"{table.file}: one series a row, {len(columns)} steps from column {columns[0]} to "
            f"{columns[-1]}; {label} is learned.",
            *_unused(table, {label, group, *columns}),
        ],
    )
    return replace(data, columns=tuple(columns))


def _rows(table: Columns) -> list[str]:
    return [table.where(i) for i in range(len(table))]


def _check_form(
    text: str | None,
    series: str | None,
    time: str | None,
    group: str | None,
    horizon: int | None,
    window: int | None,
    season: int | None,
) -> None:
    """No option may be given that the table's form has no use for."""
    if text is not None and (series is not None or horizon is not None):
        other = "series" if series is not None else "horizon"
        raise SteadfitError(
            f'A row is an example where text, here "{text}", names its text, and a step where '
            f"{other} is given. Leave one of them out."
        )
    if horizon is None and (window is not None or season is not None):
        raise SteadfitError("window and season are those of a forecast. Give its horizon as well.")
    if horizon is None and series is None and time is not None:
        raise SteadfitError(
            f'time, here "{time}", puts rows in order that are steps. Give series, the column that '
            "names the series of a row, or horizon for a forecast; or leave time out."
        )
    if horizon is not None and group is not None:
        raise SteadfitError("A forecast is divided by time, and groups cannot be. Leave group out.")


def open_table(path: Path, encoding: str | None = None, delimiter: str | None = None) -> Columns:
    """A table by its suffix; raises as `read_csv` and `read_parquet` do."""
    parquet = path.suffix.lower() in (".parquet", ".pq")
    return read_parquet(path) if parquet else read_csv(path, encoding, delimiter)


def label_columns(table: Columns) -> list[str]:
    """The columns that are called what labels are called."""
    return [name for name in table.names if name.strip().lower() in _TARGETS]


def _listed(names: str | Sequence[str] | None) -> list[str]:
    if isinstance(names, str):
        return [name.strip() for name in names.split(",")]
    return list(names or ())


def _the_target(table: Columns, given: list[str], taken: Sequence[str | None]) -> str:
    """The one column to learn: the one given, or else the one that is called so or is left over."""
    if len(given) > 1:
        raise SteadfitError(f"One target column was expected, got {some(given)}.")
    found = given or label_columns(table)
    rest = [name for name in table.names if name not in taken]
    if len(found) != 1 and len(rest) == 1:
        found = rest
    if len(found) != 1:
        raise SteadfitError(
            f"{table.file}: it cannot be told which column is to be learned. Name it with the "
            f"option target. Columns: {', '.join(table.names)}."
        )
    return found[0]


def text_column(table: Columns, taken: set[str | None]) -> str | None:
    """The column of texts, if there is one: by its name, or the only one with spaces in it."""
    rest = [name for name in table.names if name not in taken]
    found = [name for name in rest if name.strip().lower() in _TEXTS]
    if len(found) != 1:
        found = [
            name
            for name in rest
            if not table.is_numeric(name)
            and sum(" " in str(cell).strip() for cell in table.cells(name)) > len(table) / 2
        ]
    return found[0] if len(found) == 1 else None


def step_columns(table: Columns, taken: set[str | None]) -> list[str]:
    """The columns that are time steps: all that are left, each of numbers."""
    left = [n for n in table.names if n not in taken and n.strip().lower() not in _INDEX]
    if not left:
        raise SteadfitError(f"{table.file} has no columns besides those named: no series, no text.")
    words = [name for name in left if not table.is_numeric(name)]
    if words:
        raise SteadfitError(
            f"{table.file}: columns of numbers were expected, one a time step, and {some(words)} "
            "hold something else. Name the columns to use: values for the steps; or text, series, "
            "time, group for what these are."
        )
    return left


def wide_series(table: Columns, columns: list[str]) -> list[np.ndarray]:
    """A series a row, without the missing values at its end."""
    rows = np.stack([table.numbers(name) for name in columns], axis=1)
    known = ~np.isnan(rows)
    length = np.where(known.any(axis=1), len(columns) - known[:, ::-1].argmax(axis=1), 0)
    return [row[:n] for row, n in zip(rows, length, strict=True)]


def _unused(table: Columns, used: set[str | None]) -> list[str]:
    left = [f'"{name}"' for name in table.names if name not in used]
    return [f"{table.file}: the columns {some(left)} are not used."] if left else []
