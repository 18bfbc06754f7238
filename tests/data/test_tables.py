"""CSV and Parquet: four forms, and every bad row named."""

import datetime as dt
from pathlib import Path

import pyarrow as pa
import pytest
from pyarrow import csv, parquet

from steadfit import machine
from steadfit.data import Dataset, Ragged, Table, read, split
from steadfit.errors import SteadfitError


def written(path: Path, text: str, name: str = "some.csv") -> Path:
    (path / name).write_text(text)
    return path / name


def rows(data: Dataset) -> list[list]:
    assert isinstance(data.x, Ragged)
    return [row.tolist() for row in data.x.rows()]


WIDE = "label,t0,t1,t2\nup,1,2,3\ndown,3,2.5,\nup,0,1,\n"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_wide_series_end_at_the_last_value(tmp_path: Path, delimiter: str) -> None:
    data = read(written(tmp_path, WIDE.replace(",", delimiter)))
    assert rows(data) == [[[1], [2], [3]], [[3], [2.5]], [[0], [1]]]
    assert (data.classes, data.y.tolist()) == (("down", "up"), [1, 0, 1])
    assert data.ids == ("some.csv row 2", "some.csv row 3", "some.csv row 4")
    assert "3 steps from column t0 to t2; label is learned" in data.notes[0]


def test_parquet_is_read_as_csv_is(tmp_path: Path) -> None:
    table = pa.table({"t0": [1, 3], "t1": [2.0, None], "label": ["up", "down"]})
    parquet.write_table(table, tmp_path / "some.parquet")
    data = read(tmp_path / "some.parquet")
    assert rows(data) == [[[1], [2]], [[3]]]
    assert data.ids == ("some.parquet row 1", "some.parquet row 2")


def test_parquets_own_types(tmp_path: Path) -> None:
    day = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
    table = pa.table(
        {
            "when": [day, day + dt.timedelta(days=1), day, day + dt.timedelta(days=1)],
            "who": pa.array(["x", "x", "y", "y"]).dictionary_encode(),
            "value": pa.array([1, None, 3, 4], pa.decimal128(5, 2)),
            "on": [True, False, True, True],
            "words": pa.array(["1", "+2", None, "4"], pa.large_string()),
            "label": pa.array(["a", "a", "b", "b"], pa.large_string()),
        }
    )
    parquet.write_table(table, tmp_path / "some.parquet")
    data = read(tmp_path / "some.parquet", series="who", time="when", missing="linear")
    assert rows(data) == [[[1, 1, 1], [1, 0, 2]], [[3, 1, 4], [4, 1, 4]]]
    assert data.classes == ("a", "b")


@pytest.mark.parametrize(
    ("labels", "task", "classes"),
    [("1 0 1", "classes", ("0", "1")), ("1.5 0 1", "numbers", ()),
     ("07 7 07", "classes", ("07", "7")), ("a b NA", "classes", ("NA", "a", "b"))],
)  # fmt: skip
def test_labels_tell_the_task(tmp_path: Path, labels: str, task: str, classes: tuple) -> None:
    text = "t0,y\n" + "".join(f"{i},{label}\n" for i, label in enumerate(labels.split()))
    data = read(written(tmp_path, text))
    assert (data.schema.task.name, data.classes) == (task, classes)
    assert read(written(tmp_path, text), task="classes").schema.task.name == "classes"


def test_whole_numbers_beyond_int64_are_names(tmp_path: Path) -> None:
    labels = [str(2**70), str(2**70 + 1), str(-(2**63))]
    data = read(written(tmp_path, "t0,y\n" + "".join(f"1,{label}\n" for label in labels)))
    assert (data.schema.task.name, set(data.classes)) == ("classes", set(labels))
    least = read(written(tmp_path, f"t0,y\n1,{-(2**63)}\n2,{2**63 - 1}\n"))
    assert least.classes == (str(-(2**63)), str(2**63 - 1))


