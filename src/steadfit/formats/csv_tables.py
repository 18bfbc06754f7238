"""CSV files of all countries as named columns of text; every bad row is named."""

import csv
import io
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from steadfit.errors import SteadfitError, counted, some
from steadfit.formats.cells import number_of
from steadfit.formats.columns import Columns
from steadfit.formats.dialect import Dialect, dialect_of
from steadfit.formats.encoding import read_text
from steadfit.formats.label_first import SUFFIXES, is_label_first, with_header
from steadfit.formats.new_columns import check_count, plain_columns, same_letters
from steadfit.formats.numerals import Mark
from steadfit.formats.odd_dialects import Usual, usual
from steadfit.formats.odd_rows import is_nameless, without_odd_rows
from steadfit.formats.packed import inner_name
from steadfit.formats.plain_cells import with_plain_numbers
from steadfit.formats.row_numbers import places_of_rows

if TYPE_CHECKING:
    from pyarrow import csv as arrow

_WEB_PAGE = re.compile(r"\s*<(!doctype html|html)\b", re.I)
_FOOTER = 5  # lines after the last row, at most
_LONGEST = 10_000  # characters of a column's name
_LOOKED_AT = 500  # rows that are compared with the header
_LEAST_NAMED = 3  # rows that may have names of their own
_COUNT = re.compile(r"(.*[ _.-])?(id|index|nr|no|number|row|day|step|time|t|#)", re.I)


def read_csv(
    path: Path,
    encoding: str | None,
    delimiter: str | None,
    decimal: Mark | None = None,
    verbatim: Collection[str] = (),
) -> Columns:
    """A CSV file with a header row, every cell as text.

    Lines before the header, a row of units under it and lines after the last row are left out and
    named in the notes; numbers are written with decimal points, whatever the file has. delimiter,
    decimal: the character between cells, and the mark before decimals; told by the file if None.
    verbatim: columns whose cells stay as they are written, even where they are numbers.

    Raises SteadfitError that names every row with another number of columns than the header, and
    where the file does not tell its delimiter or its decimal mark.
    """
    _check_options(delimiter, decimal)
    text = read_text(path, encoding)
    if _WEB_PAGE.match(text):
        raise SteadfitError(
            f"{path.name} must be a table, got a web page. Download the file that it links to."
        )
    name = Path(inner_name(path))
    if name.suffix.lower() in SUFFIXES and is_label_first(text, name.stem):
        found = columns_of_text(path, with_header(text), "\t", ".")
        note = f"{path.name}: no header; the first column is the label, the others are the steps."
        return replace(found, first_row=1, notes=(note, *found.notes))
    return columns_of_text(path, text, delimiter, decimal, verbatim)


def columns_of_text(
    path: Path,
    text: str,
    delimiter: str | None,
    decimal: Mark | None,
    verbatim: Collection[str] = (),
) -> Columns:
    """The text of a CSV file as named columns; as `read_csv`."""
    text, odd = usual(text, path.name) if delimiter is None else Usual(text)
    dialect = dialect_of(text, path.name, delimiter)
    body = text.split("\n", dialect.skipped)[-1]
    header, uneven = _as_rows(path.name, _header(path, body, dialect), body, dialect)
    parsed = _parsed(path, body, _once(header), dialect)
    columns = plain_columns(path.name, parsed.table, 2 + dialect.skipped)
    columns = _without_nameless(replace(columns, numbers_of=parsed.places))
    columns = without_odd_rows(columns)
    _check_names(path, header, columns)
    notes = (*odd, *dialect.notes, *uneven, *columns.notes, *parsed.notes)
    columns = replace(columns, notes=notes)
    names = [name for name in columns.names if name not in verbatim]
    return with_plain_numbers(columns, names, decimal, dialect.delimiter)


def _check_options(delimiter: str | None, decimal: str | None) -> None:
    if delimiter is not None and (
        len(delimiter) != 1 or not delimiter.isascii() or delimiter in '"\r\n'
    ):
        raise SteadfitError(
            f'delimiter must be the character between columns, such as ";", got "{delimiter}".'
        )
    if decimal not in (None, ".", ","):
        raise SteadfitError(f'decimal must be "." or ",", got "{decimal}".')


def _header(path: Path, body: str, dialect: Dialect) -> list[str]:
    names = [same_letters(name.strip()) for name in next(_first_rows(body, dialect), [])]
    if max(map(len, names), default=_LONGEST + 1) > _LONGEST and body.strip():
        raise SteadfitError(
            f"{path.name} must begin with a row of column names, got a cell of more than "
            f"{_LONGEST:,} characters. Add names; or close quotes that are open."
        )
    check_count(path, len(names))
    commas = dialect.delimiter != ","  # 4,68 is a number between other marks
    numbers = [name.replace(",", ".", 1) if commas else name for name in names]
    if names and all(number_of(number) is not None for number in numbers):
        head = body.lstrip("\n").partition("\n")[0]
        raise SteadfitError(
            f'{path.name} must begin with a row of column names, got numbers: "{head[:40]}". Add '
            "one; of series whose labels come first, label,t1,t2,…"
        )
    return names


