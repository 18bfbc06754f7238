"""Rows of a table that are no examples, and first lines that are no header."""

from pathlib import Path

import pytest

from steadfit.errors import SteadfitError
from steadfit.formats.columns import Columns
from steadfit.formats.csv_tables import read_csv

ROWS = ["1,5;7;x", "2,5;8;y", "3,5;9;x"]


def table(folder: Path, *lines: str) -> Columns:
    path = folder / "t.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return read_csv(path, None, None)


def test_a_first_row_of_decimal_commas_is_no_row_of_units(tmp_path: Path) -> None:
    found = table(tmp_path, "a;b;label", "0,5;7,25;0,1", "1,5;8,5;1,2")
    assert [found.numbers(name).tolist() for name in "ab"] == [[0.5, 1.5], [7.25, 8.5]]


def test_a_header_of_two_rows(tmp_path: Path) -> None:
    found = table(tmp_path, "size;;label", "min;max;", *ROWS)
    assert found.names == ["size min", "size max", "label"]
    assert found.numbers("size max").tolist() == [7, 8, 9]
    assert found.where(0) == "t.csv row 3"


@pytest.mark.parametrize("first", ["~3.5;$20", "<150;", "± 2;[kg]", "-1.5 m;€ 20"])
def test_a_first_row_of_amounts_is_an_example(tmp_path: Path, first: str) -> None:
    assert len(table(tmp_path, "a;b", first, "2.5;30", "4.5;40")) == 3


@pytest.mark.parametrize("first", ["m2;cm³", "m^2;", "(kg/m3);m s-1", "10^3/µl;x10*9/L", "q1;q2"])
def test_units_may_have_digits(tmp_path: Path, first: str) -> None:
    assert len(table(tmp_path, "a;b", first, "2.5;30", "4.5;40")) == 2


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ([*ROWS, ";;", " ; ;"], "2 rows without any value left out: row 5, row 6."),
        ([ROWS[0], ";;", "", *ROWS[1:]], "1 row without any value left out: row 3."),
        ([*ROWS[:2], "a;b;label", ROWS[2]], "the header comes again in 1 row, left out: row 4."),
    ],
)
def test_what_is_no_example_is_left_out_and_named(
    tmp_path: Path, lines: list[str], told: str
) -> None:
    found = table(tmp_path, "a;b;label", *lines)
    assert found.numbers("a").tolist() == [1.5, 2.5, 3.5]
    assert any(told in note for note in found.notes), found.notes


@pytest.mark.parametrize(("last", "rows"), [("Total;24;", 3), ("Summe: ;24;", 3), ("c;24;", 4)])
def test_a_last_row_of_totals(tmp_path: Path, last: str, rows: int) -> None:
    found = table(tmp_path, "shop;b;price", "a;7;1,5", "b;8;2,5", "a;9;3,5", last)
    assert len(found) == rows
    assert any("1 row of totals left out: row 5." in note for note in found.notes) == (rows == 3)


@pytest.mark.parametrize(
    ("last", "rows"),
    [
        (["Total;24;", "Average;8;"], 3),
        (["TOTAL 2024;24;", "Mean: ;8;"], 3),
        (["c;24;", "Average;8;"], 4),
        (["Total;24;", "c;8;"], 5),
        (["Total 2023;24;", "Total 2024;8;"], 5),
    ],
)
def test_several_last_rows_of_totals(tmp_path: Path, last: list[str], rows: int) -> None:
    found = table(tmp_path, "shop;b;price", "a;7;1,5", "b;8;2,5", "a;9;3,5", *last)
    assert len(found) == rows
    told = "2 rows of totals left out: row 5, row 6."
    assert any(told in note for note in found.notes) == (rows == 3)


def test_a_shop_called_total_is_one(tmp_path: Path) -> None:
    found = table(tmp_path, "shop;b", "Total;7", "Esso;8", "Total;9")
    assert len(found) == 3


def test_blanks_around_names_are_none_of_theirs(tmp_path: Path) -> None:
    assert table(tmp_path, "a, b , label", "1, 2, x", "2, 3, y").names == ["a", "b", "label"]


def test_a_first_line_of_values_is_no_header(tmp_path: Path) -> None:
    rows = ["39, State-gov, 77516, <=50K", "50, Private, 83311, >50K", "38, State-gov, 9, <=50K"]
    with pytest.raises(SteadfitError, match="row of column names, got a row of values: 39, State"):
        table(tmp_path, *rows)
    assert table(tmp_path, "age, work, weight, label", *rows).labels("label")[0] == "<=50K"


def test_columns_may_be_called_by_numbers(tmp_path: Path) -> None:
    assert table(tmp_path, "2020,2021,label", "1,2,x", "3,4,y").names == ["2020", "2021", "label"]


@pytest.mark.parametrize(
    ("lines", "rows"),
    [
        (["1;2", "", "3;4"], [2, 4]),
        (["", "1;2", "", "", "3;4", ""], [3, 6]),
        (["1;2", ";", "3;4"], [2, 4]),
        (["m;", ";", "3;4", "", "5;6"], [4, 6]),
        (["1;2", "", '"3";4', "5;6", "", "7;8"], [2, 4, 5, 7]),
    ],
)
def test_rows_are_numbered_as_editors_and_excel_number_them(
    tmp_path: Path, lines: list[str], rows: list[int]
) -> None:
    found = table(tmp_path, "a;b", *lines)
    assert [found.number_of_row(i) for i in range(len(found))] == rows
    skipped = table(tmp_path, "Station 7", "", "a;b", *lines)
    assert [skipped.number_of_row(i) for i in range(len(skipped))] == [row + 2 for row in rows]


def test_a_table_of_empty_rows_has_none(tmp_path: Path) -> None:
    with pytest.raises(SteadfitError, match="has no rows with a value"):
        table(tmp_path, "a;b", ";", " ; ")


def test_a_bad_row_after_an_empty_line_is_named_by_its_line(tmp_path: Path) -> None:
    with pytest.raises(SteadfitError, match="row 4: 3"):
        table(tmp_path, "a;b", "1;2", "", "3;4;5", "6;7")


@pytest.mark.parametrize(
    ("row", "is_left_out"),
    [
        ("North Total;;45000", True),
        ("Subtotal North;;45.000", True),
        ("Zwischensumme: ;;45000", True),
        ("Total North;S9;45000", False),
        ("Summer;;45000", False),
        ("North total;;", False),
    ],
)
def test_subtotals_in_the_middle(tmp_path: Path, row: str, is_left_out: bool) -> None:
    found = table(tmp_path, "region;shop;sales", "N;S1;40", "N;S2;50", row, "M;S3;60")
    assert len(found) == 4 - is_left_out
    assert any("1 row of subtotals left out: row 4." in n for n in found.notes) == is_left_out
