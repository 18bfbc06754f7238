"""What files of series and texts get wrong: each is a sentence with its place and a remedy."""

from pathlib import Path

import pytest

from steadfit.data import Ragged, read, split
from steadfit.errors import SteadfitError
from steadfit.formats import WideTable

TS = "@problemName x\n@univariate true\n@equalLength false\n@classLabel true a b\n@data\n"
DAYS = "".join(f"2024-01-{day:02d},{day}\n" for day in range(1, 25) if day != 7)
SALES = {"target": "sales", "time": "day", "horizon": 1}
LONG = {"series": "s", "time": "t"}

BAD = [
    ("an empty series", "a.ts", f"{TS}1,2,3:a\n:b\n1:a\n2:b\n", {},
     ["a.ts line 7", "at least 1, got 0", "Fix or remove"]),
    ("an empty row", "a.csv", "t0,t1,label\n1,2,a\n,,b\n1,2,a\n2,3,b\n", {},
     ["a.csv row 3", "must have a step at least", "Remove these"]),
    ("an empty text", "a.csv", 'text,label\ngood film,a\n"  ",b\nbad film,a\nx y,b\n', {},
     ["has no words: a.csv row 3", "Fill them in"]),
    ("one class", "a.csv", "t0,t1,label\n1,2,a\n3,4,a\n", {},
     ['got only "a"', "must have at least two classes"]),
    ("one class of texts", "a.csv", "text,label\ngood film,a\nbad film,a\n", {},
     ['got only "a"', "must have at least two classes"]),
    ("words where numbers are asked", "a.csv", "t0,t1,y\n1,2,1.5\n3,4,high\n", {"task": "numbers"},
     ['a.csv row 3 ("high")', 'missing="drop"']),
    ("words to forecast", "a.csv", "day,sales\n2024-01-01,1\n2024-01-02,two\n", SALES,
     ['column "sales"', 'row 3 ("two")', "Fix or remove"]),
    ("times that repeat", "a.csv", "day,sales\n2024-01-03,1\n2024-01-03,2\n", SALES,
     ["a.csv row 3", "got 2024-01-03 after 2024-01-03", "remove repeated ones"]),
    ("times that repeat in a series", "a.csv", "s,t,v,label\nA,0,1,a\nA,0,1,a\nB,0,1,b\n", LONG,
     ["a.csv row 3", 'in the series "A"', "remove repeated ones"]),
    ("a series shorter than the window", "a.csv", f"day,sales\n{DAYS[:39]}",
     {**SALES, "horizon": 3, "window": 7},
     ["window of 7 and a horizon of 3", "a.csv (3)", "Give a smaller window"]),
    ("gaps in time", "a.csv", f"day,sales\n{DAYS}", SALES,
     ["a.csv row 8", "from 2024-01-06 to 2024-01-08", "Add the missing rows"]),
    ("a text of one token", "a.txt", "x", {},
     ["got 1 characters", "more than one block", "Give a longer text"]),
    ("an empty text file", "a.txt", "", {}, ["no characters: a.txt", "Fill them in"]),
    ("labels of a plain text", "a.txt", "some text", {"task": "classes"},
     ["a.txt is plain text without labels", "as a table"]),
    ("tokens of a table", "a.csv", "text,label\na b,x\nb a,y\n", {"task": "tokens"},
     ['got "tokens"', "plain text (.txt)"]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "content", "options", "words"), [bad[1:] for bad in BAD],
                         ids=[bad[0] for bad in BAD])  # fmt: skip
def test_a_bad_file_is_a_sentence(
    tmp_path: Path, name: str, content: str, options: dict, words: list[str]
) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(SteadfitError) as said:
        split(read(tmp_path / name, **options))
    for word in words:
        assert word in str(said.value)


@pytest.mark.parametrize("source", ["adding", "copy"])
def test_a_length_of_0_is_a_sentence(source: str) -> None:
    with pytest.raises(SteadfitError, match=r"length must be . or more, got 0"):
        read(source, length=0)


@pytest.mark.parametrize("source", ["adding", "copy"])
def test_a_length_beyond_the_memory_is_a_sentence(source: str) -> None:
    with pytest.raises(SteadfitError, match="Give a smaller length"):
        read(source, length=10**11)


def test_a_window_of_0_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(f"day,sales\n{DAYS[:39]}")
    with pytest.raises(SteadfitError, match="must be 1 or more, got 0, 1 and 1"):
        read(tmp_path / "a.csv", **SALES, window=0)


def test_new_data_have_the_columns_of_training(tmp_path: Path) -> None:
    wide, texts = tmp_path / "wide.csv", tmp_path / "texts.csv"
    wide.write_text("id,t0,t1,t2,label\n1,1,2,3,a\n2,3,4,5,b\n3,5,6,,a\n4,1,2,3,b\n")
    texts.write_text("said,label\ngood film,a\nbad film,b\n")
    assert read(wide).schema.form == WideTable(("t0", "t1", "t2"))
    new = tmp_path / "new.csv"
    new.write_text("weight,t2,t0,t1\n80,3,1,2\n70,,4,5\n")
    x = read(wide).schema.read(new).x
    assert isinstance(x, Ragged)
    assert [row.ravel().tolist() for row in x.rows()] == [[1, 2, 3], [4, 5]]
    new.write_text("t0,t1,x2\n1,2,3\n")
    with pytest.raises(SteadfitError, match=r"must have the columns t0, t1, t2 .* none called t2"):
        read(wide).schema.read(new)
    new.write_text("told\ngood film\n")
    with pytest.raises(SteadfitError, match=r"the columns said .* got none called said.*Name"):
        read(texts).schema.read(new)


def test_columns_sorted_as_texts_are_steps_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    names = sorted(f"t{i}" for i in range(12))
    rows = [",".join(["ab"[k % 2], *(f"{int(name[1:]) + k}" for name in names)]) for k in range(8)]
    (tmp_path / "w.csv").write_text("\n".join([",".join(["label", *names]), *rows]))
    data = read(tmp_path / "w.csv", kind="series")
    assert data.x.padded()[2, :, 0].tolist() == [k + 2.0 for k in range(12)]
    assert any("in the order of their numbers" in note for note in data.notes)


def test_decimal_commas_after_labels_without_a_header(tmp_path: Path) -> None:
    rows = [[k % 2 + 1, *(round(0.5 * i + k, 2) for i in range(9))] for k in range(8)]
    lines = ["\t".join(map(str, row)) for row in rows]
    (tmp_path / "u.tsv").write_text("\n".join(lines))
    (tmp_path / "de.tsv").write_text("\n".join(lines).replace(".", ","))
    (tmp_path / "de.csv").write_text("\n".join(lines).replace(".", ",").replace("\t", ";"))
    data = read(tmp_path / "u.tsv")
    assert data.schema.read(tmp_path / "de.tsv").x.padded().equal(data.x.padded())
    with pytest.raises(SteadfitError, match="must begin with a row of column names"):
        data.schema.read(tmp_path / "de.csv", delimiter=";")
