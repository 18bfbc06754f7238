"""New rows of a table whose columns are known: from a file, a frame or an array."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from steadfit.errors import SteadfitError, counted, some, unknown
from steadfit.formats.arrays import as_array, named
from steadfit.formats.columns import Columns
from steadfit.formats.form import TABLES, is_table, open_table, row_ids
from steadfit.formats.frames import from_frame, is_frame
from steadfit.formats.npz import load_arrays
from steadfit.formats.numerals import Mark
from steadfit.formats.workbooks import check_sheets
from steadfit.kinds.base import Examples
from steadfit.kinds.table import Table
from steadfit.kinds.table_columns import Column

MISSING = ("fill", "refuse", "drop")


def read_rows(
    source: Path,
    columns: Sequence[Column],
    missing: str = "fill",
    encoding: str | None = None,
    delimiter: str | None = None,
    decimal: Mark | None = None,
    sheet: str | None = None,
    day_first: bool | None = None,
) -> Examples:
    """Rows of a file with these columns, in any order, or of an .npz file with an array x.

    missing: "fill" leaves gaps, which the preparation fills; "refuse" names the rows with gaps,
    "drop" leaves them out. encoding, delimiter, decimal: as in `read_csv`. sheet: as in
    `sheet_text`. day_first: as in `Columns`. Raises SteadfitError for absent columns, and for cells
    of another kind.
    """
    suffix = source.suffix.lower()
    if source.is_file():
        check_sheets(source)
    if source.is_file() and suffix == ".npz":
        found = _from_npz(source, columns)
    elif source.is_file() and is_table(source):
        table = open_table(source, encoding, delimiter, decimal, sheet)
        found = named_rows(replace(table, day_first=day_first), columns)
    else:
        raise SteadfitError(
            f"The model takes tables: a {', '.join(TABLES)} or .npz file, got {source}."
        )
    return without_gaps(found, missing).examples


def rows_in_memory(given: Any, columns: Sequence[Column]) -> Examples:
    """Rows of a frame, of dicts, or of an array of numbers. Raises SteadfitError as `read_rows`."""
    if isinstance(given, dict):
        given = [given]
    if isinstance(given, (list, tuple)) and given and all(isinstance(row, dict) for row in given):
        given = _as_frame(given)
    if is_frame(given):
        return named_rows(from_frame(given), columns)
    x = as_array(given, "x")
    return from_matrix(x[None] if x.ndim == 1 else x, columns, "x")


def named_rows(table: Columns, columns: Sequence[Column]) -> Examples:
    """The rows of a table by the columns' names; what else it has is named."""
    needed = dict.fromkeys(column.name for column in columns)
    absent = [name for name in needed if name not in table.names]
    if absent:
        raise SteadfitError(
            f"{table.file} must have the columns that the model was trained on, got none called "
            f"{some(absent)}. Columns: {some(table.names)}. Name them as in training."
        )
    values = coded(table, columns)
    notes = table.unused(needed)
    for column, cells in zip(columns, values.T, strict=True):
        new = column.categories and cells == len(column.categories)
        if np.any(new):
            names = table.names_in(column.name)
            words = dict.fromkeys(f'"{names[i]}"' for i in np.flatnonzero(new).tolist())
            notes.append(
                f'{table.file}, column "{column.name}": {counted(int(np.sum(new)), "rows")} with '
                f"categories that the training data did not list, taken as one: "
                f"{some(list(words))}."
            )
    found = rows_of(values, columns, table.file, row_ids(table))
    return found._replace(notes=(*table.notes, *found.notes, *notes))


def coded(table: Columns, columns: Sequence[Column]) -> np.ndarray:
    """The columns' cells as numbers and codes: float64, shape (rows, columns), NaN where missing.

    Raises SteadfitError for cells of another kind.
    """
    return np.stack([column.values(table) for column in columns], axis=1)


