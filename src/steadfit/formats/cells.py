"""What cells are: numbers, dates, missing; whole columns of them by Arrow."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from steadfit.formats.calendars import compact, iso

if TYPE_CHECKING:
    import pyarrow as pa

MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", "?"})  # in a column of numbers
_HEAD = 1000  # rows that tell quickly that a column has no numbers


def different(column: "pa.ChunkedArray") -> tuple[list, np.ndarray]:
    """The different values of a column, and which of them each row has."""
    import pyarrow.compute as pc

    encoded = pc.call_function("dictionary_encode", [column], pc.DictionaryEncodeOptions("encode"))
    encoded = encoded.combine_chunks()
    return encoded.dictionary.to_pylist(), encoded.indices.to_numpy().astype(np.int64)


def written(cells: list[str]) -> list[str]:
    """Dates in the form of ISO 8601."""
    return [compact(cell) or iso(cell) for cell in cells]


def calendar_clock(cells: list[str]) -> np.ndarray | None:
    """Microseconds since 1970, int64; None where a cell is no date, or only some have a zone."""
    import pyarrow as pa
    import pyarrow.compute as pc

    for kind in (pa.timestamp("us"), pa.timestamp("us", "UTC")):
        try:
            return pc.cast(pa.array(cells), kind).cast(pa.int64()).to_numpy()
        except pa.ArrowInvalid:
            continue
    return None


def as_dates(column: "pa.ChunkedArray") -> np.ndarray | None:
    """A column as datetime64[us], NaT where it is missing; None where a cell is something else."""
    import pyarrow as pa

    if pa.types.is_temporal(column.type):
        if not (pa.types.is_timestamp(column.type) or pa.types.is_date(column.type)):
            return None
        return _microseconds(column)
    if not pa.types.is_string(column.type):
        return None
    cells = [None if cell is None else cell.strip() for cell in column.to_pylist()]
    cells = [None if not cell or cell.lower() in MISSING else cell for cell in cells]
    if not any(cells):
        return None
    moments = pa.array([cell and iso(cell) for cell in cells], pa.string())
    for kind in (pa.timestamp("us"), pa.timestamp("us", "UTC")):
        try:
            return _microseconds(moments.cast(kind))
        except pa.ArrowInvalid:
            continue
    return None


def _microseconds(column: Any) -> np.ndarray:
    import pyarrow as pa

    moments = column.cast(pa.timestamp("us", getattr(column.type, "tz", None)), safe=False)
    return np.asarray(moments).astype("datetime64[us]")


def plain(column: Any) -> Any:
    """An array of Arrow's, or a chunked one; text as text, however it is stored."""
    import pyarrow as pa

    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_large_string(column.type) or pa.types.is_string_view(column.type):
        column = column.cast(pa.string())
    return column


def floats(column: "pa.ChunkedArray") -> np.ndarray | None:
    """A column as float64, NaN where it is missing; None where a cell is something else."""
    import pyarrow as pa
    import pyarrow.compute as pc

    def cast(column: "pa.ChunkedArray") -> np.ndarray | None:
        try:
            return np.asarray(pc.cast(column, pa.float64(), safe=False), np.float64)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            return None

    values = cast(column)
    if values is not None or not pa.types.is_string(column.type):
        return values
    if len(column) > _HEAD and floats(column.slice(0, _HEAD)) is None:
        return None
    column = pc.call_function("utf8_trim_whitespace", [column])
    missing = is_missing(column)
    return cast(pc.call_function("if_else", [missing, pa.scalar(None, pa.string()), column]))


def is_missing(cells: "pa.ChunkedArray") -> Any:
    """True for the trimmed cells of text that say that a number is missing."""
    import pyarrow.compute as pc

    return pc.call_function("is_in", [pc.call_function("utf8_lower", [cells])], _missing())


@cache
def _missing() -> Any:
    """The words for what is missing, as Arrow looks them up: made once, as tables may be wide."""
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.SetLookupOptions(pa.array(sorted(MISSING)))


def number_of(cell: object) -> float | None:
    """A cell as a number, NaN where it is missing, None where it is something else."""
    if cell is None:
        return float("nan")
    if isinstance(cell, str) and cell.strip().lower() in MISSING:
        return float("nan")
    return float(cell) if _is(float, cell) else None  # pyright: ignore[reportArgumentType]


def are_numbers(cells: Sequence[str]) -> bool:
    """Whether all are numbers, one at least finite: infinity and NaN alone are names."""
    return all(_is(float, cell) for cell in cells) and any(np.isfinite(float(c)) for c in cells)


def _is(kind: Callable[..., object], cell: object) -> bool:
    try:
        kind(cell)
    except (TypeError, ValueError):
        return False
    return "_" not in str(cell) and str(cell).isascii()  # as Arrow: no 1_000, no other digits
