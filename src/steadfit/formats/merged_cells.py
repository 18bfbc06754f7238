"""Cells of a sheet that are merged over several rows: each of these rows has the value."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

_RANGE = re.compile(rb'<(?:\w+:)?mergeCell\s+ref="([A-Z]{1,3})(\d{1,7}):[A-Z]{1,3}(\d{1,7})"')
_LEAST = 2  # cells of a header


class Merged(NamedTuple):
    """The column, and the first and last row of merged cells, all from 0."""

    column: int
    first: int
    last: int


def merged_over_rows(sheet: bytes) -> list[Merged]:
    """Of a sheet's XML, as openpyxl does not read it where it reads a row at a time.

    >>> merged_over_rows(b'<mergeCell ref="B2:B4"/><mergeCell ref="A1:D1"/>')
    [Merged(column=1, first=1, last=3)]
    """
    found = (_merged(match) for match in _RANGE.finditer(sheet))
    return [each for each in found if each.last > each.first]


def fill_merged(rows: Sequence[list[str]], merged: Sequence[Merged]) -> int:
    """Write the value of merged cells below the header into each of their rows that has other
    cells; how many cells that were."""
    header = next((i for i, row in enumerate(rows) if sum(map(bool, row)) >= _LEAST), len(rows))
    return sum(
        sum(1 for _ in _filled(rows, each)) for each in merged if header < each.first < len(rows)
    )


def _merged(match: re.Match[bytes]) -> Merged:
    column = 0
    for letter in match[1]:
        column = 26 * column + letter - ord("A") + 1
    return Merged(column - 1, int(match[2]) - 1, int(match[3]) - 1)


def _filled(rows: Sequence[list[str]], merged: Merged) -> Iterator[int]:
    """The rows that get the value."""
    column = merged.column
    value = "".join(rows[merged.first][column : column + 1])
    for place in range(merged.first + 1, min(merged.last + 1, len(rows)) if value else 0):
        row = rows[place]
        if any(row[column : column + 1]):  # ranges that overlap, which Excel does not write
            return
        if row:
            row.extend([""] * (column + 1 - len(row)))
            row[column] = value
            yield place
