"""CSV files of all countries as named columns of text; every bad row is named."""

import csv
import io
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from steadfit.errors import SteadfitError, some
from steadfit.formats.cells import number_of
from steadfit.formats.columns import Columns, check_count, plain_columns
from steadfit.formats.dialect import Dialect, dialect_of
from steadfit.formats.encoding import read_text
from steadfit.formats.label_first import SUFFIXES, is_label_first, with_header
from steadfit.formats.numerals import Mark
from steadfit.formats.odd_rows import is_nameless, without_odd_rows
from steadfit.formats.packed import inner_name
from steadfit.formats.plain_cells import with_plain_numbers

if TYPE_CHECKING:
    from pyarrow import csv as arrow

_FOOTER = 5  # lines after the last row, at most


def read_csv(
    path: Path, encoding: str | None, delimiter: str | None, decimal: Mark | None = None
) -> Columns:
    """A CSV file with a header row, every cell as text.

    Lines before the header, a row of units under it and lines after the last row are left out and
    named in the notes; numbers are written with decimal points, whatever the file has. delimiter,
    decimal: the character between cells, and the mark before decimals; told by the file if None.

    Raises SteadfitError that names every row with another number of columns than the header, and
    where the file does not tell its delimiter or its decimal mark.
    """
    _check_options(delimiter, decimal)
    text = read_text(path, encoding)
    name = Path(inner_name(path))
    if name.suffix.lower() in SUFFIXES and is_label_first(text, name.stem):
        found = columns_of_text(path, with_header(text), "\t", ".")
        note = f"{path.name}: no header; the first column is the label, the others are the steps."
        return replace(found, first_row=1, notes=(note, *found.notes))
    return columns_of_text(path, text, delimiter, decimal)


def columns_of_text(path: Path, text: str, delimiter: str | None, decimal: Mark | None) -> Columns:
    """The text of a CSV file as named columns; as `read_csv`."""
    dialect = dialect_of(text, path.name, delimiter)
    body = text.split("\n", dialect.skipped)[-1]
    names = _header(path, body, dialect)
    table, footer = _parsed(path, body, names, dialect)
    columns = _without_nameless(plain_columns(path.name, table, 2 + dialect.skipped))
    columns = without_odd_rows(columns)
    columns = replace(columns, notes=(*dialect.notes, *columns.notes, *footer))
    return with_plain_numbers(columns, columns.names, decimal)


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
    quoting = csv.QUOTE_MINIMAL if dialect.quoted else csv.QUOTE_NONE
    rows = csv.reader(io.StringIO(body), delimiter=dialect.delimiter, quoting=quoting)
    first = next((row for row in rows if row), [])
    names = [name.strip() for name in first]
    check_count(path, len(names))
    named = list(filter(None, names))
    if names and all(number_of(name) is not None for name in names):
        head = body.lstrip("\n").partition("\n")[0]
        raise SteadfitError(
            f'{path.name} must begin with a row of column names, got numbers: "{head[:40]}". Add '
            "one; of series whose labels come first, label,t1,t2,…"
        )
    twice = sorted(name for name, times in Counter(named).items() if times > 1)
    if twice:
        raise SteadfitError(f"{path.name} has columns of the same name: {some(twice)}. Rename one.")
    return names


def _parsed(path: Path, body: str, names: list[str], dialect: Dialect) -> tuple[Any, list[str]]:
    """The table, every cell as text; and what is to be said of lines after the last row."""
    import pyarrow as pa
    from pyarrow import csv as arrow

    bad: list[arrow.InvalidRow] = []

    def note(row: "arrow.InvalidRow") -> str:
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
                invalid_row_handler=note,
            ),
            arrow.ConvertOptions(
                column_types={place: pa.string() for place in places}, strings_can_be_null=False
            ),
        )
    except pa.ArrowInvalid as error:
        raise SteadfitError(f"{path.name} cannot be read as a table: {error}.") from None
    last = table.num_rows + len(bad) + 1  # the header is row 1
    at_end = [row.number for row in bad] == list(range(last - len(bad) + 1, last + 1))
    lone = all(row.actual_columns == 1 and "\n" not in row.text.strip() for row in bad)
    if bad and at_end and len(bad) <= _FOOTER and lone:
        what = f"{bad[0].text.strip()[:40]}"
        lines = f"the last {len(bad)} lines are" if len(bad) > 1 else "the last line is"
        return _named(table, names), [
            f'{path.name}: {lines} no part of the table, left out: "{what}".'
        ]
    if bad:
        rows = [
            f'row {row.number + dialect.skipped}: {row.actual_columns} ("{row.text[:40]}")'
            for row in bad[:20]
        ]
        raise SteadfitError(
            f"{path.name}: each row must have {len(names)} columns, as the header has, got others "
            f"in {len(bad)}:\n" + "\n".join(rows) + ("\n…" if bad[20:] else "") + "\nCells with "
            'delimiters or line breaks must be in double quotes, and a quote in them doubled: "".'
        )
    return _named(table, names), []


def _named(table: Any, names: list[str]) -> Any:
    """The table's columns by their names; several without one are numbered."""
    unnamed = [i for i, name in enumerate(names) if not name.strip()]
    if len(unnamed) > 1:
        names = [f"unnamed {i + 1}" if i in unnamed else name for i, name in enumerate(names)]
    return table.rename_columns(names)


def _without_nameless(columns: Columns) -> Columns:
    """Without columns that have neither a name nor a value, as trailing delimiters make them."""
    empty = [name for name in columns.data if is_nameless(name)
             and not any((cell or "").strip() for cell in columns.cells(name))]  # fmt: skip
    if not empty or len(empty) == len(columns.data):
        return columns
    kept = {name: column for name, column in columns.data.items() if name not in empty}
    note = f"{columns.file}: {len(empty)} columns without a name and without values are left out."
    return replace(columns, data=kept, notes=(*columns.notes, note))
