"""Tables whose rows are steps in time order, to be forecast."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np

from steadfit.data.dataset import Dataset
from steadfit.data.forecasting import from_forecast
from steadfit.data.readers.asked import Asked
from steadfit.data.sentinels import sentinel_notes
from steadfit.errors import SteadfitError, counted, some
from steadfit.formats import ForecastTable
from steadfit.formats.clocks import Clock, read_clock
from steadfit.formats.columns import Columns
from steadfit.formats.covariates import Covariate
from steadfit.formats.forecast_tables import PAST
from steadfit.formats.gaps import FILLS
from steadfit.formats.joined_times import (
    part_of,
    parts_of,
    told_parts,
    with_joined,
    with_joined_names,
)
from steadfit.formats.long_tables import rows_of_series
from steadfit.formats.time_columns import (
    Times,
    are_times,
    check_in_order,
    check_steps,
    is_whole,
    read_times,
    seem_times,
)
from steadfit.formats.wall_clocks import wall_clocks
from steadfit.formats.wide_dates import SERIES, TIME, as_long
from steadfit.tasks import Forecast

_MOST_PARTS = 6  # columns of which two may name a series


def forecast(table: Columns, asked: Asked) -> Dataset:
    """Windows of each series, and the horizon after each; see `from_forecast`."""
    table, asked, unpivoted = _a_row_a_step(table, asked)
    asked, notes = _with_time_and_series(table, asked)
    time_parts, series_parts = _parts(table, asked.time), _parts(table, asked.series)
    table = with_joined_names(table, asked.series)
    assert asked.horizon is not None
    targets = _to_forecast(table, asked)
    columns = [*targets, *(name for name in asked.values if name not in targets)]
    members = rows_of_series(table, asked.series)
    if asked.time is None:
        check_steps(table, _free(table, asked), list(members.values()))
    clock = read_clock(table, members, asked.time, asked.fill, asked.zone)
    window, seasons = _window_and_seasons(asked, clock.seasons, clock.members)
    season, *longer = seasons or (1,)
    form = ForecastTable(
        tuple(columns),
        asked.series,
        asked.time,
        window,
        clock.step,
        len(targets),
        tuple(Covariate.told(table, name) for name in asked.known),
        tuple(asked.calendar),
        tuple(Covariate.told(table, name) for name in asked.static),
        asked.horizon if asked.known or asked.calendar else 0,
        asked.fill,
        season,
        clock.begin,
        time_parts if len(time_parts) > 1 else (),
        series_parts if len(series_parts) > 1 else (),
        asked.zone,
    )
    form = replace(form, units={n: unit for n, unit in table.units.items() if n in form.numeric})
    series = form.channels(table, clock)
    missing = asked.fill or asked.missing or "refuse"
    if missing == "refuse":
        _check_known(table, form, clock)
        drop = (
            'give missing="drop" to leave out the windows that need them, or fill="forward" to '
            f"fill them from what is known by then (or by another rule: {some(FILLS[1:])})."
        )
        form.check_complete(table, clock, form.ends(series, clock), None, PAST + drop)
    return from_forecast(
        series,
        Forecast(
            asked.horizon,
            window,
            tuple(range(len(targets))),
            season,
            tuple(targets),
            asked.quantiles,
            form.known_channels,
            form.static_channels,
            bool(asked.log),
            tuple(longer),
        ),
        table.file,
        starts=clock.starts,
        names=list(clock.members),
        missing=missing,
        notes=[
            _what(table, asked, form, seasons),
            *unpivoted,
            *notes,
            *clock.notes,
            *sentinel_notes(table, form.numeric),
            *_unused(table, asked, form),
        ],
        form=form,
    )


def _a_row_a_step(table: Columns, asked: Asked) -> tuple[Columns, Asked, Sequence[str]]:
    """A table with a column a step as one with a row a step, with a note; others as they are."""
    found = table if asked.targets or asked.time else as_long(table)
    if found is table:
        return table, asked, ()
    notes = found.notes[len(table.notes) :]
    if len(found.coded(SERIES).cells) > 1:
        return found, replace(asked, time=TIME, series=SERIES), notes
    data = {name: column for name, column in found.data.items() if name != SERIES}
    return replace(found, data=data), replace(asked, time=TIME), notes


def _what(table: Columns, asked: Asked, form: ForecastTable, seasons: Sequence[int]) -> str:
    """What is forecast, and from what."""
    assert asked.horizon is not None
    targets = ", ".join(form.columns[: form.targets])
    beside = {"known": asked.known, "static": asked.static, "calendar": asked.calendar}
    told = "".join(f"; {what}: {', '.join(names)}" for what, names in beside.items() if names)
    steps = " and ".join(map(str, seasons))
    repeats = f"; season{'s' * (len(seasons) > 1)} of {steps} steps" if seasons else "; no season"
    logs = "; in logarithms" if asked.log else ""
    return (
        f"{table.file}: the next {counted(asked.horizon, 'steps')} of {targets} from "
        f"{counted(form.window, 'steps')} of "
        f"{', '.join(form.columns)}{told}{repeats}{logs}."
    )


def _with_time_and_series(table: Columns, asked: Asked) -> tuple[Asked, list[str]]:
    """The column of times, and that of the series' names, told by their cells where not named.

    A table is of several series where its times come again. Raises SteadfitError where two columns
    could be meant, and where rows that are in no order of time seem to have one.
    """
    notes = []
    if asked.time is None:
        time = _told_time(table, asked)
        if time is None:
            check_in_order(table, _free(table, asked), asked.series)
        else:
            asked = replace(asked, time=time)
            notes.append(f"The times are in {time or 'the column without a name'}.")
    if asked.series is None and asked.time is not None:
        series = _told_series(table, asked, asked.time)
        if series is not None:
            asked = replace(asked, series=series)
            notes.append(f"The series are told apart by {series}, as their times come again.")
    return asked, notes


def _parts(table: Columns, name: str | None) -> tuple[str, ...]:
    return () if name is None else tuple(parts_of(table, name))


def _free(table: Columns, asked: Asked) -> list[str]:
    """The columns that have no use so far."""
    named = (*_parts(table, asked.series), *_parts(table, asked.time))
    taken = {*asked.targets, *asked.values, *asked.known, *asked.static, *named}
    return [name for name in table.names if name not in taken]


def _told_time(table: Columns, asked: Asked) -> str | None:
    """The column of times, or several with commas between them. Raises SteadfitError where there
    are two."""
    free = [*_free(table, asked), *asked.static]
    found = [name for name in free if are_times(table, name)]
    parts = told_parts(table, free, found)
    if parts is not None and are_times(with_joined(table, parts), parts):
        return parts
    found = found or [name for name in free if seem_times(table, name)][:1]
    if len(found) > 1:
        raise SteadfitError(
            f"{table.file}: cannot determine which column has the times, {some(found)} all "
            "have dates. Name it with the option time."
        )
    year = next((name for name in free if part_of(name) == "year" and table.is_numeric(name)), None)
    if found or year is None:
        return found[0] if found else None
    different = len(np.unique(table.numbers(year))) == len(table)
    return year if different or _told_series(table, asked, year) is not None else None


def _told_series(table: Columns, asked: Asked, time: str) -> str | None:
    """The column without which times would come again; None where they do not, or where no column
    would help: whoever reads the clock then names the rows."""
    times = read_times(table, time)
    even = wall_clocks(times, [np.arange(len(table))], asked.zone).even
    if len(np.unique(even)) == len(even):
        return None
    found = _telling(table, asked, times, np.unique(even, return_counts=True)[1].max())
    found = [name for name in found if name not in asked.static] or found
    if len(found) > 1:
        raise SteadfitError(
            f"{table.file}: the times in {time} come again, and cannot determine which column "
            f"tells the series apart: {some(found)}. Name it with the option series."
        )
    return found[0] if found else None


def _telling(table: Columns, asked: Asked, times: Times, most: int) -> list[str]:
    """The columns that tell apart rows of one time: of words; else of whole numbers, or two of
    either with a comma between them, of about as many values as there are rows of a time, at most.
    Columns of numbers are none where one of them may be the target.
    """
    free = [*_free(table, asked), *asked.static]
    words = [name for name in free if not table.is_numeric(name)]
    if found := [name for name in words if _tells_apart(table, name, times, asked.zone)]:
        return found
    numbers = [name for name in free if asked.targets and is_whole(table, name)]
    few = [name for name in free if name in (*words, *numbers)
           and len(table.coded(name).cells) <= 2 * most]  # fmt: skip
    for size in (1, 2):
        names = [",".join(each) for each in combinations(few[:_MOST_PARTS], size)]
        if found := [name for name in names if _tells_apart(table, name, times, asked.zone)]:
            return found
    return []


def _tells_apart(table: Columns, name: str, times: Times, zone: str | None) -> bool:
    table = with_joined_names(table, name)
    cells, of_rows = table.coded(name)
    if None in cells:
        return False
    even = wall_clocks(times, list(rows_of_series(table, name).values()), zone).even
    moments, of_times = np.unique(even, return_inverse=True)
    return len(np.unique(of_rows * len(moments) + of_times)) == len(even)


def _check_known(table: Columns, form: ForecastTable, clock: Clock) -> None:
    """Raise SteadfitError where the last rows have no targets, as those of the future have, but
    numbers or names in columns that are not used."""
    ends = [rows[-1] for rows in clock.members.values()]
    targets = form.columns[: form.targets]
    if form.known or not all(np.isnan(table.numbers(name)[ends]).all() for name in targets):
        return
    unused = [name for name in table.names if name not in form.needed()]
    there = [name for name in unused if all(table.names_in(name)[row] for row in ends)]
    if there:
        raise SteadfitError(
            f"{table.file}: the last rows must have values of {some(targets)}, got none in "
            f"{table.where(int(ends[0]))}. If these are rows to forecast, whose {some(there)} "
            f'are known, name the columns: known="{",".join(there)}"; else remove the rows.',
            known=",".join(there),
        )


def _unused(table: Columns, asked: Asked, form: ForecastTable) -> list[str]:
    """Columns that are not used are said."""
    used = {*form.needed(), *asked.known, asked.series}
    rest = [name or "one without a name" for name in table.names if name not in used]
    return [f"Columns not used: {some(rest)}."] if rest else []


def _window_and_seasons(
    asked: Asked, told: Sequence[int], members: Mapping[str, np.ndarray]
) -> tuple[int, tuple[int, ...]]:
    """Those that were asked for. Else the seasons that the calendar tells, where they lie in the
    window and in half of a usual series; and a window of two seasons or horizons, at most so long.
    """
    assert asked.horizon is not None
    half = int(np.median([len(rows) for rows in members.values()])) // 2
    window, longest = asked.window, half if asked.window is None else asked.window
    seasons = tuple(asked.season) or tuple(steps for steps in told if steps <= longest)
    if window is None:
        usual = max(asked.horizon, *seasons, 1)
        window = max(usual, min(2 * usual, half), asked.horizon + bool(asked.known))
    return window, tuple(sorted(steps for steps in seasons if steps != 1))


def _to_forecast(table: Columns, asked: Asked) -> list[str]:
    """The columns that are forecast: those named, or the only one of numbers."""
    named = (asked.series, *_parts(table, asked.series), *_parts(table, asked.time))
    taken = (*named, *asked.known, *asked.static)
    numeric = [name for name in table.names if name not in taken and table.is_numeric(name)]
    if not asked.targets and len(numeric) != 1:
        raise SteadfitError(
            f"{table.file}: cannot determine which column to forecast. Name it, or several, with "
            f"the option target. Columns of numbers: {', '.join(numeric) or 'none'}."
        )
    return asked.targets or numeric
