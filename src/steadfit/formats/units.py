"""Columns of numbers with a unit in every cell: amounts of money, and per cent."""

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from steadfit.errors import SteadfitError, some
from steadfit.formats.numerals import Mark, can_be_numbers, pattern

if TYPE_CHECKING:
    import pyarrow as pa

_SIGN = r"[^\w\s.,;:'\"()\[\]{}<>=?!/+-]|EUR|USD|GBP|CHF"  # such as % and those of money
_WORD = r"[A-Za-zµμΩ°][\w°²³/^*·%-]{0,9}"  # kg, km/h, m2, °C
_BLANK = "[ \u00a0\u202f]?"
_NUMBER = "[0-9](?:[0-9.,'\u2019 \u00a0\u202f]*[0-9.,])?|[.,][0-9]+"
_BEFORE = re.compile(f"[+-]?({_SIGN}){_BLANK}[+-]?({_NUMBER})")
# No full stop before a word: 0.png is a file.
_AFTER = re.compile(f"[+-]?({_NUMBER}){_BLANK}({_SIGN}|(?<![.,]){_WORD})")
_MOST_UNITS = 5  # of one column; more are codes
_MARKS: tuple[Mark, ...] = (".", ",")
_PLAIN = re.compile(f"{pattern('.')}|{pattern(',')}")
_IN_BRACKETS = r"^\(([^()]*[0-9][^()]*)\)$"  # as accountants write amounts below zero
_MINUS_AFTER = r"^([0-9][0-9.,]*)-$"  # as SAP writes them
_MINUS = "\u2212"  # as typography has it


class Bare(NamedTuple):
    """Columns without their units; the units of those that had one; and what is to be said."""

    data: Mapping[str, "pa.ChunkedArray"]
    units: Mapping[str, str]
    notes: list[str]


def bare_numbers(
    data: Mapping[str, "pa.ChunkedArray"],
    file: str,
    is_missing: Callable[["pa.ChunkedArray"], Any],
) -> Bare:
    """The columns all of whose cells are numbers with the same unit, and those with a minus of
    typography or with (12) or 12- for -12, as plain numbers.

    is_missing: of trimmed cells, True for those that say so.

    Raises SteadfitError where some numbers of a column are per cent, and others have no unit.
    """
    bare, units, below_zero = {}, {}, []
    for name, column in data.items():
        known = _known(column, is_missing)
        if known is None:
            continue
        changed = column
        if _any(known, _MINUS):
            changed, known = (_replaced(cells, _MINUS, "-") for cells in (column, known))
        if _any(known, _IN_BRACKETS) and not _all(known, _IN_BRACKETS):
            changed, known = (_replaced(_trimmed(cells), _IN_BRACKETS, r"-\1")
                              for cells in (changed, known))  # fmt: skip
            below_zero.append(name)
        elif _any(known, _MINUS_AFTER) and not _all(known, _MINUS_AFTER):
            changed, known = (_replaced(_trimmed(cells), _MINUS_AFTER, r"-\1")
                              for cells in (changed, known))  # fmt: skip
            below_zero.append(name)
        unit = _unit(known[0].as_py())
        if unit is not None and _all(known, _with_unit(unit)):
            changed = _replaced(_trimmed(changed), _with_unit(unit), r"\1\2\3\4")
            units[name] = unit
        elif _any(known, "%$"):
            _refuse_some_per_cent(known, f'{file}, column "{name}"', is_missing)
        if changed is not column and can_be_numbers(changed, is_missing):
            bare[name] = changed
    units = {name: unit for name, unit in units.items() if name in bare}
    percent = [name for name, unit in units.items() if unit == "%"]
    others = [f"{name} ({unit})" for name, unit in units.items() if unit != "%"]
    below_zero = [name for name in below_zero if name in bare]
    notes = []
    if below_zero:
        notes.append(f"{file}: (12) or 12- is read as -12 in the columns {some(below_zero)}.")
    if percent:
        notes.append(f"{file}: 12% is read as 0.12 in the columns {some(percent)}.")
    if others:
        notes.append(f"{file}: the unit is left out of the numbers of {some(others)}.")
    return Bare(bare, units, notes)


def spelt_with_unit(labels: Iterable[str], names: Collection[str]) -> Mapping[str, str]:
    """Of the labels that are no names, those that are one name alone with a unit, or without it.

    >>> spelt_with_unit(["1 kg", "2 kg", "1"], ["1", "3"])
    {'1 kg': '1'}
    >>> spelt_with_unit(["3", "4"], ["3 stars", "4 kg", "4 g"])
    {'3': '3 stars'}
    """
    unknown = {*labels} - {*names}
    by_number = defaultdict(list)
    for name in names:
        by_number[_number_alone(name)].append(name)
    found = {label: by_number[label] for label in unknown if label in by_number}
    found |= {
        label: [_number_alone(label)] for label in unknown if _number_alone(label) in {*names}
    }
    return {label: same[0] for label, same in found.items() if len(same) == 1}


