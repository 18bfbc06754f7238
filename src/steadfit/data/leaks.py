"""Columns that give the target away: its copies, functions of it, and two that add up to it."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from steadfit.errors import some
from steadfit.formats.columns import Columns

_LEAST = 20  # rows, where numbers are compared with the target
_EXACT = 1e-6  # of the target's range: what rounding leaves between two equal numbers
_JOINED = {"+": np.add, "-": np.subtract}
_SUMMED = 60  # columns, at most, of which all pairs are added


def is_copy(table: Columns, name: str, target: str) -> bool:
    """Whether a column has the target's cells, or its numbers written in another way."""
    if table.is_numeric(name) and table.is_numeric(target):
        return np.array_equal(table.numbers(name), table.numbers(target), equal_nan=True)
    if table.names_in(name, _LEAST) != table.names_in(target, _LEAST):
        return False
    return table.names_in(name) == table.names_in(target)


def leak_notes(table: Columns, names: Sequence[str], target: str) -> list[str]:
    """Which of these columns tell the target, each alone or two by their sum.

    A column tells it where each of its values stands beside one value of the target alone, and
    back, and both come again; or where its numbers rise, or fall, with the target's in all rows.
    """
    notes = []
    targets = table.coded(target).of_rows
    if telling := [f'"{name}"' for name in names if _tells(table, name, targets)]:
        several = "each value of each of" if len(telling) > 1 else "each value of"
        notes.append(
            f"{table.file}: {several} {some(telling)} stands beside one value of {target} "
            f"alone. {_advice(telling)}"
        )
    numbers = _numbers(table, names, target)
    if rising := [f'"{name}"{_how(x, y)}' for name, (x, y) in numbers.items() if _rises(x, y)]:
        several = "each of " if len(rising) > 1 else ""
        notes.append(
            f"{table.file}: {target} rises or falls with {several}{some(rising)} in every row. "
            f"{_advice(rising)}"
        )
    if added := _added(table, list(numbers), target):
        notes.append(
            f"{table.file}: {target} is {some(added)} in every row. If one of these is known only "
            "together with the target, leave it out: name the columns to use with values."
        )
    return notes


def _advice(columns: Sequence[str]) -> str:
    they_are, them = ("they are", "them") if len(columns) > 1 else ("it is", "it")
    return (
        f"If {they_are} known only together with the target, leave {them} out: name the columns to "
        "use with values."
    )


def _tells(table: Columns, name: str, targets: np.ndarray) -> bool:
    """targets: the codes of the target's cells."""
    different, most = int(targets.max()) + 1, len(targets) / 2
    if not 1 < different < most or table.count_different(name) >= most:
        return False
    cells = table.coded(name).of_rows
    if int(cells.max()) + 1 != different:
        return False
    return len(np.unique(cells * different + targets)) == different


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
            join, a, b = _JOINED[sign], x[first], x[second]
            if _same(join(a[:_LEAST], b[:_LEAST]), y[:_LEAST]) and _same(join(a, b), y):
                found.append(f'"{first}" {sign} "{second}"')
    return found


def _same(x: np.ndarray, y: np.ndarray) -> bool:
    both = np.isfinite(x) & np.isfinite(y)
    if not both.any():
        return False
    return bool((np.abs(x - y)[both] <= _EXACT * max(np.ptp(y[both]), 1e-300)).all())
