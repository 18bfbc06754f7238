"""What clocks show, and how far the moments are apart at which they show it."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from steadfit.formats.calendars import equally_spaced
from steadfit.formats.clock_changes import DAY, to_local, to_utc, without_changes
from steadfit.formats.time_columns import Times

SEVERAL = "UTC"  # in which times are written whose own zones differ
_MINUTE = 60_000_000  # microseconds
_ABOUT_A_DAY = DAY - DAY // 8  # days are shorter and longer where clocks are changed


class WallClocks(NamedTuple):
    """Times of a table's rows.

    even: what distances are taken of. shown: as they are written, in UTC if there is a zone, in
    which they are then written. calendar: whether they are of the calendar. notes: what there is to
    say of changes of clocks.
    """

    even: np.ndarray
    shown: np.ndarray
    calendar: bool
    zone: str | None
    notes: tuple[str, ...]


def wall_clocks(times: Times, members: Sequence[np.ndarray], zone: str | None) -> WallClocks:
    """Times by the clocks that they are read from.

    members: the rows of each series. zone: in which times without one are, and all are written. If
    None, times with zones are in theirs, or in UTC where they have several, and of others changes
    of the clock are told as `without_changes` says. Days and longer steps are those of the clocks.
    """
    values, wall = times.values, times.wall
    if not times.calendar:
        return WallClocks(values, values, False, None, times.notes)
    if wall is None and (zone is None or _are_days(values)):
        even, notes = without_changes(values, members)
        return WallClocks(even, values, True, None, (*times.notes, *notes))
    utc = values if zone is None or wall is not None else to_utc(values, members, zone)
    local = wall if zone is None else to_local(utc, zone)
    if local is not None and _are_days(local) and not equally_spaced(np.unique(utc), True):
        return WallClocks(local, local, True, None, times.notes)
    if _are_days(utc):
        return WallClocks(utc, utc, True, None, times.notes)
    return WallClocks(utc, utc, True, zone or _offset(values, wall), times.notes)


def _offset(utc: np.ndarray, wall: np.ndarray | None) -> str:
    """The zone of the clocks as "+01:00", where it is one in all rows."""
    minutes = np.unique((utc if wall is None else wall) - utc) // _MINUTE
    if len(minutes) != 1:
        return SEVERAL
    hours, rest = divmod(abs(int(minutes[0])), 60)
    return f"{'-' if minutes[0] < 0 else '+'}{hours:02}:{rest:02}"


def _are_days(times: np.ndarray) -> bool:
    """Whether most are a day or more apart."""
    moments = np.unique(times)
    return len(moments) > 1 and float(np.median(np.diff(moments))) >= _ABOUT_A_DAY
