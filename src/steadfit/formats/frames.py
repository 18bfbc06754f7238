"""Tables in memory: pandas, polars, Arrow, whatever gives its columns to Arrow."""

from typing import Any

from steadfit.errors import SteadfitError, some
from steadfit.formats.columns import Columns, plain_columns

_INDEX = "__index_level_"  # what pandas calls the columns of its index


def is_frame(x: object) -> bool:
    """Whether it is a table that gives its columns to Arrow (the PyCapsule interface)."""
    return hasattr(x, "__arrow_c_stream__") and (hasattr(x, "columns") or hasattr(x, "schema"))


def from_frame(frame: Any, name: str = "the table") -> Columns:
    """A table's columns; pandas' index is left out, unless it is one of times.

    Raises SteadfitError for columns that have no names or no single values, and for no rows.
    """
    import pyarrow as pa

    try:
        table = pa.table(_with_times(frame))
    except (pa.ArrowException, TypeError, ValueError) as error:
        raise SteadfitError(f"{name} must have columns of numbers or texts ({error}).") from None
    kept = [column for column in table.column_names if not column.startswith(_INDEX)]
    nested = [each for each in kept if pa.types.is_nested(table.schema.field(each).type)]
    if nested:
        raise SteadfitError(
            f"{name}: columns must have single values, got lists or structures in {some(nested)}."
        )
    return plain_columns(name, table.select(kept), 0)


def _with_times(frame: Any) -> Any:
    """A frame of pandas' with an index of times as a column, and periods as text; any other as it
    is."""
    if not hasattr(frame, "reset_index"):
        return frame
    if str(frame.index.dtype).startswith(("datetime64", "period")):
        frame = frame.rename_axis(frame.index.name or "index").reset_index()
    periods = [name for name, kind in frame.dtypes.items() if str(kind).startswith("period")]
    return frame.assign(**{name: frame[name].astype(str) for name in periods}) if periods else frame
