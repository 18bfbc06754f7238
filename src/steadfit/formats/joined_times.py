"""Times and names whose parts are in several columns: a year and a month, a shop and an item."""

import re
from collections.abc import Collection, Sequence
from dataclasses import replace
from itertools import takewhile

from steadfit.errors import SteadfitError
from steadfit.formats.columns import Columns
from steadfit.formats.date_styles import month_of

_PARTS = {
    "year": "year yr yyyy jahr année annee año ano anno jaar",
    "quarter": "quarter qtr quartal trimestre kwartaal",
    "week": "week kw woche semaine semana settimana",
    "month": "month mon monat mois mes mês mese maand",
    "day": "day tag jour dia día giorno dag",
    "yearday": "yearday doy dayofyear day_of_year jday",
    "hour": "hour hr stunde heure hora ora uur",
    "minute": "minute min minuut minuto",
    "second": "second sec sekunde seconde segundo secondo",
}
_RANGES = {"quarter": (1, 4), "week": (1, 53), "month": (1, 12), "day": (1, 31),
           "yearday": (1, 366), "hour": (0, 24), "minute": (0, 59), "second": (0, 59)}  # fmt: skip
_WITHIN_A_YEAR = (("month", "day"), ("yearday",), ("week",), ("month",), ("quarter",))
_WITHIN_A_DAY = ("hour", "minute", "second")
_MARKS = {"quarter": "Q", "week": "W"}  # that may stand before the number
_PART_OF = {word: part for part, words in _PARTS.items() for word in words.split()}
_DATES = ("date", "datum", "fecha", "data", "day")
_CLOCKS = ("time", "hour", "uhrzeit", "zeit", "heure", "hora", "ora", "tijd")
_IN_ORDER = ("year", "month", "day", *_WITHIN_A_DAY)  # of columns with other names
_YEAR = re.compile(r"(1[5-9]|2[01])\d\d")
_POINTS = re.compile(r"(\d\d?)\.(\d\d)(?:\.(\d\d))?")  # 18.00.00
_RANGE = re.compile(r"(\d\d?[:.h]\d\d(?:[:.]\d\d)?)\s*[-–—]\s*\d\d?[:.h]\d\d(?:[:.]\d\d)?")


def parts_of(table: Columns, name: str) -> list[str]:
    """The columns that are meant: the one of this name, or those between its commas."""
    return [name] if name in table.names else [part.strip() for part in name.split(",")]


def with_joined_names(table: Columns, series: str | None) -> Columns:
    """The table with a column of this name, if the names of series are in several, with " / "
    between them."""
    import pyarrow as pa

    if series is None or (names := parts_of(table, series)) == [series]:
        return table
    parts = zip(*(table.names_in(name) for name in names), strict=True)
    joined = [" / ".join(filter(None, row)) if all(row) else None for row in parts]
    column = pa.chunked_array([pa.array(joined, pa.string())])
    return replace(table, data={**table.data, series: column})


def with_joined(table: Columns, time: str) -> Columns:
    """The table with a column of this name, if its parts are in several. Raises SteadfitError for
    columns that are not there, and for parts that make no date."""
    import pyarrow as pa

    names = parts_of(table, time)
    if names == [time]:
        return table
    rows = list(zip(*(map(_plain, table.cells(name)) for name in names), strict=True))
    if all(_YEAR.fullmatch(row[0]) for row in rows):
        parts = _parts_in(table, names)
        joined = [_of_parts(dict(zip(parts, row, strict=True))) for row in rows]
    else:
        joined = [" ".join([row[0], *map(_clock, row[1:])]) if all(row) else None for row in rows]
    column = pa.chunked_array([pa.array(joined, pa.string())])
    return replace(table, data={**table.data, time: column})


def ranges_note(table: Columns, time: str) -> list[str]:
    """That the first of two times with a dash is taken, where a column has such."""
    beside = [name for name in parts_of(table, time)[1:] if has_ranges(table, name)]
    return [f"Of two times in a cell of {name}, the first is taken." for name in beside]