def test_numbers_as_people_write_them(tmp_path: Path) -> None:
    data = read(written(tmp_path, "t0,t1,label\n 1 , +5,a\n-2.5e-3,.5,b\n"))
    assert rows(data) == [[[1], [5]], [[pytest.approx(-0.0025)], [0.5]]]
    with pytest.raises(SteadfitError, match=r'row 2 \("1_000"\), row 4 \("1,5"\), row 5'):
        read(written(tmp_path, "t0;label\n1_000;a\nNA;b\n1,5;a\n٣;b\n"), values="t0")


def test_row_numbers_of_other_programs_are_no_steps(tmp_path: Path) -> None:
    data = read(written(tmp_path, ",id,t0,label\n0,7,1,a\n1,8,2,b\n"))
    assert rows(data) == [[[1]], [[2]]]
    assert 'columns "", "id" are not used' in data.notes[1]


TEXTS = 'text,label\n"A fine, ""good"" film\nof two lines",pos\nso dull,neg\n'


@pytest.mark.parametrize("options", [{}, {"text": "text", "target": "label"}])
def test_texts_are_found(tmp_path: Path, options: dict) -> None:
    data = read(written(tmp_path, TEXTS), **options)
    assert str(data) == "some · 2 texts of 2 to 10 words · 2 classes"
    other = read(written(tmp_path, TEXTS.replace("text,", "what_they_say,")), **options | (
        {"text": "what_they_say"} if options else {}))  # fmt: skip
    assert other.fingerprint == data.fingerprint


def test_groups_stay_whole(tmp_path: Path) -> None:
    lines = [f"{i},{'ab'[i % 2]},person {i // 4}" for i in range(40)]
    data = read(written(tmp_path, "t0,label,who\n" + "\n".join(lines)), group="who")
    parts = split(data, 0.3)
    train, test = parts.train.structure.groups, parts.test.structure.groups
    assert train is not None
    assert test is not None
    assert not set(train.tolist()) & set(test.tolist())


LONG = """who,when,left,right,label
x,1,1,10,up
y,1,5,50,down
x,2,2,20,up
y,2,6,60,down
x,3,3,30,up
"""


def test_long_series_are_put_together(tmp_path: Path) -> None:
    data = read(written(tmp_path, LONG), series="who", time="when")
    assert rows(data) == [[[1, 10], [2, 20], [3, 30]], [[5, 50], [6, 60]]]
    assert (data.ids, data.y.tolist()) == (("who x", "who y"), [1, 0])
    one = read(written(tmp_path, LONG), series="who", time="when", values="right")
    assert rows(one)[1] == [[50], [60]]


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("x,2,2", "x,1,2", r'row 4: .* when .* got 1 after 1 \(row 2\) in the series "x"'),
        ("x,3,3", "x,2,3", r"row 6: .* when .* got 2 after 2 \(row 4\)"),
        (
            "x,3,3,30,up",
            "x,3,3,30,down",
            'row 6: .* got down for the series "x", and up in row',
        ),
        ("x,2,2", "x,later,2", 'column "when": each row must have a number'),
        ("x,2,2", ",2,2", 'column "who": each row must have a text, .* row 4'),
        ("6,60", "six,60", r'column "left": each row must have a number, .* row 5 \("six"\)'),
        (
            "x,2,2,20",
            "x,2,,20",
            r'"left": .* got none in 1: row 4\. Nothing',
        ),
        ("x,2,2,20,up", "x,2,2,20,", 'column "label": each row must have a label, .*row 4'),
    ],
)
def test_what_is_wrong_in_a_long_table_is_named(
    tmp_path: Path, old: str, new: str, sentence: str
) -> None:
    assert old in LONG
    with pytest.raises(SteadfitError, match=sentence):
        read(written(tmp_path, LONG.replace(old, new)), series="who", time="when",
             values=["left", "right"])  # fmt: skip


