"""Tables in memory: pandas, polars, Arrow, whatever gives its columns to Arrow."""

from collections.abc import Collection
from typing import Any

from steadfit.errors import SteadfitError, some
from steadfit.formats.columns import Columns
from steadfit.formats.new_columns import plain_columns
from steadfit.formats.numerals import Mark
from steadfit.formats.plain_cells import with_plain_numbers

_INDEX = "__index_level_"  # what pandas calls the columns of its index
_AROUND = "\ufeff \t\r\n"  # blanks around names, and a byte order mark that a program took for text


def is_frame(x: object) -> bool:
    """Whether it is a table that gives its columns to Arrow (the PyCapsule interface)."""
    return hasattr(x, "__arrow_c_stream__") and (hasattr(x, "columns") or hasattr(x, "schema"))


def check_same_order(x: Any, y: Any) -> None:
    """Raise SteadfitError where y has the rows of a frame of pandas' in another order."""
    ours: Any = getattr(x, "index", None)
    theirs: Any = getattr(y, "index", None)
    if not hasattr(ours, "equals") or not hasattr(theirs, "equals") or ours.equals(theirs):
        return
    if len(ours) == len(theirs) and ours.sort_values().equals(theirs.sort_values()):
        raise SteadfitError(
            "y must have its rows in the order of x, got the same index in another order. Give "
            "y.loc[x.index]."
        )


def _is_other(kind: Any) -> bool:
    import pyarrow as pa

    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    return pa.types.is_nested(kind) or isinstance(kind, pa.BaseExtensionType)


def from_frame(
    frame: Any,
    name: str = "the table",
    decimal: Mark | None = None,
    verbatim: Collection[str] = (),
) -> Columns:
    """A table's columns. pandas' row numbers are left out, and an index of times (`with_times`).

    Texts that are numbers as people write them are numbers, as in CSV files, with this decimal
    mark or the one that they tell; but for those in `verbatim`.

    Raises SteadfitError for columns that have no names, the same name or no single values, for no
    rows, and where nothing tells the decimal mark.
    """
    import pyarrow as pa

    try:
        table = pa.table(_plain(frame))
    except (pa.ArrowException, TypeError, ValueError) as error:
        reason = ", ".join(map(str, error.args))
        raise SteadfitError(
            f"{name} must have columns of numbers, texts or dates ({reason}). Make a column of "
            "other values text: astype(str)."
        ) from None
    kept = [i for i, each in enumerate(table.column_names) if not each.startswith(_INDEX)]
    table = table.select(kept)
    table = table.rename_columns([each.strip(_AROUND) for each in table.column_names])
    nested = [field.name for field in table.schema if _is_other(field.type)]
    if nested:
        raise SteadfitError(
            f"{name}: columns must have single values, got lists, structures or a type of the "
            f"program's own in {some(nested)}. Make them text: astype(str)."
        )
    columns = plain_columns(name, table, 0)
    names = [each for each in columns.names if each not in verbatim]
    return with_plain_numbers(columns, names, decimal)


def with_times(frame: Any) -> Any:
    """A frame of pandas' with its index of times as a column, unless one has its name; any other
    frame as it is."""
    if not _has_times(frame):
        return frame
    name = frame.index.name or "index"
    return frame if name in frame.columns else frame.rename_axis(name).reset_index()


def _has_times(frame: Any) -> bool:
    """Whether it is a frame of pandas' with an index of times."""
    index = getattr(frame, "index", None) if hasattr(frame, "reset_index") else None
    return index is not None and str(index.dtype).startswith(("datetime64", "period"))


def _plain(frame: Any) -> Any:
    """A frame of pandas' without an index of times, periods and names as text; any other
    as it is."""
    if _has_times(frame):
        frame = frame.reset_index(drop=True)
    if not hasattr(frame, "reset_index"):
        return frame
    periods = [name for name, kind in frame.dtypes.items() if str(kind).startswith("period")]
    frame = frame.astype(dict.fromkeys(periods, str)) if periods else frame
    return frame.rename(columns=str)
