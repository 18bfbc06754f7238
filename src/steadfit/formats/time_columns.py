"""Columns of times: numbers, dates as people write them, or parts of dates in several columns."""

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from steadfit.errors import SteadfitError
from steadfit.formats.calendars import equally_spaced
from steadfit.formats.cells import number_of
from steadfit.formats.columns import Columns
from steadfit.formats.date_styles import compact
from steadfit.formats.dates import (
    are_undecided,
    check_years,
    has_zone,
    microseconds,
    undecided,
    without_zone,
    written_times,
)
from steadfit.formats.joined_times import part_of, ranges_note, with_joined

_EPOCHS = {1: "seconds", 10**3: "milliseconds", 10**6: "microseconds", 10**9: "nanoseconds"}
_SECONDS = (5 * 10**8, 4 * 10**9)  # since 1970: from 1985 to 2096
_CALLED = ("ts", "timestamp", "unix", "epoch", "time", "datetime", "date", "unixtime", "unix_time",
           "ds", "datum", "zeit", "fecha", "data", "heure", "tijd")  # fmt: skip
_STEPS = ("", "id", "index", "t", "step", "period", "row", "no", "nr", "unnamed: 0", *_CALLED)
_YEAR = re.compile(r"[\W\d_]*(?<!\d)(19|20)\d\d(?!\d)[\W\d_]*")  # 1960/61, but no Model 2019 A
_WEEK = re.compile(r"^((?:19|20)\d\d)([0-4]\d|5[0-3])(?:\.0)?$")  # 202053
_LOOKED_AT = 50  # cells that tell whether a column has dates
_ROWS = 8  # of different whole numbers that count steps; fewer may be anything


class Times(NamedTuple):
    """What a column of times says.

    values: numbers; or int64 microseconds since 1970, local ones or, with zones, in UTC. calendar:
    whether they are times of the calendar. wall: as the clocks of the cells' own zones show them;
    None without zones. notes: how they were read.
    """

    values: np.ndarray
    calendar: bool
    wall: np.ndarray | None = None
    notes: tuple[str, ...] = ()


def read_times(table: Columns, name: str) -> Times:
    """A column of times, or several with commas between their names.

    Numbers, or dates and times as ISO 8601 has them or `steadfit.formats.date_styles` knows them;
    with a time zone in all cells or in none. Numbers that are all dates (20240131, 202401) are
    dates, and such as 1706659200 seconds since 1970. Where no cell tells the day from the month,
    the reading counts by which the times are equal steps, or rise or fall from row to row. Raises
    SteadfitError where both do, and for cells that are no times.
    """
    notes = ranges_note(table, name)
    table = with_joined(table, name)
    if table.is_numeric(name) and not _are_compact(table, name):
        values = table.numbers(name)
        table.refuse(name, np.flatnonzero(~np.isfinite(values)).tolist(), "a time")
        return _of_epoch(values, name) or _of_weeks(table, name) or Times(values, False)
    found = _of_calendar(table, name) or _refused(table, name)
    return found._replace(notes=(*found.notes, *notes))


def are_times(table: Columns, name: str) -> bool:
    """Whether each cell of a column is a time of the calendar."""
    if table.is_numeric(name) and not _are_compact(table, name):
        known = name.strip().lower() in _CALLED
        return known and _of_epoch(table.numbers(name), name) is not None
    cells = table.coded(name).cells
    known = [cell for cell in cells if cell is not None]
    if len(known) < len(cells):
        return False
    undecided = table.day_first is None and are_undecided(known)
    return undecided or microseconds(written_times(known, table.day_first)) is not None


def seem_times(table: Columns, name: str) -> bool:
    """Whether a column of words is called one of times, or most of its cells are dates, though not
    `are_times`: `read_times` says what is wrong."""
    if table.is_numeric(name):
        return False
    known = [cell for cell in table.coded(name).cells if cell is not None][:_LOOKED_AT]
    dates = sum(microseconds(written_times([cell])) is not None for cell in known)
    years = all(_YEAR.fullmatch(cell) for cell in known)
    return bool(known) and (name.strip().lower() in _CALLED or years or 2 * dates > len(known))


def _of_epoch(values: np.ndarray, name: str) -> Times | None:
    """Numbers as times since 1970; None for others."""
    for each, word in _EPOCHS.items():
        least, most = (each * second for second in _SECONDS)
        if (values >= least).all() and (values < most).all():
            found = np.rint(values * (10**6 / each)).astype(np.int64)
            return Times(found, True, found, (f"The times in {name} are {word} since 1970, UTC.",))
    return None


def _of_weeks(table: Columns, name: str) -> Times | None:
    """Numbers of a year and a week, such as 202053; None for others. As they are no months, at
    least one has a week above 12."""
    cells, of_rows = table.coded(name)
    weeks = [_WEEK.sub(r"\1-W\2", cell or "") for cell in cells]
    values = microseconds(written_times(weeks))
    if values is None or not all("W" in week for week in weeks):
        return None
    note = f"The numbers in {name} are read as a year and its week, as {weeks[0]}."
    return Times(values[of_rows], True, None, (note,))


def _are_compact(table: Columns, name: str) -> bool:
    """Whether each cell is a date of digits alone."""
    return all(compact(str(cell)) for cell in table.coded(name).cells)


