"""Long tables in time order: what is to come is learned from what was."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from steadfit.data.dataset import Dataset, Forecast
from steadfit.data.forecasting import check_rule, from_forecast
from steadfit.data.readers.columns import Columns
from steadfit.data.readers.table_long import check_complete, check_order, rows_of_series
from steadfit.data.targets import some
from steadfit.errors import SteadfitError

_DAY = 86_400_000_000  # microseconds
_SEASONS = {_DAY // 24: 24, _DAY // 48: 48, _DAY: 7, 7 * _DAY: 52}  # steps by their distance
_MONTHS = {1: 12, 3: 4}  # steps of a year by the months between them
_PAST = "Nothing is filled in, as that could bring the future into the past: "


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
    starts, told = [0] * len(members), 1
    if time is not None:
        starts, told = _clock(table, members, time)
    if season is None:
        season = told if window is None or told <= window else 1
    x = np.stack([table.numbers(column) for column in columns], axis=1)
    if missing == "refuse":
        drop = 'give missing="drop" to leave out the windows that need them.'
        check_complete(table, columns, x, np.arange(len(table)), _PAST + drop)
    forecast = Forecast(
        horizon,
        max(2 * horizon, season) if window is None else window,
        tuple(range(len(targets))),
        season,
    )
    made_from = f"{forecast.window} steps of {', '.join(columns)}"
    data = from_forecast(
        [x[rows] for rows in members.values()],
        forecast,
        name,
        starts=starts,
        names=[key if series is None else f"{series} {key}" for key in members],
        missing=missing,
        notes=[
            f"{table.file}: the next {horizon} steps of {', '.join(targets)} from {made_from}; "
            f"season of {season} steps."
        ],
    )
    return replace(data, columns=tuple(columns), series_column=series, time_column=time)


def latest_windows(
    table: Columns,
    columns: Sequence[str],
    series: str | None,
    time: str | None,
    window: int,
    missing: str,
) -> dict[str, np.ndarray]:
    """The last steps of each series by its name, shape (window, channels), NaN where missing.

    Raises SteadfitError for a series that is shorter than the window, a gap in time, and values
    that are missing in the window, unless they are to be dropped.
    """
    check_rule(missing)
    members = rows_of_series(table, series)
    if time is not None:
        _clock(table, members, time)
    short = [f"{key} ({len(rows)})" for key, rows in members.items() if len(rows) < window]
    if short:
        raise SteadfitError(
            f"{table.file}: a forecast is made from the last {window} rows of a series, and "
            f"{len(short)} series have fewer: {some(short)}. Add the rows before them, or leave "
            "these series out."
        )
    last = {key: rows[-window:] for key, rows in members.items()}
    x = np.stack([table.numbers(column) for column in columns], axis=1)
    if missing == "refuse":
        drop = 'mend these rows, or give missing="drop" to leave out the series that need them.'
        check_complete(table, columns, x, np.concatenate(list(last.values())), _PAST + drop)
    return {key if series is None else f"{series} {key}": x[rows] for key, rows in last.items()}


def _clock(table: Columns, members: dict[str, np.ndarray], time: str) -> tuple[list[int], int]:
    """At which step of one clock each series begins, and the season that the calendar suggests.

    A step is the smallest distance between times; any other distance is a gap.
    """
    clock, calendar = table.times(time)
    check_order(table, members, clock, time)
    seasons = _SEASONS
    if calendar and (months := _months(clock)) is not None:
        clock, seasons = months, _MONTHS
    distances = np.concatenate([np.diff(clock[rows]) for rows in members.values()])
    if not len(distances):
        return [0] * len(members), 1
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
    begin = clock.min()
    starts = [round(float((clock[rows[0]] - begin) / step)) for rows in members.values()]
    return starts, seasons.get(int(step), 1) if calendar else 1


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
