"""Series as archives publish them: rows without a header, and ARFF."""

import bz2
import gzip
import io
import zipfile
from pathlib import Path

import numpy as np
import pytest
from scipy.io import arff

from steadfit.data import Dataset, Ragged, read
from steadfit.errors import SteadfitError
from steadfit.formats.form import open_table
from steadfit.kinds import Series, Table, Tables

NUMBERS = np.random.default_rng(0).normal(size=(12, 9)).round(3)


def series_of(data: Dataset) -> list[list[float]]:
    assert isinstance(data.x, Ragged)
    return [row[:, 0].tolist() for row in data.x.rows()]


def rows(between: str, label: str = "{}") -> str:
    return "".join(
        between.join([label.format(k % 2 + 1), *map(str, row)]) + "\n"
        for k, row in enumerate(NUMBERS)
    )


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Toy_TRAIN.tsv", rows("\t")),
        ("toy.tsv", rows("\t")),
        ("Toy_TRAIN.txt", rows("  ", "  {}.0000000e+00")),
        ("Toy_TRAIN", rows(",")),
        ("toy.txt", "\ufeff" + rows("\t").replace("\n", "\r\n")),
    ],
)
def test_the_label_first_and_no_header(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text, newline="")
    data = read(tmp_path / name)
    assert (data.classes, data.y.tolist()) == (("1", "2"), [0, 1] * 6)
    assert np.array_equal(np.array(series_of(data)), NUMBERS.astype(np.float32))
    assert "no header; the first column is the label" in data.notes[0]
    assert data.ids[1].endswith("row 2")
    new = Series(1).read(tmp_path / name, None)
    assert np.array_equal(new.x.values[:, 0].numpy(), NUMBERS.astype(np.float32).ravel())


def test_gaps_are_missing_and_those_after_the_end_make_it_shorter(tmp_path: Path) -> None:
    lines = rows("\t").splitlines()
    cells = lines[0].split("\t")
    lines[0] = "\t".join([*cells[:2], "NaN", *cells[3:8], "NaN", "NaN"])
    (tmp_path / "Toy_TRAIN.tsv").write_text("\n".join(lines))
    (tmp_path / "Toy_TEST.tsv").write_text(lines[1])
    with pytest.raises(SteadfitError, match=r"1 value missing in 1 of 13 series .* row 1\)"):
        read(tmp_path / "Toy_TRAIN.tsv")
    data = read(tmp_path / "Toy_TRAIN.tsv", missing="linear")
    assert list(map(len, series_of(data))) == [7] + [9] * 12
    assert series_of(data)[0][1] == pytest.approx((NUMBERS[0, 0] + NUMBERS[0, 2]) / 2)
    assert data.structure.is_test is not None
    assert data.structure.is_test.tolist() == [False] * 12 + [True]


def test_a_class_may_have_one_example_where_the_name_says_what_it_is(tmp_path: Path) -> None:
    text = "".join(f"{k}\t" + "\t".join(map(str, row)) + "\n" for k, row in enumerate(NUMBERS))
    (tmp_path / "Fungi_TRAIN.tsv").write_text(text)
    assert len(read(tmp_path / "Fungi_TRAIN.tsv").classes) == 12
    (tmp_path / "fungi.tsv").write_text(text)  # here the first column may be a row number
    with pytest.raises(SteadfitError, match=r"must begin with a row of column names.*label,t1,t2"):
        read(tmp_path / "fungi.tsv")


def test_a_csv_file_has_a_header_and_the_advice_leads_to_a_result(tmp_path: Path) -> None:
    (tmp_path / "toy.csv").write_text(rows(","))
    with pytest.raises(SteadfitError, match="of series whose labels come first, label,t1,t2"):
        read(tmp_path / "toy.csv")
    head = ",".join(["label", *(f"t{k}" for k in range(1, 10))]) + "\n"
    (tmp_path / "toy.csv").write_text(head + rows(","))
    assert np.array_equal(np.array(series_of(read(tmp_path / "toy.csv"))), NUMBERS.astype("f4"))


def test_text_and_numbers_in_words_stay_text(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("1 2 3 go\n" * 600)
    assert read(tmp_path / "a.txt").task == "tokens"


ARFF = """% of series
@RELATION toy
{}@attribute target {{1, 2}}
@data
{}"""


def test_series_as_arff_with_their_test_side(tmp_path: Path) -> None:
    head = "".join(f"@attribute att{k} numeric\n" for k in range(9))
    lines = [",".join([*map(str, row), str(k % 2 + 1)]) for k, row in enumerate(NUMBERS)]
    (tmp_path / "Toy_TRAIN.arff").write_text(ARFF.format(head, "\n".join(lines[:8])))
    (tmp_path / "Toy_TEST.arff").write_text(ARFF.format(head, "% more\n\n" + "\n".join(lines[8:])))
    data = read(tmp_path / "Toy_TRAIN.arff")
    assert np.array_equal(np.array(series_of(data)), NUMBERS.astype(np.float32))
    assert (data.name, data.classes, data.y.tolist()) == ("Toy", ("1", "2"), [0, 1] * 6)
    assert data.structure.is_test is not None
    assert data.structure.is_test.tolist() == [False] * 8 + [True] * 4
    new = Series(1).read(tmp_path / "Toy_TEST.arff", None)
    assert len(new.x) == 4


TABLE = """@relation 'some people'
@attribute 'body height' real
@attribute town {'New York', Bonn, Ulm}
@attribute class {yes, no}
@data
1.5, 'New York', yes
?, Bonn, no
% a comment
1.75, Ulm, yes
1.5, ?, no
"""


def test_a_table_as_arff_is_what_scipy_reads(tmp_path: Path) -> None:
    path = tmp_path / "people.arff"
    path.write_text(TABLE)
    data = read(path)
    expected, _ = arff.loadarff(path)
    assert isinstance(data.schema.kind, Tables)
    assert data.columns == ("body height", "town")
    assert isinstance(data.x, Table)
    assert np.array_equal(data.x.values[:, 0].numpy(), expected["body height"], equal_nan=True)
    towns = data.x.columns[1].categories
    found = [towns[int(code)] for code in data.x.values[:3, 1]]
    assert found == [name.decode() for name in expected["town"][:3]]
    assert bool(data.x.values[3, 1].isnan())
    assert data.schema.task.labels(data.y) == tuple(name.decode() for name in expected["class"])


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("real", "relational", r"line 2: attributes that are relations.* \.ts file"),
        ("?, Bonn, no", "{0 1.5, 2 no}", "line 7: sparse rows are not supported"),
        ("?, Bonn, no", "?, no", "line 7: a row must have 3 values, one an attribute, got 2"),
        ("@data", "@date", "line 5: a line before @data must be @relation or @attribute"),
        ("'body height' real", "'body height", "line 2: must be @attribute NAME TYPE"),
    ],
)
def test_what_is_wrong_with_arff_is_named(tmp_path: Path, old: str, new: str, sentence: str):
    (tmp_path / "people.arff").write_text(TABLE.replace(old, new))
    with pytest.raises(SteadfitError, match=sentence):
        read(tmp_path / "people.arff")


