"""Rows of a file that are no examples: repeated headers, totals, and empty ones."""

import re
from collections.abc import Sequence
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
_SUM = "(sub|grand )?totals?|sums?|(zwischen|gesamt)?summe|gesamt"
_SUBTOTAL = rf"(?i)^\s*({_SUM})\b.{{0,30}}$|^.{{0,30}}\b({_SUM})[: ]*$"
_SENTENCE = 5  # words of a cell, at least, that is no name of a column


def without_odd_rows(columns: Columns) -> Columns:
    """Without empty rows, rows of units, repeated headers, subtotals, and last rows
    of totals; the notes say which. Raises SteadfitError where there is no header,
    and where all rows are empty."""
    empty = _empty(columns)
    if len(empty) == len(columns):
        raise SteadfitError(f"{columns.file} has no rows with a value.")
    columns = _without(columns, empty, "{} without any value left out")
    columns = without_header_rows(columns)
    again = _repeated_headers(columns)
    columns = _without(columns, again, "the header comes again in {}, left out")
    columns = _without(columns, _totals(columns), "{} of totals left out")
    columns = _without(columns, _subtotals(columns), "{} of subtotals left out")
    _check_header(columns)
    return columns


def _without(columns: Columns, rows: Sequence[int], what: str) -> Columns:
    """Without these rows, which the notes call so, unless there are no others."""
    if not rows or len(rows) == len(columns):
        return columns
    numbers = some([f"row {columns.number_of_row(row)}" for row in rows])
    note = f"{columns.file}: {what.format(counted(len(rows), 'rows'))}: {numbers}."
    columns = columns.without(rows)
    return replace(columns, notes=(*columns.notes, note))


def _empty(columns: Columns) -> list[int]:
    """In a table of several columns: in one, an empty row may be a text without words."""
    empty = np.full(len(columns), len(columns.data) > 1)
    for column in columns.data.values():
        if not empty.any():
            break
        empty &= ~_match(column, r"\S")
    return np.flatnonzero(empty).tolist()


def _subtotals(columns: Columns) -> list[int]:
    """Rows whose first cell says so, with numbers, and whose cells in the other columns of names
    are empty."""
    unseen, found = np.full(len(columns), True), np.full(len(columns), False)
    for column in columns.data.values():
        if not unseen.any():
            break
        found |= unseen & _match(column, _SUBTOTAL)
        unseen &= ~_match(column, r"\S")
    if not found.any():
        return []
    named = {name: _match(column, r"\pL") for name, column in columns.data.items()}
    names = [name for name, words in named.items() if 2 * words[~found].sum() > (~found).sum()]
    alone = sum(words.astype(int) for words in named.values()) == 1
    counts = sum(_match(column, r"^[^\pL]*[0-9][^\pL]*$") for column in columns.data.values()) > 0
    return np.flatnonzero(found & alone & counts).tolist() if len(names) > 1 else []


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


def _match(column: Any, regex: str) -> np.ndarray:
    """Which cells match; empty ones do not."""
    import pyarrow.compute as pc

    found = pc.call_function("match_substring_regex", [column], pc.MatchSubstringOptions(regex))
    return np.asarray(found.fill_null(False))
