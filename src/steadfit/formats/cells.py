"""What a cell of text says: that something is missing, or a number; whole columns by Arrow."""

from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pyarrow as pa

# Words for what is missing, in a column of numbers or dates, in small letters.
MISSING = frozenset({
    "", "na", "n/a", "#n/a", "#na", "<na>", "n.a.", "k.a.", "nan", "-nan", "nat", "null", "none",
    "missing", "unknown", "not known", "not available", "not applicable", "undefined", "no data",
    "nodata", "blank", "empty", "nil", "(null)", "<null>", "(blank)", "unbekannt", "keine angabe",
    "nicht bekannt", "fehlt", "k. a.", "n.v.", "n. v.", "n.d.", "n. a.", "inconnu", "desconocido",
    "sconosciuto", "onbekend", "tbd", "#div/0!", "#value!", "#ref!", "#num!", "#null!", "\\n", "?",
    "??", "???", "0000-00-00", "0000-00-00 00:00:00", ".", "..", "...", "\u2026",
    "*", "/", "-", "--", "---", "\u2013", "\u2014",
})  # fmt: skip
_HEAD = 1000  # rows that tell quickly that a column has no numbers


def different(column: "pa.ChunkedArray") -> tuple[list, np.ndarray]:
    """The different values of a column, and which of them each row has."""
    import pyarrow.compute as pc

    encoded = pc.call_function("dictionary_encode", [column], pc.DictionaryEncodeOptions("encode"))
    encoded = encoded.combine_chunks()
    return encoded.dictionary.to_pylist(), encoded.indices.to_numpy().astype(np.int64)


def plain(column: Any) -> Any:
    """An array of Arrow's, or a chunked one; text as text, however it is stored, and durations and
    times of day as seconds."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_large_string(column.type) or pa.types.is_string_view(column.type):
        column = column.cast(pa.string())
    kind = column.type
    if pa.types.is_duration(kind) or pa.types.is_time(kind):
        whole = pa.int32() if pa.types.is_time32(kind) else pa.int64()
        parts = {"s": 1.0, "ms": 1e3, "us": 1e6, "ns": 1e9}[kind.unit]
        counts = pc.cast(pc.cast(column, whole), pa.float64(), safe=False)
        column = pc.call_function("divide", [counts, pa.scalar(parts)])
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
