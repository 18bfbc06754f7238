"""How a text file writes a table: the delimiter, and the lines before the header."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from steadfit.errors import SteadfitError
from steadfit.formats.lone_quotes import quotes_are_plain

DELIMITERS = {",": "a comma", ";": "a semicolon", "\t": "a tab", "|": "a bar"}
_SEP = re.compile(r'"?sep=(.)"?\n', re.I)  # what programs write for Excel
_LOOKED_AT = 500  # records
_LETTERS = 2**20  # of these, at most
_PREAMBLE = 50  # lines before a header, at most
_LEAST = 4  # records of a table
_NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?")
_FOOTER = 5  # records after the last row, at most


@dataclass(frozen=True)
class Dialect:
    """delimiter: the character between cells. skipped: lines before the header. notes: what there
    is to say of these. quoted: whether quotes surround cells, and are not signs of their texts."""

    delimiter: str
    skipped: int
    notes: tuple[str, ...] = ()
    quoted: bool = True

    def rows(self, body: str) -> Iterator[list[str]]:
        """The rows of a text without the lines that are skipped. Raises csv.Error for a cell of
        more letters than the module takes."""
        quoting = csv.QUOTE_MINIMAL if self.quoted else csv.QUOTE_NONE
        return csv.reader(io.StringIO(body), delimiter=self.delimiter, quoting=quoting)


def dialect_of(text: str, file: str, delimiter: str | None) -> Dialect:
    """What a text's first records show. delimiter: as given, None to find it.

    The delimiter is the one by which all records have equally many cells, quotes respected; before
    the first such record there may be lines with fewer, and comments. Raises SteadfitError where
    two delimiters fit, and where quotes surround rows.

    >>> dialect_of("Station 7\\na;b\\n1,5;2\\n", "t.csv", None).delimiter
    ';'
    """
    said = _SEP.match(text)
    if said:
        rest = dialect_of(text[said.end() :], file, delimiter or said[1])
        note = f"{file}: the line {said[0].strip()} names the delimiter."
        return Dialect(rest.delimiter, rest.skipped + 1, (note, *rest.notes), rest.quoted)
    wanted = list(DELIMITERS) if delimiter is None else [delimiter]
    fits = {each: _fit(_records(text, each)) for each in wanted}
    whole = [each for each, fit in fits.items() if fit.cells > 1 and not fit.uneven]
    if not whole:  # a single column, or rows that are named once the file is read
        whole = [max(fits, key=lambda each: (fits[each].cells > 1, -fits[each].uneven,
                                             fits[each].cells))]  # fmt: skip
    least = min(fits[each].before for each in whole)
    best = [each for each in whole if fits[each].before == least]
    if len(best) > 1:
        raise SteadfitError(
            f"{file}: cells may be divided by {' or '.join(DELIMITERS[each] for each in best)}, as "
            "every row has equally many of each. Give the delimiter: "
            f"{' or '.join(f'delimiter={each!r}' for each in best)}."
        )
    notes = [f"{file}: the lines before line {least + 1} are no part of the table, left out."]
    notes = notes if least else []
    plain = quotes_are_plain(text.split("\n", least)[-1], best[0], file)
    if plain:
        notes.append(
            f"{file}: quotes are read as signs of the texts, as without them each line is a row."
        )
    return Dialect(best[0], least, tuple(notes), not plain)


def looks_like_table(text: str) -> bool:
    """Whether each line of a text's begin has as many cells, one of them a number below a name.

    >>> looks_like_table("a;b\\n1.5;x\\n2;y\\n3;x\\n"), looks_like_table("Well, so\\nit is,\\n" * 5)
    (True, False)
    """
    for delimiter in DELIMITERS:
        rows = [record.cells for record in _records(text, delimiter).records]
        if len(rows) < _LEAST or len({len(row) for row in rows}) > 1 or len(rows[0]) < 2:
            continue
        columns = zip(*rows, strict=True)
        if any(not _NUMBER.fullmatch(head) and all(map(_NUMBER.fullmatch, cells))
               for head, *cells in columns):  # fmt: skip
            return True
    return False


class _Record(NamedTuple):
    """The lines before a record, and its cells."""

    line: int
    cells: Sequence[str]


class _Fit(NamedTuple):
    """What a delimiter makes of the first records.

    cells: of most records. before: lines before the header. uneven: records from the header on
    with another number of cells.
    """

    cells: int
    before: int
    uneven: int


class _Start(NamedTuple):
    """The first records that are neither empty nor comments. ended: there are no more. broken: the
    quotes are not those of a table with this delimiter."""

    records: Sequence[_Record]
    ended: bool
    broken: bool = False


def _records(text: str, delimiter: str) -> _Start:
    part, found, line = text[:_LETTERS], [], 0
    reader = csv.reader(io.StringIO(part), delimiter=delimiter, strict=True)
    try:
        for cells in reader:
            if cells and not (cells[0].startswith("#") and not found):
                found.append(_Record(line, cells))
            line = reader.line_num
            if len(found) > _LOOKED_AT:
                return _Start(found, False)
    except csv.Error:
        return _Start(found, False, broken=len(part) == len(text))
    return _Start(found, True) if len(part) == len(text) else _Start(found[:-1], False)


def _fit(start: _Start) -> _Fit:
    records = start.records
    counts = [len(record.cells) for record in records]
    if not counts:
        return _Fit(0, 0, int(start.broken))
    cells = max(set(counts), key=lambda count: (counts.count(count), count))
    first = _header(records, cells)
    if first is None:
        first, cells = 0, counts[0]
    rest = counts[first:]
    end = len(rest)
    while start.ended and end > 1 and rest[end - 1] == 1 < cells and len(rest) - end < _FOOTER:
        end -= 1
    uneven = sum(count != cells for count in rest[:end]) + start.broken
    return _Fit(cells, records[first].line, uneven)


def _header(records: Sequence[_Record], cells: int) -> int | None:
    """The position of the first record of so many cells that can be a header; None where what is
    before it is more than a few words, or where it has numbers."""
    for place, record in enumerate(records):
        filled = sum(bool(cell.strip()) for cell in record.cells)
        if place and _is_padded(record.cells, records[place + 1 : place + 2]):
            continue
        if len(record.cells) == cells and not (filled <= 1 and cells > 2):
            named = not any(_NUMBER.fullmatch(cell) for cell in record.cells)
            return place if not place or (named and record.line <= _PREAMBLE) else None
        if filled > 2 or (filled > 1 and cells < 4):
            return None
    return None


def _is_padded(cells: Sequence[str], below: Sequence[_Record]) -> bool:
    """Whether a line before the header has delimiters at its end, to be as long as the header: the
    next one has a name in each of its cells."""
    words = [cell for cell in cells if cell.strip()]
    ends = len(words) < len(cells) and all(cell.strip() for cell in cells[: len(words)])
    return ends and any(
        len(record.cells) == len(cells) == len({*record.cells} - {""})
        and not any(map(_NUMBER.fullmatch, record.cells))
        for record in below
    )
