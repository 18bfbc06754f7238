"""Sheets of Excel's workbooks as CSV text, so that both are read by the same rules."""

import csv
import io
import re
import warnings
import zipfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from steadfit.errors import SteadfitError, counted, some, unknown
from steadfit.files import reading
from steadfit.formats.merged_cells import Merged, fill_merged, merged_over_rows
from steadfit.formats.packed import Parts, unpacked
from steadfit.machine import check_unpacked
from steadfit.regular_files import open_regular, read_regular

WORKBOOKS = (".xlsx", ".xlsm")
_OTHERS = {".xls": "Excel before 2007", ".xlsb": "Excel, in its binary format",
           ".ods": "LibreOffice", ".numbers": "Numbers"}  # fmt: skip
_OLD = b"\xd0\xcf\x11\xe0"  # how an .xls file begins
_COPIES = 5  # of the unpacked file, at the peak
_CELL = 16  # bytes that a cell takes at least
_MARKED = re.compile(r"[+-]?[0-9][0-9.,]*[.,][0-9]+")
_DOUBTFUL = re.compile(r"[+-]?[1-9][0-9]{0,2}[.,][0-9]{3}")
_AGAIN = "Save it again from Excel, or save the sheet as CSV (UTF-8)."


def check_sheets(path: Path) -> None:
    """Raise SteadfitError for the files of other programs for sheets, by what they are: an .xls
    file may well be text."""
    suffix = path.suffix.lower()
    if suffix not in _OTHERS:
        return
    with reading(path), open_regular(path) as file:
        head = file.read(8)
    if suffix != ".xls" or head.startswith(_OLD):
        raise SteadfitError(
            f"{path.name} is a file of {_OTHERS[suffix]}, which is not read. Save it there as "
            ".xlsx, or as CSV (UTF-8)."
        )
    if head.startswith(b"PK"):
        raise SteadfitError(f"{path.name} is a newer workbook. Name it .xlsx.")
    if head.lstrip().startswith(b"<"):
        raise SteadfitError(
            f"{path.name} is a web page. Open it in Excel, and save it as .xlsx or CSV (UTF-8)."
        )
    raise SteadfitError(f"{path.name} is no workbook of Excel, but text. Name it .csv.")


class Sheet(NamedTuple):
    """A sheet as CSV, and what is to be said of how it was read."""

    text: str
    notes: tuple[str, ...] = ()


def sheet_text(path: Path, sheet: str | None = None) -> Sheet:
    """One sheet of an .xlsx file, packed or not, as CSV with commas and decimal points.

    sheet: its name; the only one that has cells if None.

    Formulas count by the values that the file has for them; dates are written as ISO 8601. Each row
    of cells that are merged over several has their value. Raises
    SteadfitError where openpyxl is absent, for another sheet or several, for formulas without a
    value, for errors in cells, for what is no workbook, and for what would fill the memory.
    """
    try:
        import openpyxl
    except ImportError:
        raise SteadfitError(
            f"{path} needs openpyxl to be read. Install it: pip install 'steadfit[excel]'; or save "
            "the sheet as CSV (UTF-8)."
        ) from None
    try:
        content = read_regular(path)
        if path.suffix.lower() == ".zip":
            content = unpacked(path, content)
        _check_size(path, content)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles and charts that openpyxl does not keep
            values, formulas = (
                openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=of_values)
                for of_values in (True, False)
            )
            name = _chosen_sheet(path, values, sheet)
            formulas[name].reset_dimensions()
            merged = merged_over_rows(_xml(content, values[name]))
            return _text(path, values[name], formulas[name], merged, len(content))
    except SteadfitError:
        raise
    except Exception as error:  # what is damaged, or made to do damage, may raise anything
        reason = str(error).strip("'\"") or type(error).__name__
        raise SteadfitError(f"{path} is not a complete workbook: {reason}. {_AGAIN}") from None


