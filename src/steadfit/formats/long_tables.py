"""Long tables: a row a step, a column that names the series."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from steadfit.errors import SteadfitError, counted, some
from steadfit.formats.calendars import equally_spaced
from steadfit.formats.columns import Columns
from steadfit.formats.form import Form, Rows
from steadfit.formats.joined_times import with_joined, with_joined_names
from steadfit.formats.time_columns import read_times
from steadfit.formats.wall_clocks import wall_clocks

FILL = (
    'Nothing is filled in unasked: give missing="linear" for straight lines between the '
    'neighbours, or missing="drop" to leave these series out.'
)


@dataclass(frozen=True)
class LongTable(Form):
    """A row a step, with a channel in each of `columns`; `series` names the series of a row, and
    the times in `time`, if that is given, its place among the others. time_parts, series_parts: the
    columns that these are in, where they are several."""

    columns: tuple[str, ...]
    series: str
    time: str | None = None
    time_parts: tuple[str, ...] = ()
    series_parts: tuple[str, ...] = ()

    name = "long"

    def needed(self) -> list[str]:
        times = self.time_parts or (() if self.time is None else (self.time,))
        return [*self.columns, *(self.series_parts or (self.series,)), *times]

    def rows(self, table: Columns, missing: str) -> Rows:
        """Raises SteadfitError for times that come again, and names the rows where values are
        missing if that is refused."""
        table = with_joined_names(table, self.series)
        members = rows_of_series(table, self.series)
        notes = []
        if self.time is not None:
            table = with_joined(table, self.time)
            found = wall_clocks(read_times(table, self.time), list(members.values()), None)
            clock = found.even
            members, notes = in_order(members, clock, self.time)
            notes += found.notes
            check_order(table, members, clock, self.time)
            spaced = (equally_spaced(clock[rows], found.calendar) for rows in members.values())
            uneven = len(members) - sum(spaced)
            if uneven:
                notes.append(
                    f"{table.file}: the times of {uneven} series are not equally spaced; each row "
                    "is taken as one step."
                )
        x = np.stack([table.numbers(column) for column in self.columns], axis=1)
        if missing == "refuse":
            check_complete(table, self.columns, x, np.arange(len(table)), FILL)
        names = [f"{self.series} {key}" for key in members]
        return Rows([x[rows] for rows in members.values()], names, notes)


def rows_of_series(table: Columns, series: str | None) -> dict[str, np.ndarray]:
    """The rows of each series, in the file's order; all rows are one series without a column."""
    if series is None:
        return {table.file: np.arange(len(table))}
    cells, of_rows = table.coded(series)
    if None in cells:
        table.texts(series)  # raises, and names the rows
    order = np.argsort(of_rows, kind="stable")
    parts = np.split(order, np.cumsum(np.bincount(of_rows))[:-1])
    return {str(cell): rows for cell, rows in zip(cells, parts, strict=True)}


def in_order(
    given: Mapping[str, np.ndarray], times: np.ndarray, time: str
) -> tuple[dict[str, np.ndarray], list[str]]:
    """The rows of each series by time, and a note where they were not."""
    found = {key: rows[np.argsort(times[rows], kind="stable")] for key, rows in given.items()}
    moved = sum(bool((found[key] != rows).any()) for key, rows in given.items())
    if not moved:
        return found, []
    which = "The rows" if len(found) == 1 else f"The rows of {moved} series"
    return found, [f"{which} were sorted by {time}."]


def check_order(
    table: Columns,
    members: dict[str, np.ndarray],
    clock: np.ndarray,
    time: str,
    zone: str = "give times with a zone",
) -> None:
    """Times must rise from row to row of a series. zone: what helps where clocks were changed."""
    several = "; or, if these are several series, name the column that tells them apart: series"
    several = several if list(members) == [table.file] else ""
    for key, rows in members.items():
        wrong = np.flatnonzero(np.diff(clock[rows]) <= 0)
        if len(wrong):
            row, before = int(rows[wrong[0] + 1]), int(rows[wrong[0]])
            in_all = counted(len(wrong), "rows")
            raise SteadfitError(
                f"{table.where(row)}: the column {time} must rise from row to row of a series, "
                f"got {table.data[time][row]} after {table.data[time][before]} (row "
                f'{table.number_of_row(before)}) in the series "{key}", {in_all} in all. '
                f"Where clocks were changed, {zone}; else sort the rows, or remove repeated ones"
                f"{several}."
            )


def check_complete(
    table: Columns, columns: Sequence[str], x: np.ndarray, rows: np.ndarray, remedy: str
) -> None:
    """No value may be missing in these rows of x, which has the whole columns."""
    for column, values in zip(columns, x[rows].T, strict=True):
        absent = rows[np.isnan(values)]
        if len(absent):
            named = some([f"row {table.number_of_row(row)}" for row in absent])
            raise SteadfitError(
                f'{table.file}, column "{column}": each row must have a number, got none in '
                f"{len(absent):,}: {named}. {remedy}"
            )