@pytest.mark.parametrize(
    ("times", "sentence"),
    [
        ("1 2 later", r'must have a number \(as most do\), .* row 4 \("later"\)'),
        ("2024-01-01 2024-01-02 12", r'must have a time such as .* row 4 \("12"\)'),
        ("2024-01-01T00:00Z 2024-01-02 2024-01-03", "a time zone in all cells or in none"),
    ],
)
def test_the_row_of_a_wrong_time_is_named(tmp_path: Path, times: str, sentence: str) -> None:
    lines = "".join(f"x,{time},1,a\n" for time in times.split())
    with pytest.raises(SteadfitError, match=sentence):
        read(written(tmp_path, "who,when,v,label\n" + lines), series="who", time="when")


@pytest.mark.parametrize(
    ("cells", "classes"),
    [
        ("+1 -1", ("-1", "1")),  # as LIBSVM writes them
        ("1 18446744073709551616", ("1", "18446744073709551616")),
        (f"1 1{'0' * 5000}", ("1", f"1{'0' * 5000}")),
        ("1.0 2.5", ()),
        ("-0.5 1e3", ()),
    ],
)
def test_labels_without_a_point_are_classes(tmp_path: Path, cells: str, classes: tuple) -> None:
    table = "t0,label\n" + "".join(f"{i},{cell}\n" for i, cell in enumerate(cells.split()))
    assert read(written(tmp_path, table)).classes == classes


def test_decimal_commas_and_days_in_front(tmp_path: Path) -> None:
    """As spreadsheets of many countries write them: each file says the same."""
    plain = "day;temp;note\n" + "".join(f"2024-{m:02}-05;{m}.5;a, b\n" for m in range(1, 10))
    local = "day;temp;note\n" + "".join(f"5.{m}.2024;{m},5;a, b\n" for m in range(1, 10))
    options = {"horizon": 1, "window": 2, "target": "temp", "time": "day"}
    first = read(written(tmp_path, plain, "plain.csv"), **options)
    second = read(written(tmp_path, local, "local.csv"), **options)
    assert rows(first) == rows(second)
    assert first.schema == second.schema
    assert second.notes[-1] == ("local.csv: commas are read as decimal points in the columns temp.")
    assert not any("commas" in note for note in first.notes)
    thousands = read(written(tmp_path, local.replace("1,5", "1.000,5")), **options)
    assert rows(thousands)[0][0] == [1000.5]
    with pytest.raises(
        SteadfitError, match=r'"temp": each row must have a number, .* row 2 \("1\.00,5"\)'
    ):
        read(written(tmp_path, local.replace("1,5", "1.00,5")), **options)


def test_series_that_are_not_told_apart_are_thought_of(tmp_path: Path) -> None:
    with pytest.raises(SteadfitError, match="which column tells the series apart: who, label"):
        read(written(tmp_path, LONG), target="left", horizon=1, time="when")


def test_uneven_times_are_said(tmp_path: Path) -> None:
    data = read(written(tmp_path, LONG.replace("x,3,3", "x,9,3")), series="who", time="when")
    assert "times of 1 series are not equally spaced" in data.notes[1]


def test_rows_with_other_columns_are_all_named(tmp_path: Path) -> None:
    text = "t0,t1,label\n1,2,a\n1,2\n1,2,b\n1,2,3,b\n"
    with pytest.raises(SteadfitError, match=r"(?s)got others in 2.*row 3: 2 .*row 5: 4 "):
        read(written(tmp_path, text))