def test_an_arff_row_may_have_quotes_of_both_kinds(tmp_path: Path) -> None:
    rows = "\"2024-01-31\",'it\\'s, \"so\"', 1.5,a\n'2024-02-29',\"don't\",?,b\n" * 3
    head = "@relation r\n@attribute when date\n@attribute note string\n@attribute v numeric\n"
    path = tmp_path / "t.arff"
    path.write_text(head + "@attribute class {a,b}\n@data\n" + rows)
    found = open_table(path)
    assert found.cells("when")[:2] == ["2024-01-31", "2024-02-29"]
    assert found.cells("note")[:2] == ['it\'s, "so"', "don't"]
    assert found.cells("v")[:2] == ["1.5", ""]


def zipped(name: str, text: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(name, text)
    return packed.getvalue()


@pytest.mark.parametrize("form", [".ts", ".tsv", ".txt", ".arff"])
def test_series_may_be_compressed(tmp_path: Path, form: str) -> None:
    lines = [",".join(map(str, row)) for row in NUMBERS]
    labels = [str(k % 2 + 1) for k in range(len(lines))]
    head = "".join(f"@attribute att{k} numeric\n" for k in range(9))
    of_arff = "\n".join(f"{row},{label}" for row, label in zip(lines, labels, strict=True))
    of_ts = "\n".join(f"{row}:{label}" for row, label in zip(lines, labels, strict=True))
    text = {
        ".ts": f"@problemName T\n@classLabel true 1 2\n@data\n{of_ts}",
        ".arff": ARFF.format(head, of_arff),
    }.get(form, rows("\t")).encode()
    files = {
        f"T{form}.gz": gzip.compress(text),
        f"U{form}.zip": zipped(f"U{form}", text),
        "V.zip": zipped(f"other{form}", text),
        f"T_TRAIN{form}.bz2": bz2.compress(text),
        f"T_TEST{form}.bz2": bz2.compress(text),
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    for name in files:
        data = read(tmp_path / name)
        of_both = "_T" in name
        assert data.name == name[0]
        assert (data.structure.is_test is not None) == of_both
        assert np.array_equal(np.array(series_of(data))[:12], NUMBERS.astype(np.float32))
        assert data.y.tolist() == [0, 1] * (12 if of_both else 6)
    assert len(Series(1).read(tmp_path / f"T{form}.gz", None).x) == 12


@pytest.mark.parametrize(
    ("end", "between"), [(",", ","), (", {5}", ","), ("", "\t"), ("", " , ")], ids=str
)
def test_rows_of_arff_as_programs_write_them(tmp_path: Path, end: str, between: str) -> None:
    head = "".join(f"@attribute att{k} numeric\n" for k in range(9))
    lines = [between.join([*map(str, row), str(k % 2 + 1)]) + end for k, row in enumerate(NUMBERS)]
    (tmp_path / "T.arff").write_text(ARFF.format(head, "\n".join(lines)))
    data = read(tmp_path / "T.arff")
    assert np.array_equal(np.array(series_of(data)), NUMBERS.astype(np.float32))
    assert data.y.tolist() == [0, 1] * 6


@pytest.mark.parametrize("fill", ["\tNaN", "\t", ""])
def test_shorter_series_of_the_archive_however_they_end(tmp_path: Path, fill: str) -> None:
    lines = rows("\t").splitlines()
    lines[0] = "\t".join(lines[0].split("\t")[:-2]) + 2 * fill
    (tmp_path / "Toy_TRAIN.tsv").write_text("\n".join(lines))
    data = read(tmp_path / "Toy_TRAIN.tsv")
    assert list(map(len, series_of(data))) == [7] + [9] * 11
    assert series_of(data)[0] == NUMBERS[0, :7].astype(np.float32).tolist()


def test_a_series_in_the_line_of_data_is_not_lost(tmp_path: Path) -> None:
    (tmp_path / "t.ts").write_text("@classLabel true a b\n@data 1,2:a\n3,4:b\n5,6:a\n")
    with pytest.raises(SteadfitError, match=r't.ts line 2: "@data" must stand alone, got'):
        read(tmp_path / "t.ts")
