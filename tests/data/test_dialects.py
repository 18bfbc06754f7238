"""CSV as programs of many countries write it: the values come back, or a sentence says why not."""

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from steadfit.data import Dataset, Table, read
from steadfit.errors import SteadfitError
from steadfit.formats.csv_tables import read_csv
from steadfit.formats.form import open_table


def written(path: Path, text: str, encoding: str = "utf-8") -> Path:
    (path / "some.csv").write_bytes(text.encode(encoding))
    return path / "some.csv"


def cells(data: Dataset) -> list[list[float]]:
    assert isinstance(data.x, Table)
    return data.x.values.tolist()


PLAIN = "a;b;label\n0.5;7;x\n1.5;8;y\n2.5;9;x\n"
VALUES = [[0.5, 7], [1.5, 8], [2.5, 9]]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (PLAIN, None),
        ("sep=;\n" + PLAIN, "the line sep=; names the delimiter"),
        ("SEP=\t\n" + PLAIN.replace(";", "\t"), "names the delimiter"),
        ("\ufeffsep=;\n" + PLAIN, "names the delimiter"),
        (PLAIN.replace(".", ","), "commas are read as decimal points in the columns a"),
        (PLAIN.replace("\n", "\r\n"), None),
        (PLAIN.replace(";", ","), None),
        (PLAIN.replace(";", "|"), None),
        ("# made by a logger\n# on Monday; at noon\n" + PLAIN, "before line 3 are no part"),
        ("Station 7\nUlm; north\n\n" + PLAIN.replace("label", "label;c").replace(
            ";x\n", ";x;1\n").replace(";y\n", ";y;2\n"), "before line 4 are no part"),
        (PLAIN.replace("label\n", "label\n(m);(s);\n"), r"row under the header has units, .*\(m\)"),
        (PLAIN.replace("label\n", "label\nm;s;\n"), "has units, left out: m, s"),
        (PLAIN + "Source: somebody\n", 'the last line is no part of the table, left out: "Source'),
        (PLAIN + "\nMade by a logger\non Monday\n", "the last 2 lines are no part"),
        (PLAIN.replace("\n", ";;\n"), "2 columns without a name and without values left out"),
        (";a;b;label\n" + "".join(f"{i};{line}\n" for i, line in enumerate(
            PLAIN.splitlines()[1:])), r'columns left out: "" \(row numbers'),
        ('"a";"b";"label"\n"0.5";"7";"x"\n"1.5";"8";"y"\n"2.5";"9";"x"\n', None),
        (PLAIN.replace(";", "  "), "blanks divide the cells"),
        (" " + PLAIN.replace(";", "   ").replace("\n", " \n "), "blanks divide the cells"),
        (PLAIN.replace("x", "'x'").replace("y", "'y'"), "single quotes surround cells"),
        (PLAIN.replace(";x\n", ";x;\n").replace(";y\n", ";y;\n"), "1 column without a name"),
        (PLAIN.replace("label", "label;"), None),
        ("a;b;label\n" + "".join(f"{i};{line}\n" for i, line in enumerate(
            PLAIN.splitlines()[1:], 1)), "no name above the first cells"),
        (PLAIN.replace("7", '="7"').replace("8", '="8"').replace("9", '="9"'), None),
    ],
)  # fmt: skip
def test_the_same_table_written_in_other_ways(tmp_path: Path, text: str, told: str | None) -> None:
    data = read(written(tmp_path, text), target="label")
    assert [row[:2] for row in cells(data)] == VALUES
    assert data.classes == ("x", "y")
    assert told is None or any(re.search(told, note) for note in data.notes), data.notes
    assert told is not None or len(data.notes) == 1


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_byte_order_marks(tmp_path: Path, encoding: str) -> None:
    data = read(written(tmp_path, PLAIN.replace("a;", "größe;"), encoding))
    assert (cells(data), data.columns) == (VALUES, ("größe", "b"))


@pytest.mark.parametrize("above", ["Report;;\nMade;by;\n", "Report;;\nMade by me;;\n\n"])
def test_lines_before_the_header_may_be_filled_up(tmp_path: Path, above: str) -> None:
    found = read_csv(written(tmp_path, above + PLAIN), None, None)
    assert found.names == ["a", "b", "label"]
    assert found.number_of_row(0) == above.count("\n") + 2


def test_windows_1252_is_asked_for(tmp_path: Path) -> None:
    path = written(tmp_path, PLAIN.replace("a;", "größe;"), "windows-1252")
    with pytest.raises(SteadfitError, match='as encoding="windows-1252"'):
        read(path)
    assert read(path, encoding="windows-1252").columns == ("größe", "b")


