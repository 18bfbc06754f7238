"""Columns that give the target away: its copies, functions of it, and two that add up to it."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from steadfit.errors import some
from steadfit.formats.columns import Columns

_LEAST = 20  # rows, where numbers are compared with the target
_EXACT = 1e-6  # of the target's range: what rounding leaves between two equal numbers
_SUMMED = 60  # columns, at most, of which all pairs are added


def is_copy(table: Columns, name: str, target: str) -> bool:
    """Whether a column has the target's cells, or its numbers written in another way."""
    if table.names_in(name) == table.names_in(target):
        return True
    if not (table.is_numeric(name) and table.is_numeric(target)):
        return False
    return np.array_equal(table.numbers(name), table.numbers(target), equal_nan=True)


def leak_notes(table: Columns, names: Sequence[str], target: str) -> list[str]:
    """Which of these columns tell the target, each alone or two by their sum.

    A column tells it where each of its values stands beside one value of the target alone, and
    back, and both come again; or where its numbers rise, or fall, with the target's in all rows.
    """
    notes = []
    advice = (
        "known only together with the target, leave it out: name the columns to use with values."
    )
    if telling := [f'"{name}"' for name in names if _tells(table, name, target)]:
        notes.append(
            f"{table.file}: each value of {some(telling)} stands beside one value of {target} "
            f"alone. If it is {advice}"
        )
    numbers = _numbers(table, names, target)
    if rising := [f'"{name}"{_how(x, y)}' for name, (x, y) in numbers.items() if _rises(x, y)]:
        notes.append(
            f"{table.file}: {target} rises or falls with {some(rising)} in every row. If it is "
            f"{advice}"
        )
    if added := _added(table, list(numbers), target):
        notes.append(
            f"{table.file}: {target} is {some(added)} in every row. If one of these is {advice}"
        )
    return notes


def _tells(table: Columns, name: str, target: str) -> bool:
    cells, targets = table.names_in(name), table.names_in(target)
    pairs = len(set(zip(cells, targets, strict=True)))
    return pairs == len(set(cells)) == len(set(targets)) < len(cells) / 2 and pairs > 1


def _numbers(
    table: Columns, names: Sequence[str], target: str
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """The columns of numbers and the target's beside them, in the rows that have both, where most
    of these differ."""
    if not table.is_numeric(target):
        return {}
    y, found = table.numbers(target), {}
    for name in names:
        if table.is_numeric(name):
            x = table.numbers(name)
            both = np.isfinite(x) & np.isfinite(y)
            least = max(_LEAST, len(y) / 2)
            if both.sum() >= least and len(np.unique(y[both])) > both.sum() / 2:
                found[name] = (x[both], y[both])
    return found


def _rises(x: np.ndarray, y: np.ndarray) -> bool:
    """Whether x rises with y in all rows, or falls, and mostly differs."""
    if len(np.unique(x)) <= len(x) / 2:
        return False
    return any(bool((np.diff(each[np.lexsort((each, y))]) >= 0).all()) for each in (x, -x))


def _how(x: np.ndarray, y: np.ndarray) -> str:
    """x as a line over y, in words; nothing where it is none."""
    about = y - y.mean()
    slope = (about * x).sum() / np.square(about).sum()
    begin = x.mean() - slope * y.mean()
    if np.abs(x - slope * y - begin).max() > _EXACT * np.ptp(x):
        return ""
    offset = f" + {begin:.4g}" if abs(begin) > _EXACT * np.ptp(x) else ""
    return f" ({slope:.4g} × the target{offset})"


def _added(table: Columns, names: Sequence[str], target: str) -> list[str]:
    """The pairs of columns whose sum or difference is the target."""
    found = []
    y = table.numbers(target) if names else np.empty(0)
    x = {name: table.numbers(name) for name in names[:_SUMMED]}
    for one, other in combinations(x, 2):
        for sign, first, second in (("+", one, other), ("-", one, other), ("-", other, one)):
            a, b = x[first], x[second] if sign == "+" else -x[second]
            if _same(a[:_LEAST] + b[:_LEAST], y[:_LEAST]) and _same(a + b, y):
                found.append(f'"{first}" {sign} "{second}"')
    return found


def _same(x: np.ndarray, y: np.ndarray) -> bool:
    both = np.isfinite(x) & np.isfinite(y)
    if not both.any():
        return False
    return bool((np.abs(x - y)[both] <= _EXACT * max(np.ptp(y[both]), 1e-300)).all())
