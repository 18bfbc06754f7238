"""What the columns of a table hold, told by their cells, and which tell nothing."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from steadfit.data.large_numbers import precision_notes
from steadfit.data.leaks import is_copy, leak_notes
from steadfit.data.sentinels import sentinel_notes
from steadfit.errors import SteadfitError, some
from steadfit.formats.arrays import is_number
from steadfit.formats.columns import ZEROS_IN_FRONT, Columns
from steadfit.formats.dates import are_nearly_dates, are_undecided, as_dates, guessed_century
from steadfit.formats.units import mixed_numbers
from steadfit.kinds.table_columns import (
    PARTS,
    Category,
    Column,
    DatePart,
    Number,
    Part,
    date_part,
)

MOST_CATEGORIES = 50  # of a column, the most frequent; all others count as one
FEW = 20  # different cells, at most, of what may be categories however few rows there are
_IDENTIFIER = re.compile(
    r"(.*[ _.-])?(id|uuid|guid|key|nr|no|index)|(?-i:.*[a-z])(?-i:Id|ID|Nr|No|Key)"
    r"|row(_?names|_?id)?|unnamed: 0(\.\d+)?|",
    re.I,
)


class Told(NamedTuple):
    """The columns that are used, and what is to be said of them and of the others."""

    columns: tuple[Column, ...]
    notes: tuple[str, ...]


class NothingToldError(SteadfitError):
    """No column tells anything."""


class _UselessError(Exception):
    """A column that tells nothing, with the reason in words."""


def told(table: Columns, names: Sequence[str], target: str | None = None) -> Told:
    """What these columns of a table hold.

    Left out and named: empty columns, those that are the same in all rows, row numbers and
    identifiers, texts that nearly all differ, and copies of the target. Raises SteadfitError where
    nothing is left, and for a column of numbers with some other cells.
    """
    columns: list[Column] = []
    left_out, grouped, used = [], [], []
    for name in names:
        try:
            found = _columns_of(table, name, target)
        except _UselessError as reason:
            left_out.append(f'"{name}" ({reason})')
            continue
        columns += found
        used.append(name)
        for column in found:
            if not column.categories:
                continue
            if others := len({*table.names_in(name)} - {None, *column.categories}):
                grouped.append(f'"{name}" ({others:,})')
    if not columns:
        raise NothingToldError(
            f"{table.file} must have columns that tell something beside those named, got "
            f"{some(left_out) or 'none'}. Name the columns to use: values."
        )
    notes = []
    if left_out:
        notes.append(f"{table.file}: columns left out: {'; '.join(left_out)}.")
    if grouped:
        notes.append(
            f"{table.file}: all but the {MOST_CATEGORIES} most frequent categories count as one in "
            f"{some(grouped)}."
        )
    notes += _century_notes(table, [c.name for c in columns if isinstance(c, DatePart)])
    of_inputs = [column.name for column in columns if isinstance(column, Number)]
    numbers = of_inputs
    if target is not None:
        notes += leak_notes(table, used, target)
        numbers = [*of_inputs, target] if table.is_numeric(target) else of_inputs
    notes += [*sentinel_notes(table, numbers), *precision_notes(table, of_inputs)]
    return Told(tuple(columns), tuple(notes))


def _columns_of(table: Columns, name: str, target: str | None) -> list[Column]:
    """Raises _UselessError for a column that tells nothing."""
    cells = table.names_in(name)
    counts = Counter(cell for cell in cells if cell is not None)
    rows = sum(counts.values())
    if not counts:
        raise _UselessError("empty")
    if len(counts) == 1 and rows == len(cells):
        raise _UselessError("the same in all rows")
    if target is not None and is_copy(table, name, target):
        raise _UselessError("a copy of the target")
    identifies = _IDENTIFIER.fullmatch(name.strip()) and len(counts) == rows == len(cells)
    dates = as_dates(table.data[name], table.day_first)
    if dates is not None:
        return _parts(name, dates, table.has_zone(name))
    if _are_numbers(table, name, counts):
        if identifies or _counts_rows(table.numbers(name)):
            raise _UselessError("row numbers or identifiers")
        return [Number(name, table.units.get(name, ""))]
    if identifies:
        raise _UselessError("identifiers")
    words = [count for cell, count in counts.items() if not is_number(cell)]
    if sum(words) < rows / 2 and (len(counts) > FEW or min(words, default=1) == 1):
        table.numbers(name)  # raises, and names the other cells
    if are_undecided(cells):
        raise _UselessError("dates whose day and month nothing tells apart: give day_first")
    if are_nearly_dates(counts, table.day_first):
        table.dates(name)  # raises, and names the other cells
    if len(counts) > FEW and len(counts) > rows / 2:
        raise _UselessError(mixed_numbers(list(counts)) or "texts that nearly all differ")
    frequent = sorted(counts, key=lambda cell: (-counts[cell], cell))[:MOST_CATEGORIES]
    return [Category(name, tuple(sorted(frequent)))]


def _are_numbers(table: Columns, name: str, counts: Mapping[str, int]) -> bool:
    """Whether a column is one of numbers; yes and no are none, and neither are codes that have
    zeros in front, such as 01067, and come again."""
    import pyarrow as pa

    if not table.is_numeric(name) or pa.types.is_boolean(table.data[name].type):
        return False
    if np.isnan(table.numbers(name)).all():
        return False
    codes = any(ZEROS_IN_FRONT.fullmatch(cell) for cell in counts)
    return not codes or FEW < len(counts) > sum(counts.values()) / 2


def _parts(name: str, dates: np.ndarray, zoned: bool) -> list[Column]:
    """Those parts of dates that vary."""
    parts: list[Part] = [part for part in PARTS if _varies(date_part(dates, part))]
    if not parts and not np.isnat(dates).any():
        raise _UselessError("dates of one day")
    found: list[Column] = [DatePart(name, part, zoned) for part in parts or PARTS[:1]]
    return found


def _century_notes(table: Columns, names: Sequence[str]) -> list[str]:
    """The years that those of two digits are taken for."""
    years = {n: guessed_century(table.names_in(n), table.dates(n)) for n in dict.fromkeys(names)}
    return [f'{table.file}: years of two digits in "{name}" are read as {found}.'
            for name, found in years.items() if found]  # fmt: skip


def _varies(values: np.ndarray) -> bool:
    known = values[~np.isnan(values)]
    return bool(len(known) and known.min() < known.max())


def _counts_rows(values: np.ndarray) -> bool:
    """0, 1, 2, … or 1, 2, 3, …, as the rows stand."""
    first = values[0]
    return first in (0, 1) and bool((values == np.arange(len(values)) + first).all())
