"""Tables of unrelated columns: their notes, and how new rows are matched by column name."""

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import torch
from pyarrow import parquet

import steadfit as sf
from steadfit.data import Dataset, Ragged, Table, fit_preparation, from_arrays, from_table, read
from steadfit.errors import SteadfitError
from steadfit.kinds import Tables
from steadfit.kinds.table_columns import Category, DatePart, Number


def written(path: Path, text: str, name: str = "some.csv") -> Path:
    (path / name).write_text(text)
    return path / name


def cells(data: Dataset) -> np.ndarray:
    assert isinstance(data.x, Table)
    return data.x.values.numpy()


def titles(data: Dataset) -> list[str]:
    assert isinstance(data.x, Table)
    return [column.title for column in data.x.columns]


PEOPLE = (
    "age,town,since,label\n31,Ulm,2024-01-31,a\n,Bonn,2023-05-01,b\n52,,2024-02-29,a\n40,Ulm,,b\n"
)


def test_numbers_names_and_dates_with_holes(tmp_path: Path) -> None:
    data = read(written(tmp_path, PEOPLE))
    assert data.schema.kind == Tables(
        (
            Number("age"),
            Category("town", ("Bonn", "Ulm")),
            *(DatePart("since", part) for part in ("year", "month", "day", "weekday")),
        )
    )
    nan = np.nan
    np.testing.assert_array_equal(
        cells(data),
        [[31, 1, 2024, 1, 31, 2], [nan, 0, 2023, 5, 1, 0], [52, nan, 2024, 2, 29, 3],
         [40, 1, nan, nan, nan, nan]],
    )  # fmt: skip
    assert (data.classes, data.y.tolist()) == (("a", "b"), [0, 1, 0, 1])
    assert str(data) == "some · 4 rows of 6 columns · 2 classes"
    assert data.notes[0] == (
        "some.csv: a table of 3 columns; label is learned. A row is one of a table, as the "
        "columns' names are no steps."
    )
    assert any("missing in 3 rows" in note for note in data.notes)


def test_parquet_and_frames_are_read_as_csv_is(tmp_path: Path) -> None:
    day = dt.date(2024, 1, 31)
    table = pa.table(
        {
            "age": [31, None, 52, 40],
            "town": pa.array(["Ulm", "Bonn", None, "Ulm"]).dictionary_encode(),
            "since": pa.array([day, dt.date(2023, 5, 1), dt.date(2024, 2, 29), None]),
            "label": ["a", "b", "a", "b"],
        }
    )
    parquet.write_table(table, tmp_path / "some.parquet")
    expected = read(written(tmp_path, PEOPLE))
    frame = table.to_pandas()
    for other in (
        read(tmp_path / "some.parquet"),
        from_table(table, "label"),
        from_table(frame, "label"),
        from_table(frame.drop(columns="label"), frame["label"]),
        from_arrays(frame.drop(columns="label"), frame["label"].to_numpy()),
    ):
        assert other.schema.kind == expected.schema.kind
        np.testing.assert_array_equal(cells(other), cells(expected))
        assert other.classes == expected.classes


@pytest.mark.parametrize(
    ("names", "kind", "series"),
    [
        ("t0 t1 t2", None, True),
        ("0 1 2", None, True),
        ("0.5 1.0 1.5", None, True),
        ("step_10 step_20 step_30", None, True),
        ("Time1 Time2 Time3", None, True),
        ("t0 t1 t3", None, False),
        ("t2 t1 t0", None, False),
        ("t0 s1 t2", None, False),
        ("V1 V2 V3", None, False),
        ("a b c", None, False),
        ("a b c", "series", True),
        ("t0 t1 t2", "table", False),
    ],
)
def test_names_tell_series_from_tables(
    tmp_path: Path, names: str, kind: str | None, series: bool
) -> None:
    lines = ["1,5,3,x", "2,4,1,y", "9,6,3,x"]
    path = written(tmp_path, "\n".join([",".join([*names.split(), "label"]), *lines]))
    data = read(path) if kind is None else read(path, kind=kind)
    assert isinstance(data.x, Ragged) == series
    why = f"names are {'steps' if series else 'no steps'}"
    assert (why if kind is None else f'kind="{kind}" was given') in data.notes[0]
    if not series:
        assert cells(data).tolist() == [[1, 5, 3], [2, 4, 1], [9, 6, 3]]


