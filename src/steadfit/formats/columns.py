"""Named columns of cells as text, numbers, labels and times; every bad row is named."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from steadfit.errors import SteadfitError, counted, some, unknown
from steadfit.formats.cells import MISSING, are_numbers, different, floats, number_of
from steadfit.formats.dates import (
    are_missing,
    are_undecided,
    as_dates,
    has_zone,
    no_dates,
    undecided,
    written,
    zoned,
)
from steadfit.formats.numerals import Mark

if TYPE_CHECKING:
    import pyarrow as pa

_FEW = 20  # different labels
_WHOLE = re.compile(r"[+-]?(0|[1-9][0-9]*)")
ZEROS_IN_FRONT = re.compile(r"[+-]?0[0-9]+")  # of codes, which numbers lose


class Coded(NamedTuple):
    """The different cells of a column as text without blanks around it, None for an empty one, in
    the order in which they first come; and which of them each row has, int64, shape (rows,).

    A long table has few names and times that come again and again: each is looked at once.
    """

    cells: list[str | None]
    of_rows: np.ndarray


@dataclass(frozen=True)
class Columns:
    """The columns of one file, as text or as Parquet typed them.

    first_row: the number of the first row of values, for people: 2 under a header row.
    notes: what there is to tell of how the file was read. numbers_of: the places of the rows in the
    file, from 0, where some are left out. places: what each row is called, where that is no number
    of a row. is_test: True for the rows of a test set that the source has of its own. as_written:
    the cells as the file has them, of columns that were made plain numbers; units: those that were
    taken from them. day_first: whether dates such as 1/2/2024 have the day first; told by each
    column if None. decimal: the mark before decimals that the cells had, or that was given; None
    where they have none, or differ.
    """

    file: str
    data: dict[str, "pa.ChunkedArray"]
    first_row: int
    notes: tuple[str, ...] = ()
    numbers_of: np.ndarray | None = None
    places: tuple[str, ...] = ()
    is_test: np.ndarray | None = None
    day_first: bool | None = None
    decimal: Mark | None = None
    as_written: Mapping[str, "pa.ChunkedArray"] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)
    _as_floats: dict[str, np.ndarray | None] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )  # what `_floats` gave, as readers ask again and again

    @property
    def names(self) -> list[str]:
        return list(self.data)

    def __len__(self) -> int:
        return len(next(iter(self.data.values())))

    def where(self, row: int) -> str:
        if self.places:
            return self.places[row]
        return f"{self.file} row {self.number_of_row(row)}"

    def number_of_row(self, row: int) -> int:
        """The number of a row in the file, for people."""
        return self.first_row + (row if self.numbers_of is None else int(self.numbers_of[row]))

    def unused(self, used: Collection[str | None]) -> list[str]:
        """A note that names the other columns, if there are any."""
        left = [f'"{name}"' for name in self.names if name not in used]
        return [f"{self.file}: the columns {some(left)} are not used."] if left else []

    def check(self, name: str) -> str:
        """The name, if there is such a column."""
        if name not in self.data:
            raise unknown(f"column of {self.file}", name, self.names)
        return name

    def cells(self, name: str) -> list:
        return self.data[self.check(name)].to_pylist()

    def is_numeric(self, name: str) -> bool:
        return self._floats(name) is not None

    def _floats(self, name: str) -> np.ndarray | None:
        if name not in self._as_floats:
            values = floats(self.data[self.check(name)])
            if values is not None:
                values.flags.writeable = False
            self._as_floats[name] = values
        return self._as_floats[name]

    def numbers(self, name: str) -> np.ndarray:
        """A column as float64, NaN where a cell is empty or says so (NA, NaN, null, ?)."""
        values = self._floats(name)
        if values is not None:
            return values
        wrong = [i for i, cell in enumerate(self.cells(name)) if number_of(cell) is None]
        raise self.refusal(name, wrong, "a number")

    def coded(self, name: str) -> Coded:
        """The different cells of a column, and where they are."""
        written, of_rows = different(self.data[self.check(name)])
        cells = [None if cell is None else str(cell).strip() or None for cell in written]
        number = {cell: i for i, cell in enumerate(dict.fromkeys(cells))}
        same = np.array([number[cell] for cell in cells], np.int64)
        return Coded(list(number), same[of_rows])

    def count_different(self, name: str) -> int:
        """How many different cells a column has, with blanks around them."""
        import pyarrow.compute as pc

        options = pc.CountOptions("all")
        return pc.call_function("count_distinct", [self.data[name]], options).as_py()

    def texts(self, name: str) -> list[str]:
        """A column as text, no cell empty."""
        cells = ["" if cell is None else str(cell) for cell in self.cells(name)]
        self.refuse(name, [i for i, cell in enumerate(cells) if not cell.strip()], "a text")
        return cells

    def labels(self, name: str) -> np.ndarray:
        """A column as whole numbers, else as numbers, else as text.

        Whole numbers beyond int64, or with zeros in front, are names: as numbers some would become
        the same. Words for what is missing (NA, None, nan) are names among names, and gaps among
        numbers. Raises SteadfitError for gaps and for dates.
        """
        if as_dates(self.data[self.check(name)], self.day_first) is not None:
            raise SteadfitError(
                f'{self.file}, column "{name}": labels must be classes or numbers, got dates such '
                f"as {self.cells(name)[0]}. Name another column; for a forecast, give horizon."
            )
        gaps = self.unlabelled(name)
        if gaps:
            raise SteadfitError(
                f'{self.file}, column "{name}": each row must have a label, got none in '
                f"{counted(len(gaps), 'rows')}: {some([self.where(i) for i in gaps])}. Label "
                'these rows, or give missing="drop" to leave them out.'
            )
        cells = [cell for cell in self.label_names(name) if cell is not None]
        if all(map(_WHOLE.fullmatch, cells)):
            small = all(len(cell) <= 20 and -(2**63) <= int(cell) < 2**63 for cell in cells)
            return np.array(list(map(int, cells)), np.int64) if small else np.array(cells)
        if any(map(ZEROS_IN_FRONT.fullmatch, cells)) or not are_numbers(cells):
            return np.array(cells)
        return np.array(cells, np.float64)

    def label_lists(self, name: str) -> np.ndarray:
        """A column of cells with several labels each, as written; "" where a cell is empty."""
        return np.array([cell or "" for cell in self.names_as_written(name)])

    def label_names(self, name: str) -> list[str | None]:
        """A column of labels as names: without units, but few whole numbers with a word, such as
        "3 stars", as the file has them."""
        plain, written = self.names_in(name), self.names_as_written(name)
        few = len({*plain}) <= _FEW and all(
            cell is None or _WHOLE.fullmatch(cell) for cell in plain
        )
        worded = any(letter.isalpha() for cell in {*written} for letter in cell or "")
        return written if few and worded else plain

    def unlabelled(self, name: str) -> list[int]:
        """The rows that have no label; see `labels`."""
        cells = self.names_in(name)
        known = [cell for cell in cells if cell is not None and cell.lower() not in MISSING]
        numeric = are_numbers(known)
        return [
            row
            for row, cell in enumerate(cells)
            if cell is None or (numeric and cell.lower() in MISSING)
        ]

    def without(self, rows: Sequence[int]) -> "Columns":
        """The other rows, which keep their numbers."""
        kept = np.setdiff1d(np.arange(len(self)), rows)
        if not len(kept):
            raise SteadfitError(f"{self.file} has no rows left.")
        data, as_written = (
            {name: column.take(kept) for name, column in columns.items()}
            for columns in (self.data, self.as_written)
        )
        numbers = np.arange(len(self)) if self.numbers_of is None else self.numbers_of
        return replace(
            self,
            data=data,
            as_written=as_written,
            numbers_of=numbers[kept],
            places=tuple(self.places[i] for i in kept) if self.places else (),
            is_test=None if self.is_test is None else self.is_test[kept],
        )

    def names_in(self, name: str, rows: int | None = None) -> list[str | None]:
        """A column as text without blanks around it, None where a cell is empty. rows: the first
        ones alone."""
        column = self.data[self.check(name)].slice(0, rows)
        cells, of_rows = replace(self, data={name: column}).coded(name)
        return [cells[i] for i in of_rows.tolist()]

    def names_as_written(self, name: str) -> list[str | None]:
        """As `names_in`, of the cells as the file has them."""
        column = self.as_written.get(name, self.data[self.check(name)])
        return replace(self, data={name: column}).names_in(name)

    def dates(self, name: str) -> np.ndarray:
        """A column of dates as datetime64[us], NaT where a cell is missing.

        Those with a time zone are as its clocks show them. Raises SteadfitError for cells that are
        no dates.
        """
        found = as_dates(self.data[self.check(name)], self.day_first)
        if found is not None:
            return found
        cells = [None if cell is None else str(cell) for cell in self.cells(name)]
        if are_missing(cells):
            return np.full(len(cells), "NaT", "datetime64[us]")
        if are_undecided(cells):
            raise undecided(f'{self.file}, column "{name}"', cells)
        wrong = no_dates(cells, self.day_first)
        if not wrong:
            zones = [None if cell is None else zoned(cell, self.day_first) for cell in cells]
            first = next(zone for zone in zones if zone is not None)
            others = [row for row, zone in enumerate(zones) if zone not in (None, first)]
            raise self.refusal(name, others, f"a time with{'' if first else 'out'} a time zone")
        raise self.refusal(name, wrong, "a date such as 2024-01-31")

    def has_zone(self, name: str) -> bool:
        """Whether dates have a time zone, as all of a column have, or none."""
        cells = (cell for cell in self.coded(name).cells if cell and cell.lower() not in MISSING)
        first = next(cells, "")
        return any(has_zone(written([first], day_first)) for day_first in (True, False))

    def refuse(self, name: str, rows: Sequence[int], expected: str) -> None:
        if rows:
            raise self.refusal(name, rows, expected)

    def refusal(self, name: str, rows: Sequence[int], expected: str) -> SteadfitError:
        column = self.data[name]
        names = [self.places[i] if self.places else f"row {self.number_of_row(i)}" for i in rows]
        cells = [f'{name} ("{str(column[i])[:30]}")' for name, i in zip(names, rows, strict=True)]
        return SteadfitError(
            f'{self.file}, column "{name}": each row must have {expected}, got something else in '
            f"{len(rows)}: {some(cells)}. Fix or remove these rows."
        )