def has_ranges(table: Columns, name: str) -> bool:
    """Whether each cell of a column is two times of the day with a dash between them."""
    return all(cell and _RANGE.fullmatch(cell) for cell in table.coded(name).cells)


def part_of(name: str) -> str | None:
    """Which part of a date a column's name says that it has."""
    return _PART_OF.get(name.strip().lower())


def _parts_in(table: Columns, names: Sequence[str]) -> list[str]:
    """Which part of a date each column has: told by its name, or by its place."""
    usual = dict(zip(names, _IN_ORDER, strict=False))
    parts = [part_of(name) or usual.get(name, "") for name in names]
    finer = [part for part in _WITHIN_A_DAY if part in parts]
    if "" in parts or len({*parts}) < len(parts) or finer != [*_WITHIN_A_DAY[: len(finer)]]:
        raise SteadfitError(
            f"{table.file}: time must name the columns of a date's parts, each part once and no "
            f"minute without its hour, got {', '.join(names)}. Name those of the year, month, day, "
            "hour, minute and second, as far as there are such."
        )
    return parts


def told_parts(table: Columns, free: Sequence[str], dates: Collection[str]) -> str | None:
    """The columns with parts of times, told by their names and by what is in them, with commas
    between them; None where there are no such. free: columns that have no other use. dates: those
    with dates."""
    parts: dict[str, str] = {}
    for name in free:
        part = part_of(name)
        if part is not None and part not in parts and _holds(table, name, part):
            parts[part] = name
    within = next((each for each in _WITHIN_A_YEAR if {*each} <= {*parts}), None)
    if "year" in parts and within is not None and not dates:
        days = "day" in within or "yearday" in within
        finer = takewhile(parts.__contains__, _WITHIN_A_DAY if days else ())
        return ",".join(parts[part] for part in ("year", *within, *finer))
    called = {name.strip().lower(): name for name in free}
    date = next((called[name] for name in _DATES if called.get(name) in dates), None)
    clock = next((called[name] for name in _CLOCKS if name in called), None)
    if date is None or clock is None or clock == date or len(dates) > 1:
        return None
    return f"{date},{clock}"


def _holds(table: Columns, name: str, part: str) -> bool:
    """Whether each cell of a column can be this part of a date."""
    if part not in _RANGES:
        return True
    least, most = _RANGES[part]
    for cell in table.coded(name).cells:
        word = _plain(cell).upper().removeprefix(_MARKS.get(part, ""))
        if not (part == "month" and month_of(word)) and not (
            word.isdecimal() and least <= int(word) <= most
        ):
            return False
    return True


def _plain(cell: object) -> str:
    """A cell as text, whole numbers without a point; "" where it is empty."""
    text = "" if cell is None else str(cell).strip()
    return text.removesuffix(".0")


def _of_parts(parts: dict[str, str]) -> str | None:
    if not all(parts.values()):
        return None
    date = parts["year"]
    for part in ("quarter", "week", "yearday", "month", "day"):
        if part in parts:
            mark = _MARKS.get(part, "")
            word = parts[part].upper().removeprefix(mark)
            digits = {"quarter": 1, "yearday": 3}.get(part, 2)
            date += f"-{mark}{word.zfill(digits)}"
    clock = [parts[part].zfill(2) for part in _WITHIN_A_DAY if part in parts]
    return f"{date} {':'.join([*clock, '00'][: max(2, len(clock))])}" if clock else date


def _clock(cell: str) -> str:
    """An hour or a time with points as one with colons, of two with a dash the first; anything else
    as it is.

    >>> _clock("9"), _clock("18.30.00"), _clock("00:00 - 01:00"), _clock("noon")
    ('9:00', '18:30:00', '00:00', 'noon')
    """
    if both := _RANGE.fullmatch(cell):
        cell = both[1]
    if cell.isdecimal() and len(cell) < 3:
        return f"{cell}:00"
    found = _POINTS.fullmatch(cell)
    return ":".join(filter(None, found.groups())) if found else cell
