"""Rows under the first line that belong to the header: units, or its second row."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from steadfit.errors import some
from steadfit.formats.cells import MISSING, is_missing, number_of
from steadfit.formats.columns import Columns
from steadfit.formats.dates import as_dates
from steadfit.formats.numerals import can_be_numbers

# A digit of an amount, as in $20, <150 and 12 %; those of units follow letters, as in m2, m^2, s-1
# and 10^3/µl.
_AMOUNT = re.compile(r"(?<![^\W_])(?<![\^*])(?<![\w^*][-\u2212])(?!10[\^*])[0-9]")
# What stands in a row of units under columns of words, in small letters.
_OF_WORDS = ("text", "string", "str", "char", "name", "word", "class", "label", "category",
             "categorical", "nominal", "factor", "unit", "units", "date")  # fmt: skip
_MOST = (2, 1)  # such rows
_LOOKED_AT = 100  # rows that tell that a column has dates


def without_header_rows(columns: Columns) -> Columns:
    """Without first rows of units, and with the names of both rows where the header has two; the
    notes say so."""
    rows = next((rows for rows in _MOST if _has_header_rows(columns, rows)), 0)
    for _ in range(rows):
        columns = _without_first(columns, _row(columns, 0))
    return columns


def is_nameless(name: str) -> bool:
    """Whether a column has no name in the file."""
    return not name.strip() or name.startswith("unnamed ")


def _has_header_rows(columns: Columns, rows: int) -> bool:
    below = {name: column.slice(rows) for name, column in columns.data.items()}
    return len(columns) > rows and all(
        _is_of_header(_row(columns, place), below) for place in range(rows)
    )


def _row(columns: Columns, place: int) -> dict[str, str]:
    return {name: (column[place].as_py() or "").strip() for name, column in columns.data.items()}


def _is_of_header(first: Mapping[str, str], below: Mapping[str, Any]) -> bool:
    """Whether a row has words above nothing but numbers or dates, and in all other columns nothing
    that an example may have there. below: the rows after it, by column."""
    if any(map(_AMOUNT.search, first.values())):
        return False
    words = [name for name, cell in first.items() if _is_above_values(cell, below[name])]
    others = [
        name
        for name, cell in first.items()
        if name not in words
        and cell.lower() not in (*MISSING, *_OF_WORDS)
        and not (cell[0] in "([" and cell[-1] in ")]")
    ]
    if not words or not others:
        return bool(words)
    if any(first[name] in map(str.strip, below[name].to_pylist()) for name in others):
        return False
    return len(words) > 1 or (_is_second(first) and all(first.values()))


def _is_above_values(cell: str, below: Any) -> bool:
    import pyarrow as pa

    if number_of(cell) is not None or can_be_numbers(pa.chunked_array([[cell]]), is_missing):
        return False
    return can_be_numbers(below, is_missing) or as_dates(below.slice(0, _LOOKED_AT)) is not None


def _is_second(first: Mapping[str, str]) -> bool:
    """Whether the names above stand over several columns each, as merged cells do."""
    return any(map(is_nameless, list(first)[1:]))


def _without_first(columns: Columns, first: Mapping[str, str]) -> Columns:
    rest = columns.without([0])
    words = [cell for cell in first.values() if cell]
    note = f"the row under the header has units, left out: {some(words)}"
    if _is_second(first):
        data = dict(zip(_of_two_rows(first), rest.data.values(), strict=True))
        rest = replace(rest, data=data)
        note = f"the header has two rows, read as {some(rest.names)}"
    return replace(rest, notes=(*rest.notes, f"{rest.file}: {note}."))


def _of_two_rows(first: Mapping[str, str]) -> list[str]:
    """Each name with the word below it; a name above the first of several columns is of all."""
    above, found = "", []
    for name, word in first.items():
        above = above if is_nameless(name) else name
        found.append(f"{above} {word if word != above else ''}".strip() or name)
    return found if len(set(found)) == len(found) else list(first)
