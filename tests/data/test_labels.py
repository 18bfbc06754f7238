"""Labels as people have them: several in one, one in several columns, dates, spellings."""

from pathlib import Path

import numpy as np
import pytest

import steadfit as sf
from steadfit.errors import SteadfitError

X = np.random.default_rng(0).normal(size=(12, 3))


def table(path: Path, labels: list[str], head: str = "label", mark: str = ",") -> Path:
    """A table of numbers and labels."""
    rows = [mark.join([*map("{:.4f}".format, x), label]) for x, label in zip(X, labels)]  # noqa: B905
    path.write_text("\n".join([mark.join(["a", "b", "c", head]), *rows]) + "\n")
    return path


SEVERAL = {
    "semicolons": ["red;round", "red", "round", "blue;round", "blue", "red;blue"],
    "bars": ["Action|Drama", "Drama", "Action|Comedy", "Comedy|Drama", "Action", "Comedy"],
    "commas": ["a, b", "a", "b", "c, a", "c", "b, c"],
    "lists": ["['a', 'b']", "['a']", "['b']", "['c', 'a']", "['c']", "['b', 'c']"],
}
SINGLE = {
    "places": ["Portland, Oregon", "Salem, Oregon", "Boston, Massachusetts"] * 2,
    "one with a mark": ["yes", "no; see below"] * 3,
    "names": ["Lee, A.", "Ray, B.", "Kim, C."] * 2,
}


@pytest.mark.parametrize("labels", SEVERAL.values(), ids=SEVERAL)
def test_several_labels_an_example_are_refused(labels: list[str], tmp_path: Path) -> None:
    with pytest.raises(SteadfitError, match="one label for each example, got several in") as found:
        sf.from_arrays(X[:6], labels)
    assert 'to learn all of them, or task="classes"' in str(found.value)
    mark = found.value.settings["several"]
    assert sf.from_arrays(X[:6], labels, several=mark).schema.task.mark == mark
    assert len(sf.from_arrays(X[:6], labels, task="classes").classes) == 6
    with pytest.raises(SteadfitError, match="got several in"):
        sf.read(table(tmp_path / "t.csv", [f'"{each}"' for each in labels * 2]))


@pytest.mark.parametrize("labels", SINGLE.values(), ids=SINGLE)
def test_a_mark_within_a_name_is_no_second_label(labels: list[str]) -> None:
    assert sf.from_arrays(X[:6], labels).classes == tuple(sorted(set(labels)))


@pytest.mark.parametrize("kind", [int, float, bool])
def test_rows_of_marks_are_refused_with_what_to_do(kind: type) -> None:
    one_hot = np.eye(3, dtype=kind)[np.arange(12) % 3]
    with pytest.raises(SteadfitError, match=r"For one-hot rows give y.argmax\(axis=1\)"):
        sf.from_arrays(X, one_hot)
    one_hot[0] = True
    with pytest.raises(
        SteadfitError, match=r"Several labels .*task=\"several\", or one at a time, y\[:, 0\]"
    ):
        sf.from_arrays(X, one_hot)
    assert len(sf.from_arrays(X, one_hot[:, 0].astype(int)).classes) == 2


@pytest.mark.parametrize(
    "dates",
    [["2024-01-31", "2024-02-01"], ["31.1.2024", "1.2.2024"], ["1/31/2024", "2/1/2024"],
     ["1/31/24", "2/1/24"], ["2024/1/31 10:00", "2024/2/1 11:00"], ["31 Jan 2024", "1 Feb 2024"]],
)  # fmt: skip
def test_dates_are_no_labels(dates: list[str], tmp_path: Path) -> None:
    for read in (
        lambda: sf.from_arrays(X, dates * 6),
        lambda: sf.read(table(tmp_path / "t.csv", dates * 6)),
    ):
        with pytest.raises(SteadfitError, match="must be classes or numbers, got dates such as"):
            read()
    assert sf.from_arrays(X, dates * 6, task="classes").classes == tuple(sorted(dates))


def test_versions_and_the_like_are_labels() -> None:
    assert sf.from_arrays(X, ["1.2.3", "10.0.4"] * 6).classes == ("1.2.3", "10.0.4")


def test_classes_that_differ_by_capitals_alone_are_said(tmp_path: Path) -> None:
    data = sf.read(table(tmp_path / "t.csv", ["Cat", "cat", "dog"] * 4))
    assert len(data.classes) == 3
    assert any('by capitals or blanks alone: "Cat" and "cat"' in note for note in data.notes)
    plain = sf.read(table(tmp_path / "t.csv", ["cat", "dog"] * 6))
    assert not any("capitals" in note for note in plain.notes)


ONES = ["1,0,0", "0,1,0", "0,0,1"]


