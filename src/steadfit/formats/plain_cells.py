"""Columns of text whose cells are numbers as people write them, as plain numbers."""

from collections.abc import Collection
from dataclasses import replace

from steadfit.formats.cells import is_missing
from steadfit.formats.columns import Columns
from steadfit.formats.numerals import Mark, plain_numbers
from steadfit.formats.units import bare_numbers, hundredths


def with_plain_numbers(
    columns: Columns,
    names: Collection[str],
    decimal: Mark | None,
    between_cells: str | None = None,
) -> Columns:
    """The table with these columns, where they are numbers, without units and as 1234.5 is written;
    the notes say so. between_cells: the delimiter of a file that has one. Raises SteadfitError as
    `bare_numbers` and `plain_numbers`."""
    cells = {name: columns.data[name] for name in names}
    bare = bare_numbers(cells, columns.file, is_missing)
    numbers = plain_numbers(
        {**cells, **bare.data}, columns.file, decimal, is_missing, between_cells
    )
    changed = {**bare.data, **numbers.written}
    percent = [name for name, unit in bare.units.items() if unit == "%"]
    changed |= {name: hundredths(changed[name]) for name in percent}
    return replace(
        columns,
        data={**columns.data, **changed},
        as_written={name: columns.data[name] for name in changed},
        units=bare.units,
        decimal=numbers.decimal if decimal is None else decimal,
        notes=(*columns.notes, *bare.notes, *numbers.notes),
    )
