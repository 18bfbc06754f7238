"""Tables of new series and texts, without labels, in the form of those that were trained on."""

from collections.abc import Sequence

import numpy as np

from steadfit.data.dataset import Forecast
from steadfit.data.forecasting import check_rule
from steadfit.data.readers.columns import Columns
from steadfit.data.readers.table_forecast import PAST, read_clock
from steadfit.data.readers.table_long import check_complete, rows_of_series, series_of_table
from steadfit.data.readers.tables import label_columns, step_columns, text_column, wide_series
from steadfit.data.targets import some
from steadfit.errors import SteadfitError


def texts(table: Columns, columns: Sequence[str]) -> tuple[list[str], list[str]]:
    """The texts of a table, and the row of each.

    columns: that of the texts in training; told by its name or cells if empty. Raises SteadfitError
    where it is absent or cannot be told.
    """
    _check_columns(table, columns)
    column = columns[0] if columns else text_column(table, set(label_columns(table)))
    if column is None:
        raise SteadfitError(
            f"{table.file}: it cannot be told which column holds the texts. Name it text. Columns: "
            f"{', '.join(table.names)}."
        )
    return table.texts(column), [table.where(i) for i in range(len(table))]


def wide(table: Columns, columns: Sequence[str]) -> tuple[list[np.ndarray], list[str]]:
    """The series of a table with one a row, and the row of each; raises as `tables.read` does.

    columns: those of the steps in training, which have to be there; told as `tables.read` does if
    empty.
    """
    _check_columns(table, columns)
    steps = list(columns) or step_columns(table, set(label_columns(table)))
    return wide_series(table, steps), [table.where(i) for i in range(len(table))]


def long(
    table: Columns, columns: Sequence[str], series: str, time: str | None, missing: str
) -> tuple[list[np.ndarray], list[str]]:
    """The series of a table with a step a row, and what each is called; raises as `long_table`."""
    _check_columns(table, [*columns, series, time])
    members = rows_of_series(table, series)
    found, _ = series_of_table(table, members, columns, series, time, missing)
    return list(found.values()), list(found)


def latest(
    table: Columns,
    columns: Sequence[str],
    series: str | None,
    time: str | None,
    forecast: Forecast,
    missing: str,
) -> tuple[list[np.ndarray], list[str]]:
    """The last steps of each series, from which its future is forecast, and what it is called.

    NaN where missing. Raises SteadfitError for a series that is shorter than the window, a gap in
    time, rows as far apart as in training they were not, values that are missing in the window,
    unless they are to be dropped, and a model of arrays, whose columns have no names.
    """
    check_rule(missing)
    if not columns:
        raise SteadfitError(
            f"{table.file}: the model was trained on arrays, so that it is not known which columns "
            "of a table to forecast from. Give the series as arrays, in Python."
        )
    _check_columns(table, [*columns, series, time])
    members = rows_of_series(table, series)
    if time is not None:
        _check_step(table, read_clock(table, members, time).step, forecast.step)
    window = forecast.window
    short = [f"{key} ({len(rows)})" for key, rows in members.items() if len(rows) < window]
    if short:
        raise SteadfitError(
            f"{table.file}: a forecast is made from the last {window} rows of a series, and "
            f"{len(short)} series have fewer: {some(short)}. Add the rows before them, or leave "
            "these series out."
        )
    last = [rows[-window:] for rows in members.values()]
    x = np.stack([table.numbers(column) for column in columns], axis=1)
    if missing == "refuse":
        drop = 'mend these rows, or give missing="drop" to leave out the series that need them.'
        check_complete(table, columns, x, np.concatenate(last), PAST + drop)
    names = [key if series is None else f"{series} {key}" for key in members]
    return [x[rows] for rows in last], names


def _check_step(table: Columns, found: str | None, trained: str | None) -> None:
    """Rows of another distance are another question; None where the distance is not known."""
    if found is not None and trained is not None and found != trained:
        raise SteadfitError(
            f"{table.file}: the model was trained on rows {trained} apart, and these are {found} "
            f"apart. Give rows {trained} apart."
        )


def _check_columns(table: Columns, trained: Sequence[str | None]) -> None:
    """Each column of training must be in the table."""
    needed = [name for name in trained if name is not None]
    absent = [name for name in needed if name not in table.names]
    if absent:
        raise SteadfitError(
            f"{table.file}: the model was trained on the columns {some(needed)}, and "
            f"{some(absent)} are not there. Columns: {some(table.names)}. Name them as in training."
        )