def test_arrays_of_two_axes_are_tables(tmp_path: Path) -> None:
    x = np.arange(12.0).reshape(4, 3)
    x[1, 2] = np.nan
    y = [0, 1, 0, 1]
    np.savez(tmp_path / "a.npz", x=x, y=y)
    for data in (from_arrays(x, y), from_table(x, y), read(tmp_path / "a.npz")):
        np.testing.assert_array_equal(cells(data), x)
    np.savez(tmp_path / "b.npz", x=np.ones((4, 3)), y=y)
    assert isinstance(read(tmp_path / "b.npz", kind="series").x, Ragged)
    with pytest.raises(SteadfitError, match='There is no kind of row "rows"'):
        read(tmp_path / "b.npz", kind="rows")
    with pytest.raises(SteadfitError, match=r'kind must be a suffix such as "\.csv" for digits'):
        read("digits", kind="table")


def test_columns_that_tell_nothing_are_left_out_and_named(tmp_path: Path) -> None:
    rows = [
        f"{i},{i * 7 % 41},{1000 + i * 3 % 97},same,,name {i},{i % 4},{'ab'[i % 2]},{'ab'[i % 2]},"
        f"{'xy'[i % 2]}"
        for i in range(40)
    ]
    header = "Unnamed: 0,a,user_id,b,c,d,e,f,label,g"
    data = read(written(tmp_path, "\n".join([header, *rows])))
    assert titles(data) == ["a", "e", "g"]
    note = next(note for note in data.notes if "left out" in note)
    for name, reason in {
        "Unnamed: 0": "row numbers or identifiers", "user_id": "row numbers or identifiers",
        "b": "the same in all rows", "c": "empty", "d": "texts that nearly all differ",
        "f": "a copy of the target",
    }.items():  # fmt: skip
        assert f'"{name}" ({reason})' in note
    assert any('each value of "g" stands beside one value of label alone' in n for n in data.notes)
    chosen = read(written(tmp_path, "\n".join([header, *rows])), values="a,g")
    assert titles(chosen) == ["a", "g"]
    with pytest.raises(SteadfitError, match=r'got "b" \(the same in all rows\)'):
        read(written(tmp_path, "\n".join([header, *rows])), values="b")


def test_rare_categories_count_as_one(tmp_path: Path) -> None:
    towns = [f"town {k}" for k in range(60) for _ in range(2 + (k < 50))]
    rows = [f"{i * 7 % 11},{town},{'ab'[i % 2]}" for i, town in enumerate(towns)]
    data = read(written(tmp_path, "\n".join(["n,town,label", *rows])))
    kind = data.schema.kind
    assert isinstance(kind, Tables)
    assert kind.columns_of[1] == Category("town", tuple(sorted(f"town {k}" for k in range(50))))
    assert set(cells(data)[-20:, 1].tolist()) == {50.0}
    assert any('50 most frequent categories count as one in "town" (10)' in n for n in data.notes)


@pytest.mark.parametrize(
    ("column", "sentence"),
    [
        ([*range(30), "12,5 EUR"], r'"v": each row must have a number, .* row 32 \("12,5 EUR"\)'),
        ([*range(30), "1e99"], '"v": values must be finite, .* 1 row: some.csv row 32'),
    ],
)
def test_cells_of_another_kind_are_named(tmp_path: Path, column: list, sentence: str) -> None:
    rows = [f"{cell};{i % 3};{'ab'[i % 2]}" for i, cell in enumerate(column[::-1])][::-1]
    with pytest.raises(SteadfitError, match=sentence):
        read(written(tmp_path, "\n".join(["v;w;label", *rows])))


