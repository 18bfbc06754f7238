"""Texts from which little or nothing can be learned: what is said of them."""

import warnings
from pathlib import Path

import pytest

import steadfit as sf
from steadfit.data import from_texts, read, split
from steadfit.errors import SteadfitError

FAST = {"settings": {"embedding": 4}, "training": {"epochs": 1}, "reference": False}


@pytest.mark.parametrize(
    ("texts", "labels", "sentence"),
    [
        (["a b", "c d", "e f"], "xyz", r'each class must have 2 .* got fewer in 3 of 3: "x" \(1\)'),
        (["", " ", "\n"] * 2, "xyxyxy", "6 texts have no words: row 0, .* give missing="),
        (["<br>", "<p></p>", "a", "b"], "xyxy", "2 texts have no words: row 0, row 1"),
        (["film"] * 20, "xy" * 10, "20 training and 0 test examples once .* copies are kept"),
        (["a b", "c d"] * 4, "xx" * 4, 'must have at least two classes, got only "x"'),
    ],
)
def test_what_cannot_be_learned_is_said(
    tmp_path: Path, texts: list[str], labels: str, sentence: str
) -> None:
    with pytest.raises(SteadfitError, match=sentence):
        sf.fit(from_texts(texts, list(labels), strip=["html"]), out=tmp_path / "run", **FAST)


def test_texts_without_a_word_in_common_are_said_to_be_unknown(tmp_path: Path) -> None:
    alone = [f"w{n} v{n}" for n in range(40)]
    fitted = sf.fit((alone, ["x", "y"] * 20), out=tmp_path / "run", **FAST)
    assert fitted.notes[-1].startswith("The network does not know 100% of the test texts' words")
    shared = [f"{'good' if n % 2 else 'bad'} film {n}" for n in range(40)]
    known = sf.fit((shared, ["x", "y"] * 20), out=tmp_path / "other", **FAST)
    assert not any("does not know" in note for note in known.notes)


def rows(folder: Path, name: str, classes: int) -> Path:
    lines = [f"film number {n} of {name},c{n % classes}" for n in range(40)]
    (folder / name).write_text("\n".join(["text,label", *lines]))
    return folder / name


def test_classes_that_the_training_side_lacks_are_left_out_where_asked(tmp_path: Path) -> None:
    train, test = rows(tmp_path, "a.csv", 5), rows(tmp_path, "b.csv", 7)
    both = read(train, test_file=test)
    with pytest.raises(
        SteadfitError, match=r'no training examples of "c5", "c6": .*classes="seen"'
    ):
        split(both)
    data = read(train, test_file=test, classes="seen")
    parts = split(data)
    assert data.classes == ("c0", "c1", "c2", "c3", "c4")
    assert data.notes[-1] == '10 examples of 2 classes that cannot be learned left out: "c5", "c6".'
    labels = [row.split(",")[1] for row in test.read_text().splitlines()[1:]]
    kept = [label for label in labels if label not in ("c5", "c6")]
    assert [parts.test.classes[k] for k in parts.test.y.tolist()] == kept
    few = read(rows(tmp_path, "c.csv", 7), limit=9, classes="seen")
    assert split(few)
    assert "5 examples of 5 classes" in few.notes[-1]
    assert read(train, classes="seen").notes == read(train).notes
    with pytest.raises(SteadfitError, match='no choice of classes "all"'):
        read(train, classes="all")
    (tmp_path / "n.csv").write_text("text,label\nso it is,1.5\nit is so,2.5\n")
    with pytest.raises(SteadfitError, match="is for data with classes"):
        read(tmp_path / "n.csv", classes="seen")


def test_one_language_at_training_and_another_at_prediction_is_said(tmp_path: Path) -> None:
    texts = [f"{'ein guter' if n % 2 else 'kein guter'} Film, Nummer {n}" for n in range(40)]
    fitted = sf.fit((texts, ["x", "y"] * 20), out=tmp_path / "run", **FAST)
    (tmp_path / "new.txt").write_text("a fine and gripping story\n")
    from steadfit.prediction import predictions

    assert "does not know 100.0% of the words" in predictions(
        fitted.folder, tmp_path / "new.txt"
    ).notes[-1]  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fitted.model.predict(["a fine and gripping story"])
