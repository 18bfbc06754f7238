"""Workbooks of Excel: the values of their only sheet, or a sentence says why not."""

from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest

from steadfit.data import Table, read
from steadfit.errors import SteadfitError
from steadfit.formats.form import open_table

ROWS = [["a", "b", "label"], [0.5, 7, "x"], [1.125, None, "y"], [1041, "#N/A", "x"]]


def written(folder: Path, rows: list[list], more: list[list] | None = None) -> Path:
    book = openpyxl.Workbook()
    sheets = [(book.worksheets[0], rows), (book.create_sheet("notes"), more or [])]
    for sheet, each in sheets:
        for row in each:
            sheet.append(row)
    book.save(folder / "t.xlsx")
    return folder / "t.xlsx"


@pytest.mark.parametrize("above", [[], [["Sales, 2024"]], [["Sales"], []]])
def test_a_sheet_has_its_values_and_gaps(tmp_path: Path, above: list[list]) -> None:
    data = read(written(tmp_path, above + ROWS))
    assert isinstance(data.x, Table)
    assert data.x.values[:, 0].tolist() == [0.5, 1.125, 1041]
    assert data.x.values[:, 1].nan_to_num(-1).tolist() == [7, -1, -1]
    assert data.y.tolist() == [0, 1, 0]


def test_dates_and_truths_are_written_as_in_csv(tmp_path: Path) -> None:
    cells = [datetime(2024, 1, 31, 13, 5), date(2024, 2, 1), True, "a,\nb"]
    table = open_table(written(tmp_path, [["when", "day", "is", "word"], cells]))
    found = [table.cells(name)[0] for name in table.names]
    assert found == ["2024-01-31T13:05:00", "2024-02-01", "True", "a,\nb"]


@pytest.mark.parametrize(
    ("rows", "more", "told"),
    [
        ([*ROWS, ["=A2*2", 1, "x"]], None, r"row 5 must have values, got the formula =A2\*2"),
        ([*ROWS, ["#DIV/0!", 1, "x"]], None, "row 5 must have values, got the error #DIV/0!"),
        (ROWS, [["more"]], "must have one sheet with cells, got Sheet, notes"),
        ([], None, "must have one sheet with cells, got none"),
    ],
)
def test_what_has_no_plain_values_is_refused(
    tmp_path: Path, rows: list[list], more: list[list] | None, told: str
) -> None:
    with pytest.raises(SteadfitError, match=told):
        read(written(tmp_path, rows, more))


def test_a_damaged_or_huge_workbook_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path, ROWS)
    content = path.read_bytes()
    path.write_bytes(content[:-30])
    with pytest.raises(SteadfitError, match="is not a complete workbook"):
        read(path)
    monkeypatch.setattr("steadfit.machine._SMALL", 1000)
    monkeypatch.setattr("steadfit.machine._RATIO", 1)
    path.write_bytes(content)
    with pytest.raises(SteadfitError, match="made to fill the memory"):
        read(path)