def test_missing_values_by_the_rule(tmp_path: Path) -> None:
    path = written(tmp_path, PEOPLE)
    with pytest.raises(SteadfitError, match=r"values missing in 3 of 4: some.csv row 3, .*fill"):
        read(path, missing="refuse")
    left = read(path, missing="drop", limit=1)
    assert left.ids == ("some.csv row 2",)
    with pytest.raises(SteadfitError, match='no rule for missing values "linear"'):
        read(path, missing="linear")


def test_new_rows_are_read_by_the_columns_names(tmp_path: Path) -> None:
    schema = read(written(tmp_path, PEOPLE)).schema
    new = written(tmp_path, "since,extra,town,age\n2024-03-01,1,Ulm,7\n,2,Paris,\n", "new.csv")
    found = schema.read(new)
    np.testing.assert_array_equal(
        found.x.values.numpy(),
        [[7, 1, 2024, 3, 1, 4], [np.nan, 2, *[np.nan] * 4]],
    )
    assert found.ids == ("new.csv row 2", "new.csv row 3")
    told = " ".join(found.notes)
    for word in (
        'columns "extra" are not used',
        '1 row with categories .* "Paris"',
        "5 values miss",
    ):
        assert pd.Series([told]).str.contains(word).all(), word
    with pytest.raises(SteadfitError, match=r"none called town\. Columns: age, since"):
        schema.read(written(tmp_path, "age,since\n1,2024-01-01\n", "new.csv"))
    with pytest.raises(SteadfitError, match="each row must have a number"):
        schema.read(written(tmp_path, "age,since,town\nold,2024-01-01,Ulm\n", "new.csv"))
    with pytest.raises(SteadfitError, match=r'a date such as 2024-01-31, .* row 2 \("May"\)'):
        schema.read(written(tmp_path, "age,since,town\n1,May,Ulm\n", "new.csv"))
    with pytest.raises(SteadfitError, match=r"The model takes tables: a \.csv"):
        schema.read(written(tmp_path, "age", "new.doc"))


def test_rows_in_memory_are_taken_by_name(tmp_path: Path) -> None:
    kind = read(written(tmp_path, PEOPLE)).schema.kind
    row = {"age": 7.0, "town": "Ulm", "since": dt.datetime(2024, 3, 1)}
    expected = [[7, 1, 2024, 3, 1, 4]]
    for given in (row, [row], pd.DataFrame([row]), pa.Table.from_pylist([row])):
        assert kind.from_memory(given, None).values.tolist() == expected
    with pytest.raises(
        SteadfitError, match="must be a table with named columns, as town are names"
    ):
        kind.from_memory([[7.0, 1, 2024, 3, 1, 4]], None)
    numbers = from_table([[1.0, 2.0], [3.0, 4.0]], [0, 1]).schema.kind
    assert numbers.from_memory([5.0, 6.0], None).values.tolist() == [[5, 6]]
    with pytest.raises(SteadfitError, match=r"numbers of shape \(rows, 2\), got float64 of shape"):
        numbers.from_memory(np.zeros((2, 3)), None)


