"""`.ts` files: what the archives publish, and what is wrong with a line."""

from pathlib import Path

import numpy as np
import pytest

from steadfit.data import Dataset, Ragged, read
from steadfit.errors import SteadfitError
from steadfit.kinds import Examples, Series
from steadfit.tasks import Classes, Numbers

HEADER = "# words\n@problemName Some\n@timeStamps false\n@classLabel true a b\n@data\n"


def written(path: Path, text: str, name: str = "some.ts") -> Path:
    (path / name).write_text(text)
    return path / name


def rows(data: Dataset | Examples) -> list[list]:
    assert isinstance(data.x, Ragged)
    return [row.tolist() for row in data.x.rows()]


def test_series_of_unequal_length_and_many_channels(tmp_path: Path) -> None:
    data = read(written(tmp_path, HEADER + "1,2,3:4,5,6:a\n\n7:8:b\n"))
    assert rows(data) == [[[1, 4], [2, 5], [3, 6]], [[7, 8]]]
    assert (data.classes, data.y.tolist(), data.notes) == (("a", "b"), [0, 1], ())
    assert data.ids == ("some.ts line 6", "some.ts line 8")


def test_numbers_to_predict(tmp_path: Path) -> None:
    data = read(written(tmp_path, "@targetLabel true\n@data\n1,2:0.5\n3:-1e3\n"))
    assert (data.schema.task, data.y.tolist()) == (Numbers(1), [[0.5], [-1000]])


@pytest.mark.parametrize("asked", ["Some_TRAIN.ts", "Some_TEST.ts"])
def test_both_sides_are_read_whichever_is_named(tmp_path: Path, asked: str) -> None:
    written(tmp_path, HEADER + "1:a\n2:b\n", "Some_TRAIN.ts")
    written(tmp_path, HEADER + "3:b\n", "Some_TEST.ts")
    data = read(tmp_path / asked)
    assert (data.name, data.y.tolist()) == ("Some", [0, 1, 1])
    assert data.structure.is_test is not None
    assert data.structure.is_test.tolist() == [False, False, True]


def test_a_header_may_have_tabs(tmp_path: Path) -> None:
    text = HEADER.replace("@classLabel ", "@classLabel\t") + "1,2:a\n3,4:b\n"
    assert read(written(tmp_path, text)).classes == ("a", "b")


def test_a_class_label_without_a_value_is_one(tmp_path: Path) -> None:
    head = HEADER.replace("@classLabel true a b", "@classLabel")
    data = read(written(tmp_path, head + "1:a\n2:b\n"))
    assert (data.classes, data.notes) == (("a", "b"), ())


def test_a_target_label_that_is_false_leaves_the_classes(tmp_path: Path) -> None:
    data = read(written(tmp_path, "@targetLabel false\n" + HEADER + "1:a\n2:b\n"))
    assert data.schema.task == Classes(("a", "b"))


def test_series_without_labels_can_be_predicted_but_not_learned(tmp_path: Path) -> None:
    path = written(tmp_path, "@classLabel false\n@data\n1,2:4,5\n7:8\n")
    assert rows(Series(2).read(path, None)) == [[[1, 4], [2, 5]], [[7, 8]]]
    with pytest.raises(SteadfitError, match=r"got neither.* write @classLabel true"):
        read(path)


def test_a_side_alone_has_no_test_set(tmp_path: Path) -> None:
    assert read(written(tmp_path, HEADER + "1:a\n2:b\n", "Some_TRAIN.ts")).structure.is_test is None


def test_missing_values_are_marked_and_filled_on_demand(tmp_path: Path) -> None:
    path = written(tmp_path, HEADER + "1,?,3:a\n2:b\n")
    with pytest.raises(SteadfitError, match=r"1 value missing .*some.ts line 6"):
        read(path)
    assert rows(read(path, missing="linear"))[0] == [[1], [2], [3]]