def _of_calendar(table: Columns, name: str) -> Times | None:
    """A column of dates; None where a cell is something else, or only some have a zone."""
    cells, of_rows = table.coded(name)
    known = [cell for cell in cells if cell is not None]
    if len(known) < len(cells):
        return None
    check_years(f'{table.file}, column "{name}"', known)
    first, notes = table.day_first, ()
    if first is None and are_undecided(known):
        first = _told_order(table, name, known)
        order = "the day" if first else "the month"
        notes = (f"Dates in {name} are read with {order} first, as so they follow one another.",)
    written = written_times(known, first)
    values = microseconds(written)
    if values is None:
        return None
    wall = microseconds(list(map(without_zone, written))) if has_zone(written) else None
    return Times(values[of_rows], True, None if wall is None else wall[of_rows], notes)


def _told_order(table: Columns, name: str, cells: Sequence[str]) -> bool:
    """Whether dates that no cell tells are read with the day first, as they follow one another so.
    Raises SteadfitError where they do either way, or neither."""
    each = {first: microseconds(written_times(cells, first)) for first in (True, False)}
    known = {first: clock for first, clock in each.items() if clock is not None}
    even = [first for first, clock in known.items() if equally_spaced(np.unique(clock), True)]
    risen = [first for first, clock in known.items() if len({*np.sign(np.diff(clock))}) == 1]
    told = even if len(even) == 1 else [first for first in risen if first in (even or known)]
    if len(told) != 1:
        raise undecided(f'{table.file}, column "{name}"', cells)
    return told[0]


def _refused(table: Columns, name: str) -> Times:
    """Raises SteadfitError that names the cells that are no times."""
    texts = ["" if cell is None else str(cell).strip() for cell in table.cells(name)]
    table.refuse(name, [row for row, text in enumerate(texts) if not text], "a time")
    cells = written_times(texts, table.day_first)
    words = [row for row, cell in enumerate(cells) if number_of(cell) is None]
    if len(words) < len(cells) / 2:
        raise table.refusal(name, words, "a number (as most do)")
    wrong = [row for row, cell in enumerate(cells) if microseconds([cell]) is None]
    if len(wrong) == len(cells):
        raise SteadfitError(
            f'{table.file}, column "{name}": times must be numbers, or dates such as 2024-01-31 '
            f'or 2024-01-31T13:00:00, got "{cells[0][:30]}". Write them so; or, where rows are '
            "equal steps in order, leave out the option time, or the column."
        )
    table.refuse(name, wrong, "a time such as 2024-01-31 or 2024-01-31T13:00:00")
    raise SteadfitError(
        f'{table.file}, column "{name}": times must have a time zone in all cells or in none, '
        "got both. Write them alike."
    )


def check_in_order(table: Columns, free: Sequence[str], series: str | None) -> None:
    """Raise SteadfitError where rows without times seem to be in another order than that of time,
    by a column of those that have no other use: they run backwards, or are of several series."""
    called = [name for name in free if name.strip().lower() in _STEPS or part_of(name) is not None]
    steps = {name: table.numbers(name) for name in called if is_whole(table, name)}
    for name, values in steps.items():
        if len(values) > 2 and (np.diff(values) < 0).all():
            raise SteadfitError(
                f"{table.file}: the rows seem to be the newest first, as {name} falls from row to "
                "row. Name the column of times with the option time, or sort the rows."
            )
    if series is not None:
        return
    for name in (name for name in free if part_of(name) is None):
        cells, of_rows = table.coded(name)
        order = np.argsort(of_rows, kind="stable")
        same = np.diff(of_rows[order]) == 0
        rising = [
            step
            for step, values in steps.items()
            if step != name
            and (np.diff(values[order])[same] > 0).all()
            and (np.diff(values) <= 0).any()
        ]
        if rising and 1 < len(cells) <= len(table) / 2:
            raise SteadfitError(
                f"{table.file}: the rows seem to be of several series, told apart by {name}, as "
                f"{rising[0]} rises in each. Name these columns with the options series and time."
            )


def check_steps(table: Columns, free: Sequence[str], members: Sequence[np.ndarray]) -> None:
    """Raise SteadfitError where a column that has no other use counts steps, and the rows of a
    series are in another order. members: the rows of each."""
    for name in (name for name in free if is_whole(table, name)):
        each = [table.numbers(name)[rows] for rows in members if len(rows) >= _ROWS]
        mixed = any(len({*np.sign(np.diff(values))}) > 1 for values in each)
        if mixed and all(map(_counts, each)):
            raise SteadfitError(
                f"{table.file}: the rows seem to be in another order than that of time, as {name} "
                "counts steps, and falls from some rows to the next. Name it with the option "
                "time, sort the rows, or remove the column."
            )


def _counts(values: np.ndarray) -> bool:
    """Whether different whole numbers are all of a range, or most."""
    return len(np.unique(values)) == len(values) and np.ptp(values) < 2 * len(values)


def is_whole(table: Columns, name: str) -> bool:
    """Whether a column has whole numbers alone, as years and counts of steps are."""
    if not table.is_numeric(name):
        return False
    values = table.numbers(name)
    return bool(np.isfinite(values).all() and (values == np.rint(values)).all())
