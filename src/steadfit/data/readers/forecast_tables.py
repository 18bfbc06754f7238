"""Tables whose rows are steps in time order, to be forecast."""

from collections.abc import Mapping

import numpy as np

from steadfit.data.dataset import Dataset
from steadfit.data.forecasting import from_forecast
from steadfit.data.readers.asked import Asked
from steadfit.errors import SteadfitError
from steadfit.formats import ForecastTable
from steadfit.formats.columns import Columns
from steadfit.formats.forecast_tables import PAST, Clock, read_clock
from steadfit.formats.long_tables import check_complete, rows_of_series
from steadfit.tasks import Forecast


def forecast(table: Columns, asked: Asked) -> Dataset:
    """Windows of each series, and the horizon after each; see `from_forecast`."""
    assert asked.horizon is not None
    targets = _to_forecast(table, asked)
    columns = [*targets, *(name for name in asked.values if name not in targets)]
    members = rows_of_series(table, asked.series)
    clock = Clock([0] * len(members), None, 1)
    if asked.time is not None:
        clock = read_clock(table, members, asked.time)
    window, season = _window_and_season(asked, clock.season, members)
    x = np.stack([table.numbers(column) for column in columns], axis=1)
    missing = asked.missing or "refuse"
    if missing == "refuse":
        drop = 'give missing="drop" to leave out the windows that need them.'
        check_complete(table, columns, x, np.arange(len(table)), PAST + drop)
    return from_forecast(
        [x[rows] for rows in members.values()],
        Forecast(asked.horizon, window, tuple(range(len(targets))), season, tuple(targets)),
        table.file,
        starts=clock.starts,
        names=[key if asked.series is None else f"{asked.series} {key}" for key in members],
        missing=missing,
        notes=[
            f"{table.file}: the next {asked.horizon} steps of {', '.join(targets)} from {window} "
            f"steps of {', '.join(columns)}; season of {season} steps."
        ],
        form=ForecastTable(tuple(columns), asked.series, asked.time, window, clock.step),
    )


def _window_and_season(
    asked: Asked, told: int, members: Mapping[str, np.ndarray]
) -> tuple[int, int]:
    """Those that were asked for. Else the season that the calendar tells, where it lies in the
    window and in half of a usual series; and a window of two seasons or horizons, at most so long.
    """
    assert asked.horizon is not None
    half = int(np.median([len(rows) for rows in members.values()])) // 2
    window, season = asked.window, asked.season
    if season is None:
        season = told if told <= (half if window is None else window) else 1
    if window is None:
        usual = max(asked.horizon, season)
        window = max(usual, min(2 * usual, half))
    return window, season


def _to_forecast(table: Columns, asked: Asked) -> list[str]:
    """The columns that are forecast: those named, or the only one of numbers."""
    taken = (asked.series, asked.time)
    numeric = [name for name in table.names if name not in taken and table.is_numeric(name)]
    if not asked.targets and len(numeric) != 1:
        raise SteadfitError(
            f"{table.file}: cannot determine which column to forecast. Name it, or several, with "
            f"the option target. Columns of numbers: {', '.join(numeric) or 'none'}."
        )
    return asked.targets or numeric