def _as_rows(
    file: str, names: list[str], body: str, dialect: Dialect
) -> tuple[list[str], list[str]]:
    """The header with as many names as the first rows have cells, and what to say: without a last
    name that is empty; with one for cells that are empty at each row's end; or with one for the
    rows' own names, which R writes without a name above them."""
    rows = list(_first_rows(body, dialect))[1:]
    widths = {len(row) for row in rows}
    if widths == {len(names) - 1} and names[-1] == "":
        return names[:-1], []
    if widths != {len(names) + 1}:
        return names, []
    if not any(row[-1].strip() for row in rows):
        return [*names, ""], []
    if not _are_row_names([row[0] for row in rows], names[0]):
        return names, []
    note = f"{file}: the header has no name above the first cells, which are taken for rows' names."
    return ["", *names], [note]


def _first_rows(body: str, dialect: Dialect) -> Iterator[list[str]]:
    """The first rows that have cells, up to one with a cell that is too long for Python's reader:
    Arrow's, which reads the table, takes it."""
    try:
        yield from filter(None, islice(dialect.rows(body), _LOOKED_AT))
    except csv.Error:
        return


def _are_row_names(cells: Sequence[str], first: str) -> bool:
    """Whether cells count the rows, as R's names do, and the first name of the header names no
    such count, whose header may lack another name."""
    counts = [str(place) for place in range(1, len(cells) + 1)]
    return len(cells) >= _LEAST_NAMED and list(cells) == counts and not _COUNT.fullmatch(first)


def _once(names: list[str]) -> list[str]:
    """Names without those that came before, as a second row of the header may tell them apart."""
    first = {name: place for place, name in reversed(list(enumerate(names)))}
    return [name if first[name] == place or not name else _unnamed(place)
            for place, name in enumerate(names)]  # fmt: skip


def _check_names(path: Path, header: list[str], columns: Columns) -> None:
    """Raise SteadfitError where names came twice, and no second row of the header was found."""
    once = zip(header, _once(header), strict=True)
    twice = [name for name, unnamed in once if name != unnamed and unnamed in columns.names]
    if twice:
        raise SteadfitError(
            f"{path.name} has columns of the same name: {some(sorted({*twice}))}. Rename one."
        )


def _unnamed(place: int) -> str:
    return f"unnamed {place + 1}"


class _Parsed(NamedTuple):
    """The table, every cell as text; what is to be said of lines after the last row; and the places
    of the rows below the header, from 0."""

    table: Any
    notes: Sequence[str]
    places: np.ndarray


def _parsed(path: Path, body: str, names: list[str], dialect: Dialect) -> _Parsed:
    import pyarrow as pa
    from pyarrow import csv as arrow

    bad: list[arrow.InvalidRow] = []

    def collect(row: "arrow.InvalidRow") -> str:
        bad.append(row)
        return "skip"

    content = body.encode()
    places = [f"{i}" for i in range(len(names))]  # names may be empty, and several of them
    try:
        table = arrow.read_csv(
            io.BytesIO(content),
            arrow.ReadOptions(
                use_threads=False,
                block_size=min(len(content) + 1, 2**31 - 1),
                column_names=places,
                skip_rows_after_names=1,
            ),
            arrow.ParseOptions(
                delimiter=dialect.delimiter,
                quote_char='"' if dialect.quoted else False,
                newlines_in_values=True,
                invalid_row_handler=collect,
            ),
            arrow.ConvertOptions(
                column_types={place: pa.string() for place in places}, strings_can_be_null=False
            ),
        )
    except pa.ArrowInvalid as error:
        raise SteadfitError(f"{path.name} cannot be read as a table: {error}.") from None
    last = table.num_rows + len(bad) + 1  # the header is row 1
    places = places_of_rows(body, dialect, last - 1)
    wrong = [row.number - 2 for row in bad]
    found = _Parsed(_named(table, names), (), np.delete(places, wrong))
    at_end = [row.number for row in bad] == list(range(last - len(bad) + 1, last + 1))
    lone = all(row.actual_columns == 1 and "\n" not in row.text.strip() for row in bad)
    if bad and at_end and len(bad) <= _FOOTER and lone:
        what = f"{bad[0].text.strip()[:40]}"
        lines = f"the last {len(bad)} lines are" if len(bad) > 1 else "the last line is"
        said = f'{path.name}: {lines} no part of the table, left out: "{what}".'
        return found._replace(notes=(said,))
    if bad:
        rows = [
            f'row {2 + place + dialect.skipped}: {row.actual_columns} ("{row.text[:40]}")'
            for row, place in zip(bad[:20], places[wrong[:20]].tolist(), strict=True)
        ]
        raise SteadfitError(
            f"{path.name}: each row must have {len(names)} columns, as the header has, got others "
            f"in {len(bad)}:\n" + "\n".join(rows) + ("\n…" if bad[20:] else "") + "\nCells with "
            'delimiters or line breaks must be in double quotes, and a quote in them doubled: "".'
        )
    return found


def _named(table: Any, names: list[str]) -> Any:
    """The table's columns by their names; several without one are numbered."""
    unnamed = [i for i, name in enumerate(names) if not name.strip()]
    if len(unnamed) > 1:
        names = [_unnamed(i) if i in unnamed else name for i, name in enumerate(names)]
    return table.rename_columns(names)


def _without_nameless(columns: Columns) -> Columns:
    """Without columns that have neither a name nor a value, as trailing delimiters make them."""
    empty = [name for name in columns.data if is_nameless(name)
             and not any((cell or "").strip() for cell in columns.cells(name))]  # fmt: skip
    if not empty or len(empty) == len(columns.data):
        return columns
    kept = {name: column for name, column in columns.data.items() if name not in empty}
    gone = counted(len(empty), "columns")
    note = f"{columns.file}: {gone} without a name and without values left out."
    return replace(columns, data=kept, notes=(*columns.notes, note))
