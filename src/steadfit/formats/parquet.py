"""Parquet files as named columns."""

import os
from collections.abc import Collection
from io import BufferedReader
from pathlib import Path
from typing import TYPE_CHECKING

from steadfit.errors import SteadfitError, some
from steadfit.formats.cells import plain
from steadfit.formats.columns import Columns
from steadfit.formats.new_columns import check_count, plain_columns
from steadfit.formats.numerals import Mark
from steadfit.formats.parquet_pages import Pages, all_pages, check_footer
from steadfit.formats.plain_cells import with_plain_numbers
from steadfit.machine import check_unpacked
from steadfit.regular_files import open_regular

if TYPE_CHECKING:
    import pyarrow as pa

_ROW = 400  # bytes that a row takes at the peak, by twice what was measured: its label, its name
_COPIES = 4  # of what is unpacked, at the peak: as text it takes several times its size
_ROWS, _BATCH = 65_536, 100 * 2**20  # read at a time: rows, and bytes
_AGAIN = "save it without compression and dictionaries"


def read_parquet(
    path: Path, decimal: Mark | None = None, verbatim: Collection[str] = ()
) -> Columns:
    """A Parquet file, its texts as text however they are stored. Texts that are numbers as people
    write them are numbers, with this decimal mark, or the one that they tell; but for
    those in `verbatim`.

    Raises SteadfitError for a damaged file, for nested columns, for what would fill the memory, and
    where nothing tells the decimal mark.
    """
    import pyarrow as pa

    try:
        with open_regular(path) as opened:
            table = _read(path, opened)
    except SteadfitError:
        raise
    except (pa.ArrowException, OSError, ValueError, MemoryError) as error:
        raise SteadfitError(f"{path.name} is not a complete Parquet file ({error}).") from None
    columns = plain_columns(path.name, table, 1)
    names = [name for name in columns.names if name not in verbatim]
    return with_plain_numbers(columns, names, decimal)


def _read(path: Path, opened: BufferedReader) -> "pa.Table":
    import pyarrow as pa
    from pyarrow import parquet

    packed = os.fstat(opened.fileno()).st_size
    check_footer(opened)
    with parquet.ParquetFile(opened) as file:
        schema = file.schema_arrow
        check_count(path, file.metadata.num_columns)
        _refuse_nested(path, schema)
        pages = all_pages(opened, file.metadata)
        needed = file.metadata.num_rows * _ROW + _COPIES * pages.unpacked
        check_unpacked(path.name, needed, packed, _AGAIN)
        rows, size, batches = 0, 0, []
        most = max(1, min(_ROWS, _BATCH // max(1, _row(pages, schema))))
        for batch in file.iter_batches(most, use_threads=False):
            columns = [plain(column) for column in batch.columns]
            batches.append(pa.record_batch(columns, batch.schema.names))
            rows, size = rows + len(batch), size + batches[-1].nbytes
            check_unpacked(path.name, rows * _ROW + _COPIES * size, packed, _AGAIN)
    return pa.Table.from_batches(batches) if batches else schema.empty_table()


def _refuse_nested(path: Path, schema: "pa.Schema") -> None:
    import pyarrow as pa

    nested = [field.name for field in schema if pa.types.is_nested(field.type)]
    if nested:
        raise SteadfitError(
            f"{path.name}: columns must have single values, got lists or structures in "
            f"{some(nested)}. Give each step a row or a column of its own."
        )


def _row(pages: Pages, schema: "pa.Schema") -> int:
    """Bytes that a row can take at most while it is read."""
    import pyarrow as pa

    fixed = (field.type for field in schema if pa.types.is_fixed_size_binary(field.type))
    return pages.row + sum(kind.byte_width for kind in fixed)
