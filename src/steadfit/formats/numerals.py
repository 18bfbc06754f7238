"""Numbers as people of many countries write them: which marks are decimal, and which divide
thousands."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from steadfit.errors import SteadfitError, some

if TYPE_CHECKING:
    import pyarrow as pa

Mark = Literal[".", ","]
_GROUPS = " \u00a0\u202f'’"  # blanks and apostrophes between thousands, which no decimal mark is
_HEAD = 1000  # cells that most often tell that a column has no numbers
_THOUSANDTHS = "[+-]?[0-9]{1,3}\\.[0-9]{3}"
_POWER = "(?:[eE][+-]?[0-9]+)?"


class UndecidedMarkError(SteadfitError):
    """Nothing tells which mark is decimal."""


class PlainNumbers(NamedTuple):
    """Columns of numbers that were written otherwise than 1234.5, so written; the decimal mark that
    the columns with marks have, None where they have none or differ; and what is to be said."""

    written: dict[str, "pa.ChunkedArray"]
    decimal: Mark | None
    notes: list[str]


class _Fit(NamedTuple):
    """Which decimal marks a column can have, and whether it has any mark at all."""

    marks: frozenset[Mark]
    marked: bool  # a point or a comma in some cell
    grouped: bool  # blanks or apostrophes between thousands
    comma: bool  # a comma in some cell
    thousandths: bool  # a point before the last three digits of every cell


def pattern(mark: Mark) -> str:
    """A regular expression of whole cells that are numbers with this decimal mark.

    >>> import re
    >>> [bool(re.fullmatch(pattern(","), cell)) for cell in ("1.041,5", "0,5", "0.041", "1.5")]
    [True, True, False, False]
    >>> [bool(re.fullmatch(pattern("."), cell)) for cell in ("12,34,567", "1,041e3", "1.041e3")]
    [True, False, True]
    """
    decimal, other = (r"\.", ",") if mark == "." else (",", r"\.")
    groups = [f"[1-9][0-9]{{0,2}}(?:{each}[0-9]{{3}})+" for each in (other, f"[{_GROUPS}]")]
    if mark == ".":
        groups.append("[1-9][0-9]?(?:,[0-9]{2})+,[0-9]{3}")  # lakh and crore, as in India
    plain = f"(?:[0-9]+(?:{decimal}[0-9]*)?|{decimal}[0-9]+){_POWER}"
    return f"[+-]?(?:{plain}|(?:{'|'.join(groups)})(?:{decimal}[0-9]*)?)"


def plain_numbers(
    data: Mapping[str, "pa.ChunkedArray"],
    file: str,
    decimal: Mark | None,
    is_missing: Callable[["pa.ChunkedArray"], Any],
    between_cells: str | None = None,
) -> PlainNumbers:
    """The columns whose numbers are written otherwise than 1234.5.

    Every column is read by the mark that fits all its cells. Where both fit, as of 2.155, the
    file's other columns decide; and if these do not, points in every cell of a file with commas
    between its cells are decimal points, as programs that write commas before decimals put
    semicolons between cells.
    decimal: the mark, where it is given. is_missing: of trimmed cells, True for those that say so.
    between_cells: the delimiter of a file that has one.

    Raises UndecidedMarkError where nothing decides.
    """
    fits = {name: _fit(column, is_missing) for name, column in data.items()}
    proofs = {mark: [name for name, fit in fits.items() if fit.marked and fit.marks == {mark}]
              for mark in (".", ",")}  # fmt: skip
    chosen: dict[str, Mark] = {}
    doubtful, fixed = [], []
    for name, fit in fits.items():
        if not fit.marks or not (fit.marked or fit.grouped):
            continue
        if decimal is not None and (decimal in fit.marks):
            chosen[name] = decimal
        elif len(fit.marks) == 1 or not fit.marked:
            chosen[name] = next(iter(fit.marks))
        elif bool(proofs["."]) != bool(proofs[","]):
            chosen[name] = "." if proofs["."] else ","
        elif between_cells == "," and fit.thousandths and not proofs[","]:
            chosen[name], fixed = ".", [*fixed, name]
        else:
            doubtful.append(name)
    if doubtful:
        cell = _first_marked(data[doubtful[0]])
        raise UndecidedMarkError(
            f'{file}, column "{doubtful[0]}": numbers such as {cell} may be thousands or have '
            'three decimals, and nothing in the file tells. Give decimal="." or decimal=",", the '
            "mark before decimals."
        )
    written = {name: _plain(data[name], mark) for name, mark in chosen.items()
               if mark == "," or fits[name].comma or fits[name].grouped}  # fmt: skip
    notes = _notes(data, file, {name: chosen[name] for name in written})
    if fixed:
        notes.append(
            f"{file}: points are read as decimal points in the columns {some(fixed)}, as there are "
            'commas between the cells; decimal="," makes them thousands.'
        )
    marks: set[Mark] = {mark for name, mark in chosen.items() if fits[name].marked}
    return PlainNumbers(written, marks.pop() if len(marks) == 1 else None, notes)


def can_be_numbers(column: "pa.ChunkedArray", is_missing: Callable[..., Any]) -> bool:
    """Whether all cells of a column are numbers by some mark, and one at least is no gap."""
    return bool(_fit(column, is_missing).marks)


def _fit(column: "pa.ChunkedArray", is_missing: Callable[..., Any]) -> _Fit:
    import pyarrow as pa
    import pyarrow.compute as pc

    nothing = _Fit(frozenset(), False, False, False, False)
    if not pa.types.is_string(column.type):
        return nothing
    cells = pc.call_function("utf8_trim_whitespace", [column]).drop_null()
    cells = cells.filter(pc.call_function("invert", [is_missing(cells)]))
    if not len(cells):
        return nothing

    def some_match(regex: str) -> bool:
        return bool(pc.call_function("any", [_matches(cells, regex)]).as_py())

    def all_match(some: Any, regex: str) -> bool:
        return bool(pc.call_function("all", [_matches(some, f"^{regex}$")]).as_py())

    patterns: dict[Mark, str] = {".": pattern("."), ",": pattern(",")}
    marks: frozenset[Mark] = frozenset(
        mark
        for mark, regex in patterns.items()
        if all_match(cells[:_HEAD], regex) and all_match(cells, regex)
    )
    if not marks:
        return nothing
    return _Fit(
        marks,
        some_match("[.,]"),
        some_match(f"[{_GROUPS}]"),
        some_match(","),
        all_match(cells, _THOUSANDTHS),
    )


def _matches(cells: Any, regex: str) -> Any:
    import pyarrow.compute as pc

    return pc.call_function("match_substring_regex", [cells], pc.MatchSubstringOptions(regex))


def _plain(column: "pa.ChunkedArray", mark: Mark) -> "pa.ChunkedArray":
    """The cells with a decimal point and nothing between thousands."""
    import pyarrow.compute as pc

    def replaced(cells: Any, regex: str, by: str) -> Any:
        options = pc.ReplaceSubstringOptions(regex, by)
        return pc.call_function("replace_substring_regex", [cells], options)

    cells = pc.call_function("utf8_trim_whitespace", [column])
    between = "," if mark == "." else r"\."
    # Only within numbers: what says that a cell is missing stays.
    cells = replaced(cells, f"([0-9])(?:{between}|[{_GROUPS}])([0-9])", r"\1\2")
    cells = replaced(cells, f"([0-9])(?:{between}|[{_GROUPS}])([0-9])", r"\1\2")
    return replaced(cells, "([0-9]|^[+-]?),", r"\1.") if mark == "," else cells


def _first_marked(column: "pa.ChunkedArray") -> str:
    return next(cell for cell in column.to_pylist() if cell and ("." in cell or "," in cell))


def _notes(data: Mapping[str, Any], file: str, chosen: Mapping[str, Mark]) -> list[str]:
    """What commas, points and blanks were taken for."""
    commas = [name for name, mark in chosen.items() if mark == "," and _has(data[name], ",")]
    points = [name for name, mark in chosen.items() if mark == "," and _has(data[name], ".")]
    thousands = [name for name, mark in chosen.items() if mark == "." and _has(data[name], ",")]
    found = []
    if commas:
        found.append(f"{file}: commas are read as decimal points in the columns {some(commas)}.")
    for mark, names in (("points", points), ("commas", thousands)):
        if names:
            found.append(f"{file}: {mark} divide thousands in the columns {some(names)}.")
    return found


def _has(column: Any, mark: str) -> bool:
    import pyarrow.compute as pc

    options = pc.MatchSubstringOptions(mark)
    return bool(pc.call_function("any", [pc.call_function("match_substring", [column], options)])
                .as_py())  # fmt: skip
