"""Dates as people write them, brought to the form of ISO 8601."""

import re
from datetime import date

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
