"""New rows for a trained model: named, written and filled otherwise than in training."""

import datetime as dt
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import steadfit as sf
from steadfit.data import Schema
from steadfit.errors import SteadfitError
from steadfit.kinds import Examples
from steadfit.prediction import predictions

HEAD = "size;town;on;zip;since;label"
ROWS = [
    f"{i * 7 % 23},5;{('Ulm', 'Bonn', 'Kiel')[i % 3]};{i % 2 == 0};{('01067', '80331')[i % 2]};"
    f"{i % 28 + 1}.3.2024;{'ab'[i % 2]}"
    for i in range(30)
]


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory) -> Schema:
    path = tmp_path_factory.mktemp("trained") / "t.csv"
    path.write_text("\n".join([HEAD, *ROWS]))
    data = sf.read(path)
    assert data.columns == ("size", "town", "on", "zip", "since")
    return Schema.from_dict(data.schema.to_dict())


def found(schema: Schema, folder: Path, text: str, name: str = "new.csv", **options) -> Examples:
    (folder / name).write_bytes(text.encode(options.get("encoding", "utf-8")))
    return schema.read(folder / name, **options)


NEW = {
    "another order and dialect": "since,zip,on,size,town,id\n2024-05-01,01067,True,9.5,Ulm,1\n"
    ",,,,,\n",
    "other capitals": "Since;ZIP;On;Size;TOWN\n1.5.2024;01067;TRUE;9,5;ULM\n;;;;\n",
    "as a spreadsheet has them": "since\tzip\ton\tsize\ttown\n1.5.2024\t1067\t1\t9.5\tUlm\n"
    "\t\t\t\t\n",
    "with a unit and a row of totals": (
        "since;zip;on;size;town\n1.5.2024;01067;yes;9,5 m;Ulm\n;;;;\nTotal;;;9,5 m;\n"
    ),
}


@pytest.mark.parametrize("text", NEW.values(), ids=NEW)
def test_the_same_rows_written_in_other_ways(tmp_path: Path, schema: Schema, text: str) -> None:
    values = found(schema, tmp_path, text).x.values.numpy()
    np.testing.assert_array_equal(values[:1], [[9.5, 2, 1, 0, 1, 2]])
    assert np.isnan(values[1:]).all()


def test_rows_of_other_programs(tmp_path: Path, schema: Schema) -> None:
    row = {"since": dt.date(2024, 5, 1), "zip": 1067, "on": True, "size": 9.5, "town": "Ulm"}
    empty = dict.fromkeys(row)
    frame = pd.DataFrame([row, empty])
    frame.to_excel(tmp_path / "new.xlsx", index=False)
    text = json.dumps([{**row, "since": "2024-05-01"}, empty])
    assert schema.read(tmp_path / "new.xlsx").x.values[0].tolist() == [9.5, 2, 1, 0, 1, 2]
    assert found(schema, tmp_path, text, "new.json").x.values[0].tolist() == [9.5, 2, 1, 0, 1, 2]
    for given in (frame, [row, empty], row, pd.DataFrame([empty])):
        with pytest.warns(UserWarning, match="another spelling|values missing"):
            values = schema.kind.from_memory(given, None).values
        assert values[-1:].isnan().all() or values[0].tolist() == [9.5, 2, 1, 0, 1, 2]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("size;town;on;zip\n9,5;Ulm;True;01067\n", "none called since.*not known may be empty"),
        ("size;town;on;zip;since\n", "has no rows"),
        ("", "cannot be read as a table"),
        ("size;town;on;zip;since\ntall;Ulm;True;01067;\n", r'"size": each row must have a number'),
        ("size;Size2;SIZE;Size;town;on;zip;since\n", "has no rows"),
        ("SIZE;Size;town;on;zip;since\n1;2;Ulm;True;01067;\n", "none called size"),
        (
            "size;town;on;zip;since\n1;Ulm;True;01067;1/2/2024\n",
            "may have the day or the month first",
        ),
    ],
)
def test_what_cannot_be_read_is_said(tmp_path: Path, schema: Schema, text: str, sentence: str):
    with pytest.raises(SteadfitError, match=sentence):
        found(schema, tmp_path, text)


def test_new_names_are_said(tmp_path: Path, schema: Schema) -> None:
    new = found(schema, tmp_path, "size;town;on;zip;since\n1;Köln;maybe;99999;\n")
    assert new.x.values[0, 1:4].tolist() == [3, 2, 2]
    assert sum("did not list, taken as one" in note for note in new.notes) == 3


@pytest.mark.parametrize(
    ("labels", "told"),
    [(["a", "b", "", "c"], "Of 2 labelled rows"), (["A", "b", "a", "B"], "Of 4 labelled rows")],
)
def test_classes_to_compare_with(tmp_path: Path, labels: list[str], told: str) -> None:
    (tmp_path / "t.csv").write_text("\n".join([HEAD, *ROWS]))
    few = {"epochs": 2, "penalties": {}}
    run = sf.fit(tmp_path / "t.csv", training=few, out=tmp_path / "run", reference=False).folder
    lines = [f"{label};9,5;Ulm;True;01067;1.5.2024" for label in labels]
    (tmp_path / "n.csv").write_text("\n".join(["Label;size;town;on;zip;since", *lines]))
    given = predictions(run, tmp_path / "n.csv")
    assert any(note.startswith(told) for note in given.notes), given.notes
    assert ('not counted: "c"' in " ".join(given.notes)) == ("c" in labels)


def test_numbers_to_compare_with(tmp_path: Path) -> None:
    x = np.arange(40) / 7
    frame = pd.DataFrame({"x": x, "z": np.sin(9 * x), "y": 2 * x + np.cos(5 * x)})
    few = {"epochs": 2}
    data = sf.data.from_table(frame, "y")
    run = sf.fit(data, training=few, out=tmp_path / "run", reference=False).folder
    frame.loc[3, "y"] = np.nan
    frame.to_csv(tmp_path / "n.csv", sep=";", decimal=",")
    given = predictions(run, tmp_path / "n.csv")
    told = np.array([float(line.split(",")[1]) for line in given.text.splitlines()[1:]])
    wrong = (told - frame["y"]).dropna()
    left = np.mean(wrong**2) / frame["y"].var(ddof=0)
    expected = (
        f"Of 39 labelled rows the root mean squared error is {np.mean(wrong**2) ** 0.5:.4g}, the "
        f"mean absolute error {np.mean(abs(wrong)):.4g}, {left:.1%} of their variance is left."
    )
    assert given.notes[-1] == expected


@pytest.mark.parametrize(
    ("trained", "new", "told"),
    [
        ("12 %", "12", "training had 12% as 0.12, and here are numbers above 1 without %"),
        ("12 %", "0.12", None),
        ("12 %", "15 %", None),
        ("12", "12 %", "12% is read as 0.12, and training had numbers without %"),
        ("12 €", "$12", "numbers are in $, and training had €"),
        ("12 kg", "12 g", "numbers are in g, and training had kg"),
        ("12 kg", "12", None),
    ],
)
def test_other_units_than_in_training_are_said(
    tmp_path: Path, trained: str, new: str, told: str | None
) -> None:
    rows = [f"{trained.replace('12', str(i * 7 % 23))};{'ab'[i % 2]}" for i in range(24)]
    (tmp_path / "t.csv").write_text("\n".join(["size;label", *rows]))
    schema = sf.read(tmp_path / "t.csv").schema
    notes = found(Schema.from_dict(schema.to_dict()), tmp_path, f"size\n{new}\n").notes
    said = [note for note in notes if "training had" in note]
    assert len(said) == (told is not None)
    assert told is None or told in said[0]
