"""CSV and Parquet in four forms: wide series, long series, texts, and series to forecast."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from steadfit.data.dataset import Dataset
from steadfit.data.forecasting import from_forecast
from steadfit.data.sequences import from_series, from_texts
from steadfit.data.targets import TaskName
from steadfit.errors import SteadfitError, some
from steadfit.formats import ForecastTable, LongTable, TextTable, WideTable
from steadfit.formats.columns import Columns
from steadfit.formats.forecast_tables import PAST, Clock, read_clock
from steadfit.formats.form import label_columns, open_table
from steadfit.formats.long_tables import check_complete, rows_of_series
from steadfit.formats.text_tables import text_column
from steadfit.formats.wide_tables import step_columns
from steadfit.kinds import Unit
from steadfit.tasks import Forecast


@dataclass(frozen=True)
class _Asked:
    """What is asked of a table, by the names that `read` has for it; None or empty: not named."""

    targets: list[str]
    text: str | None
    series: str | None
    time: str | None
    values: list[str]
    group: str | None
    horizon: int | None
    window: int | None
    season: int | None
    missing: str
    task: TaskName | None
    unit: Unit


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
    task: TaskName | None = None,
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
    asked = _Asked(
        [table.check(name) for name in dict.fromkeys(_listed(target))], text, series, time,
        _listed(values), group, horizon, window, season, missing, task, unit,
    )  # fmt: skip
    for name in (series, time, group, text, *asked.values):
        if name is not None:
            table.check(name)
    _check_form(asked)
    data = _forecast(table, asked) if horizon is not None else _labelled(table, asked)
    return replace(data, name=path.stem, notes=(*data.notes, *table.notes))


def _labelled(table: Columns, asked: _Asked) -> Dataset:
    """A table of series or texts, with a label or number each."""
    label = _the_target(table, asked)
    if asked.series is not None:
        return _long(table, asked, asked.series, label)
    text = asked.text or text_column(table, {label, asked.group})
    return _texts(table, asked, text, label) if text else _wide(table, asked, label)


def _texts(table: Columns, asked: _Asked, text: str, label: str) -> Dataset:
    """A row a text."""
    form = TextTable(text)
    found = form.rows(table, asked.missing)
    return from_texts(
        found.examples,
        table.labels(label),
        unit=asked.unit,
        task=asked.task,
        ids=found.ids,
        groups=None if asked.group is None else table.labels(asked.group),
        notes=_unused(table, {label, asked.group, text}),
        form=form,
    )


def _wide(table: Columns, asked: _Asked, label: str) -> Dataset:
    """A row a series, a column a step."""
    form = WideTable(tuple(asked.values or step_columns(table, {label, asked.group})))
    columns, found = form.columns, form.rows(table, asked.missing)
    return from_series(
        found.examples,
        table.labels(label),
        table.file,
        task=asked.task,
        missing=asked.missing,
        ids=found.ids,
        groups=None if asked.group is None else table.labels(asked.group),
        notes=[
            f"{table.file}: one series a row, {len(columns)} steps from column {columns[0]} to "
            f"{columns[-1]}; {label} is learned.",
            *_unused(table, {label, asked.group, *columns}),
        ],
        form=form,
    )


def _long(table: Columns, asked: _Asked, series: str, label: str) -> Dataset:
    """A row a step; the label is the same in all rows of a series."""
    taken = {label, series, asked.time, asked.group}
    numeric = (name for name in table.names if name not in taken and table.is_numeric(name))
    columns = asked.values or list(numeric)
    if not columns:
        raise SteadfitError(
            f"{table.file} must have columns of numbers beside those named, got none. Name them "
            "with values."
        )
    form = LongTable(tuple(columns), series, asked.time)
    found, members = form.rows(table, asked.missing), rows_of_series(table, series)
    told = f"{table.file}: {len(members)} series of the columns {', '.join(columns)}."
    return from_series(
        found.examples,
        _one_each(table, members, label),
        table.file,
        task=asked.task,
        missing=asked.missing,
        ids=found.ids,
        groups=None if asked.group is None else _one_each(table, members, asked.group),
        notes=[told, *found.notes],
        form=form,
    )


def _forecast(table: Columns, asked: _Asked) -> Dataset:
    """Windows of each series, and the horizon after each; see `from_forecast`.

    A season that the calendar suggests is taken where it lies in the window that was asked for.
    """
    assert asked.horizon is not None
    targets = _to_forecast(table, asked)
    columns = [*targets, *(name for name in asked.values if name not in targets)]
    members = rows_of_series(table, asked.series)
    clock = Clock([0] * len(members), None, 1)
    if asked.time is not None:
        clock = read_clock(table, members, asked.time)
    window, season = asked.window, asked.season
    if season is None:
        season = clock.season if window is None or clock.season <= window else 1
    if window is None:
        window = max(2 * asked.horizon, season)
    x = np.stack([table.numbers(column) for column in columns], axis=1)
    if asked.missing == "refuse":
        drop = 'give missing="drop" to leave out the windows that need them.'
        check_complete(table, columns, x, np.arange(len(table)), PAST + drop)
    return from_forecast(
        [x[rows] for rows in members.values()],
        Forecast(asked.horizon, window, tuple(range(len(targets))), season, tuple(targets)),
        table.file,
        starts=clock.starts,
        names=[key if asked.series is None else f"{asked.series} {key}" for key in members],
        missing=asked.missing,
        notes=[
            f"{table.file}: the next {asked.horizon} steps of {', '.join(targets)} from {window} "
            f"steps of {', '.join(columns)}; season of {season} steps."
        ],
        form=ForecastTable(tuple(columns), asked.series, asked.time, window, clock.step),
    )


def _to_forecast(table: Columns, asked: _Asked) -> list[str]:
    """The columns that are forecast: those named, or the only one of numbers."""
    taken = (asked.series, asked.time)
    numeric = [name for name in table.names if name not in taken and table.is_numeric(name)]
    if not asked.targets and len(numeric) != 1:
        raise SteadfitError(
            f"{table.file}: cannot determine which column to forecast. Name it, or several, with "
            f"the option target. Columns of numbers: {', '.join(numeric) or 'none'}."
        )
    return asked.targets or numeric


def _check_form(asked: _Asked) -> None:
    """No option may be given that the table's form has no use for."""
    series, horizon = asked.series, asked.horizon
    if asked.text is not None and (series is not None or horizon is not None):
        other = "series" if series is not None else "horizon"
        raise SteadfitError(
            f'With text, here "{asked.text}", a row is an example, and with {other} it is a step. '
            "Leave one of them out."
        )
    if horizon is None and (asked.window is not None or asked.season is not None):
        raise SteadfitError(
            "window and season apply to forecasts only. Give horizon too, or leave them out."
        )
    if horizon is None and series is None and asked.time is not None:
        raise SteadfitError(
            f'time, here "{asked.time}", orders rows that are steps of a series. Give series, the '
            "column that names the series of each row, or horizon for a forecast; or leave time "
            "out."
        )
    if horizon is not None and asked.group is not None:
        raise SteadfitError(
            "group does not apply to a forecast, which is split by time. Leave it out."
        )


