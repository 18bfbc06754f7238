"""Tables in time order, from whose last rows the next ones are forecast."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from steadfit.errors import SteadfitError, counted, some, unknown
from steadfit.formats.calendars import Ticks
from steadfit.formats.columns import Columns
from steadfit.formats.form import Form, Rows
from steadfit.formats.long_tables import check_complete, check_order, rows_of_series

_DAY = 86_400_000_000  # microseconds
_SEASONS = {_DAY // 24: 24, _DAY // 48: 48, _DAY: 7, 7 * _DAY: 52}  # steps by their distance
_MONTHS = {1: 12, 3: 4}  # steps of a year by the months between them
_UNITS = {
    "days": _DAY,
    "hours": _DAY // 24,
    "minutes": _DAY // 1440,
    "seconds": 1_000_000,
    "microseconds": 1,
}
PAST = "Nothing is filled in, as that could bring the future into the past: "


@dataclass(frozen=True)
class ForecastTable(Form):
    """A row a step in time order, with a channel in each of `columns`.

    series: the column that names the series of a row; without it all rows are one. time: the column
    of times. window: rows that a forecast is made from. step: how far one row is from the next, as
    "1 day"; None where no time says so. A model of arrays has no columns.
    """

    columns: tuple[str, ...]
    series: str | None
    time: str | None
    window: int
    step: str | None = None

    name = "forecast"
    files = "a table in time order: a .csv or .parquet file"

    def needed(self) -> list[str]:
        others = (self.series, self.time)
        return [*self.columns, *(name for name in others if name is not None)]

    def rows(self, table: Columns, missing: str) -> Rows:
        """The last rows of each series, NaN where missing.

        Raises SteadfitError for a series that is shorter than the window, a gap in time, rows of
        another distance than in training, values that are missing in the window unless they are to
        be dropped, and a model of arrays.
        """
        check_rule(missing)
        if not self.columns:
            raise SteadfitError(
                f"{table.file}: the model was trained on arrays, so the columns to forecast from "
                "are unknown. Give the series as arrays, in Python."
            )
        clock = read_clock(table, rows_of_series(table, self.series), self.time)
        self._check_step(table, clock.step)
        members = clock.members
        short = [f"{key} ({len(rows)})" for key, rows in members.items() if len(rows) < self.window]
        if short:
            raise SteadfitError(
                f"{table.file}: each series must have the {self.window} rows that a forecast is "
                f"made from, got fewer in {len(short)}: {some(short)}. Add the rows before them, "
                "or leave these series out."
            )
        last = [rows[-self.window :] for rows in members.values()]
        x = np.stack([table.numbers(column) for column in self.columns], axis=1)
        if missing == "refuse":
            drop = 'fix these rows, or give missing="drop" to leave out the series that need them.'
            check_complete(table, self.columns, x, np.concatenate(last), PAST + drop)
        return Rows([x[rows] for rows in last], list(members), clock.notes, clock.ticks)

    def _check_step(self, table: Columns, found: str | None) -> None:
        """Rows of another distance are another question; None where the distance is not known."""
        if found is not None and self.step is not None and found != self.step:
            raise SteadfitError(
                f"{table.file}: the model was trained on rows {self.step} apart, and these are "
                f"{found} apart. Give rows {self.step} apart."
            )


def check_rule(missing: str) -> None:
    """Raise SteadfitError for a rule for missing values that forecasts do not have."""
    if missing not in ("refuse", "drop"):
        raise unknown("rule for a forecast's missing values", missing, ["refuse", "drop"])


class Clock(NamedTuple):
    """What the times of a table say.

    members: the rows of each series, in the order of time.
    notes: whether they were sorted.
    starts: at which step of one clock each series begins.
    step: how far it is from one row to the next, in words; None where no series has two.
    season: that the calendar suggests; 1 for none.
    ticks: the times after each series; none where there is no step.
    """

    members: dict[str, np.ndarray]
    notes: list[str]
    starts: list[int]
    step: str | None
    season: int
    ticks: list[Ticks]


def read_clock(table: Columns, given: Mapping[str, np.ndarray], time: str | None) -> Clock:
    """A step is the smallest distance between times. Raises SteadfitError for any other distance,
    which is a gap, and for times that repeat.

    given: the rows of each series. time: the column of times; None where the rows are in order.
    """
    if time is None:
        return Clock(dict(given), [], [0] * len(given), None, 1, [])
    times, calendar = table.times(time)
    members, notes = _sorted(given, times, time)
    check_order(table, members, times, time)
    months = _months(times) if calendar else None
    clock = times if months is None else months
    distances = np.concatenate([np.diff(clock[rows]) for rows in members.values()])
    if not len(distances):
        return Clock(members, notes, [0] * len(members), None, 1, [])
    step = distances.min()
    for key, rows in members.items():
        gaps = np.flatnonzero(~np.isclose(np.diff(clock[rows]), step, rtol=1e-6, atol=0))
        if len(gaps):
            row, before = int(rows[gaps[0] + 1]), int(rows[gaps[0]])
            raise SteadfitError(
                f"{table.where(row)}: times must be equally spaced, got a gap in the series "
                f'"{key}" from {table.data[time][before]} to {table.data[time][row]}, '
                f"{counted(len(gaps), 'gaps')} in all. Add rows with empty values for the missing "
                "times; or leave out the option time, if the rows are equal steps anyway."
            )
    starts = [round(float((clock[rows[0]] - clock.min()) / step)) for rows in members.values()]
    ticks = [
        Ticks(float(times[rows[-1]]), float(step), calendar, months is not None)
        for rows in members.values()
    ]
    if not calendar:
        return Clock(members, notes, starts, f"{step:g}", 1, ticks)
    if months is not None:
        word, season = counted(int(step), "months"), _MONTHS.get(int(step), 1)
    else:
        word, season = _in_words(int(step)), _SEASONS.get(int(step), 1)
    return Clock(members, notes, starts, word, season, ticks)


def _sorted(
    given: Mapping[str, np.ndarray], times: np.ndarray, time: str
) -> tuple[dict[str, np.ndarray], list[str]]:
    """The rows of each series by time, and a note where they were not."""
    found = {key: rows[np.argsort(times[rows], kind="stable")] for key, rows in given.items()}
    moved = sum(bool((found[key] != rows).any()) for key, rows in given.items())
    if not moved:
        return found, []
    which = "The rows" if len(found) == 1 else f"The rows of {moved} series"
    return found, [f"{which} were sorted by {time}."]


def _in_words(microseconds: int) -> str:
    """In the largest unit of which it is a whole number.

    >>> _in_words(1_800_000_000), _in_words(_DAY)
    ('30 minutes', '1 day')
    """
    word, size = next(unit for unit in _UNITS.items() if microseconds % unit[1] == 0)
    return counted(microseconds // size, word)


def _months(clock: np.ndarray) -> np.ndarray | None:
    """Calendar times as months since 1970, where all are on one day of the month, or its last."""
    times = clock.astype("datetime64[us]")
    month = times.astype("datetime64[M]")
    since = times - month
    until = (month + 1).astype("datetime64[us]") - times
    if len(np.unique(since)) > 1 and len(np.unique(until)) > 1:
        return None
    numbers = month.astype(np.int64)
    return numbers if len(np.unique(numbers)) > 1 else None
