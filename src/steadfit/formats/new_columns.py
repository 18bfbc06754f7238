"""Columns from tables of Arrow's and from lists of cells."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from steadfit.errors import SteadfitError
from steadfit.formats.cells import plain
from steadfit.formats.columns import Columns

if TYPE_CHECKING:
    import pyarrow as pa

MOST_COLUMNS = 20_000


def check_count(path: Path, columns: int) -> None:
    """Raise SteadfitError where a table is too wide."""
    if columns > MOST_COLUMNS:
        raise SteadfitError(
            f"{path.name} must have at most {MOST_COLUMNS:,} columns, got {columns:,}. Save long "
            "series as a .ts file, or with a row a step."
        )


def plain_columns(file: str, table: "pa.Table", first_row: int) -> Columns:
    """The columns of a table; its file and first row as `Columns` has them.

    Raises SteadfitError for a table without rows.
    """
    if not table.num_rows or not table.num_columns:
        raise SteadfitError(f"{file} has no rows.")
    columns = map(plain, table.columns)
    return Columns(file, dict(zip(table.column_names, columns, strict=True)), first_row)


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