def _listed(names: str | Sequence[str] | None) -> list[str]:
    if isinstance(names, str):
        return [name.strip() for name in names.split(",")]
    return list(names or ())


def _the_target(table: Columns, asked: _Asked) -> str:
    """The one column to learn: the one given, or else the one that is called so or is left over."""
    if len(asked.targets) > 1:
        raise SteadfitError(f"target must name one column, got {some(asked.targets)}.")
    found = asked.targets or label_columns(table)
    taken = (asked.series, asked.time, asked.group, asked.text, *asked.values)
    rest = [name for name in table.names if name not in taken]
    if len(found) != 1 and len(rest) == 1:
        found = rest
    if len(found) != 1:
        raise SteadfitError(
            f'{table.file}: cannot determine the target column. Add target="NAME"; for a forecast, '
            f"give horizon too. Columns: {', '.join(table.names)}.",
            target="NAME",
        )
    return found[0]


def _one_each(table: Columns, members: dict[str, np.ndarray], column: str) -> np.ndarray:
    """What a column says of each series: the same in all its rows."""
    cells = table.labels(column)
    for key, rows in members.items():
        other = np.flatnonzero(cells[rows] != cells[rows[0]])
        if len(other):
            row = int(rows[other[0]])
            raise SteadfitError(
                f"{table.where(row)}: {column} must be the same in all rows of a series, got "
                f'{cells[row]} for the series "{key}", and {cells[rows[0]]} in row '
                f"{rows[0] + table.first_row}."
            )
    return cells[[rows[0] for rows in members.values()]]


def _unused(table: Columns, used: set[str | None]) -> list[str]:
    left = [f'"{name}"' for name in table.names if name not in used]
    return [f"{table.file}: the columns {some(left)} are not used."] if left else []