def column(tmp_path: Path, numbers: str, other: str, between: str = ";", **options) -> list:
    """The numbers of one column, beside another with as many cells."""
    rows = zip(numbers.split("/"), other.split("/"), strict=True)
    text = "".join(f'"{a}"{between}"{b}"\n' for a, b in rows)
    return read_csv(written(tmp_path, f"n{between}o\n{text}"), None, None, **options).numbers(
        "n"
    ).tolist()  # fmt: skip


@pytest.mark.parametrize(
    ("numbers", "other", "between", "values"),
    [
        ("980/1.041/12.155", "0,5/1,25/2", ";", [980, 1041, 12155]),
        ("980/1,041/12,155", "0.5/1.25/2", "|", [980, 1041, 12155]),
        ("1.041/2.155/0.5", "a/b/c", ";", [1.041, 2.155, 0.5]),
        ("1,041/2,155/0,5", "a/b/c", ";", [1.041, 2.155, 0.5]),
        ("1.041/2.155/0.123", "a/b/c", ";", [1.041, 2.155, 0.123]),
        ("1.041/2.155/3.1", "a/b/c", "\t", [1.041, 2.155, 3.1]),
        ("1.234.567/2.155/5", "a/b/c", ";", [1234567, 2155, 5]),
        ("1,234,567.5/2,155/5", "a/b/c", ",", [1234567.5, 2155, 5]),
        ("1.234.567,5/2.155/5", "a/b/c", ";", [1234567.5, 2155, 5]),
        ("1 234,5/12 345/5", "a/b/c", ";", [1234.5, 12345, 5]),
        ("1\u202f234,5/12\u00a0345/5", "a/b/c", ";", [1234.5, 12345, 5]),
        ("1'234.50/12’345/5", "a/b/c", ";", [1234.5, 12345, 5]),
        ("-1.041,5/+2,5/,5", "a/b/c", ";", [-1041.5, 2.5, 0.5]),
        ("1,5e3/2/NA", "a/b/c", ";", [1500, 2, np.nan]),
        ("1.5e3/2/NA", "1,5/2,5/x", ";", [1500, 2, np.nan]),
        ("1.250e-01/2.155E+02/", "a/b/c", ";", [0.125, 215.5, np.nan]),
        ("12,34,567/1,00,000/-45,678", "a/b/c", ";", [1234567, 100000, -45678]),
        ("\u22121.5/2.25/0", "a/b/c", ";", [-1.5, 2.25, 0]),
        ("1.234,50 €/0,99 €/12 €", "a/b/c", ";", [1234.5, 0.99, 12]),
        ("$1,234.50/-$0.99/$-12", "a/b/c", ";", [1234.5, -0.99, -12]),
        ("CHF 1'234.50/CHF 0.99/n.a.", "a/b/c", ";", [1234.5, 0.99, np.nan]),
        ("12,5 %/7 %/-", "a/b/c", ";", [0.125, 0.07, np.nan]),
        ("80 %/60%/5 %", "a/b/c", ",", [0.8, 0.6, 0.05]),
        ("1.5/./\\N/<NA>", "a/b/c/d", ";", [1.5, np.nan, np.nan, np.nan]),
        ("Unknown/1.5/unbekannt/n.v.", "a/b/c/d", ";", [np.nan, 1.5, np.nan, np.nan]),
        ("20.000/5.125/-17.500", "a/b/c", ",", [20, 5.125, -17.5]),
        ("998 CC/1,197.5 CC/796 CC", "a/b/c", "|", [998, 1197.5, 796]),
        ("12,5 m²/7 m²/-", "a/b/c", ";", [12.5, 7, np.nan]),
        ("1e5/2e5/3e5", "a/b/c", ";", [1e5, 2e5, 3e5]),
        ("(1,250.50)/3,000.00/5", "a/b/c", "|", [-1250.5, 3000, 5]),
        ("($12)/$7/$-3", "a/b/c", "|", [-12, 7, -3]),
        ("1.250,50-/3.000,00/5", "a/b/c", ";", [-1250.5, 3000, 5]),
    ],
)
def test_decimal_marks_and_thousands(
    tmp_path: Path, numbers: str, other: str, between: str, values: list
) -> None:
    np.testing.assert_allclose(column(tmp_path, numbers, other, between), values, 1e-15)


