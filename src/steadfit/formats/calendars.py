"""Dates as people write them, brought to the form of ISO 8601, and the dates that come after."""

import re
from dataclasses import dataclass
from datetime import date

import numpy as np

_STYLES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"(?P<day>\d\d?)\.(?P<month>\d\d?)\.(?P<year>\d{4})(?P<rest>.*)",  # 31.1.2024 13:00
        r"(?P<year>\d{4})/(?P<month>\d\d?)/(?P<day>\d\d?)(?P<rest>.*)",  # 2024/1/31
        r"(?P<year>\d{4})[-/ ](?P<month>\d\d?)",  # 1949-01
        r"(?P<year>\d{4})[- ]?Q(?P<quarter>[1-4])",  # 1970 Q1
        r"(?P<year>\d{4})-?W(?P<week>\d\d)",  # 2020-W05
    )
)
_COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)")  # 20240131


def iso(cell: str) -> str:
    """The date in the form of ISO 8601; of a month or quarter its first day, of a week its Monday.
    Anything else comes back as it is.

    >>> iso("31.1.2024 13:00"), iso("1949-02"), iso("1970 Q2"), iso("2020-W05"), iso("soon")
    ('2024-01-31 13:00', '1949-02-01', '1970-04-01', '2020-01-27', 'soon')
    """
    for style in _STYLES:
        if found := style.fullmatch(cell.strip()):
            parts = found.groupdict()
            if "week" in parts:
                return _monday(cell, int(parts["year"]), int(parts["week"]))
            month = int(parts.get("month") or 3 * int(parts.get("quarter") or 1) - 2)
            day, rest = int(parts.get("day") or 1), parts.get("rest") or ""
            return f"{parts['year']}-{month:02}-{day:02}{rest}"
    return cell


def compact(cell: str) -> str | None:
    """A date of eight digits in the form of ISO 8601; None for other numbers.

    >>> compact("20240131"), compact("20241331"), compact("12345678")
    ('2024-01-31', None, None)
    """
    found = _COMPACT.fullmatch(cell)
    if found is None or not "1800" <= found[1] <= "2199":
        return None
    try:
        return date(*map(int, found.groups())).isoformat()
    except ValueError:
        return None


def _monday(cell: str, year: int, week: int) -> str:
    try:
        return date.fromisocalendar(year, week, 1).isoformat()
    except ValueError:
        return cell


def as_months(clock: np.ndarray) -> np.ndarray | None:
    """Calendar times as months since 1970, where all are on one day of the month, or its last.

    clock: int64, microseconds since 1970. None where they are not, and within one month.
    """
    times = clock.astype("datetime64[us]")
    month = times.astype("datetime64[M]")
    since = times - month
    until = (month + 1).astype("datetime64[us]") - times
    if len(np.unique(since)) > 1 and len(np.unique(until)) > 1:
        return None
    numbers = month.astype(np.int64)
    return numbers if len(np.unique(numbers)) > 1 else None


def equally_spaced(clock: np.ndarray, calendar: bool) -> bool:
    """Whether the times of a series are at equal distances, in months where they are of such.

    >>> months = np.array(["2024-01-01", "2024-02-01", "2024-03-01"], "datetime64[us]")
    >>> equally_spaced(months.astype(np.int64), calendar=True)
    True
    """
    months = as_months(clock) if calendar else None
    distances = np.diff(clock if months is None else months)
    return not len(distances) or bool(np.allclose(distances, distances[0], atol=0))


@dataclass(frozen=True)
class Ticks:
    """Times at equal distances: where the last one known is, and how far it is to the next.

    last: a number; or, of the calendar, microseconds since 1970. step: in the same unit, or in
    months. months: whether the step is in months; a last day of the month is followed by one.
    """

    last: float
    step: float
    calendar: bool
    months: bool = False

    def at(self, steps: np.ndarray) -> list[str]:
        """The times so many steps after the last one, 0 or more.

        >>> end = np.datetime64("2024-01-31", "us").astype(int)
        >>> Ticks(end, 1, True, months=True).at(np.array([0, 2]))
        ['2024-01-31', '2024-03-31']
        """
        if not self.calendar:
            return [f"{self.last + self.step * step:g}" for step in steps.tolist()]
        later = self.moments(int(steps.max(initial=0)))
        return _written(np.concatenate([[np.int64(self.last)], later])[steps])

    def after(self, count: int) -> list[str]:
        """The next times, as ISO 8601 or as numbers.

        >>> end = np.datetime64("2024-01-31", "us").astype(int)
        >>> Ticks(end, 1, True, months=True).after(2)
        ['2024-02-29', '2024-03-31']
        >>> Ticks(end, 6 * 3600e6, True).after(2)
        ['2024-01-31T06:00:00', '2024-01-31T12:00:00']
        >>> Ticks(3, 2, False).after(2)
        ['5', '7']
        """
        if not self.calendar:
            return [f"{self.last + self.step * step:g}" for step in range(1, count + 1)]
        return _written(self.moments(count))

    def moments(self, count: int) -> np.ndarray:
        """The next times of the calendar; int64, microseconds since 1970."""
        steps = np.arange(1, count + 1)
        if not self.months:
            return np.int64(self.last) + np.int64(self.step) * steps
        last = np.int64(self.last).astype("datetime64[us]")
        month = last.astype("datetime64[M]")
        if (last.astype("datetime64[D]") + 1).astype("datetime64[M]") > month:  # its last day
            first = (month + np.int64(self.step) * steps + 1).astype("datetime64[us]")
            rest = (month + 1).astype("datetime64[us]") - last
            return (first - rest).astype(np.int64)
        first = (month + np.int64(self.step) * steps).astype("datetime64[us]")
        return (first + (last - month)).astype(np.int64)


def _written(microseconds: np.ndarray) -> list[str]:
    times = microseconds.astype("datetime64[us]")
    days = times.astype("datetime64[D]")
    return np.datetime_as_string(days if (days == times).all() else times.astype("M8[s]")).tolist()
