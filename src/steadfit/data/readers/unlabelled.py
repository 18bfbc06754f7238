"""Tables of new series and texts, without labels, in the form of those that were trained on."""

from collections.abc import Sequence

import numpy as np

from steadfit.data.readers.columns import Columns
from steadfit.data.readers.table_forecast import latest_windows
from steadfit.data.readers.table_long import rows_of_series, series_of_table
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
    window: int,
    missing: str,
) -> tuple[list[np.ndarray], list[str]]:
    """The last steps of each series, from which its future is forecast, and what it is called."""
    _check_columns(table, [*columns, series, time])
    found = latest_windows(table, columns, series, time, window, missing)
    return list(found.values()), list(found)


def _check_columns(table: Columns, trained: Sequence[str | None]) -> None:
    """Each column of training must be in the table."""
    needed = [name for name in trained if name is not None]
    absent = [name for name in needed if name not in table.names]
    if absent:
        raise SteadfitError(
            f"{table.file}: the model was trained on the columns {some(needed)}, and "
            f"{some(absent)} are not there. Columns: {some(table.names)}. Name them as in training."
        )
