"""Local times over the days on which clocks are changed, by the rules of the world's time zones."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from functools import cache
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

import numpy as np

from steadfit.errors import SteadfitError, some

DAY = 86_400_000_000  # microseconds
_MINUTE = 60_000_000
_MOST = 180 * _MINUTE  # by which a clock is changed
_USUAL = (30 * _MINUTE, 60 * _MINUTE)  # by which clocks are changed; others are told by their zone
_WEEK = 7 * 24 * 60  # minutes; no zone changes its clock there and back within one
_EPOCH = datetime(1970, 1, 1)


class Change(NamedTuple):
    """A change of the clock. at: what it would show by then, local microseconds since 1970. by: how
    far it is put forward; negative where it is put back."""

    at: int
    by: int


def check_zone(zone: str) -> None:
    """Raise SteadfitError for what is no time zone."""
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        near = get_close_matches(zone[:60], available_timezones(), n=1)
        raise SteadfitError(
            f'zone must be a time zone, got "{zone[:60]}". Give a name such as '
            f'"{near[0] if near else "Europe/Berlin"}".'
        ) from None


def without_changes(
    times: np.ndarray, members: Iterable[np.ndarray], zone: str | None = None
) -> tuple[np.ndarray, list[str]]:
    """The times as if clocks were never changed, and a note where they were.

    times: local times, int64 microseconds since 1970. members: the rows of each series, as the file
    has them. zone: where these clocks are. If None, a time that comes again in autumn, or is left
    out in spring, is no error and no gap where the clocks of some zone were changed just so, by an
    hour or half of one, and no other change of that zone is missing among the series' times.
    """
    found, days = times.copy(), set()
    for given in members:
        rows = _by_time(times, given)
        if rows is None:
            continue
        local = times[rows]
        shifts = _told(local) if zone is None else _known(local, zone)
        found[rows[1:]] -= shifts.cumsum()
        days.update(local[1:][shifts != 0] // DAY)
    if not days:
        return times, []
    named = some([str(np.datetime64(int(day), "D")) for day in sorted(days)])
    told = "If rows are missing there instead, name the zone UTC."
    note = f"Clocks were changed on {named}; rows are equal steps there."
    return found, [note if zone else f"{note} {told}"]


def to_utc(times: np.ndarray, members: Iterable[np.ndarray], zone: str) -> np.ndarray:
    """Local times of a zone in UTC; the rest as in `without_changes`."""
    members = list(members)
    found, _ = without_changes(times, members, zone)
    for rows in members:
        first = _EPOCH + timedelta(microseconds=int(times[rows].min()))
        offset = first.replace(tzinfo=ZoneInfo(zone)).utcoffset() or timedelta()
        found[rows] -= offset // timedelta(microseconds=1)
    return found


def to_local(times: np.ndarray, zone: str) -> np.ndarray:
    """Times in UTC, int64 microseconds since 1970, as a zone's clocks show them.

    >>> noon = np.array(["2024-07-01T12:00"], "datetime64[us]").astype(np.int64)
    >>> to_local(noon, "Europe/Berlin").astype("datetime64[us]")
    array(['2024-07-01T14:00:00.000000'], dtype='datetime64[us]')
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    moments = pa.array(times, pa.timestamp("us", "UTC")).cast(pa.timestamp("us", zone))
    return pc.call_function("local_timestamp", [moments]).cast(pa.int64()).to_numpy()


def _by_time(times: np.ndarray, given: np.ndarray) -> np.ndarray | None:
    """The rows of a series, the earliest first; None where nothing tells which that is.

    Times that come again in autumn are told apart by the file's order, so rows stay in it where
    they fall back no further and no more often than clocks do.
    """
    rows = given if times[given[0]] <= times[given[-1]] else given[::-1]
    falls = np.minimum(np.diff(times[rows]), 0)
    first, last = _years(times[rows])
    if falls.min(initial=0) >= -_MOST and np.count_nonzero(falls) <= 2 * (last - first + 1):
        return rows
    ordered = rows[np.argsort(times[rows], kind="stable")]
    return ordered if np.diff(times[ordered]).all() else None


class _Series(NamedTuple):
    """The times of a series. step: their usual distance; 0 where there are too few to tell.
    highest: up to each row. lowest: from each row on."""

    local: np.ndarray
    step: int
    highest: np.ndarray
    lowest: np.ndarray

    @classmethod
    def of(cls, local: np.ndarray) -> "_Series":
        step = int(np.median(np.diff(local))) if len(local) > 3 else 0
        lowest = np.minimum.accumulate(local[::-1])[::-1]
        return cls(local, step, np.maximum.accumulate(local), lowest)


class _Shifts(NamedTuple):
    """by: how far clocks were put forward after a row, by its place. seen: how many changes the
    rows show. missed: whether they lack one that lies among them."""

    by: dict[int, int]
    seen: int
    missed: bool

    def between(self, rows: int) -> np.ndarray:
        """How far clocks were put forward between each of so many rows and the next, int64."""
        found = np.zeros(rows - 1, np.int64)
        found[list(self.by)] = list(self.by.values())
        return found