def test_a_preparation_is_fitted_to_its_sample_alone() -> None:
    """Against pandas: median and quartiles; categories and gaps that the sample has."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 2)) * [3, 100] + [5, -7]
    x[[1, 4], 0] = np.nan
    x[50, 1] = 1e7  # an outlier
    names = np.array(["u", "v"])[np.arange(60) % 2]
    names[59] = "w"
    frame = pd.DataFrame({"a": x[:, 0], "b": x[:, 1], "c": names})
    data = from_table(frame, np.arange(60) % 2)
    sample = torch.arange(58)
    fitted = fit_preparation(data, sample)
    expected = frame.iloc[:58][["a", "b"]].quantile([0.25, 0.5, 0.75])
    np.testing.assert_allclose(fitted.mean[:2], expected.loc[0.5], rtol=1e-6)
    spread = (expected.loc[0.75] - expected.loc[0.25]) / 1.349
    np.testing.assert_allclose(fitted.std[:2], spread, rtol=1e-6)
    # Features: a, b; gaps of a, b, c; u, v, w and others of c. Neither b nor c has gaps here.
    assert fitted.kept == (0, 1, 2, 5, 6)
    seen = fitted.inputs(data.x).values
    z = (frame["a"] - expected.loc[0.5, "a"]) / spread["a"]
    np.testing.assert_allclose(seen[:, 0], (z / np.sqrt(1 + (z / 3) ** 2)).fillna(0), atol=1e-5)
    assert seen[50, 1] == pytest.approx(3, abs=1e-3)
    assert seen[59, 3:].tolist() == [0, 0]  # a name that the sample does not have
    assert seen.isfinite().all()


def test_a_sample_in_which_nothing_varies_is_refused() -> None:
    data = from_table([[1.0], [1.0], [2.0]], [0, 1, 1])
    with pytest.raises(SteadfitError, match="rows of a sample must differ in a column"):
        fit_preparation(data, torch.tensor([0, 1, 0]))


def test_texts_are_told_from_names(tmp_path: Path) -> None:
    """A column of names beside others is no text to learn from; sentences are."""
    people = [f"{i * 7 % 23},Doe {i % 9},{'ab'[i % 2]}" for i in range(40)]
    data = read(written(tmp_path, "\n".join(["age,who,label", *people])))
    assert titles(data) == ["age", "who"]
    films = [f"{i * 7 % 23},it is a film of {i} minutes,{'ab'[i % 2]}" for i in range(40)]
    assert str(read(written(tmp_path, "\n".join(["age,said,label", *films])))).startswith(
        "some · 40 texts of 8 words"
    )


@pytest.mark.parametrize(
    ("column", "values"),
    [
        (["12 %", "5 %", "7%"], [0.12, 0.05, 0.07]),
        (["1,5", "2", "0,25"], [1.5, 2, 0.25]),
        (["1.234,50", "0,5", None], [1234.5, 0.5, np.nan]),
        (["unknown", "3", "4.5"], [np.nan, 3, 4.5]),
        (["998 CC", "1197 CC", "796 CC"], [998, 1197, 796]),
    ],
)
def test_texts_of_frames_and_parquet_are_read_as_csv_is(
    tmp_path: Path, column: list, values: list
) -> None:
    frame = pd.DataFrame({"a": column, "b": [1.0, 3.0, 2.0], "label": ["x", "y", "x"]})
    frame.to_csv(tmp_path / "t.csv", sep=";", index=False)
    frame.to_parquet(tmp_path / "t.parquet")
    for data in (
        from_table(frame, "label"),
        read(frame, target="label"),
        read(tmp_path / "t.csv"),
        read(tmp_path / "t.parquet"),
    ):
        np.testing.assert_allclose(cells(data)[:, 0], values, 1e-6)


def test_a_frame_that_does_not_tell_its_decimal_mark(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": ["1.041", "2.155", "5"], "label": ["x", "y", "x"]})
    with pytest.raises(SteadfitError, match=r'Give decimal="\."'):
        from_table(frame, "label")
    assert cells(from_table(frame, "label", decimal=","))[:, 0].tolist() == [1041, 2155, 5]
    assert cells(read(frame, decimal="."))[2].tolist() == [5]


def test_frames_with_names_that_blanks_or_marks_surround() -> None:
    frame = pd.DataFrame({"\ufeffa": [1.0, 2.0, 5.0], " b ": [3.0, 1.0, 4.0], "y": [*"uvu"]})
    assert titles(from_table(frame, "y")) == ["a", "b"]
    twice = pa.Table.from_arrays([pa.array([1.0, 2.0])] * 2, ["a", "a"])
    with pytest.raises(SteadfitError, match=r"columns of the same name: a\. Rename one"):
        from_table(twice, [0, 1])


def test_codes_and_truths_are_names(tmp_path: Path) -> None:
    rows = [f"{('01067', '02134', '80331')[i % 3]},{i % 2 == 0},{'ab'[i % 2]}" for i in range(30)]
    data = read(written(tmp_path, "\n".join(["zip,on,label", *rows])))
    expected = (Category("zip", ("01067", "02134", "80331")), Category("on", ("False", "True")))
    assert data.schema.kind == Tables(expected)
    frame = pd.DataFrame({"zip": ["01067", "02134", "80331"] * 10, "on": [True, False] * 15})
    assert from_table(frame, ["a", "b"] * 15).schema.kind == data.schema.kind


@pytest.mark.parametrize(
    "name", ["PassengerId", "customerID", "Unnamed: 0.1", "row_names", "lfd nr"]
)
def test_identifiers_of_other_programs_are_left_out(tmp_path: Path, name: str) -> None:
    rows = [f"{i * 37 % 101},{i % 7},{'ab'[i % 2]}" for i in range(40)]
    assert titles(read(written(tmp_path, "\n".join([f"{name},a,label", *rows])))) == ["a"]
    assert titles(read(written(tmp_path, "\n".join(["paid,a,label", *rows])))) == ["paid", "a"]


@pytest.mark.parametrize("days", [[20240131, 20240201, 20240331], ["20240131", "20240201", None]])
def test_dates_of_eight_digits_are_dates(tmp_path: Path, days: list) -> None:
    frame = pd.DataFrame({"day": days, "size": [1.5, 2.5, 0.5], "label": [*"aba"]})
    frame.to_csv(tmp_path / "t.csv", index=False)
    frame.to_parquet(tmp_path / "t.parquet")
    for data in (
        from_table(frame, "label"),
        read(tmp_path / "t.csv"),
        read(tmp_path / "t.parquet"),
    ):
        assert titles(data)[:2] == ["day (month)", "day (day)"]
        assert cells(data)[1, :2].tolist() == [2, 1]


def test_durations_and_times_of_day_are_seconds() -> None:
    frame = pd.DataFrame({"t": pd.to_timedelta([1.5, 90, None], unit="s"), "y": [*"aba"]})
    np.testing.assert_array_equal(cells(from_table(frame, "y"))[:, 0], [1.5, 90, np.nan])
    frame["t"] = [dt.time(0, 1, 30), dt.time(2), None]
    np.testing.assert_array_equal(cells(from_table(frame, "y"))[:, 0], [90, 7200, np.nan])


@pytest.mark.parametrize(
    ("column", "sentence"),
    [
        (pd.cut([1.0, 2.0, 3.0], 2), r"of the program's own in t\. .*astype"),
        ([1, "a", 2.5], r"numbers, texts or dates \(.*astype\(str\)"),
    ],
)
def test_columns_of_other_values_are_refused(column: object, sentence: str) -> None:
    frame = pd.DataFrame({"t": column, "b": [1.0, 2.0, 4.0]})
    with pytest.raises(SteadfitError, match=sentence):
        from_table(frame, ["u", "v", "u"])


def test_targets_in_another_order_are_refused() -> None:
    frame = pd.DataFrame({"a": [1.0, 2.0, 4.0]}, index=[3, 1, 2])
    y = pd.Series([*"uvu"], index=[1, 2, 3])
    for given in (lambda: from_table(frame, y), lambda: sf.data.dataset_of((frame, y))):
        with pytest.raises(SteadfitError, match=r"in another order\. Give y\.loc\[x\.index\]"):
            given()
    assert from_table(frame, y.loc[frame.index]).y.tolist() == [0, 0, 1]
    assert from_table(frame, y.reset_index(drop=True)).y.tolist() == [0, 1, 0]


def test_digits_that_float32_does_not_keep_are_said() -> None:
    x = np.random.default_rng(0).normal(size=30)
    frame = pd.DataFrame({"near": 1.7e9 + x * 1000, "far": 1.7e9 * x, "small": 1e-9 * x})
    notes = from_table(frame, ["a", "b"] * 15).notes
    assert [note for note in notes if "float32" in note] == [
        'the table: float32, in which tables are learned, does not keep all digits of "near" '
        f"(off by up to {np.abs(np.float32(frame['near']) - frame['near']).max():.3g}). Subtract a "
        "number near all of them first."
    ]
