"""Wide tables: a row a series, a column a step."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from steadfit.errors import SteadfitError, some
from steadfit.formats.columns import Columns
from steadfit.formats.form import Form, Rows, label_columns, row_ids

_INDEX = ("", "id", "index", "unnamed: 0")  # row numbers that other programs write


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


def step_columns(table: Columns, taken: set[str | None]) -> list[str]:
    """The columns that are time steps: all that are left, each of numbers."""
    left = [n for n in table.names if n not in taken and n.strip().lower() not in _INDEX]
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
            "time, group for what these are. A table whose columns are unrelated features cannot "
            "be studied yet."
        )
    return left