def test_the_rows_are_trusted_and_the_header_contradicted(tmp_path: Path) -> None:
    head = (
        "@univariate true\n@dimensions 3\n@equalLength true\n@seriesLength 9\n@missing true\n"
        "@classLabel true a b\n@data\n"
    )
    data = read(written(tmp_path, head + "1,2:4,5:a\n7:8:c\n"))
    said = " ".join(data.notes)
    for part in (
        "@univariate true, the rows say false",
        "@dimensions 3, the rows say 2",
        "@equallength true, the rows say false",
        "@serieslength 9, the rows say 1 to 2",
        "@missing true, the rows say false",
        "classes that the header lacks: c",
    ):
        assert part in said
    assert len(data.notes) == 6


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (HEADER, "has no series"),
        ("", "has no series"),
        (HEADER + "1,2\n", "line 6: a line must have values and, after a colon, a label"),
        (HEADER + "1,2:\n", "line 6: a line must have values and, after a colon, a label"),
        (HEADER + "1,2:a\n1,x:b\n", 'line 7, value 2: must be a number or "\\?", got "x"'),
        (HEADER + "1,2:3:a\n", "line 6: the channels .* got 2, 1"),
        (HEADER + ":a\n", "line 6: the channels .* got 0"),
        (HEADER + "(0,1),2:a\n", r"line 6: each value must be in brackets .* got .\(0,1\),2"),
        (HEADER + "(0,1),(0,2):a\n", "line 6: time stamps must rise, got 0 after 0"),
        (HEADER + "(soon,1):a\n", 'line 6: time stamps must be numbers or dates .* got "soon"'),
        (HEADER + "(0,1):(1,1):a\n", "line 6: the channels .* must have the same time stamps"),
        ("1,2:a\n", 'line 1: a header line must begin with "@"'),
        ("@data\n1,2:a\n", "must have @classLabel true or @targetLabel true"),
        ("@targetLabel true\n@data\n1:a\n", 'line 3: the label must be a number, got "a"'),
        (
            HEADER + "1,inf:a\n2:b\n",
            "values beyond float32 in 1 series: some.ts line 6",
        ),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(SteadfitError, match=sentence):
        read(written(tmp_path, text))


def test_the_archives_own_files(shared_data: Path) -> None:
    vowels = read(shared_data / "series" / "JapaneseVowels" / "JapaneseVowels_TRAIN.ts")
    assert str(vowels) == "JapaneseVowels · 640 series of 7 to 29 steps × 12 · 9 classes"
    assert isinstance(vowels.x, Ragged)
    assert vowels.structure.is_test is not None
    assert (
        np.bincount(vowels.y[~vowels.structure.is_test].numpy()).tolist() == [30] * 9
    )  # as published
    published_test = [31, 35, 88, 44, 29, 24, 40, 50, 29]
    assert np.bincount(vowels.y[vowels.structure.is_test].numpy()).tolist() == published_test
    assert vowels.x.values[0, :2].tolist() == pytest.approx([1.860936, -0.207383])
    guns = read(shared_data / "series" / "GunPoint" / "GunPoint_TEST.ts")
    assert str(guns) == "GunPoint · 200 series of 150 steps · 2 classes"
    assert isinstance(guns.x, Ragged)
    means = [row.mean() for row in guns.x.rows()]  # the archive's series are standardised
    np.testing.assert_allclose(means, 0, atol=1e-5)


def test_time_stamps_are_left_out_and_unequal_distances_said(tmp_path: Path) -> None:
    day = "2024-01-0{} 00:00:00"
    even = f"({day.format(1)},1),({day.format(2)},?):({day.format(1)},3),({day.format(2)},4):a\n"
    uneven = "(0,5),(1,6),(3,7):(0,5),(1,6),(3,7):b\n"
    data = read(written(tmp_path, HEADER + even + uneven), missing="linear")
    assert rows(data) == [[[1, 3], [1, 4]], [[5, 5], [6, 6], [7, 7]]]
    assert any("not equally spaced (some.ts line 7)" in note for note in data.notes)
    assert not any("line 6" in note for note in data.notes if "spaced" in note)


@pytest.mark.parametrize("name", ["some.txt", "some", "some.dat"])
def test_a_file_is_known_by_its_header_whatever_it_is_called(tmp_path: Path, name: str) -> None:
    path = written(tmp_path, HEADER + "1,2:a\n3,4:b\n", name)
    assert read(path).classes == ("a", "b")
    assert rows(Series(1).read(path, None)) == [[[1], [2]], [[3], [4]]]


@pytest.mark.parametrize(
    ("train", "test", "name"),
    [
        ("low_train.ts", "low_test.ts", "low"),
        ("Some-Train.ts", "Some-Test.ts", "Some"),
        ("some.train.ts", "some.test.ts", "some"),
        ("training_some.ts", "testing_some.ts", "some"),
        ("TRAIN.ts", "test.ts", "here"),
        ("Mixed_TRAIN.ts", "mixed_test.TS", "Mixed"),
    ],
)
def test_pairs_named_in_other_ways(tmp_path: Path, train: str, test: str, name: str) -> None:
    (tmp_path / "here").mkdir()
    written(tmp_path / "here", HEADER + "1:a\n2:b\n", train)
    path = written(tmp_path / "here", HEADER + "3:b\n", test)
    for asked in (path, path.with_name(train)):
        data = read(asked)
        assert data.structure.is_test is not None
        assert data.structure.is_test.tolist() == [False, False, True]
        assert data.name.lower() == name.lower()


@pytest.mark.parametrize("other", ["protest.ts", "low2_test.ts", "low_test.txt", "test_train.ts"])
def test_what_is_no_pair_stays_alone(tmp_path: Path, other: str) -> None:
    written(tmp_path, HEADER + "3:b\n", other)
    path = written(tmp_path, HEADER + "1:a\n2:b\n", "low_train.ts")
    assert read(path).structure.is_test is None
