"""Long tables: a row a step, a column that names the series."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from steadfit.data.dataset import Dataset, Task
from steadfit.data.readers.columns import Columns
from steadfit.data.sequences import FILL, from_series
from steadfit.data.targets import some
from steadfit.errors import SteadfitError, counted


def long_table(
    table: Columns,
    name: str,
    label: str,
    series: str,
    time: str | None,
    values: Sequence[str],
    group: str | None,
    missing: str,
    task: Task | None,
) -> Dataset:
    """One example a series, with the label that all its rows have."""
    taken = {label, series, time, group}
    columns = list(values) or [n for n in table.names if n not in taken and table.is_numeric(n)]
    if not columns:
        raise SteadfitError(
            f"{table.file} has no columns of numbers besides those named. Name them with values."
        )
    members = rows_of_series(table, series)
    found, notes = series_of_table(table, members, columns, series, time, missing)
    data = from_series(
        list(found.values()),
        _one_each(table, members, label),
        name,
        task=task,
        missing=missing,
        ids=list(found),
        groups=None if group is None else _one_each(table, members, group),
        notes=[f"{table.file}: {len(found)} series of the columns {', '.join(columns)}.", *notes],
    )
    return replace(data, columns=tuple(columns), series_column=series, time_column=time)


def series_of_table(
    table: Columns,
    members: dict[str, np.ndarray],
    columns: Sequence[str],
    series: str,
    time: str | None,
    missing: str,
) -> tuple[dict[str, np.ndarray], list[str]]:
    """Each series by its name, shape (steps, channels), NaN where missing; and what is to be said.

    members: the rows of each (`rows_of_series`). Raises SteadfitError for times that do not rise,
    and names the rows where values are missing if that is refused.
    """
    notes = []
    if time is not None:
        clock, _ = table.times(time)
        check_order(table, members, clock, time)
        uneven = sum(len(np.unique(np.diff(clock[rows]))) > 1 for rows in members.values())
        if uneven:
            notes.append(
                f"{table.file}: the times of {uneven} series are not equally spaced; each row is "
                "taken as one step."
            )
    x = np.stack([table.numbers(column) for column in columns], axis=1)
    if missing == "refuse":
        check_complete(table, columns, x, np.arange(len(table)), FILL)
    return {f"{series} {key}": x[rows] for key, rows in members.items()}, notes


def rows_of_series(table: Columns, series: str | None) -> dict[str, np.ndarray]:
    """The rows of each series, in the file's order; all rows are one series without a column."""
    if series is None:
        return {table.file: np.arange(len(table))}
    names, first, number = np.unique(
        np.array(table.texts(series)), return_index=True, return_inverse=True
    )
    order = np.argsort(number, kind="stable")
    parts = np.split(order, np.flatnonzero(np.diff(number[order])) + 1)
    return {str(names[i]): parts[i] for i in np.argsort(first)}


def check_order(
    table: Columns, members: dict[str, np.ndarray], clock: np.ndarray, time: str
) -> None:
    """Times must rise from row to row of a series."""
    several = "; or, if these are several series, name the column that tells them apart: series"
    several = several if list(members) == [table.file] else ""
    for key, rows in members.items():
        wrong = np.flatnonzero(np.diff(clock[rows]) <= 0)
        if len(wrong):
            row, before = int(rows[wrong[0] + 1]), int(rows[wrong[0]])
            verb = "repeats" if clock[row] == clock[before] else "goes back from"
            raise SteadfitError(
                f'{table.where(row)}: in the series "{key}", the {time} {table.data[time][row]} '
                f"{verb} {table.data[time][before]}, that of row {before + table.first_row}. "
                f"Expected times that rise ({len(wrong)} rows of this series do not): sort the "
                f"rows, or remove those that are there twice{several}."
            )


def check_complete(
    table: Columns, columns: Sequence[str], x: np.ndarray, rows: np.ndarray, remedy: str
) -> None:
    """No value may be missing in these rows of x, which has the whole columns."""
    for column, values in zip(columns, x[rows].T, strict=True):
        absent = rows[np.isnan(values)]
        if len(absent):
            raise SteadfitError(
                f'{table.file}, column "{column}": expected a number in every row, and '
                f"{counted(len(absent), 'values')} missing: "
                f"{some([f'row {row + table.first_row}' for row in absent])}. {remedy}"
            )


def _one_each(table: Columns, members: dict[str, np.ndarray], column: str) -> np.ndarray:
    """What a column says of each series: the same in all its rows."""
    cells = table.labels(column)
    for key, rows in members.items():
        other = np.flatnonzero(cells[rows] != cells[rows[0]])
        if len(other):
            row = int(rows[other[0]])
            raise SteadfitError(
                f'{table.where(row)}: the series "{key}" has {column} {cells[row]} here and '
                f"{cells[rows[0]]} in row {rows[0] + table.first_row}. Expected one for all rows "
                "of a series."
            )
    return cells[[rows[0] for rows in members.values()]]
