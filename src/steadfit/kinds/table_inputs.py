"""New rows of a table whose columns are known: from a file, a frame or an array."""

from collections import Counter
from collections.abc import Iterator, Sequence
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
from steadfit.formats.known_labels import KnownLabels
from steadfit.formats.known_names import known_as
from steadfit.formats.npz import load_arrays
from steadfit.formats.numerals import Mark
from steadfit.formats.units import unit_note
from steadfit.formats.workbooks import check_sheets
from steadfit.formats.writing import NOTHING_TOLD, Writing, opened, with_order
from steadfit.kinds.table import Table
from steadfit.kinds.table_columns import Category, Column, DatePart, Number, zone_note
from steadfit.kinds.values import Examples

_TEXTS = ("", ".txt", ".tab", ".dat", ".data")  # of tables that were read by kind=".csv"
RULES = ("fill", "refuse", "drop")


def read_rows(
    source: Path,
    columns: Sequence[Column],
    learned: KnownLabels | None = None,
    trained: Writing = NOTHING_TOLD,
    missing: str = "fill",
    encoding: str | None = None,
    delimiter: str | None = None,
    decimal: Mark | None = None,
    sheet: str | None = None,
    day_first: bool | None = None,
) -> Examples:
    """Rows of a file with these columns, in any order, or of an .npz file with an array x.

    learned: where the file may have labels too. trained: as training's table was written.
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
    elif source.is_file() and (is_table(source) or suffix in _TEXTS):
        lists = _lists(learned)
        table = opened(
            lambda mark: open_table(source, encoding, delimiter, mark, sheet, lists),
            decimal, trained,
        )  # fmt: skip
        found = named_rows(table, columns, learned, trained, day_first)
    else:
        raise SteadfitError(
            f"The model takes tables: a {', '.join(TABLES)} or .npz file, got {source}."
        )
    return without_gaps(found, missing).examples


def rows_in_memory(
    given: Any,
    columns: Sequence[Column],
    learned: KnownLabels | None = None,
    trained: Writing = NOTHING_TOLD,
) -> Examples:
    """Rows of a frame, of dicts, of a dict of columns or values, or of an array of numbers. Raises
    SteadfitError as `read_rows`."""
    if isinstance(given, dict):
        given = _rows_of_dict(given)
    if isinstance(given, (list, tuple)) and given and all(isinstance(row, dict) for row in given):
        given = _as_frame(given)
    if is_frame(given):
        lists = _lists(learned)
        table = opened(
            lambda mark: from_frame(given, decimal=mark, verbatim=lists), None, trained
        )  # fmt: skip
        return named_rows(table, columns, learned, trained)
    x = as_array(given, "x")
    return from_matrix(x[None] if x.ndim == 1 else x, columns, "x")


def _lists(learned: KnownLabels | None) -> list[str]:
    """The columns whose cells have several labels."""
    return [learned.target] if learned and learned.mark else []


def named_rows(
    table: Columns,
    columns: Sequence[Column],
    learned: KnownLabels | None = None,
    trained: Writing = NOTHING_TOLD,
    day_first: bool | None = None,
) -> Examples:
    """The rows of a table by the columns' names, with their labels where it has these; what else it
    has is named."""
    needed = list(dict.fromkeys(column.name for column in columns))
    labels = () if learned is None else (learned.target, *learned.marks)
    table = _with_names(table, [*needed, *labels])
    absent = [name for name in needed if name not in table.names]
    if absent:
        raise SteadfitError(
            f"{table.file} must have the columns that the model was trained on, got none called "
            f"{some(absent)}. Columns: {some(table.names)}. Name them as in training; one that is "
            "not known may be empty."
        )
    dated = [column.name for column in columns if isinstance(column, DatePart)]
    table = with_order(table, dict.fromkeys(dated), day_first, trained)
    values = coded(table, columns)
    notes = [*table.unused({*needed, *labels}), *_name_notes(table, columns, values)]
    found = rows_of(values, columns, table.file, row_ids(table))
    return found._replace(
        notes=(*table.notes, *found.notes, *notes),
        labels=() if learned is None else tuple(learned.labels(table)),
    )


def _with_names(table: Columns, needed: Sequence[str]) -> Columns:
    """The table with the needed names for columns that have them in another spelling."""
    free = [name for name in needed if name not in table.names]
    spelt = known_as((name for name in table.names if name not in needed), free)
    count = Counter(spelt.values())
    names = {old: new for old, new in spelt.items() if count[new] == 1}
    if not names:
        return table
    taken = some([f'"{old}" for "{new}"' for old, new in names.items()])
    return replace(
        table,
        data={names.get(name, name): column for name, column in table.data.items()},
        as_written={names.get(name, name): column for name, column in table.as_written.items()},
        notes=(*table.notes, f"{table.file}: columns in another spelling are taken: {taken}."),
    )


def _name_notes(table: Columns, columns: Sequence[Column], values: np.ndarray) -> Iterator[str]:
    """The categories that training did not have, or had in another spelling, other units and
    dates of other clocks."""
    zones = {column.name: column for column in columns if isinstance(column, DatePart)}
    for name, column in zones.items():
        if note := zone_note(column, table):
            yield f'{table.file}, column "{name}": {note}'
    for column, cells in zip(columns, values.T, strict=True):
        where = f'{table.file}, column "{column.name}"'
        if isinstance(column, Number):
            unit = table.units.get(column.name, "")
            yield from (f"{where}: {note}" for note in unit_note(unit, column.unit, cells))
        if not isinstance(column, Category):
            continue
        if spelt := column.spelt(table):
            taken = [f'"{old}" for "{new}"' for old, new in spelt.items()]
            yield f"{where}: categories in another spelling are taken: {some(taken)}."
        new = np.flatnonzero(cells == len(column.categories)).tolist()
        if new:
            names = table.names_as_written(column.name)
            words = list(dict.fromkeys(f'"{names[i]}"' for i in new))
            yield (
                f"{where}: {counted(len(new), 'rows')} with categories that the training data did "
                f"not list, taken as one: {some(words)}."
            )


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
    if missing not in RULES:
        raise unknown("rule for missing values", missing, RULES)
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
    labels = tuple(found.labels[i] for i in kept.tolist()) if found.labels else ()
    return Kept(Examples(found.x[kept], ids, (*found.notes, note), labels=labels), kept)


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


def _rows_of_dict(given: dict) -> list[dict]:
    """A row of single values, or those of lists and arrays, a column each."""
    plain = {name: x.tolist() if hasattr(x, "tolist") else x for name, x in given.items()}
    lengths = {name: len(x) if isinstance(x, (list, tuple)) else 0 for name, x in plain.items()}
    if not any(lengths.values()):
        return [given]
    if len({*lengths.values()}) > 1:
        found = some([f"{count} of {name}" if count else f"a single one of {name}"
                      for name, count in lengths.items()])  # fmt: skip
        raise SteadfitError(
            f"A dict must have a value for each column, or as many of each, got {found}. Give "
            "lists of the same length."
        )
    return [dict(zip(plain, row, strict=True)) for row in zip(*plain.values(), strict=True)]


def _as_frame(rows: Sequence[dict]) -> Any:
    import pyarrow as pa

    try:
        return pa.Table.from_pylist(list(rows))
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise SteadfitError(f"Rows must have values of one type a column ({error}).") from None
