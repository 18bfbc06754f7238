"""ARFF files (Weka, OpenML, UCR) as CSV text, so that both are read by the same rules."""

import csv
import io
import re
from pathlib import Path

from steadfit.errors import SteadfitError, some

_ATTRIBUTE = re.compile(
    r"""@attribute\s+(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|([^\s'"]\S*?))\s*(\{.*|\s\S.*)""",
    re.I,
)
_CELL = re.compile(  # between commas, in quotes of either kind or in none
    r"""(?:^|,)\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|([^,]*?))\s*(?=,|$)"""
)

_WEIGHT = re.compile(r",\s*\{\s*[\d.eE+-]+\s*\}$")  # of a row, after its values


def arff_text(path: Path, text: str) -> str:
    """The rows after @data as CSV with commas, under the attributes' names.

    Comments are left out. Raises SteadfitError, with the line, for attributes that are relations,
    sparse rows, and what is no ARFF.
    """
    names: list[str] = []
    rows = io.StringIO()
    writer = csv.writer(rows, lineterminator="\n")
    in_data = False
    for number, line in enumerate(text.split("\n"), start=1):
        line, where = line.strip(), f"{path.name} line {number}"
        if not line or line.startswith("%"):
            continue
        if in_data:
            writer.writerow(_cells(line, where, len(names)))
        elif line.lower().startswith("@attribute"):
            names.append(_name(line, where))
        elif line.lower().startswith("@data"):
            in_data = True
            writer.writerow(names)
        elif not line.lower().startswith("@relation"):
            raise SteadfitError(
                f'{where}: a line before @data must be @relation or @attribute, got "{line[:40]}".'
                " Fix or remove it."
            )
    if not in_data:
        raise SteadfitError(f"{path.name} has no @data. Get the file again.")
    return rows.getvalue()


def _name(line: str, where: str) -> str:
    found = _ATTRIBUTE.fullmatch(line)
    if found is None:
        raise SteadfitError(
            f'{where}: must be @attribute NAME TYPE, got "{line[:40]}". Fix the line.'
        )
    if found[4].strip().lower() == "relational":
        raise SteadfitError(
            f"{where}: attributes that are relations, as of series with several channels, are not "
            "read from ARFF. Get the .ts file of the same archive."
        )
    return re.sub(r"\\(.)", r"\1", next(name for name in found.groups()[:3] if name is not None))


def _cells(line: str, where: str, count: int) -> list[str]:
    if line.startswith("{"):
        raise SteadfitError(
            f"{where}: sparse rows are not supported. Save all values, with Weka's filter "
            "SparseToNonSparse or as CSV."
        )
    line = _WEIGHT.sub("", line)
    line = line if "," in line else line.replace("\t", ",")
    cells = list(map(_cell, _CELL.finditer(line)))
    if len(cells) == count + 1 and line.endswith(","):
        cells.pop()
    if len(cells) != count:
        raise SteadfitError(
            f"{where}: a row must have {count} values, one an attribute, got {len(cells)}: "
            f"{some(cells)}. Fix or remove the line."
        )
    return cells


def _cell(found: re.Match[str]) -> str:
    """A cell as it is meant: without quotes, nothing where it is missing."""
    plain = found[3]
    if plain is not None:
        return "" if plain == "?" else plain
    return re.sub(r"\\(.)", r"\1", found[1] if found[1] is not None else found[2]).strip()
