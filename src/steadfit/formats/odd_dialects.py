"""Text files whose cells are divided or quoted in rare ways, as CSV with double quotes."""

import csv
import io
import re
from collections.abc import Sequence
from typing import NamedTuple

from steadfit.formats.cells import number_of

_DELIMITERS = ",;\t|"
_LEAST = 3  # lines, of which blanks divide the cells
# A cell ="01", which keeps Excel from reading a number.
_FORMULA = re.compile(r'(?<![^,;\t|\n])="([^",;\t|\n]*)"')


_QUOTED = re.compile(r"(?:^|[,;\t|])'[^']*'(?=[,;\t|]|$)")  # a cell in single quotes


class Usual(NamedTuple):
    """A text in the usual dialect, and what is to be said of it."""

    text: str
    notes: tuple[str, ...] = ()


def usual(text: str, file: str) -> Usual:
    r"""A text with blanks between its cells, with single quotes around them, with backslashes
    before quotes in them, or with cells as ="12", as one of tabs and double quotes; any
    other as it is.

    >>> usual("a  b\n1.5  2\n 3  4\n", "t.csv").text
    'a\tb\n1.5\t2\n3\t4\n'
    >>> usual("a,b\n1,'x, y'\n2,'z'\n", "t.csv").text
    'a,b\n1,"x, y"\n2,z\n'
    >>> usual('a,b\n"x \\"y\\", z",1\n', "t.csv").text
    'a,b\n"x ""y"", z",1\n'
    >>> usual('a,b\n="01",2\n', "t.csv").text
    'a,b\n01,2\n'
    """
    if '="' in text:
        text = _FORMULA.sub(r"\1", text)
    if '\\"' in text and not _are_even(_rows(text, '"')):
        doubled = text.replace('\\"', '""')
        if _are_even(_rows(doubled, '"')):
            return Usual(doubled, (f"{file}: backslashes stand before quotes within cells.",))
    if '"' not in text and "'" in text:
        rows = _rows(text, "'")
        quoted = sum(_QUOTED.search(line) is not None for line in text.split("\n"))
        if _are_even(rows) and quoted > len(rows) / 2:
            found = _written(rows, _delimiter(text))
            return Usual(found, (f"{file}: single quotes surround cells.",))
    if not any(mark in text for mark in _DELIMITERS):
        rows = _rows(text, '"', " ")
        if len(rows) >= _LEAST and _are_even(rows) and _has_numbers(rows):
            return Usual(_written(rows, "\t"), (f"{file}: blanks divide the cells.",))
    return Usual(text)


def _delimiter(text: str) -> str:
    """The most frequent one of the first line."""
    return max(_DELIMITERS, key=text.partition("\n")[0].count)


def _rows(text: str, quote: str, delimiter: str | None = None) -> list[list[str]]:
    """None of them where the quotes are not around cells."""
    between = delimiter or _delimiter(text)
    reader = csv.reader(io.StringIO(text), delimiter=between, quotechar=quote, strict=True,
                        skipinitialspace=between == " ")  # fmt: skip
    try:
        rows = [row for row in reader if row]
    except csv.Error:
        return []
    if between != " ":
        return rows
    ended = (row if row[-1] else row[:-1] for row in rows)  # blanks at a line's end divide nothing
    return [row for row in ended if row]


def _are_even(rows: Sequence[Sequence[str]]) -> bool:
    return bool(rows) and len(rows[0]) > 1 and len({len(row) for row in rows}) == 1


def _has_numbers(rows: Sequence[Sequence[str]]) -> bool:
    """Whether a column has numbers, and no sentence is taken for cells."""
    columns = zip(*rows[1:], strict=True)
    return any(all(number_of(cell) is not None for cell in cells) for cells in columns)


def _written(rows: Sequence[Sequence[str]], delimiter: str) -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\n").writerows(rows)
    return text.getvalue()
