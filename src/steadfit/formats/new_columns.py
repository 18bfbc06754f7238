"""Columns from tables of Arrow's and from lists of cells."""

import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from steadfit.errors import SteadfitError, some
from steadfit.formats.cells import plain
from steadfit.formats.columns import Columns

if TYPE_CHECKING:
    import pyarrow as pa

MOST_COLUMNS = 20_000
_WITHOUT_WIDTH = "\u200b\u2060\ufeff"


def check_count(path: Path, columns: int) -> None:
    """Raise SteadfitError where a table is too wide."""
    if columns > MOST_COLUMNS:
        raise SteadfitError(
            f"{path.name} must have at most {MOST_COLUMNS:,} columns, got {columns:,}. Save long "
            "series as a .ts file, or with a row a step."
        )


def plain_columns(file: str, table: "pa.Table", first_row: int) -> Columns:
    """The columns of a table; its file and first row as `Columns` has them.

    Names and cells are in the spelling of `same_letters`. Raises SteadfitError for a table without
    rows, and for two columns of the same name.
    """
    if not table.num_rows or not table.num_columns:
        raise SteadfitError(f"{file} has no rows.")
    names = [same_letters(name) for name in table.column_names]
    twice = sorted(name for name, times in Counter(names).items() if times > 1)
    if twice:
        raise SteadfitError(f"{file} has columns of the same name: {some(twice)}. Rename one.")
    columns = (_with_same_letters(plain(column)) for column in table.columns)
    return Columns(file, dict(zip(names, columns, strict=True)), first_row)


def same_letters(text: str) -> str:
    """A name in one of the spellings that look the same: accents on their letters, and no blanks
    without width around it.

    >>> same_letters("Ko\u0308ln\u200b") == "K\u00f6ln"
    True
    """
    return unicodedata.normalize("NFC", text).strip(_WITHOUT_WIDTH)


def _with_same_letters(column: "pa.ChunkedArray") -> "pa.ChunkedArray":
    """Text as `same_letters` writes it, any other column as it is."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not pa.types.is_string(column.type):
        return column
    if pc.call_function("all", [pc.call_function("string_is_ascii", [column])]).as_py() in (
        True,
        None,
    ):
        return column
    normal = pc.call_function("utf8_normalize", [column], pc.Utf8NormalizeOptions("NFC"))
    return pc.call_function("utf8_trim", [normal], pc.TrimOptions(_WITHOUT_WIDTH))


def columns_of(
    file: str,
    cells: Mapping[str, Sequence[str | None]],
    places: Sequence[str],
    notes: Sequence[str] = (),
    is_test: np.ndarray | None = None,
) -> Columns:
    """Columns of text from lists of cells; the rest as `Columns` has it."""
    import pyarrow as pa

    table = pa.table({name: pa.array(column, pa.string()) for name, column in cells.items()})
    found = plain_columns(file, table, 1)
    return replace(found, places=tuple(places), notes=tuple(notes), is_test=is_test)
