"""Classes or labels as columns of 0 and 1, one for each, as other programs write them."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from steadfit.data.targets import TaskName
from steadfit.errors import SteadfitError, counted, some
from steadfit.formats.columns import Columns
from steadfit.formats.label_lists import MARKS
from steadfit.formats.marks import joined_marks, marks


class OneColumn(NamedTuple):
    """A table, and the column of it that has the class of each row, or its labels with this mark
    between them; "" for a class."""

    table: Columns
    name: str
    mark: str = ""


def one_column(table: Columns, names: Sequence[str], task: TaskName | None) -> OneColumn:
    """These columns as one of several labels a row, where that is the task, else of a class."""
    return (several_of if task == "several" else one_of)(table, names)


def one_of(table: Columns, names: Sequence[str]) -> OneColumn:
    """The table with one column of classes, named as these columns are, in their place.

    Raises SteadfitError for columns of other cells, and for rows with no 1 or with several.
    """
    ones = _ones(table, names)
    odd = np.flatnonzero(ones.sum(1) != 1).tolist()
    if odd:
        rows = some([f"row {table.number_of_row(row)} ({int(ones[row].sum())})" for row in odd])
        raise SteadfitError(
            f"{table.file}: each row must have a single 1 in {some(list(names))}, got others in "
            f"{counted(len(odd), 'rows')}: {rows}. Name one of these columns, or give "
            'task="several" to learn several labels an example.',
            task="several",
        )
    cells = [str(names[int(place)]) for place in ones.argmax(1)]
    return OneColumn(*_in_their_place(table, names, cells, "one label"))


def several_of(table: Columns, names: Sequence[str]) -> OneColumn:
    """The table with one column of the labels that have a 1, in the place of these columns.

    Raises SteadfitError for columns of other cells, and for names that have every mark.
    """
    ones = _ones(table, names)
    mark = next((mark for mark in MARKS if not any(mark in name for name in names)), None)
    if mark is None:
        raise SteadfitError(
            f"{table.file}: columns of labels must have names without one of {' '.join(MARKS)}, "
            f"got all of them in {some(list(names))}. Rename some."
        )
    cells = joined_marks(table, names, mark)
    never = [name for name, each in zip(names, ones.T, strict=True) if not each.any()]
    what = f"several labels, without {some(never)}, in no row" if never else "several labels"
    return OneColumn(*_in_their_place(table, names, cells, what), mark)


def _ones(table: Columns, names: Sequence[str]) -> np.ndarray:
    """Bool, shape (rows, names). Raises SteadfitError for columns of other cells."""
    found = [marks(table, name) for name in names]
    wrong = [name for name, each in zip(names, found, strict=True) if each is None]
    if wrong:
        raise SteadfitError(
            f"target must name one column, or columns of 0 and 1 for classes or labels, got other "
            f"cells in {some(wrong)}. Name one of {some(list(names))}."
        )
    return np.stack([each for each in found if each is not None], axis=1)


def _in_their_place(
    table: Columns, names: Sequence[str], cells: Sequence[str], what: str
) -> tuple[Columns, str]:
    """The table with a column of these cells in the place of others, and what it is called."""
    import pyarrow as pa

    name = next(each for each in ("label", *map("label {}".format, range(len(table.names) + 1)))
                if each not in table.names)  # fmt: skip
    kept = {each: column for each, column in table.data.items() if each not in names}
    data = {**kept, name: pa.chunked_array([list(cells)], pa.string())}
    note = f"{table.file}: the columns {some(list(names))} are {what}."
    return replace(table, data=data, notes=(*table.notes, note)), name


def siblings_note(table: Columns, target: str, names: Sequence[str]) -> list[str]:
    """That columns beside the target add up to 1 with it, in every row: they are its other classes,
    and give it away."""
    own = marks(table, target)
    if own is None:
        return []
    order = table.names
    at = order.index(target)
    found: list[str] = []
    total = own.astype(int)
    for step in (-1, 1):
        place = at + step
        while 0 <= place < len(order) and (total < 1).any():
            beside = marks(table, order[place])
            if beside is None or (total + beside > 1).any():
                break
            total, place = total + beside, place + step
            found.append(order[place - step])
    if not found or (total != 1).any() or not {*found} & {*names}:
        return []
    joined = ",".join([target, *found])
    return [
        f"{table.file}: {target} and {some(found)} add up to 1 in each row, as one label with a "
        f'column a class. Learn them together, target="{joined}", or leave the others out.'
    ]