@pytest.mark.parametrize(
    ("numbers", "other", "between"),
    [
        ("1.041/2.155/5", "a/b/c", ";"),
        ("1,041/2,155/5", "a/b/c", ";"),
        ("1,041/2,155/5", "a/b/c", ","),
        ("1.041/2.155/5", "a/b/c", ","),
        ("1.041/2.155/5", "0,5/7,25/1", "x"),
    ],
)
def test_numbers_that_can_be_read_in_two_ways_are_asked_about(
    tmp_path: Path, numbers: str, other: str, between: str
) -> None:
    if between == "x":  # another column has points, another commas
        text = "n;o;p\n1.041;0,5;1.25\n2.155;7,25;0.5\n"
        with pytest.raises(SteadfitError, match=r'column "n": numbers such as 1\.041 may be'):
            read_csv(written(tmp_path, text), None, None)
        return
    with pytest.raises(SteadfitError, match=r'Give decimal="\." or decimal=","'):
        column(tmp_path, numbers, other, between)
    for decimal in (".", ","):
        as_thousands = decimal not in numbers
        expected = [1041, 2155, 5] if as_thousands else [1.041, 2.155, 5]
        assert column(tmp_path, numbers, other, between, decimal=decimal) == expected


def test_per_cent_may_be_thousands_too(tmp_path: Path) -> None:
    with pytest.raises(SteadfitError, match="numbers such as 2,155 may be thousands"):
        column(tmp_path, "2,155%/1,041%/5%", "a/b/c")
    found = column(tmp_path, "2,155%/1,041%/5%", "a/b/c", decimal=",")
    np.testing.assert_allclose(found, [0.02155, 0.01041, 0.05], 1e-15)


def test_points_beside_commas_between_cells_may_be_thousands_too(tmp_path: Path) -> None:
    assert column(tmp_path, "20.000/5.125/17.500", "a/b/c", ",", decimal=",") == [
        20000,
        5125,
        17500,
    ]


@pytest.mark.parametrize("cells", ["12 kg/7 g/3 kg", "0.png/1.png/2.png", "1st/2nd/3rd"])
def test_numbers_with_other_words_are_words(tmp_path: Path, cells: str) -> None:
    with pytest.raises(SteadfitError, match="must have a number"):
        column(tmp_path, cells, "a/b/c")


@pytest.mark.parametrize("cells", ["12 %/0.12/3%", "0/12%/NA"])
def test_numbers_of_which_some_are_per_cent_are_refused(tmp_path: Path, cells: str) -> None:
    with pytest.raises(SteadfitError, match='numbers must have "%" in all cells or in none, got'):
        column(tmp_path, cells, "a/b/c")


def test_a_column_with_both_kinds_of_marks_is_no_column_of_numbers(tmp_path: Path) -> None:
    with pytest.raises(SteadfitError, match=r'row 3 \("2,5"\)'):
        column(tmp_path, "1.5/2,5/3.25", "a/b/c")
    with pytest.raises(SteadfitError, match=r'decimal must be "\." or ",", got "x"'):
        column(tmp_path, "1.5/2,5/3.25", "a/b/c", decimal="x")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a,b;c,label\n1,2;3,x\n2,3;4,y\n", "divided by a comma or a semicolon"),
        ("a,label\n1,5,x\n2,7,y\n2,9,x\n", "each row must have 2 columns"),
        ("day,label\n1,5,x\n2,7,y\n3,9,x\n", "each row must have 2 columns"),
        ("a,label\nr1,5,x\nr2,7,y\nr3,9,x\n", "each row must have 2 columns"),
        ("a,b\n1,2,x\n2,3,y\n", "each row must have 2 columns, as the header has, got others in 2"),
        ("a;b;label\n1;2;x\n1;2\n3;4;y\n", r"got others in 1:\nrow 3: 2"),
        ("a;b;label\n1;2;x\n1;2;y;\n3;4;y\n", r"got others in 1:\nrow 3: 4"),
        ("Report 7\n1;2;x\n3;4;y\n", "There is no column"),
        ("a;b;label\nm;2;x\n3;4;y\n5;6;x\n", 'column "a": each row must have a number'),
    ],
)
def test_what_does_not_tell_how_it_is_written_is_refused(
    tmp_path: Path, text: str, sentence: str
) -> None:
    with pytest.raises(SteadfitError, match=sentence):
        read(written(tmp_path, text), target="label")


@pytest.mark.parametrize(
    ("labels", "options", "task", "classes"),
    [
        ("0.0 1.0 0.0 1.0", {}, "numbers", ()),
        ("0.0 1.0 0.0 1.0", {"task": "classes"}, "classes", ("0", "1")),
        ("True False True False", {}, "classes", ("False", "True")),
        ("NA None nan a", {}, "classes", ("NA", "None", "a", "nan")),
        ("nan inf nan inf", {}, "classes", ("inf", "nan")),
        ("0.0 1.0 NA 1.0", {"missing": "drop", "task": "classes"}, "classes", ("0", "1")),
        ("yes no - yes", {}, "classes", ("-", "no", "yes")),
    ],
)
def test_labels_as_people_have_them(
    tmp_path: Path, labels: str, options: dict, task: str, classes: tuple
) -> None:
    text = "a,label\n" + "".join(
        f"{i * 7 % 5}.5,{label}\n" for i, label in enumerate(labels.split())
    )
    data = read(written(tmp_path, text), **options)
    assert (data.task, data.classes) == (task, classes)
    noted = any('task="classes" makes them classes' in note for note in data.notes)
    assert noted == (task == "numbers")


