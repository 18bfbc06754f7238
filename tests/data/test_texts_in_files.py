"""Labelled texts in the files that people have them in, and what is said of each."""

import json
from pathlib import Path

import numpy as np
import pytest

import steadfit as sf
from steadfit.data import Dataset, Ragged, read, split
from steadfit.data.schema import Schema
from steadfit.errors import SteadfitError
from steadfit.prediction import predictions

WORDS = {"good": "a fine and gripping film", "bad": "a dull and empty film"}
ROWS = [(label, f"{said}, number {n}") for n in range(12) for label, said in WORDS.items()]
FAST = {"settings": {"embedding": 4}, "training": {"epochs": 1}, "reference": False}


def texts(data: Dataset) -> list[str]:
    assert isinstance(data.x, Ragged)
    return data.schema.kind.plain(data.x)  # pyright: ignore[reportReturnType]


def labels(data: Dataset) -> list[str]:
    return [data.classes[k] for k in data.y.tolist()]


def written(folder: Path, form: str) -> Path:
    """The rows above in a form that people have them in."""
    if form == "folder":
        for n, (label, text) in enumerate(ROWS):
            path = folder / "data" / label / f"{n:02}.txt"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return folder / "data"
    lines = {
        "a.jsonl": [json.dumps({"text": text, "label": label}) for label, text in ROWS],
        "a.json": [json.dumps([{"text": text, "label": label} for label, text in ROWS], indent=1)],
        "a.txt": [f"__label__{label} {text}" for label, text in ROWS],
        "a.csv": ["review,sentiment", *(f'"{text}",{label}' for label, text in ROWS)],
        "b.csv": ["id,body,category", *(f'{n},"{text}",{label}'
                                        for n, (label, text) in enumerate(ROWS))],
    }[form]  # fmt: skip
    (folder / form).write_text("\n".join(lines) + "\n")
    return folder / form


@pytest.mark.parametrize("form", ["folder", "a.jsonl", "a.json", "a.txt", "a.csv", "b.csv"])
def test_a_text_and_its_label_are_found(tmp_path: Path, form: str) -> None:
    source = written(tmp_path, form)
    data = read(source)
    plain = [text.replace(",", " ,") for _, text in ROWS]
    assert sorted(texts(data)) == sorted(plain)
    assert dict(zip(texts(data), labels(data), strict=True)) == {
        text.replace(",", " ,"): label for label, text in ROWS
    }
    fitted = sf.fit(data, out=tmp_path / "run", **FAST)
    found = predictions(fitted.folder, source).text.splitlines()
    assert len(found) == len(ROWS) + 1
    assert str(fitted.model.predict(source)[0]) in WORDS
    assert Schema.from_dict(data.schema.to_dict()) == data.schema


def test_a_folder_may_have_a_test_side_and_other_files(tmp_path: Path) -> None:
    for n, (label, text) in enumerate(ROWS):
        path = tmp_path / "data" / ("Train" if n < 16 else "test") / label / f"{n}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tmp_path / "data" / "Train" / "good" / "notes.md").write_text("x")
    (tmp_path / "data" / "Train" / "good" / ".DS_Store").write_text("x")
    data = read(tmp_path / "data")
    assert data.structure.is_test is not None
    assert data.structure.is_test.sum() == 8
    assert data.ids[0] == "Train/bad/1.txt"
    assert "1 files, which are no .txt, left out: Train/good/notes.md." in data.notes
    (tmp_path / "data" / "Train" / "lone.txt").write_text("x")
    with pytest.raises(SteadfitError, match=r"got 1 beside them: Train/lone\.txt"):
        read(tmp_path / "data")


def test_a_folder_of_images_with_texts_beside_them_is_one_of_images(tmp_path: Path) -> None:
    from PIL import Image

    for n in range(60):
        path = tmp_path / "data" / "a" / f"{n:02}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("a box")
    for label in "bc":
        (tmp_path / "data" / label).mkdir()
        Image.new("L", (8, 8)).save(tmp_path / "data" / label / "0.png")
    with pytest.raises(SteadfitError, match="must have readable images, got none in a"):
        read(tmp_path / "data")


