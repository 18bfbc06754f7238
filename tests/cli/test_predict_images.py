"""New images through a run's model, sound and damaged ones."""

import csv
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import steadfit as sf
from steadfit.cli.reading import Reading
from steadfit.errors import SteadfitError
from steadfit.prediction import predictions


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder, rng = tmp_path_factory.mktemp("images"), np.random.default_rng(0)
    for k in range(12):
        (folder / "old" / "ab"[k % 2]).mkdir(parents=True, exist_ok=True)
        pixels = rng.integers(0, 256, (8, 8), np.uint8)
        Image.fromarray(pixels).save(folder / "old" / "ab"[k % 2] / f"{k}.png")
    sf.fit(sf.read(folder / "old"), "mlp", training={"epochs": 1}, out=folder / "run")
    return folder / "run"


def test_damaged_images_have_a_row_with_a_note(run: Path, tmp_path: Path) -> None:
    new = tmp_path / "new"
    (new / "deep").mkdir(parents=True)
    for name in ("0.png", "deep/1.jfif"):
        Image.new("L", (9, 9), 99).save(new / name, "png")
    (new / "=bad.png").write_bytes(b"no image")
    (new / "cut.png").write_bytes((new / "0.png").read_bytes()[:40])
    found = predictions(run, new)
    rows = {row["input"]: row for row in csv.DictReader(io.StringIO(found.text))}
    assert list(rows) == ["0.png", "deep/1.jfif", "'=bad.png", "cut.png"]
    assert rows["0.png"]["class"] in ("a", "b")
    assert rows["0.png"]["note"] == ""
    assert (rows["cut.png"]["class"], rows["cut.png"]["p_a"]) == ("", "")
    assert rows["'=bad.png"]["note"] == "it is no image that Pillow can read."
    assert all(row["note"] for name, row in rows.items() if name.endswith(("bad.png", "cut.png")))
    assert [note for note in found.notes if note.startswith("cut.png cannot be predicted: ")]


def test_without_damage_there_is_no_column_for_it(run: Path, tmp_path: Path) -> None:
    Image.new("L", (9, 9), 99).save(tmp_path / "0.png")
    assert "note" not in predictions(run, tmp_path).text.splitlines()[0]


def labelled(run: Path, folder: Path, path: str) -> tuple[list[str], list[str]]:
    """Ten new images at this path for each name, "{label}" being a or b: their labels, and the
    classes that the run gives them."""
    rng, label_of = np.random.default_rng(1), {}
    for number in range(10):
        name = path.format(label="ab"[number % 2], number=number)
        label_of[name] = "ab"[number % 2]
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(rng.integers(0, 256, (8, 8), np.uint8)).save(folder / name)
    rows = list(csv.DictReader(io.StringIO(predictions(run, folder).text)))
    return [label_of[row["input"]] for row in rows], [row["class"] for row in rows]


def test_folders_called_as_classes_tell_how_many_are_wrong(run: Path, tmp_path: Path) -> None:
    labels, said = labelled(run, tmp_path, "test/{label}/{number}.png")
    wrong = sum(label != one for label, one in zip(labels, said, strict=True))
    notes = predictions(run, tmp_path).notes
    assert f"Of 10 labelled images {wrong} are wrong ({wrong / 10:.1%})." in notes
    pair = ("a", "b") if said.count("b") > said.count("a") else ("b", "a")
    times = list(zip(labels, said, strict=True)).count(pair)
    assert any(f"{pair[0]} for {pair[1]} {times} time" in note for note in notes)


def test_other_folders_say_nothing(run: Path, tmp_path: Path) -> None:
    labelled(run, tmp_path, "holiday/{number}.png")
    assert not any("labelled" in note for note in predictions(run, tmp_path).notes)


def test_a_table_of_labels_tells_how_many_are_wrong(run: Path, tmp_path: Path) -> None:
    labels, said = labelled(run, tmp_path, "{number}.png")
    table = tmp_path / "truth.csv"
    lines = [f"{number}.png;{label};x" for number, label in enumerate(labels[:-1])]
    table.write_text("\n".join(["file;animal;seen by", *lines, "9.png;c;x"]))
    wrong = sum(label != one for label, one in zip(labels[:-1], said[:-1], strict=True))
    notes = predictions(run, tmp_path, table, "animal", delimiter=";").notes
    assert any(note.startswith(f"Of 9 labelled images {wrong} are wrong") for note in notes)
    assert any('not counted: "c"' in note for note in notes)
    with pytest.raises(SteadfitError, match="target is a column of a table"):
        predictions(run, tmp_path, target="animal")
    with pytest.raises(SteadfitError, match="no file or folder"):
        predictions(run, tmp_path, tmp_path / "absent.csv")


def test_a_given_size_stands_in_place_of_a_pretrained_networks_own(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / name).mkdir()
        for shade in (0, 200):
            Image.new("L", (50, 40), shade).save(tmp_path / name / f"{shade}.png")
    assert Reading().read(str(tmp_path), pixels=30).example_shape == (1, 24, 30)
    assert Reading(pixels=20).read(str(tmp_path), pixels=30).example_shape == (1, 16, 20)
    assert Reading(size=[8, 9]).read(str(tmp_path), pixels=30).example_shape == (1, 8, 9)
