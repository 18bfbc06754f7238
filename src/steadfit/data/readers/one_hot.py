"""Classes as columns of 0 and 1, one a class, as other programs write them."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from steadfit.errors import SteadfitError, counted, some
from steadfit.formats.columns import Columns

_TRUE, _FALSE = ("1", "1.0", "true", "yes"), ("0", "0.0", "false", "no")


class OneColumn(NamedTuple):
    """A table, and the column of it that has the class of each row."""

    table: Columns
    name: str


def one_of(table: Columns, names: Sequence[str]) -> OneColumn:
    """The table with one column of classes, named as these columns are, in their place.

    Raises SteadfitError for columns of other cells, and for rows with no 1 or with several.
    """
    marks = [_marks(table, name) for name in names]
    wrong = [name for name, each in zip(names, marks, strict=True) if each is None]
    if wrong:
        raise SteadfitError(
            f"target must name one column, or columns of 0 and 1 with a single 1 in each row, got "
            f"other cells in {some(wrong)}. Name one of {some(list(names))}."
        )
    ones = np.stack([each for each in marks if each is not None], axis=1)
    odd = np.flatnonzero(ones.sum(1) != 1).tolist()
    if odd:
        rows = some([f"row {table.number_of_row(row)} ({int(ones[row].sum())})" for row in odd])
        raise SteadfitError(
            f"{table.file}: each row must have a single 1 in {some(list(names))}, got others in "
            f"{counted(len(odd), 'rows')}: {rows}. Several labels an example are not learned "
            "together: name one of these columns."
        )
    import pyarrow as pa

    classes = pa.chunked_array([[names[place] for place in ones.argmax(1).tolist()]])
    name = next(each for each in ("label", *map("label {}".format, range(len(table.names) + 1)))
                if each not in table.names)  # fmt: skip
    data = {each: column for each, column in table.data.items() if each not in names}
    note = f"{table.file}: the columns {some(list(names))} are one label."
    return OneColumn(replace(table, data={**data, name: classes}, notes=(*table.notes, note)), name)


def siblings_note(table: Columns, target: str, names: Sequence[str]) -> list[str]:
    """That columns beside the target add up to 1 with it, in every row: they are its other classes,
    and give it away."""
    own = _marks(table, target)
    if own is None:
        return []
    order = table.names
    at = order.index(target)
    found: list[str] = []
    total = own.astype(int)
    for step in (-1, 1):
        place = at + step
        while 0 <= place < len(order) and (total < 1).any():
            marks = _marks(table, order[place])
            if marks is None or (total + marks > 1).any():
                break
            total, place = total + marks, place + step
            found.append(order[place - step])
    if not found or (total != 1).any() or not {*found} & {*names}:
        return []
    joined = ",".join([target, *found])
    return [
        f"{table.file}: {target} and {some(found)} add up to 1 in each row, as one label with a "
        f'column a class. Learn them together, target="{joined}", or leave the others out.'
    ]


def _marks(table: Columns, name: str) -> np.ndarray | None:
    """A column of 0 and 1, or of words for these, as booleans; None for any other."""
    cells = [(cell or "").lower() for cell in table.names_in(name)]
    if not all(cell in _TRUE or cell in _FALSE for cell in cells):
        return None
    return np.array([cell in _TRUE for cell in cells])