def test_a_folder_of_texts_without_classes_is_predicted(tmp_path: Path) -> None:
    fitted = sf.fit(read(written(tmp_path, "a.txt")), out=tmp_path / "run", **FAST)
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "1.txt").write_text("a fine film\nof two lines")
    (tmp_path / "new" / "2.txt").write_text("\n")
    lines = predictions(fitted.folder, tmp_path / "new").text.splitlines()
    assert [line.split(",")[0] for line in lines] == ['"input"', '"1.txt"', '"2.txt"']


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.jsonl", '{"a": 1}\n[1]\n', r"got something else in 1: line 2 \(\"\[1\]\"\)"),
        ("a.json", '[{"a": 1}, 2]', r"got something else in 1: object 2 \(\"2\"\)"),
        ("a.json", '[{"a": 1}, {"a"', "the list, which is cut off or no JSON"),
        ("a.txt", "__label__a x\nb c\n", r'__label__NAME, once .* line 2 \("b c"\)'),
        ("a.txt", "__label__a x __label__b\n", "Move the labels to the front"),
        ("a.jsonl", "", "it is empty"),
    ],
)
def test_other_lines_are_named(tmp_path: Path, name: str, content: str, sentence: str) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(SteadfitError, match=sentence):
        read(tmp_path / name)


def test_lists_and_gaps_of_json_are_cells(tmp_path: Path) -> None:
    lines = ['{"text": "so it is", "label": true}', '{"text": ["a", 1], "label": false}']
    (tmp_path / "a.jsonl").write_text("\n".join(lines))
    data = read(tmp_path / "a.jsonl", text="text", target="label")
    assert texts(data) == ["so it is", '[ " a " , 1 ]']
    assert labels(data) == ["true", "false"]


def test_several_columns_of_texts_are_one_text(tmp_path: Path) -> None:
    rows = [f'"{n} so begins the {label} story","{said} {n}",{label}\n'
            for n in range(6) for label, said in WORDS.items()]  # fmt: skip
    (tmp_path / "a.csv").write_text("title,body,label\n" + "".join(rows))
    data = read(tmp_path / "a.csv")
    assert texts(data)[0] == "0 so begins the good story a fine and gripping film 0"
    assert data.notes == (
        "a.csv: the text is in title, body; label is learned. A row is a text, as cells there are "
        "texts of several words.",
    )
    assert texts(read(tmp_path / "a.csv", text="body,title"))[0].endswith("good story")
    assert texts(read(tmp_path / "a.csv", text="body"))[0] == "a fine and gripping film 0"


def test_of_the_columns_beside_a_text_the_label_is_told_by_its_name(tmp_path: Path) -> None:
    lines = [f"{n},{n % 3},{said} {n},{label}" for n in range(9) for label, said in WORDS.items()]
    (tmp_path / "a.csv").write_text("\n".join(["id,stars,body,Sentiment", *lines]))
    assert read(tmp_path / "a.csv").classes == ("bad", "good")
    (tmp_path / "a.csv").write_text("\n".join(["id,stars,body,shop", *lines]))
    with pytest.raises(SteadfitError, match="cannot determine the target column"):
        read(tmp_path / "a.csv")


def mixed(folder: Path, tells: str, count: int = 400) -> Path:
    """Texts beside a number and a name, one of which tells the label."""
    rng = np.random.default_rng(0)
    rows = ["text,price,shop,label"]
    for _ in range(count):
        label = int(rng.integers(2))
        told = {name: int(rng.integers(2)) for name in ("text", "price", "shop")}
        told[tells] = label
        words = [*rng.choice(list("abcdefgh"), 9), "xy"[told["text"]]]
        rng.shuffle(words)
        price = rng.uniform(0, 10) + 10 * told["price"]
        shop = ["north", "south"][told["shop"]] + str(rng.integers(3))
        rows.append(f"{' '.join(words)},{price:.2f},{shop},{'ab'[label]}")
    (folder / f"{tells}.csv").write_text("\n".join(rows) + "\n")
    return folder / f"{tells}.csv"


@pytest.mark.parametrize("tells", ["text", "price", "shop"])
def test_what_stands_beside_a_text_is_learned_too(tmp_path: Path, tells: str) -> None:
    data = read(mixed(tmp_path, tells))
    assert (
        f"{tells}.csv: the text is in text, with price, shop beside it; label is learned."
        in " ".join(data.notes)
    )
    few = {"epochs": 25}
    fitted = sf.fit(data, out=tmp_path / "run", training=few, reference=False)
    assert fitted.error is not None
    assert fitted.error < 0.06
    new = tmp_path / "new.csv"
    new.write_text("shop,text,price\nnorth1,a b x,3.5\nelsewhere,a b y,\n")
    assert len(predictions(tmp_path / "run", new).text.splitlines()) == 3
    new.write_text("text,price\na b x,3.5\n")
    with pytest.raises(SteadfitError, match="got none called shop"):
        predictions(tmp_path / "run", new)


