"""Times and names whose parts are in several columns: a year and a month, a shop and an item."""

import re
from collections.abc import Collection, Sequence
from dataclasses import replace

from steadfit.formats.columns import Columns

_PARTS = {
    "year": "year yr yyyy jahr année annee año ano anno jaar",
    "quarter": "quarter qtr quartal trimestre kwartaal",
    "week": "week kw woche semaine semana settimana",
    "month": "month mon monat mois mes mês mese maand",
    "day": "day tag jour dia día giorno dag",
    "yearday": "yearday doy dayofyear day_of_year jday",
    "hour": "hour hr stunde heure hora ora uur",
    "minute": "minute min",
}
_PART_OF = {word: part for part, words in _PARTS.items() for word in words.split()}
_DATES = ("date", "datum", "fecha", "data", "day")
_CLOCKS = ("time", "hour", "uhrzeit", "zeit", "heure", "hora", "ora", "tijd")
_IN_ORDER = ("year", "month", "day", "hour", "minute")  # of columns with other names
_YEAR = re.compile(r"(1[5-9]|2[01])\d\d")
_POINTS = re.compile(r"(\d\d?)\.(\d\d)(?:\.(\d\d))?")  # 18.00.00


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
    columns that are not there."""
    import pyarrow as pa

    names = parts_of(table, time)
    if names == [time]:
        return table
    rows = list(zip(*(map(_plain, table.cells(name)) for name in names), strict=True))
    if all(_YEAR.fullmatch(row[0]) for row in rows):
        parts = [part_of(name) or usual for name, usual in zip(names, _IN_ORDER, strict=False)]
        joined = [_of_parts(dict(zip(parts, row, strict=True))) for row in rows]
    else:
        joined = [" ".join(map(_clock, row)) if all(row) else None for row in rows]
    column = pa.chunked_array([pa.array(joined, pa.string())])
    return replace(table, data={**table.data, time: column})


def part_of(name: str) -> str | None:
    """Which part of a date a column's name says that it has."""
    return _PART_OF.get(name.strip().lower())


def told_parts(table: Columns, free: Sequence[str], dates: Collection[str]) -> str | None:
    """The columns with parts of times, told by their names, with commas between them; None where
    there are no such. free: columns that have no other use. dates: those with dates."""
    parts = {part: name for name in free if (part := part_of(name))}
    if "year" in parts and {"quarter", "week", "month", "yearday"} & set(parts) and not dates:
        return ",".join(parts[part] for part in _PARTS if part in parts)
    called = {name.strip().lower(): name for name in free}
    date = next((called[name] for name in _DATES if called.get(name) in dates), None)
    clock = next((called[name] for name in _CLOCKS if name in called), None)
    if date is None or clock is None or clock == date or len(dates) > 1:
        return None
    return f"{date},{clock}"


def _plain(cell: object) -> str:
    """A cell as text, whole numbers without a point; "" where it is empty."""
    text = "" if cell is None else str(cell).strip()
    return text.removesuffix(".0")


def _of_parts(parts: dict[str, str]) -> str | None:
    if not all(parts.values()):
        return None
    date = parts["year"]
    for part, mark in (
        ("quarter", "Q"),
        ("week", "W"),
        ("yearday", ""),
        ("month", ""),
        ("day", ""),
    ):
        if part in parts:
            word = parts[part].upper().removeprefix(mark)
            digits = {"quarter": 1, "yearday": 3}.get(part, 2)
            date += f"-{mark}{word.zfill(digits)}"
    hour = parts.get("hour", "").zfill(2)
    return f"{date} {hour}:{parts.get('minute', '0').zfill(2)}" if "hour" in parts else date


def _clock(cell: str) -> str:
    """An hour or a time with points as one with colons; anything else as it is.

    >>> _clock("9"), _clock("18.30.00"), _clock("31.1.2024")
    ('9:00', '18:30:00', '31.1.2024')
    """
    if cell.isdecimal() and len(cell) < 3:
        return f"{cell}:00"
    found = _POINTS.fullmatch(cell)
    return ":".join(filter(None, found.groups())) if found else cell
