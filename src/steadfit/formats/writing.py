"""How a table writes what can be read in two ways: training's decides where a new table's cells do
not tell."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from steadfit.formats.columns import Columns
from steadfit.formats.dates import are_undecided, as_dates
from steadfit.formats.numerals import Mark, UndecidedMarkError

if TYPE_CHECKING:
    import pyarrow as pa

_SLASHED = r"^\s*\d\d?[/-]\d\d?[/-]\d"


@dataclass(frozen=True)
class Writing:
    """day_first: whether dates such as 1/2/2024 have the day first. decimal: the mark before
    decimals. Either is None where nothing tells."""

    day_first: bool | None = None
    decimal: Mark | None = None


NOTHING_TOLD = Writing()


def writing_of(table: Columns, names: Collection[str]) -> Writing:
    """How these columns are written; names that the table lacks are passed over."""
    if table.day_first is not None:
        return Writing(table.day_first, table.decimal)
    told = {first for first in _orders(table, names) if first is not None}
    return Writing(told.pop() if len(told) == 1 else None, table.decimal)


def opened(
    open_with: Callable[[Mark | None], Columns], decimal: Mark | None, trained: Writing
) -> Columns:
    """A table of which the mark before decimals is given, told by its cells, or as in training; a
    note says where they tell another one than training had."""
    try:
        table = open_with(decimal)
    except UndecidedMarkError:
        if trained.decimal is None:
            raise
        return open_with(trained.decimal)
    if decimal is not None or {table.decimal, trained.decimal} != {".", ","}:
        return table
    note = f'{table.file}: the mark before decimals is "{table.decimal}", and training had '
    return replace(table, notes=(*table.notes, f'{note}"{trained.decimal}".'))


def with_order(
    table: Columns, names: Collection[str], day_first: bool | None, trained: Writing
) -> Columns:
    """The table with the order of day and month of these columns: the one given, else the one that
    they tell, else training's. A note says where they tell another one than training had, and where
    training decides."""
    if day_first is not None or trained.day_first is None:
        return replace(table, day_first=day_first)
    orders = [*_orders(table, names)]
    told = {first for first in orders if first is not None}
    if not orders or len(told) == 2:
        return table
    words = {True: "the day first", False: "the month first"}
    first = told.pop() if told else trained.day_first
    notes = []
    if first != trained.day_first:
        notes = [f"dates have {words[first]}, and training's had {words[trained.day_first]}."]
    elif None in orders:
        notes = [f"dates are read with {words[first]}, as in training; day_first=True or False "
                 "decides otherwise."]  # fmt: skip
    said = [f"{table.file}: {note}" for note in notes]
    return replace(table, day_first=first, notes=(*table.notes, *said))


def _orders(table: Columns, names: Collection[str]) -> Iterator[bool | None]:
    """Of each column of dates such as 1/2/2024 whether the day is first; None where no cell of it
    tells."""
    import pyarrow as pa

    for name in names:
        if name not in table.data or not _has_slashed(table.data[name]):
            continue
        cells = table.coded(name).cells
        column = pa.chunked_array([pa.array(cells, pa.string())])
        can_be = {first for first in (True, False) if as_dates(column, first) is not None}
        if are_undecided(cells):
            yield None
        elif len(can_be) == 1:
            yield can_be.pop()


def _has_slashed(column: "pa.ChunkedArray") -> bool:
    import pyarrow as pa
    import pyarrow.compute as pc

    if not pa.types.is_string(column.type):
        return False
    options = pc.MatchSubstringOptions(_SLASHED)
    return bool(
        pc.call_function(
            "any", [pc.call_function("match_substring_regex", [column], options)]
        ).as_py()
    )
