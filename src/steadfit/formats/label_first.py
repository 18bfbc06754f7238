"""Rows of numbers without a header, the label first: how the UCR archive publishes its series."""

import re

from steadfit.formats.arrays import is_number

SUFFIXES = (".tsv", ".txt", "")  # of such files; a CSV file must have a header
PART = re.compile(r"(?<![^_.\-\s])(train|test)(ing)?(?![^_.\-\s])", re.I)  # as Coffee_TRAIN
_COMMA = re.compile(r"^([+-]?\d*),(\d+(?:[eE][+-]?\d+)?)$")
_LEAST = 8  # columns; fewer may be anything
_LOOKED_AT = 50  # lines


def is_label_first(text: str, stem: str) -> bool:
    """Whether the first lines are numbers, equally many in each, of which the first is a whole one.

    It must come again in other lines, unless the file's name says that it is the training or the
    test part of something, as in the archive, where a class may have one example, and shorter
    series fewer numbers.

    >>> rows = "1\\t" + "\\t".join(["0.5"] * 9) + "\\n"
    >>> is_label_first(rows * 4, "some"), is_label_first("a" + rows, "some")
    (True, False)
    """
    lines = [line for line in text.split("\n", _LOOKED_AT)[:_LOOKED_AT] if line.strip()]
    rows = list(map(_cells, lines))
    of_archive = bool(PART.search(stem))
    if not rows or len(rows[0]) < _LEAST or (len({*map(len, rows)}) > 1 and not of_archive):
        return False
    if not all(is_number(cell) for row in rows for cell in row):
        return False
    labels = [float(row[0]) for row in rows]
    whole = all(label.is_integer() for label in labels)
    return whole and (of_archive or 2 * len({*labels}) <= len(rows))


def with_header(text: str) -> str:
    """Such rows as a table of tabs, with the columns label, t1, t2, …"""
    rows = [_cells(line) for line in text.split("\n") if line.strip()]
    longest = max(map(len, rows))
    rows = [row + ["NaN"] * (longest - len(row)) for row in rows]
    steps = (f"t{step}" for step in range(1, longest))
    lines = ["\t".join(("label", *steps))]
    lines += ["\t".join((_whole(row[0]), *row[1:])) for row in rows]
    return "\n".join(lines) + "\n"


def _cells(line: str) -> list[str]:
    """Between tabs, semicolons, commas or blanks; an empty one is missing. Between tabs and
    semicolons decimal commas are points.

    >>> _cells("1\\t4,68\\t-1,33"), _cells("1,4.68,")
    (['1', '4.68', '-1.33'], ['1', '4.68', 'NaN'])
    """
    mark = next((mark for mark in "\t;," if mark in line.strip()), None)
    line = line.strip() if mark is None else line.strip(" ")
    cells = [cell.strip() or "NaN" for cell in line.split(mark)]
    return [_COMMA.sub(r"\1.\2", cell) for cell in cells] if mark in ("\t", ";") else cells


def _whole(label: str) -> str:
    """A whole number without a point: 1 for 1.0000000e+00."""
    return str(int(float(label))) if is_number(label) and float(label).is_integer() else label
