"""Quotes of a text file that are signs of its texts, and not around its cells."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from itertools import chain

from steadfit.errors import SteadfitError

_NUMBER = re.compile(r"[+-]?[0-9][0-9.,]*")


def quotes_are_plain(body: str, delimiter: str, file: str) -> bool:
    """Whether each line is a row without quotes, and they are not as those around cells are: one
    is never closed, text follows one, or what they surround is rows, or has tabs between cells.

    Raises SteadfitError where quotes surround rows, and not every line is one.

    >>> quotes_are_plain('text;label\\n"so;x\\nno;y\\n', ";", "t.csv")
    True
    >>> quotes_are_plain('text;label\\n"so;\\nno";y\\n', ";", "t.csv")
    False
    >>> quotes_are_plain('size;text;label\\n1;"so;x\\n2;no";y\\n', ";", "t.csv")
    True
    """
    lines = [line for line in body.split("\n") if line.strip()]
    if not any(line.count('"') % 2 for line in lines):
        return False
    alike = len({line.count(delimiter) for line in lines}) == 1
    try:
        rows = list(csv.reader(io.StringIO(body), delimiter=delimiter, strict=True))
    except csv.Error:
        return alike
    if alike and any("\t" == delimiter in cell and "\n" in cell for cell in chain(*rows)):
        return True
    cell = next(_around_rows(rows, delimiter, alike), None)
    if cell is not None and not alike:
        raise SteadfitError(
            f'{file}: the quote before "{cell[:30].splitlines()[0]}" is closed in another row, so '
            "that the rows between would be one cell. Close it there, or double it and put quotes "
            "around its cell."
        )
    return cell is not None


def _around_rows(rows: Sequence[Sequence[str]], delimiter: str, alike: bool) -> Iterator[str]:
    """The cells in quotes that are the ends of two rows, and what is between: each of their lines
    has all cells of a row, with numbers where all other rows have them. alike: that each line of
    the file has as many cells."""
    rows = [row for row in rows if row]
    width = len(rows[0])
    plain = [row for row in rows[1:] if len(row) == width and not any("\n" in each for each in row)]
    numbers = [place for place in range(width) if _are_numbers([row[place] for row in plain])]
    if not numbers and not (alike and width > 2):
        return
    for row in (row for row in rows[1:] if any("\n" in cell for cell in row)):
        lines = [line.split(delimiter) for line in delimiter.join(row).split("\n")]
        of_rows = [len(cells) == width and all(map(_blank_or_number, (cells[i] for i in numbers)))
                   for cells in lines]  # fmt: skip
        if of_rows[0] and any(of_rows[1:]):
            yield next(cell for cell in row if "\n" in cell)


def _are_numbers(cells: Sequence[str]) -> bool:
    return all(map(_blank_or_number, cells)) and any(map(str.strip, cells))


def _blank_or_number(cell: str) -> bool:
    return not cell.strip() or _NUMBER.fullmatch(cell.strip()) is not None
