"""What a column of a table is: a number, a category or a part of a date."""

from collections.abc import Mapping
from dataclasses import field
from typing import ClassVar, Literal

import numpy as np
from pydantic.dataclasses import dataclass

from steadfit.formats.cells import MISSING
from steadfit.formats.columns import Columns
from steadfit.formats.known_names import TRUTH, known_as
from steadfit.settings import STRICT

Part = Literal["year", "month", "day", "weekday", "hour"]
PARTS: tuple[Part, ...] = ("year", "month", "day", "weekday", "hour")


@dataclass(frozen=True, config=STRICT)
class Number:
    """A column of numbers. unit: what stands in every cell of it, as %; "" for nothing."""

    name: str
    unit: str = field(default="", compare=False)

    categories: ClassVar[tuple[str, ...]] = ()

    @property
    def title(self) -> str:
        return self.name

    def values(self, table: Columns) -> np.ndarray:
        """Float64, shape (rows,), NaN where missing; 1 for yes and true, 0 for no and false."""
        if table.is_numeric(self.name):
            return table.numbers(self.name)
        cells = [cell or "" for cell in table.names_in(self.name)]
        truths = [np.nan if cell.lower() in MISSING else TRUTH.get(cell) for cell in cells]
        return table.numbers(self.name) if None in truths else np.array(truths, float)


@dataclass(frozen=True, config=STRICT)
class DatePart:
    """A part of a column's dates, as a number: Monday is weekday 0. zoned: whether they have a time
    zone, whose clocks then tell the part."""

    name: str
    part: Part
    zoned: bool = field(default=False, compare=False)

    categories: ClassVar[tuple[str, ...]] = ()

    @property
    def title(self) -> str:
        return f"{self.name} ({self.part})"

    def values(self, table: Columns) -> np.ndarray:
        """As `Number.values`."""
        return date_part(table.dates(self.name), self.part)


@dataclass(frozen=True, config=STRICT)
class Category:
    """A column of names. A name's code is its place in `categories`; all others share the next."""

    name: str
    categories: tuple[str, ...]

    @property
    def title(self) -> str:
        return self.name

    def values(self, table: Columns) -> np.ndarray:
        """A code a row, float64, NaN where the name is missing."""
        code = {name: float(i) for i, name in enumerate(self.categories)}
        other = float(len(code))
        spelt = self.spelt(table)
        cells = [cell and spelt.get(cell, cell) for cell in self._names(table)]
        return np.array([np.nan if cell is None else code.get(cell, other) for cell in cells])

    def spelt(self, table: Columns) -> Mapping[str, str]:
        """The names of a table that are categories in another spelling, and which."""
        cells = self._names(table)
        return known_as((cell for cell in cells if cell is not None), self.categories)

    def _names(self, table: Columns) -> list[str | None]:
        """As training had them, plain; but as written where the categories have that, as one of
        "3 kg" and "heavy" is in a table whose cells all have units."""
        plain, known = table.names_in(self.name), {*self.categories}
        if self.name not in table.as_written:
            return plain
        written = table.names_as_written(self.name)
        return [one if one in known else other for one, other in zip(written, plain, strict=True)]


def zone_note(column: DatePart, table: Columns) -> str | None:
    """That the dates of a table have a time zone, and those of training had none, or the other way
    round."""
    if (zoned := table.has_zone(column.name)) == column.zoned:
        return None
    if np.isnat(table.dates(column.name)).all():
        return None
    here, there = ("a time zone", "none") if zoned else ("no time zone", "one")
    return f"dates have {here}, and training had {there}. Give times of the same clocks."


Column = Number | DatePart | Category


def date_part(dates: np.ndarray, part: Part) -> np.ndarray:
    """A part of dates (datetime64) as float64, NaN where there is no date.

    >>> date_part(np.array(["2024-02-29T13:30", "NaT"], "datetime64[us]"), "weekday")
    array([ 3., nan])
    """
    days = dates.astype("datetime64[D]")
    months = dates.astype("datetime64[M]")
    found = {
        "year": lambda: dates.astype("datetime64[Y]").astype(np.int64) + 1970,
        "month": lambda: months.astype(np.int64) % 12 + 1,
        "day": lambda: (days - months).astype(np.int64) + 1,
        "weekday": lambda: (days.astype(np.int64) + 3) % 7,  # 1970 began on a Thursday
        "hour": lambda: (dates - days).astype("timedelta64[h]").astype(np.int64),
    }[part]()
    return np.where(np.isnat(dates), np.nan, found.astype(np.float64))