def test_the_words_beside_a_text_say_what_its_columns_have(tmp_path: Path) -> None:
    rows = [f"{n}.5,{'red' if n % 2 else 'blue'},so it is and more {n},{'ab'[n % 2]}" for n in
            range(4)]  # fmt: skip
    (tmp_path / "a.csv").write_text("size,hue,text,label\n" + "\n".join(rows) + "\n")
    data = read(tmp_path / "a.csv", values="size,hue", text="text")
    assert texts(data)[1] == "[size: 1.5 to 2.5] [hue: red] so it is and more 1"
    table = {"size": [-7.0, float("nan"), 99.0], "hue": ["blue", None, "green"], "text": ["a"] * 3}
    import pyarrow as pa

    new = data.schema.kind.from_memory(pa.table(table), data.schema.form)
    assert data.schema.kind.plain(new) == [
        "[size: below 1.5] [hue: blue] a",
        "[size: missing] [hue: missing] a",
        "[size: from 3.5] [hue: other] a",
    ]


BLANK = "text,label\na good film,pos\n ,neg\na bad film,neg\n,pos\nso so,pos\nbad,neg\n"


def test_blank_texts_are_named_left_out_or_given_no_prediction(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(BLANK)
    with pytest.raises(SteadfitError, match=r"2 texts have no words: a.csv row 3, a.csv row 5"):
        read(path)
    data = read(path, missing="drop", strip="html")
    assert labels(data) == ["pos", "neg", "pos", "neg"]
    assert data.ids == ("a.csv row 2", "a.csv row 4", "a.csv row 6", "a.csv row 7")
    assert data.notes[1] == "2 blank texts left out: a.csv row 3, a.csv row 5."
    whole = sf.data.from_texts([text for _, text in ROWS], [label for label, _ in ROWS])
    sf.fit(whole, out=tmp_path / "run", **FAST)
    told = predictions(tmp_path / "run", path)
    lines = [line.split(",") for line in told.text.splitlines()]
    assert [line[0].strip('"') for line in lines[1:]] == [f"a.csv row {n}" for n in range(2, 8)]
    assert [i for i, line in enumerate(lines) if not any(line[1:])] == [2, 4]
    assert told.notes[0] == "2 blank texts given no prediction: a.csv row 3, a.csv row 5."
    dropped = predictions(tmp_path / "run", path, missing="drop").text.splitlines()
    assert len(dropped) == 5
    path.write_text("text\n \n")
    with pytest.raises(SteadfitError, match="got only blank ones"):
        predictions(tmp_path / "run", path)


def test_a_labelled_file_to_predict_gives_the_error_and_what_is_taken_for_what(
    tmp_path: Path,
) -> None:
    fitted = sf.fit(read(written(tmp_path, "a.csv")), out=tmp_path / "run", **FAST | {
        "training": {"epochs": 40}})  # fmt: skip
    new = tmp_path / "new.csv"
    new.write_text(
        "review,sentiment\na fine film,good\na dull film,bad\na fine one,bad\n,bad\na,odd\na,\n"
    )
    notes = predictions(fitted.folder, new).notes
    assert notes[-4:] == (
        'Labels that the model does not know, which are not counted: "odd".',
        "Of 3 labelled texts 1 are wrong (33.3%).",
        "Errors of each class: bad 50.0% of 2, good 0.0% of 1.",
        "Taken for another, most often: bad for good 1 times.",
    )
    new.write_text("review\na fine film\n")
    assert not any("labelled" in note for note in predictions(fitted.folder, new).notes)


def test_texts_that_are_far_longer_are_cut_and_it_is_said(tmp_path: Path) -> None:
    several = [f"{word} film number {n}" for n in range(150) for word in ("good", "bad")]
    several[7] = "bad " * 20_000
    data = sf.data.from_texts(several, ["pos", "neg"] * 150)
    assert data.example_shape == (128,)
    assert data.notes == (
        "1 text of 300 read up to the first 128 words, the longest having 20,000; longest=N reads "
        "N.",
    )
    told = sf.data.from_texts(several, ["pos", "neg"] * 150, longest=3)
    assert texts(told)[0] == "good film number"
    assert sf.data.from_texts(several[:6], [0, 1] * 3).notes == ()
    fitted = sf.fit(data, out=tmp_path / "run", **FAST)
    again = sf.TrainedModel.load(tmp_path / "run")
    with pytest.warns(UserWarning, match="1 text of 2 read up to the first 128 words"):
        long, short = again.logits(["bad " * 9000 + "good", "bad " * 128])[0]
    np.testing.assert_array_equal(long, short)
    assert again.facts.schema == fitted.model.facts.schema
    with pytest.raises(SteadfitError, match="longest must be 1 or more, got 0"):
        sf.data.from_texts(several, [0, 1] * 150, longest=0)


def test_a_file_may_be_the_test_set(tmp_path: Path) -> None:
    train, test = written(tmp_path, "a.csv"), tmp_path / "c.csv"
    test.write_text("sentiment,review,more\ngood,a fine one,1\nbad,a dull one,2\n")
    data = read(train, test_file=test)
    parts = split(data)
    assert (len(parts.train), len(parts.test)) == (24, 2)
    assert parts.test.ids == ("c.csv row 2", "c.csv row 3")
    assert texts(parts.test) == ["a fine one", "a dull one"]
    assert "c.csv is the test set, of 2 rows." in data.notes
    test.write_text("review\na fine one\n")
    with pytest.raises(
        SteadfitError, match=r"c\.csv must have the columns .* none called sentiment"
    ):
        read(train, test_file=test)
    with pytest.raises(SteadfitError, match="test_file is for a row an example"):
        read(train, test_file=test, horizon=1)
    with pytest.raises(SteadfitError, match="no file or folder"):
        read(train, test_file=tmp_path / "d.csv")
    rows = tmp_path / "n.csv"
    rows.write_text("a,b,label\n" + "".join(f"{n},{n * 7 % 5},{n % 2}\n" for n in range(2, 20)))
    both = read(rows, test_file=rows)
    assert both.structure.is_test is not None
    assert both.structure.is_test.sum() == 18


def test_a_fit_says_of_copies_with_two_labels(tmp_path: Path) -> None:
    several, y = [text for _, text in ROWS], [label for label, _ in ROWS]
    fitted = sf.fit(([*several, several[0]], [*y, y[1]]), out=tmp_path / "run", **FAST)
    assert any("another target than their first exact copy" in note for note in fitted.data_notes)


def test_several_labels_a_line_as_fasttext_has_them(tmp_path: Path) -> None:
    lines = [f"__label__food __label__{'bread' if k % 2 else 'oven'} how to bake {k}"
             for k in range(12)]  # fmt: skip
    (tmp_path / "cooking.txt").write_text("\n".join(lines))
    data = read(tmp_path / "cooking.txt", several=";")
    assert 'cooking.txt: 12 lines have several labels, with ";" between them here.' in data.notes
    assert data.y.tolist() == [[bool(k % 2), True, not k % 2] for k in range(12)]  # bread food oven


@pytest.mark.parametrize("mark", [",", "\t", ";"])
@pytest.mark.parametrize("lone", [(7,), (7, 21), (7, 21, 30)])
def test_a_quote_that_is_a_sign_of_the_text_swallows_no_rows(
    tmp_path: Path, mark: str, lone: tuple[int, ...]
) -> None:
    texts = [f"{chr(34) * (k in lone)}what a film {k}" for k in range(40)]
    rows = "".join(f"{text}{mark}{'ab'[k % 2]}\n" for k, text in enumerate(texts))
    (tmp_path / "t.csv").write_text(f"text{mark}label\n{rows}")
    data = read(tmp_path / "t.csv")
    assert [text.replace(" ", "") for text in data.schema.kind.plain(data.x)] == [
        text.replace(" ", "") for text in texts
    ]
    assert any("quotes are read as signs of the texts" in note for note in data.notes)


def test_a_quote_that_is_never_closed_among_cells_in_quotes_is_refused(tmp_path: Path) -> None:
    rows = [f'"so, {k}",{"ab"[k % 2]}' for k in range(20)]
    rows[9] = '"so it is,b'
    (tmp_path / "t.csv").write_text("\n".join(["text,label", *rows]))
    with pytest.raises(SteadfitError, match="a quote in them doubled"):
        read(tmp_path / "t.csv")


def test_a_first_line_that_is_a_text_is_no_header(tmp_path: Path) -> None:
    rows = [f"{'good' if k % 2 else 'bad'} film number {k} it is\t{k % 2}x" for k in range(20)]
    (tmp_path / "t.tsv").write_text("\n".join(rows))
    with pytest.raises(SteadfitError, match="row of column names, got a row of values"):
        read(tmp_path / "t.tsv")
    (tmp_path / "t.tsv").write_text("\n".join(["x1\tlabel", *rows]))  # as is advised
    assert len(read(tmp_path / "t.tsv")) == 20
