"""Headers of two rows, rows of units, and names that come twice."""

from pathlib import Path

import pytest

from steadfit.errors import SteadfitError
from steadfit.formats.columns import Columns
from steadfit.formats.csv_tables import read_csv

ROWS = ["Ulm,3,61.5,250.25", "Bonn,2,40.0,180.5", "Ulm,5,99.5,410.0"]


def table(folder: Path, *lines: str) -> Columns:
    path = folder / "t.csv"
    path.write_text("\n".join([*lines, *ROWS]) + "\n")
    return read_csv(path, None, None)


@pytest.mark.parametrize(
    ("header", "names"),
    [
        (["Flat,,,Sale", "town,rooms,area,price"], "Flat town,Flat rooms,Flat area,Sale price"),
        (["Flat,Flat,Flat,Sale", "town,rooms,area,price"],
         "Flat town,Flat rooms,Flat area,Sale price"),
        (["Town,Flat,,Sale", ",rooms,area,"], "Town,Flat rooms,Flat area,Sale"),
        (["Town,Flat,,Sale", ",rooms,area,price", ",,m2,€"],
         "Town,Flat rooms,Flat area,Sale price"),
    ],
)  # fmt: skip
def test_a_header_of_two_rows_is_joined(tmp_path: Path, header: list[str], names: str) -> None:
    found = table(tmp_path, *header)
    assert found.names == names.split(",")
    assert [found.numbers(name)[0] for name in found.names[1:]] == [3, 61.5, 250.25]
    assert found.where(0) == f"t.csv row {len(header) + 1}"
    assert f"the header has two rows, read as {', '.join(found.names)}" in found.notes[0]


@pytest.mark.parametrize(
    "units", [",,m2,€", "-,-,m²,€", "text,1.,m2,$", "(name),(n),(m),(k)", "place,count,m2,EUR"]
)
def test_units_beside_a_column_of_words(tmp_path: Path, units: str) -> None:
    found = table(tmp_path, "town,rooms,area,price", units)
    assert len(found) == (4 if "1." in units else 3)  # 1. is an amount, and its row an example
    assert any("has units, left out" in note for note in found.notes) == (len(found) == 3)


def test_a_first_row_with_a_wrong_number_is_kept(tmp_path: Path) -> None:
    found = table(tmp_path, "town,rooms,area,price", "Ulm,many,large,high")
    assert len(found) == 4
    assert len(table(tmp_path, "town,rooms,area,price", "Kiel,many,7,8")) == 4


def test_names_that_come_twice_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SteadfitError, match=r"has columns of the same name: Flat\. Rename one"):
        table(tmp_path, "Flat,Flat,area,price")
