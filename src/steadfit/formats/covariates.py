"""Columns beside those that are forecast, as channels: numbers, categories, parts of the date."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from steadfit.errors import SteadfitError, some, unknown
from steadfit.formats.clock_changes import DAY
from steadfit.formats.clocks import ABSENT, Clock
from steadfit.formats.columns import Columns
from steadfit.formats.known_names import known_as

MOST_CATEGORIES = 50
_HOUR = DAY // 24
_THURSDAY = 3  # 1970-01-01, where Monday is 0

CALENDAR: Mapping[str, int] = MappingProxyType({"hour": 24, "weekday": 7, "month": 12})


@dataclass(frozen=True)
class Covariate:
    """A column of numbers; or, with categories, a channel for each, 1 where a row has it."""

    column: str
    categories: tuple[str, ...] = ()

    @classmethod
    def told(cls, table: Columns, column: str) -> "Covariate":
        """What a column holds. Raises SteadfitError for too many categories."""
        if table.is_numeric(column):
            return cls(column)
        found = sorted(name for name in table.coded(column).cells if name is not None)
        if len(found) > MOST_CATEGORIES:
            raise SteadfitError(
                f'{table.file}, column "{column}": there must be at most {MOST_CATEGORIES} '
                f"categories, got {len(found):,}. Leave the column out, or give numbers."
            )
        return cls(column, tuple(found))

    @property
    def width(self) -> int:
        """How many channels it has."""
        return max(1, len(self.categories))

    def values(self, table: Columns) -> np.ndarray:
        """float64, shape (rows, width), NaN where a cell is empty.

        Raises SteadfitError for a category that was not there in training.
        """
        if not self.categories:
            return table.numbers(self.column)[:, None]
        cells, of_rows = table.coded(self.column)
        spelt = self.spelt(table)
        names = [cell and spelt.get(cell, cell) for cell in cells]
        new = [i for i, name in enumerate(names) if name not in (None, *self.categories)]
        if new:
            row = int(np.flatnonzero(np.isin(of_rows, new))[0])
            raise SteadfitError(
                f'{table.where(row)}: the column "{self.column}" must have a category that was '
                f"trained on ({some(self.categories)}), got {names[of_rows[row]]}. Leave these "
                "rows out, or train with such."
            )
        each = np.array([[name == one for one in self.categories] for name in names], np.float64)
        each[[name is None for name in names]] = np.nan
        return each[of_rows]

    def spelt(self, table: Columns) -> Mapping[str, str]:
        """The categories of a table that are in another spelling than in training, and which."""
        cells = (cell for cell in table.coded(self.column).cells if cell is not None)
        return known_as(cells, self.categories) if self.categories else {}


def check_parts(parts: Sequence[str]) -> None:
    """Raise SteadfitError for what is no part of a date."""
    for part in parts:
        if part not in CALENDAR:
            raise unknown("part of the calendar", part, CALENDAR)


def calendar_channels(times: np.ndarray, parts: Sequence[str]) -> np.ndarray:
    """A channel for each hour, weekday (from Monday) or month, 1 at the times in it.

    times: int64, microseconds since 1970. Float64, shape (times, channels).

    >>> sunday = np.array(["2024-03-31T13:00"], "datetime64[us]").astype(np.int64)
    >>> [int(each.argmax()) for each in (calendar_channels(sunday, [part])[0] for part in CALENDAR)]
    [13, 6, 2]
    """
    found = [np.eye(CALENDAR[part])[_PLACE[part](times)] for part in parts]
    return np.concatenate(found, axis=1) if found else np.empty((len(times), 0))


def _month(times: np.ndarray) -> np.ndarray:
    return times.astype("datetime64[us]").astype("datetime64[M]").astype(np.int64) % 12


_PLACE = {
    "hour": lambda times: times // _HOUR % 24,
    "weekday": lambda times: (times // DAY + _THURSDAY) % 7,
    "month": _month,
}


def ahead(values: np.ndarray, known: Sequence[int], horizon: int) -> np.ndarray:
    """Rows in which the known channels are as they will be `horizon` rows later, NaN where the
    table ends before: so a window of them reaches to the last step that is forecast.

    >>> ahead(np.array([[1.0, 5.0], [2.0, 6.0], [3.0, 7.0]]), [1], 1)[:, 1].tolist()
    [6.0, 7.0, nan]
    """
    moved = values.copy()
    if known:
        moved[:, known] = np.nan
        moved[: len(values) - horizon, known] = values[horizon:, known]
    return moved


def side_by_side(table: Columns, covariates: tuple[Covariate, ...]) -> np.ndarray:
    """float64, shape (rows, channels)."""
    each = [covariate.values(table) for covariate in covariates]
    return np.concatenate(each, axis=1) if each else np.empty((len(table), 0))


def at_rows(values: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """These rows; NaN where one is absent."""
    return np.where((rows == ABSENT)[:, None], np.nan, values[rows])


def longer(values: np.ndarray, rows: int) -> np.ndarray:
    """With so many rows more, NaN."""
    return np.concatenate([values, np.full((rows, values.shape[1]), np.nan)]) if rows else values


def the_one(values: np.ndarray) -> np.ndarray:
    """The row that all rows of a series are, where they are not missing."""
    return values[~np.isnan(values).any(1)][:1]


def check_static(table: Columns, column: str, clock: Clock) -> None:
    """Raise SteadfitError where a column changes within a series."""
    names, of_rows = table.coded(column)
    for key, rows in clock.members.items():
        there = np.unique(of_rows[rows[rows != ABSENT]])
        found = [name for i in there if (name := names[i]) is not None]
        if len(found) != 1:
            raise SteadfitError(
                f'{table.file}: the static column "{column}" must be the same in all rows of a '
                f"series, got {some([name or 'an empty cell' for name in found])} in the series "
                f'"{key}". Name it in known or values.'
            )
