"""Wide tables: a row a series, a column a step."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from steadfit.errors import SteadfitError, some
from steadfit.formats.columns import Columns
from steadfit.formats.form import INDEX, Form, Rows, label_columns, row_ids

_STEP = re.compile(r"(|t|time|step|value|att)[ _.-]?(\d{1,15}(?:\.\d{1,15})?)", re.I)


@dataclass(frozen=True)
class WideTable(Form):
    """A row a series, whose steps are in these columns; empty cells at its end make it shorter."""

    columns: tuple[str, ...]

    name = "wide"

    @classmethod
    def told(cls, table: Columns) -> Self:
        """The columns of steps told by what is in them. Raises SteadfitError as `step_columns`."""
        return cls(tuple(step_columns(table, set(label_columns(table)))))

    def needed(self) -> list[str]:
        return list(self.columns)

    def rows(self, table: Columns, missing: str) -> Rows:
        values = np.stack([table.numbers(name) for name in self.columns], axis=1)
        known = ~np.isnan(values)
        steps = values.shape[1]
        length = np.where(known.any(axis=1), steps - known[:, ::-1].argmax(axis=1), 0)
        return Rows([row[:n] for row, n in zip(values, length, strict=True)], row_ids(table))


def free_columns(table: Columns, taken: set[str | None]) -> list[str]:
    """The columns that are not taken and are no row numbers."""
    return [n for n in table.names if n not in taken and n.strip().lower() not in INDEX]


def are_steps(names: Sequence[str]) -> bool:
    """Whether names are steps in sequence: numbers that rise evenly, alone or after one word.

    >>> are_steps(["t0", "t1", "t2"]), are_steps(["0.5", "1.0", "1.5"]), are_steps(["x1", "x2"])
    (True, True, False)
    """
    found = [_STEP.fullmatch(name.strip()) for name in names]
    if not all(found) or len({match[1].lower() for match in found if match}) != 1:
        return False
    between = np.diff([float(match[2]) for match in found if match])
    return bool((between > 0).all() and np.allclose(between, between[:1].repeat(len(between))))


def by_number(names: Sequence[str]) -> list[str]:
    """Names that are steps but for their order by their numbers; others as they are.

    >>> by_number(["t0", "t1", "t10", "t2"]), by_number(["b", "a"])
    (['t0', 't1', 't10', 't2'], ['b', 'a'])
    >>> by_number([f"t{i}" for i in (0, 1, 10, 2, 3, 4, 5, 6, 7, 8, 9)])[2:4]
    ['t2', 't3']
    """
    found = [(float(match[2]), name) for name in names if (match := _STEP.fullmatch(name.strip()))]
    ordered = [name for _, name in sorted(found)]
    return ordered if len(found) == len(names) and are_steps(ordered) else list(names)


def step_columns(table: Columns, taken: set[str | None]) -> list[str]:
    """The columns that are time steps: all that are left, each of numbers; in the file's order,
    but for names such as t0, t1, t10, t2, which are in that of their numbers."""
    left = free_columns(table, taken)
    if not left:
        raise SteadfitError(
            f"{table.file} must have a column of a series, of texts or of numbers beside those "
            "named, got none."
        )
    words = [name for name in left if not table.is_numeric(name)]
    if words:
        raise SteadfitError(
            f"{table.file}: columns must be numbers, one a time step, got something else in "
            f"{some(words)}. Name the columns to use: values for the steps; or text, series, "
            'time, group for what these are; or kind="table" for unrelated columns.'
        )
    return by_number(left)