@pytest.mark.parametrize("target", ["cat,dog,bird", ["bird", "dog", "cat"]])
@pytest.mark.parametrize(("yes", "no"), [("1", "0"), ("1.0", "0.0"), ("True", "False")])
def test_columns_of_zeros_and_ones_are_one_label(tmp_path: Path, target, yes: str, no: str):
    marks = [row.replace("0", "n").replace("1", yes).replace("n", no) for row in ONES * 4]
    data = sf.read(table(tmp_path / "t.csv", marks, "cat,dog,bird"), target=target)
    assert data.classes == ("bird", "cat", "dog")
    assert data.schema.task.labels(data.y) == ("cat", "dog", "bird") * 4
    assert data.columns == ("a", "b", "c")
    assert any("the columns" in note and "are one label" in note for note in data.notes)


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        (
            ["1,0,0"] * 11 + ["0,0,0"],
            r"single 1 in cat, dog, bird, got others in 1 row: row 13 \(0",
        ),
        (
            ["1,0,0"] * 11 + ["1,1,0"],
            r"row 13 \(2\)\. Name one of these columns, or give task=\"several\"",
        ),
        (["1,0,0"] * 11 + ["2,0,0"], r"got other cells in cat\. Name one of cat, dog, bird"),
    ],
)
def test_what_is_no_single_mark_is_said(tmp_path: Path, rows: list[str], sentence: str) -> None:
    with pytest.raises(SteadfitError, match=sentence):
        sf.read(table(tmp_path / "t.csv", rows, "cat,dog,bird"), target="cat,dog,bird")


@pytest.mark.parametrize("target", ["cat", "dog", "bird"])
def test_one_column_of_several_marks_gives_the_others_away(tmp_path: Path, target: str) -> None:
    path = table(tmp_path / "t.csv", ONES * 4, "cat,dog,bird")
    found = [note for note in sf.read(path, target=target).notes if "add up to 1" in note]
    assert len(found) == 1
    assert not [
        note for note in sf.read(path, target=target, values="a,b").notes if "add up" in note
    ]
    advised = found[0].partition('target="')[2].partition('"')[0]
    assert len(sf.read(path, target=advised).classes) == 3


def test_unrelated_marks_are_not_named(tmp_path: Path) -> None:
    path = table(tmp_path / "t.csv", ["1,0,0", "1,1,0", "0,0,0"] * 4, "cat,dog,bird")
    assert not any("add up" in note for note in sf.read(path, target="cat").notes)


def test_rare_classes_are_said(tmp_path: Path) -> None:
    labels = np.array(["a", "b"] * 60).astype("U4")
    labels[:3] = "rare"
    data = sf.from_arrays(np.random.default_rng(1).normal(size=(120, 3)), labels)
    notes = sf.split(data, seed=1).notes
    assert any('The rarest class, "rare", has 2 training examples' in note for note in notes)


def test_whole_numbers_that_mostly_differ_are_numbers(tmp_path: Path) -> None:
    x = np.random.default_rng(1).normal(size=(60, 2))
    prices = 100_000 + np.arange(60) * 371 % 7919
    data = sf.from_arrays(x, prices)
    assert (data.task, data.y[:, 0].tolist()) == ("numbers", prices.tolist())
    assert 'learned as numbers; task="classes" makes them classes' in data.notes[-1]
    assert len(sf.from_arrays(x, prices, task="classes").classes) == 60
    ages = sf.from_arrays(x, np.arange(60) // 2)
    assert len(ages.classes) == 30
    assert 'learned as classes; task="numbers" makes them numbers' in ages.notes[-1]


@pytest.mark.parametrize(
    ("labels", "setting"),
    [([str(i) for i in range(12)], 'task="numbers"'), (["a;b", "c;d", "e;f"] * 4, 'several=";"')],
)
def test_what_rare_classes_may_be_is_said_first(labels: list[str], setting: str) -> None:
    data = sf.from_arrays(X, [*labels[:11], "9;9" if ";" in setting else "99"], task="classes")
    with pytest.raises(SteadfitError, match="each class must have 2 examples") as found:
        sf.split(data)
    said = str(found.value)
    assert 0 < said.index(f"give {setting}") < said.index('classes="seen"')


def test_several_labels_of_digits_are_no_decimals(tmp_path: Path) -> None:
    path = table(tmp_path / "t.csv", ['"1,2"', '"2,3"', '"3,1"', "2"] * 3)
    data = sf.read(path, several=",")
    assert data.y[:4].int().tolist() == [[1, 1, 0], [0, 1, 1], [1, 0, 1], [0, 1, 0]]
    assert not any("decimal" in note for note in data.notes)
    path = table(tmp_path / "t.csv", ['"101,202"', '"202,303"', '"101"'] * 4, "Tags")
    assert len(sf.read(path, several=",", target="Tags").schema.task.names) == 3


def test_labels_with_a_unit_keep_it(tmp_path: Path) -> None:
    data = sf.read(table(tmp_path / "t.csv", ["3 stars", "5 stars"] * 6))
    assert data.classes == ("3 stars", "5 stars")
    weights = sf.read(table(tmp_path / "t.csv", [f"{i}.5 kg" for i in range(12)]))
    assert weights.y[:2, 0].tolist() == [0.5, 1.5]


def test_classes_that_may_say_the_same_are_named(tmp_path: Path) -> None:
    data = sf.read(table(tmp_path / "t.csv", ["0", "1", "True", "False"] * 3))
    assert any('say the same: "0" and "False", "1" and "True"' in note for note in data.notes)


def test_a_target_is_told_by_its_name(tmp_path: Path) -> None:
    path = table(tmp_path / "t.csv", ["3;x", "4;y"] * 6, 'income, gross"', ";")
    path.write_text(
        path.read_text().replace('income, gross"', '"income, gross";z').replace("c", "c")
    )
    assert len(sf.read(path, target="income, gross").y) == 12
    with pytest.raises(SteadfitError, match=r"by their names, got 1\. Columns: a, b"):
        sf.read(path, target=1)  # pyright: ignore[reportArgumentType]
