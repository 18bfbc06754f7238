"""What the columns beside a text tell, as words that stand with it."""

from collections.abc import Sequence

from steadfit.data.told_columns import NothingToldError, told
from steadfit.errors import some
from steadfit.formats.columns import Columns
from steadfit.formats.text_tables import Names, Steps
from steadfit.kinds.table_columns import Category, Number


def beside_texts(
    table: Columns, names: Sequence[str], target: str
) -> tuple[tuple[Steps | Names, ...], list[str]]:
    """These columns' numbers and names, and notes on those that tell nothing. Dates are left out.

    Raises SteadfitError for a column of numbers with other cells among them.
    """
    if not names:
        return (), []
    try:
        columns, notes = told(table, names, target)
    except NothingToldError:
        unused = some([f'"{name}"' for name in names])
        return (), [f"{table.file}: the columns {unused} are not used."]
    found: list[Steps | Names] = []
    for column in columns:
        if isinstance(column, Number):
            found.append(Steps.of(table, column.name))
        elif isinstance(column, Category):
            found.append(Names(column.name, column.categories))
    used = {column.name for column in found}
    dates = dict.fromkeys(f'"{one.name}"' for one in columns if one.name not in used)
    left = [f"{table.file}: the dates in {some(list(dates))} are not used beside a text."]
    return tuple(found), [*notes, *(left if dates else [])]
