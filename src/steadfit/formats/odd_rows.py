"""Rows of a file that are no examples: repeated headers, totals, and empty ones."""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from steadfit.errors import SteadfitError, counted, some
from steadfit.formats.cells import number_of
from steadfit.formats.columns import Columns
from steadfit.formats.header_rows import is_nameless, without_header_rows

_TOTALS = ("total", "totals", "grand total", "sum", "summe", "gesamt", "gesamtsumme", "totale",
           "totaal", "mean", "average", "mittelwert", "moyenne", "promedio")  # fmt: skip

_YEAR = re.compile("[: ]+[0-9]{4}:?$")  # after the name of a total
_SENTENCE = 5  # words of a cell, at least, that is no name of a column


def without_odd_rows(columns: Columns) -> Columns:
    """Without rows of units, repeated headers, empty rows at the end, and last rows
    of totals; the notes say which. Raises SteadfitError where there is no header."""
    columns = without_header_rows(columns)
    for found in (_empty_at_the_end, _repeated_headers, _totals):
        rows = found(columns)
        if len(rows) and len(rows) < len(columns):
            numbers = some([f"row {columns.number_of_row(row)}" for row in rows])
            note = f"{columns.file}: {_WHAT[found].format(counted(len(rows), 'rows'))}: {numbers}."
            columns = columns.without(rows)
            columns = replace(columns, notes=(*columns.notes, note))
    _check_header(columns)
    return columns


def _empty_at_the_end(columns: Columns) -> list[int]:
    """In a table of several columns: in one, an empty row may be a text without words."""
    last = len(columns)
    while last and len(columns.data) > 1 and not any(_cells(columns, last - 1)):
        last -= 1
    return list(range(last, len(columns)))


def _cells(columns: Columns, row: int) -> Iterator[str]:
    return ((column[row].as_py() or "").strip() for column in columns.data.values())


def _repeated_headers(columns: Columns) -> list[int]:
    """Rows that are the header again, as joined files have them."""
    rows = set(range(len(columns))) if len(columns.data) > 1 else set()
    for name, column in columns.data.items():
        if rows:
            rows &= set(_rows_of("" if is_nameless(name) else name, column))
    return sorted(rows)


def _totals(columns: Columns) -> list[int]:
    """The last rows whose first word says so, each in its own way, and nowhere else."""
    first = len(columns)
    while first and _is_total(columns, first - 1):
        first -= 1
    return list(range(first, len(columns)))


def _is_total(columns: Columns, row: int) -> bool:
    for column in columns.data.values():
        cell = column[row].as_py() or ""
        what = _without_year(cell)
        if what in _TOTALS:
            alike = sum(_without_year(text or "") == what for text in column.to_pylist())
            return alike == 1
        if cell.strip() and number_of(cell) is None:
            return False
    return False


def _without_year(cell: str) -> str:
    """The words of a cell in small letters, without a year after them."""
    return _YEAR.sub("", cell.strip().lower()).rstrip(": ")


_WHAT = {
    _empty_at_the_end: "{} without any value at the end left out",
    _repeated_headers: "the header comes again in {}, left out",
    _totals: "{} of totals left out",
}


def _check_header(columns: Columns) -> None:
    """Raise SteadfitError where the first line is a row like the others: some of its cells are
    numbers, and each of the others comes again in its own column; or one comes again, and another
    is a sentence."""
    names = [name for name in columns.data if not is_nameless(name)]
    numbers = [name for name in names if number_of(name) is not None]
    sentences = [name for name in names if len(name.split()) >= _SENTENCE]
    if not numbers and not sentences:
        return
    words = [name for name in names if name not in numbers]
    again = [name for name in words if len(_rows_of(name, columns.data[name]))]
    if again and (len(again) == len(words) if numbers else sentences):
        raise SteadfitError(
            f"{columns.file} must begin with a row of column names, got a row of values: "
            f"{some([name[:40] for name in names])}. Add one, such as "
            f"{','.join(f'x{i}' for i in range(1, len(names)))},label."
        )


def _rows_of(text: str, column: Any) -> list[int]:
    """The rows with this text, blanks around it aside."""
    import pyarrow as pa
    import pyarrow.compute as pc

    same = pc.call_function("equal", [pc.call_function("utf8_trim_whitespace", [column]),
                                      pa.scalar(text)])  # fmt: skip
    return np.flatnonzero(np.asarray(same)).tolist()
