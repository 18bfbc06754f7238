"""Tables of series: a row a series, or a row a step."""

import numpy as np

from steadfit.data.dataset import Dataset
from steadfit.data.readers.asked import Asked, targets_of
from steadfit.data.sequences import from_series
from steadfit.errors import SteadfitError
from steadfit.formats import LongTable, WideTable
from steadfit.formats.columns import Columns
from steadfit.formats.joined_times import parts_of, with_joined_names
from steadfit.formats.long_tables import rows_of_series
from steadfit.formats.wide_tables import step_columns


def wide(table: Columns, asked: Asked, label: str, why: str) -> Dataset:
    """A row a series, a column a step."""
    missing = asked.missing or "refuse"
    form = WideTable(tuple(asked.values or step_columns(table, {label, asked.group})))
    moved = [name for name in table.names if name in form.columns] != [*form.columns]
    note = "The columns are taken in the order of their numbers, which is not that of the file."
    columns, found = form.columns, form.rows(table, missing)
    return from_series(
        found.examples,
        targets_of(table, asked, label),
        table.file,
        task=asked.task,
        several=asked.several,
        missing=missing,
        ids=found.ids,
        is_test=table.is_test,
        groups=None if asked.group is None else table.labels(asked.group),
        notes=[
            f"{table.file}: one series a row, {len(columns)} steps from column {columns[0]} to "
            f"{columns[-1]}; {label} is learned. A row is a series, "
            f"as {why}.",
            *([note] if moved and not asked.values else []),
            *table.unused({label, asked.group, *columns}),
        ],
        form=form,
    )


def long(table: Columns, asked: Asked, series: str, label: str) -> Dataset:
    """A row a step; the label is the same in all rows of a series."""
    time_parts = () if asked.time is None else tuple(parts_of(table, asked.time))
    series_parts = tuple(parts_of(table, series))
    taken = {label, asked.group, *time_parts, *series_parts}
    numeric = (name for name in table.names if name not in taken and table.is_numeric(name))
    columns = asked.values or list(numeric)
    if not columns:
        raise SteadfitError(
            f"{table.file} must have columns of numbers beside those named, got none. Name them "
            "with values."
        )
    missing, group = asked.missing or "refuse", asked.group
    form = LongTable(
        tuple(columns),
        series,
        asked.time,
        time_parts if len(time_parts) > 1 else (),
        series_parts if len(series_parts) > 1 else (),
    )
    table = with_joined_names(table, series)
    found, members = form.rows(table, missing), rows_of_series(table, series)
    told = f"{table.file}: {len(members)} series of the columns {', '.join(columns)}."
    return from_series(
        found.examples,
        _one_each(table, members, label, targets_of(table, asked, label)),
        table.file,
        task=asked.task,
        several=asked.several,
        missing=missing,
        ids=found.ids,
        groups=None if group is None else _one_each(table, members, group, table.labels(group)),
        notes=[told, *found.notes],
        form=form,
    )


def _one_each(
    table: Columns, members: dict[str, np.ndarray], column: str, cells: np.ndarray
) -> np.ndarray:
    """What a column says of each series: the same in all its rows. cells: as it says it."""
    for key, rows in members.items():
        other = np.flatnonzero(cells[rows] != cells[rows[0]])
        if len(other):
            row = int(rows[other[0]])
            raise SteadfitError(
                f"{table.where(row)}: {column} must be the same in all rows of a series, got "
                f'{cells[row]} for the series "{key}", and {cells[rows[0]]} in row '
                f"{table.number_of_row(rows[0])}."
            )
    return cells[[rows[0] for rows in members.values()]]