def from_matrix(x: np.ndarray, columns: Sequence[Column], what: str) -> Examples:
    """Rows of an array of numbers, which has no room for names."""
    ids = named((), len(x))
    words = [column.title for column in columns if column.categories]
    if words:
        raise SteadfitError(
            f"{what} must be a table with named columns, as {some(words)} are names, got an array. "
            "Give a file or a frame."
        )
    if x.ndim != 2 or x.shape[1] != len(columns) or x.dtype.kind == "U":
        raise SteadfitError(
            f"{what} must be numbers of shape (rows, {len(columns)}), got {x.dtype} of shape "
            f"{x.shape}."
        )
    return rows_of(x, columns, what, ids)


class Kept(NamedTuple):
    """Rows, and their positions among those there were."""

    examples: Examples
    positions: Tensor


def without_gaps(found: Examples, missing: str) -> Kept:
    """The rows that stay by the rule for missing values. Raises SteadfitError where it refuses."""
    if missing not in MISSING:
        raise unknown("rule for missing values", missing, MISSING)
    gaps = found.x.values.isnan().any(1)
    if missing == "fill" or not gaps.any():
        return Kept(found, torch.arange(len(gaps)))
    rows = [found.ids[i] for i in gaps.nonzero().flatten().tolist()]
    if missing == "refuse":
        raise SteadfitError(
            f"Each row must be complete, got values missing in {len(rows)} of {len(found.ids)}: "
            f'{some(rows)}. Give missing="fill" for the training data\'s medians, or '
            'missing="drop" to leave these rows out.'
        )
    if gaps.all():
        raise SteadfitError("Values are missing in every row, so none is left.")
    kept = (~gaps).nonzero().flatten()
    note = f"{counted(len(rows), 'rows')} with missing values left out: {some(rows)}."
    ids = tuple(found.ids[i] for i in kept.tolist())
    return Kept(Examples(found.x[kept], ids, (*found.notes, note)), kept)


def rows_of(
    values: np.ndarray, columns: Sequence[Column], what: str, ids: Sequence[str]
) -> Examples:
    """Numbers and codes as rows, with what there is to say of missing ones.

    Raises SteadfitError for infinite values, and for no rows.
    """
    if not len(values):
        raise SteadfitError(f"{what} has no rows.")
    with np.errstate(over="ignore"):
        cells = values.astype(np.float32)
    for column, infinite in zip(columns, np.isinf(cells).T, strict=True):
        if infinite.any():
            rows = [ids[i] for i in np.flatnonzero(infinite).tolist()]
            raise SteadfitError(
                f'{what}, column "{column.name}": values must be finite, got infinity or values '
                f"beyond float32 in {counted(len(rows), 'rows')}: {some(rows)}. Fix or remove "
                "these."
            )
    table = Table(torch.from_numpy(cells), tuple(columns))
    return Examples(table, tuple(ids), tuple(_gap_notes(what, cells)))


def _gap_notes(what: str, values: np.ndarray) -> list[str]:
    gaps = np.isnan(values)
    if not gaps.any():
        return []
    count = counted(int(gaps.sum()), "values")
    return [
        f"{what}: {count} missing in {counted(int(gaps.any(1).sum()), 'rows')}; the network sees "
        "the training data's medians there, and that a value is missing."
    ]


def _from_npz(source: Path, columns: Sequence[Column]) -> Examples:
    arrays, others = load_arrays(source, ["x"])
    if "x" not in arrays:
        raise SteadfitError(
            f"{source} must have the rows to predict as an array x, got "
            f"{', '.join(others) or 'nothing'}."
        )
    return from_matrix(as_array(arrays["x"], "x"), columns, f"{source.name}: x")


def _as_frame(rows: Sequence[dict]) -> Any:
    import pyarrow as pa

    try:
        return pa.Table.from_pylist(list(rows))
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise SteadfitError(f"Rows must have values of one type a column ({error}).") from None
