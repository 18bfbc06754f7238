"""Tables with a row a series and a column a date, as tables with a row a step."""

from collections import Counter
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from steadfit.errors import SteadfitError, some
from steadfit.formats.calendars import equally_spaced
from steadfit.formats.columns import Columns
from steadfit.formats.date_styles import month_of
from steadfit.formats.dates import check_years, microseconds, written_times
from steadfit.formats.joined_times import part_of
from steadfit.formats.time_columns import are_times, is_whole

SERIES, TIME, VALUE = "series", "time", "value"  # the columns of what is made
_LEAST = 4  # dates
_JOIN = " / "  # between the words that name a series


class _Cells(NamedTuple):
    """The name of the series and the time of each cell, row by row; the columns of cells, and
    those that name the series."""

    keys: list[str]
    times: list[str]
    columns: list[str]
    naming: list[str]


def as_long(table: Columns) -> Columns:
    """A table whose columns are dates, of equal steps, with a row for each of its numbers; other
    tables as they are.

    The columns `series`, `time` and `value` are made: a row's other words and whole numbers name
    its series. A column of years beside twelve months is of one series. Empty cells after a series'
    last number are no rows. Raises SteadfitError where two rows have the same name.
    """
    import pyarrow as pa

    months = [name for name in table.names if month_of(name.strip())]
    years = [name for name in table.names if part_of(name) == "year"]
    if len(months) == len({month_of(name.strip()) for name in months}) == 12 and len(years) == 1:
        found = _of_months(table, years[0], months)
    elif dates := _dates(table):
        found = _of_dates(table, dates)
    else:
        return table
    keys, times, names, naming = found
    values = np.stack([table.numbers(name) for name in names], axis=1).ravel()
    known = _up_to_the_last(keys, values)
    data = {
        SERIES: pa.chunked_array([np.array(keys, object)[known]]),
        TIME: pa.chunked_array([np.array(times, object)[known]]),
        VALUE: pa.chunked_array([pa.array(values[known], from_pandas=True)]),
    }
    note = f"{table.file}: a column a step, from {names[0]} to {names[-1]}; each number is a row."
    rest = [name or "one without a name" for name in table.names if name not in (*names, *naming)]
    unused = [f"Columns not used: {some(rest)}."] if rest else []
    return replace(
        table,
        data=data,
        notes=(*table.notes, note, *unused),
        numbers_of=known // len(names),
        as_written={},
    )


def _dates(table: Columns) -> list[str]:
    """The columns that are called as dates, or years, of equal steps; none of other tables."""
    named = [name for name in table.names if any(map(str.isdecimal, name))]
    named = [name for name in named if table.is_numeric(name)]
    clock = microseconds(written_times(named, table.day_first)) if named else None
    if clock is None and all(name.strip().isdecimal() and len(name.strip()) == 4 for name in named):
        clock = np.array(named, np.int64)
    if clock is None or len(named) < _LEAST or not equally_spaced(np.unique(clock), True):
        return []
    check_years(f"{table.file}, names of columns", named)
    others = [name for name in table.names if name not in named]
    return [] if any(are_times(table, name) for name in others) else named


def _of_dates(table: Columns, dates: list[str]) -> _Cells:
    others = [name for name in table.names if name not in dates]
    words = [name for name in others if not table.is_numeric(name)]
    naming = [name for name in others if name in words or is_whole(table, name)]
    parts = [[cell or "" for cell in table.names_in(name)] for name in naming]
    rows = [_JOIN.join(filter(None, each)) for each in zip(*parts, strict=True)]
    twice = [name for name, count in Counter(rows).items() if count > 1]
    if not naming or (twice and not words):
        naming, rows = [], [str(table.number_of_row(row)) for row in range(len(table))]
    elif twice:
        raise SteadfitError(
            f"{table.file}: each row must be a series with a name of its own, got several called "
            f"{some(twice)}. Add a column that tells them apart, or remove rows."
        )
    return _Cells([row for row in rows for _ in dates], dates * len(rows), dates, naming)


def _of_months(table: Columns, year: str, months: list[str]) -> _Cells:
    years = [cell or "" for cell in table.names_in(year)]
    times = [f"{each}-{month_of(name.strip()):02}" for each in years for name in months]
    return _Cells([table.file] * len(times), times, months, [year])


def _up_to_the_last(keys: list[str], values: np.ndarray) -> np.ndarray:
    """The places up to each series' last number."""
    _, of_rows = np.unique(keys, return_inverse=True)
    known = np.flatnonzero(~np.isnan(values))
    last = np.full(of_rows.max() + 1, -1)
    np.maximum.at(last, of_rows[known], known)
    return np.flatnonzero(np.arange(len(values)) <= last[of_rows])