def _check_size(path: Path, content: bytes) -> None:
    """zipfile reads no more of a member than the size stated here."""
    with zipfile.ZipFile(Parts(io.BytesIO(content))) as archive:  # pyright: ignore[reportArgumentType]
        size = sum(member.file_size for member in archive.infolist())
    check_unpacked(path.name, _COPIES * size, len(content), "save the sheet as CSV")


def _xml(content: bytes, sheet: Any) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return archive.read(sheet._worksheet_path)  # no other part of openpyxl has it


def _chosen_sheet(path: Path, book: Any, sheet: str | None) -> str:
    titles = [each.title for each in book.worksheets]
    if sheet is not None and sheet not in titles:
        raise unknown(f"sheet of {path.name}", sheet, titles)
    full = []
    for each in book.worksheets:
        each.reset_dimensions()  # which the file may state wrongly
        rows = each.iter_rows(values_only=True)
        if any(cell is not None for row in rows for cell in row):
            full.append(each.title)
    wanted = full if sheet is None else [title for title in full if title == sheet]
    if not wanted:
        what = "one sheet with cells" if sheet is None else f'cells in the sheet "{sheet}"'
        raise SteadfitError(f"{path} must have {what}, got none. Give the file that has them.")
    if len(wanted) > 1:
        raise SteadfitError(
            f"{path} must have one sheet with cells, got {some(full)}. Name the one you mean with "
            "the option sheet."
        )
    return wanted[0]


def _text(path: Path, values: Any, formulas: Any, merged: Sequence[Merged], packed: int) -> Sheet:
    rows, size = [], 0
    _check_marks(path, values)
    for row in _rows(path, values, formulas):
        rows.append(row)
        size += sum(map(len, row)) + _CELL * (len(row) + 1)
        check_unpacked(path.name, _COPIES * size, packed, "save the sheet as CSV")
    filled = fill_merged(rows, merged)
    width = max(map(len, rows))
    check_unpacked(path.name, _CELL * width * len(rows), packed, "save the sheet as CSV")
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for row in rows:
        writer.writerow(row + [""] * (width - len(row)) if row else row)
    cells = counted(filled, "cells")
    note = f"{path.name}: merged cells count for each of their rows: {cells} filled."
    return Sheet(text.getvalue(), (note,) if filled else ())


def _rows(path: Path, values: Any, formulas: Any) -> Iterator[list[str]]:
    """Rows as text, without empty cells at their ends."""
    pairs = zip(values.iter_rows(), formulas.iter_rows(), strict=True)
    for number, (row, written) in enumerate(pairs, 1):
        for cell, formula in zip(row, written, strict=True):
            if formula.data_type == "f" and cell.value is None:
                raise _wrong(path, number, f"the formula {str(formula.value)[:40]} without a value")
            if cell.data_type == "e" and cell.value != "#N/A":
                raise _wrong(path, number, f"the error {cell.value}")
        cells = [_written(cell.value) for cell in row]
        while cells and not cells[-1]:
            cells.pop()
        yield cells


def _check_marks(path: Path, values: Any) -> None:
    """Raise SteadfitError where a column has numbers as text that may have thousands or decimals,
    and no other text tells which."""
    texts = defaultdict(list)
    for row in values.iter_rows(min_row=2, values_only=True):
        for place, cell in enumerate(row):
            if isinstance(cell, str) and _MARKED.fullmatch(cell.strip()):
                texts[place].append(cell.strip())
    for cells in texts.values():
        if all(map(_DOUBTFUL.fullmatch, cells)):
            raise SteadfitError(
                f"{path.name}: numbers that are text, such as {cells[0]}, may have thousands or "
                "three decimals. Make them numbers in Excel (Text to Columns), and save the file."
            )


def _wrong(path: Path, row: int, what: str) -> SteadfitError:
    return SteadfitError(
        f"{path.name} row {row} must have values, got {what}. Fix it in Excel, and save the file "
        "there."
    )


def _written(value: object) -> str:
    if value is None or value == "#N/A":
        return ""
    if isinstance(value, datetime):
        return value.isoformat() if value.time() != datetime.min.time() else str(value.date())
    return str(value)