@pytest.mark.parametrize(
    ("text", "options", "sentence"),
    [
        ("", {}, "cannot be read as a table"),
        ("t0,label\n", {}, "has no rows"),
        ("1,2,3\n4,5,6\n", {}, "must begin with a row of column names, got numbers"),
        ("a,a,label\n1,2,x\n", {}, "columns of the same name: a"),
        (WIDE.replace("label", "kind"), {}, "cannot determine the target column"),
        (WIDE, {"target": "lable"}, 'Did you mean "label"'),
        (WIDE, {"target": ["label", "t0"]}, "target must name one column, or columns of 0 and 1"),
        (WIDE, {"delimiter": ";;"}, 'the character between columns, such as ";", got ";;"'),
        (WIDE, {"time": "t0"}, "Give series, .* or horizon for a forecast"),
        (WIDE, {"window": 3}, "Give horizon too"),
        (WIDE, {"text": "label", "horizon": 1}, "with horizon it is a step"),
        (LONG, {"text": "who", "series": "who"}, "with series it is a step"),
        (
            WIDE,
            {"target": "t0", "horizon": 1, "group": "label"},
            "group does not apply",
        ),
        (WIDE, {"values": "t0, t9"}, 'no column of some.csv "t9"'),
        (WIDE.replace("2.5", "oops"), {}, "got something else in t1"),
        (WIDE.replace("2.5", "oops"), {"values": "t0,t1"}, r'column "t1": .* row 3 \("oops"\)'),
        (
            WIDE.replace("3,2.5,", ",,"),
            {},
            "got none in 1: some.csv row 3",
        ),
        (WIDE.replace("1,2,3", "1,,3"), {}, "1 value missing .*some.csv row 2"),
        (TEXTS.replace("so dull", " "), {}, r"1 text has no words: some\.csv row 3"),
        (TEXTS, {"missing": "fill"}, 'no rule for missing values "fill"'),
        ("label\nx\ny\n", {}, "beside those named, got none"),
        (WIDE, {"task": "numbers"}, 'use task="classes"'),
    ],
)
def test_what_is_wrong_with_a_table_is_said(
    tmp_path: Path, text: str, options: dict, sentence: str
) -> None:
    with pytest.raises(SteadfitError, match=sentence):
        read(written(tmp_path, text), **options)


def test_parquet_that_unpacks_to_more_than_there_is_room_for_is_said(
    tmp_path: Path, monkeypatch
) -> None:
    path = tmp_path / "a.parquet"
    parquet.write_table(pa.table({"a": [0.5] * 1_000_000, "label": [1] * 1_000_000}), path)
    assert path.stat().st_size < 10_000
    monkeypatch.setattr(machine, "free_memory", lambda: 8 * 2**20)
    with pytest.raises(SteadfitError, match=r"would take .* GB of memory, and .* are free"):
        read(path)


def test_a_damaged_parquet_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(SteadfitError, match="not a complete Parquet file"):
        read(tmp_path / "a.parquet")
    parquet.write_table(pa.table({"a": [[1, 2]], "label": ["x"]}), tmp_path / "a.parquet")
    with pytest.raises(SteadfitError, match="got lists or structures in a"):
        read(tmp_path / "a.parquet")


def test_the_film_reviews(shared_data: Path) -> None:
    data = read(shared_data / "text" / "movie_reviews.csv")
    assert (len(data), data.classes) == (10_662, ("neg", "pos"))
    assert data.y.sum() == 5331  # half of them, as published


@pytest.mark.parametrize("other", ["Ko\u0308ln", "K\u00f6ln\u200b", "\ufeffK\u00f6ln"])
@pytest.mark.parametrize("as_frame", [False, True])
def test_names_that_look_the_same_are_the_same(tmp_path: Path, other: str, as_frame: bool) -> None:
    words = ["K\u00f6ln", other, "Ulm"] * 4
    towns = [words[k // 3] for k in range(12)]
    table = pa.table({other: towns, "n": [0.5 * (k % 5) for k in range(12)], "y": words})
    csv.write_csv(table, str(tmp_path / "t.csv"))
    data = read(table if as_frame else tmp_path / "t.csv", target="y", values=[other, "n"])
    assert data.classes == ("K\u00f6ln", "Ulm")
    assert isinstance(data.x, Table)
    town, _ = data.x.columns
    assert (town.name, town.categories) == ("K\u00f6ln", ("K\u00f6ln", "Ulm"))


def test_headers_that_look_the_same_are_refused() -> None:
    table = pa.table({"K\u00f6ln": [1.0, 2.0], "Ko\u0308ln": [1.0, 3.0], "y": ["a", "b"]})
    with pytest.raises(SteadfitError, match="columns of the same name: K\u00f6ln"):
        read(table, target="y")
