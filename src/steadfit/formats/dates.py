"""Columns of dates, as ISO 8601 has them and as people and programs write them."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from steadfit.formats.calendars import compact, iso
from steadfit.formats.cells import MISSING

if TYPE_CHECKING:
    import pyarrow as pa

_REST = r"(?P<rest>(?:[ T,].*)?)"
_SLASHED = re.compile(  # 1/31/2024, 31-1-2024, 1/31/24
    rf"(?P<one>\d\d?)(?:/(?P<two>\d\d?)/(?P<year>\d{{4}}|\d\d)|-(?P<two_>\d\d?)-(?P<year_>\d{{4}}))"
    rf"{_REST}"
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_NAMED = tuple(
    re.compile(pattern + _REST, re.I)
    for pattern in (
        r"(?P<day>\d\d?)(?:st|nd|rd|th)?[ .-]+(?P<month>[a-z]{3,9})[ .,-]+(?P<year>\d{4})",
        r"(?P<month>[a-z]{3,9})[ .]+(?P<day>\d\d?)(?:st|nd|rd|th)?,? +(?P<year>\d{4})",
    )
)
_UNPADDED = re.compile(r"(\d{4})-(\d\d?)-(\d\d?)" + _REST)  # 2024-1-31
_CLOCK = re.compile(r"[ T,]+(\d\d?)(:\d\d.*?)\s*([ap]m)?", re.I)  # 9:05, 1:05 PM


def as_dates(column: "pa.ChunkedArray") -> np.ndarray | None:
    """A column as datetime64[us], NaT where it is missing; None where a cell is something else.
    Numbers that are all dates of eight digits (20240131) are dates."""
    import pyarrow as pa

    if pa.types.is_temporal(column.type):
        if not (pa.types.is_timestamp(column.type) or pa.types.is_date(column.type)):
            return None
        return _datetimes(column)
    if pa.types.is_integer(column.type) or pa.types.is_floating(column.type):
        column = _of_eight_digits(column)
    if column is None or not pa.types.is_string(column.type):
        return None
    cells = _known(column.to_pylist())
    if not any(cells):
        return None
    if all(cell is None or compact(cell) for cell in cells):
        cells = [cell and compact(cell) for cell in cells]
    times = _cast(written(cells))
    return None if times is None else _datetimes(times)


def _of_eight_digits(column: "pa.ChunkedArray") -> Any:
    """Whole numbers of eight digits, which may be dates, as text; None of any others."""
    import pyarrow as pa
    import pyarrow.compute as pc

    ends = pc.call_function("min_max", [column])
    least, most = (ends[end].as_py() for end in ("min", "max"))
    if least is None or not 1800_01_01 <= least <= most <= 2199_12_31:
        return None
    try:
        return column.cast(pa.int64()).cast(pa.string())
    except pa.ArrowInvalid:
        return None


def are_missing(cells: Sequence[str | None]) -> bool:
    """Whether no cell says anything."""
    return not any(_known(cells))


def no_dates(cells: Sequence[str | None]) -> list[int]:
    """The rows of a column whose cells are neither missing nor dates."""
    return [row for row, cell in enumerate(written(_known(cells)))
            if cell is not None and _cast([cell]) is None]  # fmt: skip


def microseconds(cells: Sequence[str]) -> np.ndarray | None:
    """Of dates as ISO 8601 has them, since 1970, int64; None where a cell is no date, or only some
    have a zone."""
    import pyarrow as pa

    times = _cast(cells)
    return None if times is None else times.cast(pa.int64()).to_numpy()


def written(cells: Sequence[str | None]) -> list[Any]:
    """Dates in the form of ISO 8601; anything else as it is, and so are dates whose day and month
    no cell tells apart.

    >>> written(["1/2/2024", "1/31/2024 1:05 PM"]), written(["1/2/2024", "3/2/2024"])
    (['2024-01-02', '2024-01-31 13:05'], ['1/2/2024', '3/2/2024'])
    """
    distinct = {cell for cell in cells if cell is not None}
    day_first = _day_first(distinct)
    known: dict[str | None, str | None] = {None: None}
    known |= {cell: _written(cell, day_first) for cell in distinct}
    return [known[cell] for cell in cells]


def written_times(cells: Sequence[str]) -> list[str]:
    """As `written`, with dates of eight digits (20240131) among them."""
    known = {cell: compact(cell) or cell for cell in set(cells)}
    return written([known[cell] for cell in cells])


def are_undecided(cells: Sequence[str | None]) -> bool:
    """Whether all are dates, of which none tells the day from the month."""
    known = {cell for cell in _known(cells) if cell is not None}
    return bool(known) and all(map(_SLASHED.fullmatch, known)) and _day_first(known) is None


def _written(cell: str, day_first: bool | None) -> str:
    """day_first: of two numbers before a year, where it is known."""
    found = iso(cell)
    if match := _UNPADDED.fullmatch(found):
        return _joined(int(match[1]), int(match[2]), int(match[3]), match["rest"])
    if match := next((match for style in _NAMED if (match := style.fullmatch(cell))), None):
        month = match["month"].lower()
        if month[:3] in _MONTHS:
            number = _MONTHS.index(month[:3]) + 1
            return _joined(int(match["year"]), number, int(match["day"]), match["rest"])
    match = _SLASHED.fullmatch(cell)
    if match is None or day_first is None:
        return found
    year = int(match["year"] or match["year_"])
    if year < 100:
        year += 1900 if year >= 69 else 2000  # as POSIX has it
    one, two = _two(match)
    return _joined(year, *((two, one) if day_first else (one, two)), match["rest"])


def _joined(year: int, month: int, day: int, rest: str) -> str:
    """ISO 8601, with hours from 0 to 23 of two digits."""
    clock = _CLOCK.fullmatch(rest)
    if clock is not None:
        hour = int(clock[1])
        if clock[3]:
            hour = hour % 12 + 12 * (clock[3].lower() == "pm")
        rest = f" {hour:02}{clock[2]}"
    return f"{year}-{month:02}-{day:02}{rest}"


def _two(match: re.Match[str]) -> tuple[int, int]:
    return int(match["one"]), int(match["two"] or match["two_"])


def _day_first(cells: set[str]) -> bool | None:
    """Whether the day stands before the month, told by those above 12; None where none tells, or
    they disagree."""
    pairs = [_two(match) for cell in cells if (match := _SLASHED.fullmatch(cell))]
    if not pairs:
        return None
    first, second = (max(numbers) > 12 for numbers in zip(*pairs, strict=True))
    return None if first == second else first


def _known(cells: Sequence[Any]) -> list[str | None]:
    """Cells without blanks around them, None where they say that a date is missing."""
    bare = (None if cell is None else cell.strip() for cell in cells)
    return [None if cell is None or cell.lower() in MISSING else cell for cell in bare]


def _cast(cells: Sequence[str | None]) -> Any:
    """Arrow's timestamps of dates as ISO 8601 has them, all with a time zone or all without; None
    of anything else."""
    import pyarrow as pa

    column = pa.array(cells, pa.string())
    for kind in (pa.timestamp("us"), pa.timestamp("us", "UTC")):
        try:
            return column.cast(kind)
        except pa.ArrowInvalid:
            continue
    return None


def _datetimes(column: Any) -> np.ndarray:
    import pyarrow as pa

    moments = column.cast(pa.timestamp("us", getattr(column.type, "tz", None)), safe=False)
    return np.asarray(moments).astype("datetime64[us]")
