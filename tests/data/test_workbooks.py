"""Workbooks of Excel: the values of their only sheet, or a sentence says why not."""

import zipfile
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest

from steadfit.data import Table, read
from steadfit.errors import SteadfitError
from steadfit.formats.form import open_table
from steadfit.kinds import Tables
from steadfit.kinds.table_columns import Number

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


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (["1.041", "2.155", 980], None),
        (["1,041", "2,155", "12"], None),
        (["1.041,5", "2.155", "12"], [1041.5, 2155, 12]),
        (["1,5", "2,25", 7], [1.5, 2.25, 7]),
    ],
)
def test_numbers_that_are_text(tmp_path: Path, cells: list, values: list | None) -> None:
    rows = [[cell, i * 7 % 5, "xyx"[i]] for i, cell in enumerate(cells)]
    path = written(tmp_path, [["a", "b", "label"], *rows])
    if values is None:
        with pytest.raises(SteadfitError, match=r"text, such as .*Make them numbers in Excel"):
            read(path)
    else:
        assert open_table(path).numbers("a").tolist() == values


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


def several(folder: Path) -> Path:
    """Two sheets with cells, and an empty one."""
    book = openpyxl.Workbook()
    for name, rows in (("notes", [["made by", "hand"]]), ("2024", ROWS), ("empty", [])):
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(folder / "t.xlsx")
    return folder / "t.xlsx"


def test_a_sheet_is_named(tmp_path: Path) -> None:
    with pytest.raises(SteadfitError, match=r"got notes, 2024\. Name the one .* option sheet"):
        read(several(tmp_path))
    data = read(tmp_path / "t.xlsx", sheet="2024")
    assert data.x.values[:, 0].tolist() == [0.5, 1.125, 1041]
    new = Tables.of(data.x).read(tmp_path / "t.xlsx", None, sheet="2024")
    assert new.x.values[:, 0].tolist() == [0.5, 1.125, 1041]
    with pytest.raises(SteadfitError, match=r"2042.*2024"):
        read(tmp_path / "t.xlsx", sheet="2042")
    with pytest.raises(SteadfitError, match='must have cells in the sheet "empty", got none'):
        read(tmp_path / "t.xlsx", sheet="empty")
    (tmp_path / "t.csv").write_text("a,label\n1.5,x\n2.5,y\n")
    with pytest.raises(SteadfitError, match="sheet is of workbooks"):
        read(tmp_path / "t.csv", sheet="2024")


@pytest.mark.parametrize(("inner", "outer"), [("t.xlsx", "t.zip"), ("t.XLSX", "t.xlsx.zip")])
def test_a_workbook_in_a_zip_file(tmp_path: Path, inner: str, outer: str) -> None:
    content = written(tmp_path, ROWS).read_bytes()
    with zipfile.ZipFile(tmp_path / outer, "w") as archive:
        archive.writestr(inner, content)
        archive.writestr("__MACOSX/._" + inner, b"left behind")
    data = read(tmp_path / outer)
    assert data.x.values[:, 0].tolist() == [0.5, 1.125, 1041]
    new = Tables.of(data.x).read(tmp_path / outer, None)
    assert new.x.values[:, 0].tolist() == [0.5, 1.125, 1041]


def test_a_workbook_with_macros_is_read_without_them(tmp_path: Path) -> None:
    path = written(tmp_path, ROWS).rename(tmp_path / "t.xlsm")
    assert read(path).x.values[:, 0].tolist() == [0.5, 1.125, 1041]


OLD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("t.xls", OLD, "of Excel before 2007, which is not read"),
        ("t.xls", b"PK\3\4" + bytes(600), r"is a newer workbook\. Name it \.xlsx"),
        ("t.xls", b"a\tlabel\n1\tx\n", r"is no workbook of Excel, but text\. Name it \.csv"),
        ("t.xls", b"<html><table>", r"is a web page\. Open it in Excel"),
        ("t.ods", b"PK\3\4" + bytes(600), "of LibreOffice, which is not read. Save it there as"),
    ],
)
def test_other_programs_files_are_refused_with_what_to_do(tmp_path, name, content, told) -> None:
    (tmp_path / name).write_bytes(content)
    for reading in (read, lambda path: Tables((Number("a"),)).read(path, None)):
        with pytest.raises(SteadfitError, match=told):
            reading(tmp_path / name)


def test_an_xls_file_that_is_text_is_read_once_it_is_called_so(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a\tlabel\n1.5\tx\n2.5\ty\n")
    assert read(tmp_path / "t.csv").x.values[:, 0].tolist() == [1.5, 2.5]


@pytest.mark.parametrize("title", [[], [["Trial of 2024"]]])
@pytest.mark.parametrize(
    ("first", "last", "blocks", "filled"),
    [(1, 3, "xxxz", 2), (2, 3, "x..z", 0), (1, 2, "xx.z", 1), (4, 9, "x..z", 0)],
)
def test_cells_merged_over_rows_count_for_each_of_them(
    tmp_path: Path, title: list[list], first: int, last: int, blocks: str, filled: int
) -> None:
    rows = [["block", "n", "m"], ["x", 1, 5], [None, 2, 5], [None, 3, 6], ["z", 4, 6]]
    path = written(tmp_path, [*title, *rows])
    book = openpyxl.load_workbook(path)
    above = len(title) + 1
    start, end = first + above, last + above
    book.worksheets[0].merge_cells(f"A{start}:A{end}")
    book.save(path)
    table = open_table(path)
    assert [cell or "." for cell in table.names_in("block")] == list(blocks)
    said = [note for note in table.notes if "merged cells" in note]
    assert bool(said) == bool(filled)
    assert all(f"{filled} cell" in note for note in said)


def test_cells_merged_over_both_rows_of_a_header(tmp_path: Path) -> None:
    path = written(tmp_path, [["plot", "soil", None], [None, "pH", "N"], ["x", 5, 7], ["y", 6, 8]])
    book = openpyxl.load_workbook(path)
    book.worksheets[0].merge_cells("A1:A2")
    book.worksheets[0].merge_cells("B1:C1")
    book.save(path)
    table = open_table(path)
    assert table.names == ["plot", "soil pH", "soil N"]
    assert not any("merged cells" in note for note in table.notes)
