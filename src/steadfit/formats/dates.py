"""Columns of dates, as ISO 8601 has them and as people and programs write them."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

from steadfit.errors import SteadfitError
from steadfit.formats.cells import MISSING
from steadfit.formats.date_styles import compact, iso, month_and_two_digits, whole_year, with_clock

if TYPE_CHECKING:
    import pyarrow as pa

_ZONE = re.compile(r"\s*(?:Z|[+-]\d\d(?::?\d\d)?)$", re.I)
_DIGITS = 8  # of a day without marks; fewer may be a code
_POINTED = re.compile(r"(\d\d?\.\d\d?\.)(\d\d)((?: .*)?)")
_OF_TWO_DIGITS = re.compile(r"\d\d\.\d\d\.\d\d(?: .*)?")  # 31.01.24; 1.2.24 may be a version
_YEAR = re.compile(r"\d{4}")
_HEAD = 20  # different cells that tell that a column has no dates
_SLASHED = re.compile(  # 1/31/2024, 31-1-2024, 1/31/24
    r"(?P<one>\d\d?)(?:/(?P<two>\d\d?)/(?P<year>\d{4}|\d\d)|-(?P<two_>\d\d?)-(?P<year_>\d{4}))"
    r"(?P<rest>(?:[ T,].*)?)"
)


def as_dates(column: "pa.ChunkedArray", day_first: bool | None = None) -> np.ndarray | None:
    """A column as datetime64[us], NaT where it is missing; None where a cell is something else.
    Numbers that are all dates of eight digits (20240131) are dates. Times with a zone are as its
    clocks show them.

    day_first: as in `written`."""
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
    if all(cell is None or (len(cell) >= _DIGITS and compact(cell)) for cell in cells):
        cells = [cell and compact(cell) for cell in cells]
    cells = written(_with_years(cells), day_first)
    times = _cast(cells)
    if times is not None and times.type.tz is not None:
        times = _cast([cell and without_zone(cell) for cell in cells])
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


def no_dates(cells: Sequence[str | None], day_first: bool | None = None) -> list[int]:
    """The rows of a column whose cells are neither missing nor dates."""
    return [row for row, cell in enumerate(written(_with_years(_known(cells)), day_first))
            if cell is not None and _cast([cell]) is None]  # fmt: skip


def are_nearly_dates(counts: Mapping[str, int], day_first: bool | None = None) -> bool:
    """Whether all but a few cells are dates, of a column that `as_dates` takes for none.

    counts: how often there is each cell. Few are at most a tenth, or one; those of a column of few
    names are none that comes again.

    >>> are_nearly_dates({f"2023-02-{day:02}": 1 for day in range(1, 31)})
    True
    """
    cells = list(counts)
    day_first = _day_first({*cells}) if day_first is None else day_first
    if 2 * len(no_dates(cells[:_HEAD], day_first)) > len(cells[:_HEAD]):
        return False
    wrong = [counts[cells[row]] for row in no_dates(cells, day_first)]
    few = sum(wrong) <= max(1, sum(counts.values()) // 10)
    return few and (len(cells) > _HEAD or min(wrong, default=1) == 1)


def guessed_century(cells: Sequence[str | None], dates: np.ndarray) -> str | None:
    """The years of a column of dates some of which have years of two digits, in words."""
    short = [row for row, cell in enumerate(_known(cells))
             if cell is not None and not _YEAR.search(cell)]  # fmt: skip
    if not short:
        return None
    years = dates[short].astype("datetime64[Y]")
    first, last = str(years.min()), str(years.max())
    return first if first == last else f"{first} to {last}"


def microseconds(cells: Sequence[str]) -> np.ndarray | None:
    """Of dates as ISO 8601 has them, since 1970, int64; None where a cell is no date, or only some
    have a zone."""
    import pyarrow as pa

    times = _cast(cells)
    return None if times is None else times.cast(pa.int64()).to_numpy()


def written(cells: Sequence[str | None], day_first: bool | None = None) -> list[Any]:
    """Dates in the form of ISO 8601; anything else as it is, and so are dates whose day and month
    no cell tells apart.

    day_first: whether 1/2/2024 has the day first; told by the cells if None.

    >>> written(["1/2/2024", "1/31/2024 1:05 PM"]), written(["1/2/2024", "3/2/2024"])
    (['2024-01-02', '2024-01-31 13:05'], ['1/2/2024', '3/2/2024'])
    """
    distinct = {cell for cell in cells if cell is not None}
    day_first = _day_first(distinct) if day_first is None else day_first
    known: dict[str | None, str | None] = {None: None}
    known |= {cell: _written(cell, day_first) for cell in distinct}
    return [known[cell] for cell in cells]


def has_zone(cells: Sequence[str]) -> bool:
    """Whether dates as ISO 8601 has them have a time zone."""
    times = _cast(cells)
    return times is not None and times.type.tz is not None


def zoned(cell: str, day_first: bool | None = None) -> bool | None:
    """Whether a date has a time zone, in any form; None where it is missing."""
    known = [each for each in written(_known([cell]), day_first) if each is not None]
    return has_zone(known) if known else None


def without_zone(cell: str) -> str:
    """A time as ISO 8601 has it, as the clocks of its zone show it.

    >>> without_zone("2024-01-31 13:00+01:00")
    '2024-01-31 13:00'
    """
    return _ZONE.sub("", cell)


def written_times(cells: Sequence[str], day_first: bool | None = None) -> list[str]:
    """As `written`, with dates of digits alone (20240131, 202401) among them."""
    known = {cell: compact(cell) or _of_whole_year(cell) for cell in set(cells)}
    return written([known[cell] for cell in cells], day_first)


def are_undecided(cells: Sequence[str | None]) -> bool:
    """Whether all are dates, of which none tells the day from the month."""
    known = {cell for cell in _known(cells) if cell is not None}
    return bool(known) and all(map(_SLASHED.fullmatch, known)) and _day_first(known) is None


def undecided(where: str, cells: Sequence[str | None]) -> SteadfitError:
    """The error for dates that `are_undecided`."""
    first = next(filter(None, cells))
    return SteadfitError(
        f"{where}: dates such as {first} may have the day or the month first, and nothing in the "
        "file tells. Give day_first=True or day_first=False.",
        day_first=True,
    )


def check_years(where: str, cells: Sequence[str]) -> None:
    """Raise SteadfitError where two digits after a month are as likely its days as years: Jan-01 to
    Jan-30."""
    found = {month_and_two_digits(cell) for cell in cells}
    pairs = sorted(pair for pair in found if pair is not None and 1 <= pair[1] <= 31)
    if len(pairs) < len(found) or len({month for month, _ in pairs}) == len(pairs):
        return
    try:
        days = [date(2000, month, digits).toordinal() for month, digits in pairs]
    except ValueError:
        return
    if _uneven(days) <= _uneven([12 * digits + month for month, digits in pairs]):
        raise SteadfitError(
            f"{where}: dates such as {cells[0]} must say whether the digits are a day or a year, "
            "and nothing in the file tells. Write years with four digits, or dates as 2024-01-31."
        )


def _uneven(moments: Sequence[int]) -> int:
    """How many steps are unlike the usual one."""
    steps = np.diff(np.sort(moments))
    return int(np.count_nonzero(steps != np.median(steps)))


def _with_years(cells: Sequence[str | None]) -> list[str | None]:
    """With whole years in dates such as 31.01.24."""
    short = _OF_TWO_DIGITS.fullmatch
    return [_of_whole_year(cell) if cell and short(cell) else cell for cell in cells]


def _of_whole_year(cell: str) -> str:
    """A date such as 31.1.24 with a year of four digits: among times it is no version."""
    found = _POINTED.fullmatch(cell.strip())
    return f"{found[1]}{whole_year(found[2])}{found[3]}" if found else cell


def _written(cell: str, day_first: bool | None) -> str:
    """day_first: of two numbers before a year, where it is known."""
    match = _SLASHED.fullmatch(cell.strip())
    if match is None or day_first is None:
        return iso(cell)
    one, two = _two(match)
    month, day = (two, one) if day_first else (one, two)
    year = whole_year(match["year"] or match["year_"])
    return with_clock(f"{year}-{month:02}-{day:02}", match["rest"])


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
    import pyarrow.compute as pc

    zone = getattr(column.type, "tz", None)
    moments = column.cast(pa.timestamp("us", zone), safe=False)
    if zone is not None:
        moments = pc.call_function("local_timestamp", [moments])
    return np.asarray(moments).astype("datetime64[us]")