def mixed_numbers(cells: Sequence[str]) -> str | None:
    """Why cells that are all numbers are none as a column, in words; None for others.

    >>> mixed_numbers(["$1,234.50", "\u20ac900.10"]), mixed_numbers(["1.234,50", "1,234.50"])
    ('numbers of several units: $, \u20ac', 'numbers some with decimal points, some with commas')
    """
    units = {_unit(cell) for cell in cells}
    bare = [_number_alone(cell) for cell in cells]
    if len(units) > _MOST_UNITS or not all(map(_PLAIN.fullmatch, bare)):
        return None
    if len(units) > 1:
        return f"numbers of several units: {some(sorted(unit or 'none' for unit in units))}"
    if not any(all(re.fullmatch(pattern(mark), cell) for cell in bare) for mark in _MARKS):
        return "numbers some with decimal points, some with commas"
    return None


def _number_alone(cell: str) -> str:
    """A cell without its unit, if it has one."""
    unit = _unit(cell)
    return cell if unit is None else re.sub(_with_unit(unit), r"\1\2\3\4", cell)


def unit_note(unit: str, trained: str, values: np.ndarray) -> list[str]:
    """That a column has another unit than in training, in words; "" for none. values: its cells."""
    if unit == trained:
        return []
    if unit and trained:
        return [f"numbers are in {unit}, and training had {trained}. Convert them."]
    if unit == "%":
        return ["12% is read as 0.12, and training had numbers without %."]
    if trained and trained != "%":
        return [f"numbers have no unit, and training had {trained}. Convert them if they differ."]
    if trained == "%" and bool((np.abs(values) > 1).any()):
        return [
            "training had 12% as 0.12, and here are numbers above 1 without %. Write 12% or 0.12."
        ]
    return []


def hundredths(column: "pa.ChunkedArray") -> Any:
    """A hundredth of each number that is written with a decimal point; other cells as they are."""
    return _replaced(column, r"^([+-]?[0-9.]*[0-9][0-9.]*)$", r"\1e-2")


def _refuse_some_per_cent(known: Any, where: str, is_missing: Callable[..., Any]) -> None:
    """Raise SteadfitError where all cells are numbers, and only some of them are per cent."""
    if not can_be_numbers(_replaced(known, _with_unit("%"), r"\1\2\3\4"), is_missing):
        return
    cells = known.to_pylist()
    bare = next(cell for cell in cells if not cell.endswith("%"))
    percent = next(cell for cell in cells if cell.endswith("%"))
    raise SteadfitError(
        f'{where}: numbers must have "%" in all cells or in none, got {percent} and {bare}. '
        "Write them alike."
    )


def _known(column: "pa.ChunkedArray", is_missing: Callable[..., Any]) -> Any:
    """The cells that say something, trimmed; None where there are none."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not pa.types.is_string(column.type):
        return None
    cells = _trimmed(column).drop_null()
    known = cells.filter(pc.call_function("invert", [is_missing(cells)]))
    return known if len(known) else None


def _unit(cell: str) -> str | None:
    if _PLAIN.fullmatch(cell):  # 1e5 is no 1 with the unit e5
        return None
    if found := _BEFORE.fullmatch(cell):
        return found[1]
    found = _AFTER.fullmatch(cell)
    return None if found is None else found[2]


def _with_unit(unit: str) -> str:
    sign = re.escape(unit)
    return f"^([+-]?)(?:{sign}{_BLANK}([+-]?)({_NUMBER})|({_NUMBER}){_BLANK}{sign})$"


def _trimmed(column: Any) -> Any:
    import pyarrow.compute as pc

    return pc.call_function("utf8_trim_whitespace", [column])


def _replaced(column: Any, regex: str, by: str) -> Any:
    import pyarrow.compute as pc

    options = pc.ReplaceSubstringOptions(regex, by)
    return pc.call_function("replace_substring_regex", [column], options)


def _all(cells: Any, regex: str) -> bool:
    return bool(_match("all", cells, regex))


def _any(cells: Any, regex: str) -> bool:
    return bool(_match("any", cells, regex))


def _match(of_them: str, cells: Any, regex: str) -> Any:
    import pyarrow.compute as pc

    options = pc.MatchSubstringOptions(regex)
    found = pc.call_function("match_substring_regex", [cells], options)
    return pc.call_function(of_them, [found]).as_py()
