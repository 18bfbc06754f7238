"""What the times of a table say: the order of its rows, their distance, the season."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from steadfit.errors import SteadfitError, counted, some
from steadfit.formats.calendars import Ticks, as_months, as_workdays, month_day, workdays
from steadfit.formats.clock_changes import DAY
from steadfit.formats.columns import Columns
from steadfit.formats.gaps import FILLS
from steadfit.formats.jitter import without_jitter
from steadfit.formats.joined_times import with_joined
from steadfit.formats.long_tables import check_order, in_order
from steadfit.formats.time_columns import read_times
from steadfit.formats.wall_clocks import WallClocks, wall_clocks

ABSENT = -1  # in the place of a row that is not in the table

_SEASONS = {DAY: 7, 7 * DAY: 52}  # steps by their distance
_MONTHS = {1: 12, 3: 4}  # steps of a year by the months between them
_WORKDAYS = {1: 5}  # steps of a week by the workdays between them
_LONGEST_SEASON = 700  # steps: the week of 15 minutes is one; those of minutes would be too many
_UNITS = {
    "days": DAY,
    "hours": DAY // 24,
    "minutes": DAY // 1440,
    "seconds": 1_000_000,
    "microseconds": 1,
}
_NAME_THE_ZONE = 'name the zone, such as zone="Europe/Berlin", or give times with one'
_MOST_ABSENT = 10  # rows for each that there is: a wrong year would add millions


class Clock(NamedTuple):
    """What the times of a table say.

    members: the rows of each series, in the order of time, `ABSENT` where there is none.
    notes: whether they were sorted, and how many are absent.
    starts: at which step of one clock each series begins.
    step: how far it is from one row to the next, in words; None where no series has two.
    seasons: that the calendar suggests, the shortest first.
    ticks: the times after each series; none where there is no step.
    times: of the rows of each series; none without a column of times.
    """

    members: dict[str, np.ndarray]
    notes: list[str]
    starts: list[int]
    step: str | None
    seasons: tuple[int, ...]
    ticks: list[Ticks]
    times: Sequence[np.ndarray]

    @property
    def begin(self) -> Ticks | None:
        """The time of the first row of all; None where there is no step."""
        if not self.ticks:
            return None
        first = self.starts.index(min(self.starts))
        return replace(self.ticks[first], last=float(self.times[first][0]))

    def only(self, places: Sequence[int]) -> "Clock":
        """Of the series at these places alone."""
        keys = list(self.members)
        return self._replace(
            members={keys[i]: self.members[keys[i]] for i in places},
            starts=[self.starts[i] for i in places],
            ticks=[self.ticks[i] for i in places] if self.ticks else [],
            times=[self.times[i] for i in places] if self.times else [],
        )


class _Scale(NamedTuple):
    """What the distances of times are taken of, a number a row, and the times after the first of
    all, without a step: in months, workdays or the times' own unit."""

    numbers: np.ndarray
    ticks: Ticks


def read_clock(
    table: Columns,
    given: Mapping[str, np.ndarray],
    time: str | None,
    fill: str | None = None,
    zone: str | None = None,
    known: str | None = None,
) -> Clock:
    """A step is the smallest distance between times. Raises SteadfitError for times that repeat,
    and for any other distance: with `fill` only where it is no whole number of steps.

    given: the rows of each series. time: the column of times; None where the rows are in order.
    fill: the rule by which gaps are to be filled, if any. zone: as in `wall_clocks`.
    known: the step of the rows that were trained on, of new ones.
    """
    if time is None:
        return Clock(dict(given), [], [0] * len(given), None, (), [], [])
    table = with_joined(table, time)
    found = wall_clocks(read_times(table, time), list(given.values()), zone)
    members, notes = in_order(given, found.even, time)
    check_order(table, members, found.even, time, _NAME_THE_ZONE)
    found = without_jitter(found, list(members.values()), time)
    notes += found.notes
    scale = _scale(found, known)
    clock = scale.numbers
    distances = np.concatenate([np.diff(clock[rows]) for rows in members.values()])
    if not len(distances):
        of_each = [found.shown[rows] for rows in members.values()]
        return Clock(members, notes, [0] * len(members), None, (), [], of_each)
    step = distances.min()
    unit = replace(scale.ticks, step=float(step))
    _check_one_step(table, members, clock, unit)
    starts = [round(float((clock[rows[0]] - clock.min()) / step)) for rows in members.values()]
    ticks = [replace(unit, last=float(found.shown[rows[-1]])) for rows in members.values()]
    if fill is None:
        _check_gaps(table, members, clock, step, time)
    else:
        members, absent = _with_absent(table, members, clock, step, time)
        notes += absent
    of_each = [
        _times(found.shown, rows, tick) for rows, tick in zip(members.values(), ticks, strict=True)
    ]
    return Clock(members, notes, starts, _distance(unit), _seasons(unit), ticks, of_each)


def _scale(found: WallClocks, known: str | None) -> _Scale:
    """Months where each time is in one of its own; workdays where days are not equal steps, or the
    step that is known is of these."""
    first = Ticks(0, 0, found.calendar, zone=found.zone)
    if not found.calendar:
        return _Scale(found.even, first)
    months, day = as_months(found.even), month_day(found.even)
    if months is not None:
        return _Scale(months, replace(first, months=True, day=day))
    of_workdays = known is not None and "workday" in known
    numbers = workdays(found.even) if of_workdays else as_workdays(found.even)
    if numbers is not None:
        return _Scale(numbers, replace(first, workdays=True))
    return _Scale(found.even, first)


