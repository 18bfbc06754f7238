"""Several labels an example, as people write them: in one cell, or in columns of 0 and 1."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

import steadfit as sf
from steadfit.cli import main
from steadfit.data import Dataset, from_series, from_texts
from steadfit.errors import SteadfitError
from steadfit.formats.form import open_table
from steadfit.tasks import Several

CELLS = ["red;round", "red", "", "blue ; round", "round;round"] * 4
NAMES = ("blue", "red", "round")
THERE = [[0, 1, 1], [0, 1, 0], [0, 0, 0], [1, 0, 1], [0, 0, 1]] * 4
X = np.random.default_rng(0).normal(size=(20, 3))


def check(data: Dataset) -> None:
    assert data.schema.task.name == "several"
    assert data.schema.task.names == NAMES
    assert data.y.int().tolist() == THERE
    assert str(data).endswith("3 labels")
    assert data.notes[-1] == "3 labels, 1.2 an example: blue (4), red (8), round (12). " + (
        "4 examples without any."
    )


def written(path: Path, head: str, rows: list[str]) -> Path:
    path.write_text("\n".join([head, *rows]) + "\n")
    return path


def numbers(row: int) -> str:
    return ",".join(f"{value:.4f}" for value in X[row])


def test_a_table_of_numbers(tmp_path: Path) -> None:
    rows = [f"{numbers(i)},{cell}" for i, cell in enumerate(CELLS)]
    path = written(tmp_path / "t.csv", "a,b,c,kinds", rows)
    check(sf.read(path, target="kinds", several=";"))
    assert sf.read(path, target="kinds", several=";").columns == ("a", "b", "c")


def test_texts(tmp_path: Path) -> None:
    rows = [f"a thing number {i} of many,{cell}" for i, cell in enumerate(CELLS)]
    check(sf.read(written(tmp_path / "t.csv", "text,kinds", rows), several=";"))
    lines = [json.dumps({"text": f"a thing number {i}", "label": c}) for i, c in enumerate(CELLS)]
    (tmp_path / "t.jsonl").write_text("\n".join(lines))
    check(sf.read(tmp_path / "t.jsonl", several=";"))


def test_series_in_rows_and_in_columns(tmp_path: Path) -> None:
    wide = [f"{numbers(i)},{cell}" for i, cell in enumerate(CELLS)]
    check(sf.read(written(tmp_path / "w.csv", "t0,t1,t2,label", wide), several=";"))
    long = [f"s{i:02d},{t},{X[i, t]:.3f},{CELLS[i]}" for i in range(20) for t in range(3)]
    path = written(tmp_path / "l.csv", "who,when,left,label", long)
    check(sf.read(path, series="who", time="when", several=";"))
    long[1] = long[1] + ";blue"
    path = written(tmp_path / "l.csv", "who,when,left,label", long)
    with pytest.raises(SteadfitError, match="must be the same in all rows of a series"):
        sf.read(path, series="who", time="when", several=";")


@pytest.mark.parametrize("columns", [False, True])
def test_images(tmp_path: Path, columns: bool) -> None:
    for i in range(20):
        pixels = np.random.default_rng(i).integers(0, 255, (8, 8), np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{i:02d}.png")
    if columns:
        rows = [f"{i:02d}.png,{','.join(map(str, there))}" for i, there in enumerate(THERE)]
        path = written(tmp_path / "labels.csv", f"file,{','.join(NAMES)}", rows)
        data = sf.read(tmp_path, labels=path, target="blue,red,round", task="several")
    else:
        rows = [f"{i:02d}.png,{cell}" for i, cell in enumerate(CELLS)]
        path = written(tmp_path / "labels.csv", "file,label", rows)
        data = sf.read(tmp_path, labels=path, several=";")
    assert data.ids == tuple(f"{i:02d}.png" for i in range(20))
    assert data.schema.task.names == NAMES
    assert data.y.int().tolist() == THERE


@pytest.mark.parametrize(
    ("cells", "mark", "names"),
    [("3/1,2/2,3", ",", "1 2 3"), ("101 205/330 101/205", " ", "101 205 330")],
)
def test_labels_of_digits_are_no_numbers(tmp_path: Path, cells: str, mark: str, names: str) -> None:
    rows = [f"{i * 7 % 5};{cell}" for i, cell in enumerate(cells.split("/") * 5)]
    there = [[name in cell for name in names.split()] for cell in cells.split("/") * 5]
    data = sf.read(written(tmp_path / "t.csv", "a;label", rows), several=mark)
    assert data.schema.task.names == tuple(names.split())
    assert data.y.bool().tolist() == there
    one = [row.replace(mark, f"{mark}{mark}") for row in rows[2:4]]  # no numbers in this one
    tests = written(tmp_path / "u.csv", "a;label", one)
    both = sf.read(tmp_path / "t.csv", test_file=tests, several=mark)
    assert both.y.bool().tolist() == there + there[2:4]


def test_new_texts_have_their_labels_as_written(tmp_path: Path) -> None:
    rows = [f"a film number {i} of many;{cell}" for i, cell in enumerate(["3", "1,2", "2,3"] * 5)]
    path = written(tmp_path / "t.csv", "text;label", rows)
    for several, cell in ((",", "1,2"), (None, "1.2")):
        data = sf.read(path, several=several, task=None if several else "classes")
        assert data.schema.form is not None
        assert data.schema.form.rows(open_table(path), "refuse").labels[1] == cell


@pytest.mark.parametrize("mark", [",", ";"])
def test_lists_of_json_are_divided_as_such(tmp_path: Path, mark: str) -> None:
    lists = [["a", "b, c; d"], [], ["a"], [7]] * 5
    rows = [{"text": f"a film number {i}", "labels": each} for i, each in enumerate(lists)]
    (tmp_path / "t.json").write_text(json.dumps(rows))
    data = sf.read(tmp_path / "t.json", several=mark)
    task = data.schema.task
    assert isinstance(task, Several)
    assert task.names == ("7", "a", "b, c; d")
    assert data.y.int().tolist() == [[0, 1, 1], [0, 0, 0], [0, 1, 0], [1, 0, 0]] * 5
    said = {"labels": task.predict(np.where(data.y, 1.0, -1.0)[None])}
    cells = list(map(json.dumps, lists))
    assert "the labels of 0 are wrong" in next(iter(task.compared(cells, said)))


def test_lines_of_fasttext_keep_their_names(tmp_path: Path) -> None:
    before = ["a;b", "c __label__a;b", "c __label__c"]
    lines = [f"__label__{names} a film number {i}" for i, names in enumerate(before * 5)]
    (tmp_path / "t.txt").write_text("\n".join(lines))
    data = sf.read(tmp_path / "t.txt", several=";")
    assert data.schema.task.names == ("a;b", "c")
    assert data.y.int().tolist() == [[1, 0], [1, 1], [0, 1]] * 5
    assert any("5 lines have several labels" in note for note in data.notes)
    table = open_table(tmp_path / "t.txt")
    assert table.labels("label")[[0, 2]].tolist() == ["a;b", "c"]


def test_what_is_in_memory() -> None:
    check(sf.from_arrays(X, CELLS, several=";"))
    check(from_series(list(X), CELLS, several=";"))
    check(from_texts(["a thing"] * 20, [c.replace(";", "|") for c in CELLS], several="|"))
    frame = pd.DataFrame(X, columns=list("abc")).assign(kinds=[c or None for c in CELLS])
    check(sf.data.from_table(frame, "kinds", several=";"))
    check(sf.read(frame, target="kinds", several=";"))


@pytest.mark.parametrize("kind", [bool, int, float])
def test_an_array_of_marks(kind: type) -> None:
    data = sf.from_arrays(X, np.array(THERE, kind), task="several")
    assert data.schema.task.names == ("0", "1", "2")
    assert data.y.int().tolist() == THERE


@pytest.mark.parametrize(("yes", "no"), [("1", "0"), ("True", "False")])
def test_columns_of_zeros_and_ones(tmp_path: Path, yes: str, no: str) -> None:
    rows = [
        f"{numbers(i)},{','.join(yes if mark else no for mark in there)},{no}"
        for i, there in enumerate(THERE)
    ]
    path = written(tmp_path / "t.csv", "a,b,c,blue,red,round,never", rows)
    data = sf.read(path, target="blue,red,round,never", task="several")
    assert data.columns == ("a", "b", "c")
    assert data.schema.task.names == NAMES
    assert data.y.int().tolist() == THERE
    assert any("are several labels, without never, in no row." in note for note in data.notes)
    with pytest.raises(SteadfitError, match="each row must have a single 1") as found:
        sf.read(path, target="blue,red,round")
    assert found.value.settings == {"task": "several"}


def test_names_of_columns_may_have_marks(tmp_path: Path) -> None:
    rows = [f"{numbers(i)},{there[0]},{there[1]}" for i, there in enumerate(THERE)]
    path = written(tmp_path / "t.csv", "a,b,c,sad; low,joy|high", rows)
    data = sf.read(path, target=["sad; low", "joy|high"], task="several")
    assert data.schema.task.names == ("joy|high", "sad; low")
    path = written(tmp_path / "t.csv", "a,b,c,sad; low/slow,joy|high", rows)
    assert (
        sf.read(path, target=["sad; low/slow", "joy|high"], task="several").schema.task.mark == ","
    )


def test_one_hot_columns_may_be_several_labels(tmp_path: Path) -> None:
    rows = [f"{numbers(i)},{int(i % 2)},{int(i % 2 == 0)}" for i in range(20)]
    path = written(tmp_path / "t.csv", "a,b,c,even,odd", rows)
    assert sf.read(path, target="even,odd").classes == ("even", "odd")
    assert sf.read(path, target="even,odd", task="several").schema.task.names == ("even", "odd")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"task": "several"}, r"must have the mark between the labels, got none\. Give several="),
        ({"several": ";", "task": "classes"}, 'got task="classes" beside it'),
        ({"several": ""}, "several must be the mark between the labels"),
        ({"several": ";", "horizon": 2}, "stands between the labels in one column, got a forecast"),
        ({"several": ";", "target": "a,kinds"}, "in one column, got several columns"),
        ({}, "each row must have a label, got none in 4 rows"),
    ],
)
def test_what_cannot_be_is_said(tmp_path: Path, options: dict, sentence: str) -> None:
    rows = [f"{numbers(i)},{cell}" for i, cell in enumerate(CELLS)]
    path = written(tmp_path / "t.csv", "a,b,c,kinds", rows)
    with pytest.raises(SteadfitError, match=sentence):
        sf.read(path, **{"target": "kinds", **options})


def test_a_column_without_any_label_is_refused() -> None:
    with pytest.raises(SteadfitError, match="must have labels, got none in any example"):
        sf.from_arrays(X, [""] * 20, several=";")


def test_rare_labels_are_named_and_left_out_on_demand(tmp_path: Path) -> None:
    rows = [f"{numbers(i)},{cell}" for i, cell in enumerate(CELLS)]
    rows[0] += ";odd"
    path = written(tmp_path / "t.csv", "a,b,c,label", rows)
    data = sf.read(path, several=";")
    said = '1 label of fewer than 2 examples, which cannot be both learned and tested: "odd" (1)'
    assert any(note.startswith(said) for note in data.notes)
    without = sf.read(path, several=";", classes="seen")
    assert without.schema.task.names == NAMES
    assert without.y.int().tolist() == THERE
    assert without.notes[-1] == '1 label that cannot be learned left out: "odd".'
    assert sf.read(path, several=";", classes="seen", limit=10).y.shape == (10, 3)


def test_labels_that_differ_by_capitals_alone_are_said() -> None:
    data = sf.from_arrays(X, ["Red;round", "red"] * 10, several=";")
    assert any('Labels that differ by capitals or blanks alone: "Red" and "red"' in note
               for note in data.notes)  # fmt: skip


def test_classes_that_may_be_lists_are_said() -> None:
    cells = [cell or "red" for cell in CELLS]
    data = sf.from_arrays(X, cells)
    assert data.classes == ("blue ; round", "red", "red;round", "round;round")
    assert any(note.endswith('several=";" makes each part a label.') for note in data.notes)
    plain = ["Portland, Oregon", "Salem, Oregon", "Boston, Massachusetts", "Lee, A."] * 5
    assert not any("several=" in note for note in sf.from_arrays(X, plain).notes)


def test_the_command_line_names_the_option(tmp_path: Path, capsys) -> None:
    joined = ["red;round", "red", "round", "blue;round", "blue", "red;blue"]
    rows = [f"{numbers(i)},{cell}" for i, cell in enumerate(joined * 2)]
    path = written(tmp_path / "t.csv", "a,b,c,label", rows)
    with pytest.raises(SystemExit):
        main(["fit", str(path), "--out", str(tmp_path / "run")])
    assert "Give --several ';' to learn all of them, or --task classes" in " ".join(
        capsys.readouterr().err.split()
    )


@pytest.mark.parametrize("columns", [False, True])
def test_new_texts_may_have_their_labels(tmp_path: Path, columns: bool) -> None:
    """In one cell or in columns of 0 and 1, as in training; they are read, and never needed."""
    texts = [f"a thing number {i} of many" for i in range(20)]
    ends = [",".join(map(str, there)) for there in THERE] if columns else CELLS
    head = ",".join(NAMES) if columns else "label"
    rows = [f"{text},{end}" for text, end in zip(texts, ends, strict=True)]
    path = written(tmp_path / "t.csv", f"text,{head}", rows)
    options = {"target": ",".join(NAMES), "task": "several"} if columns else {"several": ";"}
    schema = sf.read(path, **options).schema
    found = schema.from_dict(json.loads(json.dumps(schema.to_dict()))).read(path)
    task = schema.task
    said = {"labels": task.predict(np.where(THERE, 1.0, -1.0)[None])}
    (scores, _) = task.compared(found.labels, said)
    assert "the labels of 0 are wrong" in scores
    assert schema.read(written(tmp_path / "new.csv", "text", texts)).labels == ()
    if columns:  # not all of them
        short = [f"{text},1" for text in texts]
        assert schema.read(written(tmp_path / "some.csv", "text,blue", short)).labels == ()
