"""Long tables in time order: what is to come is learned from what was."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from steadfit.data.dataset import Dataset, Forecast
from steadfit.data.forecasting import from_forecast
from steadfit.data.readers.columns import Columns
from steadfit.data.readers.table_long import check_complete, check_order, rows_of_series
from steadfit.errors import SteadfitError, counted

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


def forecast_table(
    table: Columns,
    name: str,
    targets: Sequence[str],
    series: str | None,
    time: str | None,
    values: Sequence[str],
    horizon: int,
    window: int | None,
    season: int | None,
    missing: str,
) -> Dataset:
    """Windows of each series, and the horizon after each; see `from_forecast`.

    A season that the calendar suggests is taken where it lies in the window that was asked for.
    """
    numeric = [n for n in table.names if n not in (series, time) and table.is_numeric(n)]
    targets = list(targets) or numeric
    if len(targets) != 1 and targets is numeric:
        raise SteadfitError(
            f"{table.file}: it cannot be told which column to forecast. Name it, or several, with "
            f"the option target. Columns of numbers: {', '.join(numeric) or 'none'}."
        )
    columns = [*targets, *(n for n in values if n not in targets)]
    members = rows_of_series(table, series)
    clock = Clock([0] * len(members), None, 1)
    if time is not None:
        clock = read_clock(table, members, time)
    if season is None:
        season = clock.season if window is None or clock.season <= window else 1
    x = np.stack([table.numbers(column) for column in columns], axis=1)
    if missing == "refuse":
        drop = 'give missing="drop" to leave out the windows that need them.'
        check_complete(table, columns, x, np.arange(len(table)), PAST + drop)
    forecast = Forecast(
        horizon,
        max(2 * horizon, season) if window is None else window,
        tuple(range(len(targets))),
        season,
        clock.step,
    )
    made_from = f"{forecast.window} steps of {', '.join(columns)}"
    data = from_forecast(
        [x[rows] for rows in members.values()],
        forecast,
        name,
        starts=clock.starts,
        names=[key if series is None else f"{series} {key}" for key in members],
        missing=missing,
        notes=[
            f"{table.file}: the next {horizon} steps of {', '.join(targets)} from {made_from}; "
            f"season of {season} steps."
        ],
    )
    return replace(data, columns=tuple(columns), series_column=series, time_column=time)


class Clock(NamedTuple):
    """What the times of a table say.

    starts: at which step of one clock each series begins. step: how far it is from one row to the
    next, in words; None where no series has two. season: that the calendar suggests; 1 for none.
    """

    starts: list[int]
    step: str | None
    season: int


def read_clock(table: Columns, members: dict[str, np.ndarray], time: str) -> Clock:
    """A step is the smallest distance between times. Raises SteadfitError for any other distance,
    which is a gap, and for times that do not rise.
    """
    clock, calendar = table.times(time)
    check_order(table, members, clock, time)
    months = _months(clock) if calendar else None
    clock = clock if months is None else months
    distances = np.concatenate([np.diff(clock[rows]) for rows in members.values()])
    if not len(distances):
        return Clock([0] * len(members), None, 1)
    step = distances.min()
    for key, rows in members.items():
        gaps = np.flatnonzero(~np.isclose(np.diff(clock[rows]), step, rtol=1e-6, atol=0))
        if len(gaps):
            row, before = int(rows[gaps[0] + 1]), int(rows[gaps[0]])
            raise SteadfitError(
                f'{table.where(row)}: a gap in time in the series "{key}", from '
                f"{table.data[time][before]} to {table.data[time][row]}; {len(gaps)} in all. "
                "Expected equal distances: add rows with empty values for the missing times, or "
                "leave the option time out if the rows are equal steps all the same."
            )
    starts = [round(float((clock[rows[0]] - clock.min()) / step)) for rows in members.values()]
    if not calendar:
        return Clock(starts, f"{step:g}", 1)
    if months is not None:
        return Clock(starts, counted(int(step), "months"), _MONTHS.get(int(step), 1))
    return Clock(starts, _in_words(int(step)), _SEASONS.get(int(step), 1))


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