def _seasons(ticks: Ticks) -> tuple[int, ...]:
    """The day and the week of steps that divide a day, the week of days, the year of longer ones;
    none where the times are numbers.

    >>> [_seasons(Ticks(0, DAY / each, True)) for each in (24, 1440, 1)]
    [(24, 168), (), (7,)]
    >>> _seasons(Ticks(0, 3, True, months=True)), _seasons(Ticks(0, 1, True, workdays=True))
    ((4,), (5,))
    """
    step = int(ticks.step)
    if not ticks.calendar:
        return ()
    if ticks.months or ticks.workdays:
        found = ((_MONTHS if ticks.months else _WORKDAYS).get(step, 1),)
    elif step < DAY and DAY % step == 0:
        found = (DAY // step, 7 * DAY // step)
    else:
        found = (_SEASONS.get(step, 1),)
    return tuple(steps for steps in found if 1 < steps <= _LONGEST_SEASON)


def _check_gaps(
    table: Columns, members: Mapping[str, np.ndarray], clock: np.ndarray, step: float, time: str
) -> None:
    """Raise SteadfitError where a series has rows that are further apart than a step."""
    for key, rows in members.items():
        gaps = np.flatnonzero(~np.isclose(np.diff(clock[rows]), step, rtol=1e-6, atol=0))
        if len(gaps):
            row, before = int(rows[gaps[0] + 1]), int(rows[gaps[0]])
            raise SteadfitError(
                f"{table.where(row)}: times must be equally spaced, got a gap in the series "
                f'"{key}" from {table.data[time][before]} to {table.data[time][row]}, '
                f"{counted(len(gaps), 'gaps')} in all. Add the missing rows, or have these and "
                f'empty values filled: fill="forward", or by another rule ({some(FILLS[1:])}).',
                fill="forward",
            )


def _with_absent(
    table: Columns, members: Mapping[str, np.ndarray], clock: np.ndarray, step: float, time: str
) -> tuple[dict[str, np.ndarray], list[str]]:
    """The rows of each series with `ABSENT` in the gaps, and a note on how many.

    Raises SteadfitError where two rows are no whole number of steps apart, and for far too many.
    """
    places = {}
    for key, rows in members.items():
        jumps = np.diff(clock[rows]) / step
        uneven = np.flatnonzero(~np.isclose(jumps, np.rint(jumps), rtol=1e-6, atol=0))
        if len(uneven):
            row, before = int(rows[uneven[0] + 1]), int(rows[uneven[0]])
            raise SteadfitError(
                f"{table.where(row)}: times must be a whole number of the smallest step apart, got "
                f'{table.data[time][before]} and {table.data[time][row]} in the series "{key}", '
                f"{jumps[uneven[0]]:g} steps. Fix these times."
            )
        places[key] = np.concatenate([[0], np.rint(jumps).cumsum()]).astype(np.int64)
    counts = {key: int(places[key][-1]) + 1 - len(rows) for key, rows in members.items()}
    if sum(counts.values()) > _MOST_ABSENT * len(table):
        raise SteadfitError(
            f"{table.file}: at most {_MOST_ABSENT} rows may be absent for each that there is, got "
            f"{sum(counts.values()):,} absent ones beside {len(table):,}. Fix wrong times in "
            f"{time}, or sum the rows up to longer steps."
        )
    found = {}
    for key, rows in members.items():
        found[key] = np.full(len(rows) + counts[key], ABSENT)
        found[key][places[key]] = rows
    absent = [f"{key} ({count:,})" for key, count in counts.items() if count]
    if not absent:
        return found, []
    count = sum(counts.values())
    total, were = counted(count, "rows"), "was" if count == 1 else "were"
    return found, [f"{total} that the times leave out {were} added to be filled: {some(absent)}."]


def _times(times: np.ndarray, rows: np.ndarray, ticks: Ticks) -> np.ndarray:
    """The times of a series' rows; of an absent row that it would have."""
    found = times[rows]
    absent = rows == ABSENT
    if not absent.any():
        return found
    if not ticks.calendar:
        return found[0] + ticks.step * np.arange(len(rows))
    first = replace(ticks, last=float(found[0]))
    made = np.concatenate([found[:1], first.moments(len(rows) - 1)])
    return np.where(absent, made, found)


def _check_one_step(
    table: Columns, members: Mapping[str, np.ndarray], clock: np.ndarray, unit: Ticks
) -> None:
    """Raise SteadfitError where each series is equally spaced, but one otherwise than another."""
    steps: dict[float, str] = {}
    for key, rows in members.items():
        distances = np.unique(np.diff(clock[rows]))
        if len(distances) == 1:
            steps.setdefault(float(distances[0]), key)
    if len(steps) > 1:
        found = [f"{_distance(replace(unit, step=step))} in {key}" for step, key in steps.items()]
        raise SteadfitError(
            f"{table.file}: the rows of all series must be equally far apart, got {some(found)}. "
            "Forecast those of one distance from a file of their own."
        )


def _distance(ticks: Ticks) -> str:
    """How far one row is from the next, in words."""
    if not ticks.calendar:
        return f"{ticks.step:g}" if ticks.step >= 1 else f"{ticks.step:.3g}"
    if ticks.months:
        return counted(int(ticks.step), "months")
    if ticks.workdays:
        return counted(int(ticks.step), "workdays")
    return _in_words(int(ticks.step))


def _in_words(microseconds: int) -> str:
    """In the largest unit of which it is a whole number.

    >>> _in_words(1_800_000_000), _in_words(DAY)
    ('30 minutes', '1 day')
    """
    word, size = next(unit for unit in _UNITS.items() if microseconds % unit[1] == 0)
    return counted(microseconds // size, word)