def _told(local: np.ndarray) -> np.ndarray:
    """How far clocks were put forward between each row of a series and the next, told by the rules
    of that zone whose changes explain the most; 0 where none does, or two do otherwise."""
    series = _Series.of(local)
    step, odd = series.step, np.diff(local) - series.step
    nothing = np.zeros_like(odd)
    jumps = np.flatnonzero(np.isin(abs(odd), _USUAL))
    if not 0 < step < DAY or not len(jumps):
        return nothing
    rules = _rules(*_years(local))
    at, by = np.array([*{change for rule in rules for change in rule}], np.int64).reshape(-1, 2).T
    before = local[jumps, None]
    if not ((before < at) & (at <= before + step) & (odd[jumps, None] == by)).any():
        return nothing  # as of most tables with gaps
    each = [_shifts(series, rule) for rule in rules]
    found = [shifts for shifts in each if shifts.seen and not shifts.missed]
    most = max((shifts.seen for shifts in found), default=0)
    best = {frozenset(shifts.by.items()): shifts for shifts in found if shifts.seen == most}
    return next(iter(best.values())).between(len(local)) if len(best) == 1 else nothing


def _known(local: np.ndarray, zone: str) -> np.ndarray:
    """How far a zone's clocks were put forward between each row of a series and the next."""
    rule = _changes_in(zone, *_years(local))
    return _shifts(_Series.of(local), rule, sure=True).between(len(local))


def _shifts(series: _Series, rule: Sequence[Change], sure: bool = False) -> _Shifts:
    """What changes of the clock make of a series' times. sure: that there were these changes; else
    they are missed where rows a step apart pass over them."""
    local, step = series.local, series.step
    times = np.array([change.at for change in rule], np.int64)
    begins = np.maximum(series.highest.searchsorted(times - step) - 1, 0).tolist()
    ends = np.minimum(series.lowest.searchsorted(times), len(local) - 1).tolist()
    by, seen, missed = Counter[int](), 0, False
    for change, begin, end in zip(rule, begins, ends, strict=True):
        # of no other rows is the one before the change, and it or the next a step near
        before, after = local[begin:end], local[begin + 1 : end + 1]
        exact = (before < change.at) & (change.at <= before + step)
        exact &= (after == before + step + change.by) | (sure & (after <= before))
        over = (before < change.at) & (after >= change.at + max(change.by, 0))
        over &= sure | (after - before > step)
        if exact.any():
            by[begin + int(exact.argmax())] += change.by
            seen += 1
        elif over.any():
            by[begin + int(over.argmax())] += change.by
        elif local[0] < change.at + min(change.by, 0) and change.at <= local[-1]:
            missed = True
    return _Shifts({place: shift for place, shift in by.items() if shift}, seen, missed)


def _years(local: np.ndarray) -> tuple[int, int]:
    ends = np.array([local.min() - DAY, local.max() + DAY]).astype("datetime64[us]")
    first, last = (ends.astype("datetime64[Y]").astype(np.int64) + 1970).tolist()
    return first, last


@cache
def _rules(first: int, last: int) -> frozenset[tuple[Change, ...]]:
    """How clocks are changed in all zones that people live in, from one year to another, where all
    changes are the usual ones."""
    zones = (zone for zone in available_timezones() if not zone.startswith("Antarctica/"))
    each = {_changes_in(zone, first, last) for zone in zones}
    return frozenset(rule for rule in each if all(abs(one.by) in _USUAL for one in rule))


def _changes_in(zone: str, first: int, last: int) -> tuple[Change, ...]:
    years = range(max(first, 1), min(last, 9998) + 1)
    return tuple(change for year in years for change in _changes(zone, year))


@cache
def _changes(zone: str, year: int) -> tuple[Change, ...]:
    """The changes of a zone's clock in a year of UTC, to the minute."""
    clock, begin = ZoneInfo(zone), _minutes(year)
    weeks = [*range(begin, _minutes(year + 1), _WEEK), _minutes(year + 1)]
    found = []
    for early, late in pairwise(weeks):
        before, offset = _offset(clock, early), _offset(clock, late)
        if before == offset:
            continue
        while late - early > 1:
            middle = (early + late) // 2
            early, late = (middle, late) if _offset(clock, middle) == before else (early, middle)
        found.append(Change(late * _MINUTE + before, offset - before))
    return tuple(found)


def _minutes(year: int) -> int:
    return int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) // 60


def _offset(clock: ZoneInfo, minute: int) -> int:
    """How far a zone's clocks are before UTC at a minute since 1970, in microseconds."""
    offset = datetime.fromtimestamp(60 * minute, clock).utcoffset() or timedelta()
    return offset // timedelta(microseconds=1)