@pytest.mark.parametrize(
    ("labels", "sentence"),
    [
        (
            ["0.0", "", "1.0", "1.0"],
            "must have a label, got none in 1 row: some.csv row 3. .*drop",
        ),
        (["0.0", "NA", "1.0", ""], "got none in 2 rows: some.csv row 3, some.csv row 5"),
        (["2024-01-31"] * 4, "labels must be classes or numbers, got dates such as 2024-01-31"),
        (["31.1.2024"] * 4, "Name another column; for a forecast, give horizon"),
        (["1.5", "inf", "2.5", "1"], "y must be finite"),
    ],
)
def test_labels_that_are_none_are_refused(tmp_path: Path, labels: list, sentence: str) -> None:
    text = "a,label\n" + "".join(f"{i * 7 % 5}.5,{label}\n" for i, label in enumerate(labels))
    with pytest.raises(SteadfitError, match=sentence):
        read(written(tmp_path, text))


def test_rows_keep_their_numbers_where_others_are_left_out(tmp_path: Path) -> None:
    data = read(written(tmp_path, "a,label\n.5,x\n1.5,\n2.5,y\n"), missing="drop")
    assert data.ids == ("some.csv row 2", "some.csv row 4")
    assert data.notes[-1] == "some.csv: 1 row without a label in label left out: row 3."


def test_numbers_in_texts_of_json(tmp_path: Path) -> None:
    rows = [{"a": "12%", "b": "1,5", "c": 1.041}, {"a": "14 %", "b": None, "c": 2.155}]
    path = tmp_path / "t.json"
    path.write_text(json.dumps(rows))
    found = open_table(path)
    np.testing.assert_allclose(found.numbers("a"), [0.12, 0.14], 1e-15)
    assert found.numbers("c").tolist() == [1.041, 2.155]
    np.testing.assert_equal(found.numbers("b"), [1.5, np.nan])
    assert len(found.notes) == 2
    path.write_text(path.read_text().replace("1,5", "1,234"))
    with pytest.raises(SteadfitError, match=r'Give decimal="\."'):
        open_table(path)
    assert open_table(path, decimal=".").numbers("b")[0] == 1234


def test_backslashes_before_quotes(tmp_path: Path) -> None:
    lines = [f'{i},"he said \\"no\\", {i}",{"xy"[i % 2]}' for i in range(4)]
    found = read_csv(written(tmp_path, "\n".join(["a,b,label", *lines])), None, None)
    assert found.texts("b")[0] == 'he said "no", 0'
    assert "backslashes stand before quotes" in found.notes[0]


def test_one_column_of_texts_is_not_divided_at_blanks(tmp_path: Path) -> None:
    found = read_csv(written(tmp_path, "a text\nso dull\nso 5\n"), None, None)
    assert found.names == ["a text"]


def test_apostrophes_are_no_quotes(tmp_path: Path) -> None:
    lines = "text,label\ndon't,a\n'tis so,b\nit's its',a\n"
    found = read_csv(written(tmp_path, lines), None, None)
    assert found.texts("text") == ["don't", "'tis so", "it's its'"]
    assert not found.notes


def test_tables_in_one_object_of_json(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": [1.5, 2.5, 0.5], "label": [*"uvu"]})
    for orient in ("dict", "split", "list", "records"):
        path = tmp_path / f"{orient}.json"
        path.write_text(json.dumps(frame.to_dict(orient), indent=1))
        assert cells(read(path)) == [[1.5], [2.5], [0.5]]


def test_what_is_no_table_or_no_text_is_said(tmp_path: Path) -> None:
    with pytest.raises(SteadfitError, match="must be a table, got a web page"):
        read(written(tmp_path, "\n<!DOCTYPE html>\n<html><body>Not found</body></html>\n"))
    (tmp_path / "t.txt").write_text(PLAIN.replace(";", "\t"))
    with pytest.raises(SteadfitError, match=r'has rows of a table\. Give kind="\.csv"'):
        read(tmp_path / "t.txt")
    data = read(tmp_path / "t.txt", kind=".csv")
    assert data.schema.read(tmp_path / "t.txt").x.values.tolist() == cells(data)
    assert read(tmp_path / "t.txt", task="tokens", block=8).task == "tokens"
