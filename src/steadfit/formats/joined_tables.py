"""Two tables as one: rows to learn from, and rows to test on."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from steadfit.errors import SteadfitError, counted, some
from steadfit.formats.columns import Columns

if TYPE_CHECKING:
    import pyarrow as pa


def with_tests(table: Columns, tests: Columns) -> Columns:
    """A table's rows, and after them those of another as its test set, by the first one's columns.

    Raises SteadfitError where the other lacks a column, and where the first has a test set.
    """
    import pyarrow as pa

    if table.is_test is not None or tests.is_test is not None:
        raise SteadfitError(f"{table.file} has a test set of its own. Leave out test_file.")
    absent = [name for name in table.names if name not in tests.names]
    if absent:
        raise SteadfitError(
            f"{tests.file} must have the columns of {table.file}, got none called {some(absent)}. "
            f"Columns: {some(tests.names)}. Name them alike."
        )

    def joined(name: str, column: "pa.ChunkedArray", other: "pa.ChunkedArray") -> Any:
        chunks = [*column.chunks, *_as_type(other, column, name, tests.file).chunks]
        return pa.chunked_array(chunks, column.type)

    data = {name: joined(name, column, tests.data[name]) for name, column in table.data.items()}
    as_written = {
        name: joined(name, *(part.as_written.get(name, part.data[name]) for part in (table, tests)))
        for name in table.names
        if name in table.as_written or name in tests.as_written
    }
    rows = counted(len(tests), "rows")
    return replace(
        table,
        data=data,
        as_written=as_written,
        notes=(*table.notes, *tests.notes, f"{tests.file} is the test set, of {rows}."),
        numbers_of=None,
        places=tuple(part.where(i) for part in (table, tests) for i in range(len(part))),
        is_test=np.arange(len(table) + len(tests)) >= len(table),
    )


def _as_type(
    column: "pa.ChunkedArray", other: "pa.ChunkedArray", name: str, file: str
) -> "pa.ChunkedArray":
    import pyarrow as pa

    try:
        return column.cast(other.type)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        raise SteadfitError(
            f'{file}, column "{name}": values must be of type {other.type}, as in the other table, '
            f"got {column.type}. Write them alike."
        ) from None
