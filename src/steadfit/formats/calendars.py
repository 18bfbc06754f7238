"""Times of the calendar: at which distance they follow one another, and which come after."""

from dataclasses import dataclass

import numpy as np

from steadfit.formats.clock_changes import to_local

_MINUTE = 60_000_000  # microseconds


def month_day(clock: np.ndarray) -> int | None:
    """On which day of their months calendar times are, of which each is in a month of its own: 31
    is the last; on its last or first workday counts as its last or first day.

    clock: int64, microseconds since 1970. None where they are on other days, or at other hours, and
    within one month.

    >>> ends = np.array(["2024-01-31", "2024-02-29", "2024-03-29"], "datetime64[us]")
    >>> month_day(ends.astype(np.int64))
    31
    """
    times = np.unique(clock).astype("datetime64[us]")
    days, months = times.astype("datetime64[D]"), times.astype("datetime64[M]")
    if len(times) < 2 or len(np.unique(months)) < len(times) or len(np.unique(times - days)) > 1:
        return None
    day = (days - months).astype(np.int64) + 1
    last = ((months + 1).astype("datetime64[D]") - months).astype(np.int64)
    same = int(day.max())
    if (day == last).all():
        return 31
    if (day == np.minimum(same, last)).all():
        return same
    if (days == np.busday_offset(months + 1, -1, roll="forward")).all():
        return 31
    return 1 if (days == np.busday_offset(months, 0, roll="forward")).all() else None


def as_months(clock: np.ndarray) -> np.ndarray | None:
    """Calendar times as months since 1970, where `month_day` finds one."""
    if month_day(clock) is None:
        return None
    return clock.astype("datetime64[us]").astype("datetime64[M]").astype(np.int64)


def workdays(clock: np.ndarray) -> np.ndarray | None:
    """Calendar times as days from Monday to Friday since 1970; None where one is on a weekend, or
    they are not at one hour."""
    times = clock.astype("datetime64[us]")
    days = times.astype("datetime64[D]")
    if len(np.unique(times - days)) > 1 or not np.is_busday(days).all():
        return None
    return np.busday_count(np.datetime64("1970-01-01"), days)


def as_workdays(clock: np.ndarray) -> np.ndarray | None:
    """`workdays`, where some are a Friday and the Monday after it, and some a day and the next;
    else None.

    >>> days = np.array(["2024-02-01", "2024-02-02", "2024-02-05"], "datetime64[us]")
    >>> np.diff(as_workdays(days.astype(np.int64))).tolist()
    [1, 1]
    """
    if (numbers := workdays(clock)) is None:
        return None
    each, first = np.unique(numbers, return_index=True)
    days = clock.astype("datetime64[us]").astype("datetime64[D]")
    distances = np.diff(days[first]).astype(np.int64)
    over = (distances == 3) & (np.diff(each) == 1)
    return numbers if over.any() and (distances == 1).any() else None


def equally_spaced(clock: np.ndarray, calendar: bool) -> bool:
    """Whether the times of a series are at equal distances, in months or workdays where they are of
    such.

    >>> months = np.array(["2024-01-01", "2024-02-01", "2024-03-01"], "datetime64[us]")
    >>> equally_spaced(months.astype(np.int64), calendar=True)
    True
    """
    readings = [clock, *((as_months(clock), as_workdays(clock)) if calendar else ())]
    each = [np.diff(reading) for reading in readings if reading is not None]
    return any(not len(gaps) or bool(np.allclose(gaps, gaps[0], atol=0)) for gaps in each)


@dataclass(frozen=True)
class Ticks:
    """Times at equal distances: where the last one known is, and how far it is to the next.

    last: a number; or, of the calendar, microseconds since 1970. step: in the same unit, or in
    months. months: whether the step is in months; a last day of the month is followed by one.
    day: of the month, where the step is in months, as `month_day` has it; that of the last time if
    None. workdays: whether the step is in days from Monday to Friday. zone: in which times of the
    calendar are written, if these are in UTC.
    """

    last: float
    step: float
    calendar: bool
    months: bool = False
    day: int | None = None
    workdays: bool = False
    zone: str | None = None

    def at(self, steps: np.ndarray) -> list[str]:
        """The times so many steps after the last one, 0 or more.

        >>> end = np.datetime64("2024-01-31", "us").astype(int)
        >>> Ticks(end, 1, True, months=True).at(np.array([0, 2]))
        ['2024-01-31', '2024-03-31']
        """
        if not self.calendar:
            return [_number(self.last + self.step * step) for step in steps.tolist()]
        later = self.moments(int(steps.max(initial=0)))
        return self._written(np.concatenate([[np.int64(self.last)], later])[steps])

    def after(self, count: int) -> list[str]:
        """The next times, as ISO 8601 or as numbers.

        >>> end = np.datetime64("2024-01-31", "us").astype(int)
        >>> Ticks(end, 1, True, months=True).after(2)
        ['2024-02-29', '2024-03-31']
        >>> Ticks(end, 6 * 3600e6, True).after(2)
        ['2024-01-31T06:00:00', '2024-01-31T12:00:00']
        >>> Ticks(end, 6 * 3600e6, True, zone="Europe/Berlin").after(1)
        ['2024-01-31T07:00:00+01:00']
        >>> Ticks(1706659200, 60, False).after(2)
        ['1706659260', '1706659320']
        """
        return self.at(np.arange(1, count + 1))

    def moments(self, count: int) -> np.ndarray:
        """The next times of the calendar; int64, microseconds since 1970."""
        steps = np.int64(self.step) * np.arange(1, count + 1)
        last = np.int64(self.last).astype("datetime64[us]")
        today, month = last.astype("datetime64[D]"), last.astype("datetime64[M]")
        if self.months:
            months = month + np.concatenate([[0], steps])
            lengths = ((months + 1).astype("datetime64[D]") - months).astype(np.int64)
            day = int((today - month).astype(np.int64)) + 1
            nominal = self.day or (31 if day == lengths[0] else day)
            days = (months.astype("datetime64[D]") + np.minimum(nominal, lengths) - 1)[1:]
        elif self.workdays:
            days = np.busday_offset(today, steps)
        else:
            return np.int64(self.last) + steps
        return (days + (last - today)).astype(np.int64)

    def local(self, times: np.ndarray) -> np.ndarray:
        """Times of the calendar as clocks show them in the zone, if there is one."""
        return times if self.zone is None else to_local(times, self.zone)

    def _written(self, moments: np.ndarray) -> list[str]:
        """In ISO 8601, no finer than is needed; with how far it is from UTC, if there is a zone."""
        local = self.local(moments)
        times = local.astype("datetime64[us]")
        units = [unit for unit in ("D", "s", "ms") if (times.astype(f"M8[{unit}]") == times).all()]
        unit = next((unit for unit in units if unit != "D" or self.zone is None), "us")
        text = np.datetime_as_string(times.astype(f"M8[{unit}]")).tolist()
        if self.zone is None:
            return text
        offsets = ((local - moments) // _MINUTE).tolist()
        return [f"{time}{'-' if offset < 0 else '+'}{abs(offset) // 60:02}:{abs(offset) % 60:02}"
                for time, offset in zip(text, offsets, strict=True)]  # fmt: skip


def _number(value: float) -> str:
    """A number with all digits before the point, and no more after it than were counted."""
    return f"{value:.0f}" if value == round(value) else f"{value:.10g}"
