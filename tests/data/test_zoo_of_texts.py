"""Texts as people have them, each read as a person would read it."""

import numpy as np
import pytest

import steadfit as sf
from steadfit.data import Dataset, Ragged, from_texts, read, split
from steadfit.errors import SteadfitError
from steadfit.kinds.tokens import tokenize

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
THUMB, FLAG = "\U0001f44d\U0001f3fd", "\U0001f1e9\U0001f1ea"
HEART, KEY = "\u2764\ufe0f\u200d\U0001f525", "1\ufe0f\u20e3"
ENGLAND = "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"


def plain(data: Dataset) -> list[str]:
    assert isinstance(data.x, Ragged)
    return data.schema.kind.plain(data.x)  # pyright: ignore[reportReturnType]


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("हिन्दी में फ़िल्म", ["हिन्दी", "में", "फ़िल्म"]),
        ("ภาษาไทย ดี", ["ภาษาไทย", "ดี"]),
        ("اَلْعَرَبِيَّةُ", ["اَلْعَرَبِيَّةُ"]),
        ("می\u200cخواهم", ["می\u200cخواهم"]),  # Persian: a joiner inside a word
        (f"{FAMILY}{THUMB}ok", [FAMILY, THUMB, "ok"]),
        (f"{FLAG}{FLAG} {ENGLAND}", [FLAG, FLAG, ENGLAND]),
        (f"{HEART} {KEY}", [HEART, KEY]),
        ("C++, C# and F#!", ["c++", ",", "c#", "and", "f#", "!"]),
        ("#tag a#b i+++", ["#", "tag", "a", "#", "b", "i", "+", "+", "+"]),
        ("3.14 1,000 v2.0.1 5. 10,", ["3.14", "1,000", "v2.0.1", "5", ".", "10", ","]),
        ("don't DON’T", ["don't", "don’t"]),
        ("end.Begin", ["end", ".", "begin"]),
        ("two\u200bwords", ["two", "words"]),
    ],
)  # fmt: skip
def test_words_are_whole(text: str, tokens: list[str]) -> None:
    assert tokenize(text, "words") == [token.lower() for token in tokens]


@pytest.mark.parametrize(
    ("texts", "unit"),
    [
        (["这部电影很好看", "不好 film"], "characters"),
        (["この映画は面白い", "つまらない"], "characters"),
        (["หนังสนุกมาก", "ไม่ดีเลย"], "characters"),
        (["이 영화는 재미있다", "재미 없다"], "words"),  # Korean has spaces
        (["a good film 电影", "a bad film"], "words"),
        (["12 : 30", "!!"], "words"),  # no letters at all
    ],
)
def test_scripts_without_spaces_are_cut_into_characters_and_it_is_said(
    texts: list[str], unit: str
) -> None:
    data = from_texts(texts, ["a", "b"])
    assert str(data.schema.kind) == f"texts of {unit}"
    assert any("characters, as their script" in note for note in data.notes) == (unit != "words")
    told = from_texts(texts, ["a", "b"], unit="words")
    assert str(told.schema.kind) == "texts of words"
    assert not told.notes


def chinese(rng: np.random.Generator, count: int) -> tuple[list[str], np.ndarray]:
    """Sentences of two runs of common characters; one of ten for a class is among them."""
    common = [chr(0x4E00 + i) for i in range(400)]
    telling = [[chr(0x6000 + 20 * k + i) for i in range(10)] for k in (0, 1)]
    y = rng.integers(0, 2, count)
    texts = []
    for label in y:
        letters = [*rng.choice(common, 17), rng.choice(telling[label])]
        rng.shuffle(letters)
        texts.append(f"{''.join(letters[:9])}，{''.join(letters[9:])}。")
    return texts, y


def test_chinese_texts_are_learned(tmp_path) -> None:
    texts, y = chinese(np.random.default_rng(0), 600)
    few = {"epochs": 50}
    fitted = sf.fit((texts, y.tolist()), out=tmp_path / "run", training=few, reference=False)
    assert fitted.error is not None
    assert fitted.error < 0.05  # by words: 0.5
    assert fitted.result.facts["unknown_tokens"] < 0.01


MARKED = ["<p class='x'>so&nbsp;good</p>", "<b>bad</b>! https://a.example/b?c=1 <br/>no", "2 < 3"]


def test_html_and_addresses_are_counted_and_taken_out_where_asked() -> None:
    data = from_texts(MARKED, ["a", "b", "a"])
    assert data.notes == (
        '2 texts of 3 have HTML tags or entities, which are read as words; strip="html" takes them '
        "out.",
        '1 text of 3 have web addresses, which are read as words; strip="urls" takes them out.',
    )
    both = from_texts(MARKED, ["a", "b", "a"], strip=["urls", "html"])
    assert plain(both) == ["so good", "bad ! no", "2 < 3"]
    assert both.notes[0] == "HTML tags or entities were taken out of 2 texts."
    with pytest.raises(SteadfitError, match='no part of a text to strip "xml"'):
        from_texts(MARKED, ["a", "b", "a"], strip=["xml"])


def test_scripts_and_comments_hold_no_text() -> None:
    text = "a<script>var b = 1;</script>c<!-- d --> I <3 you, x<y and y>z"
    assert plain(from_texts([text, "b"], [0, 1], strip=["html"]))[0] == (
        "a c i < 3 you , x < y and y > z"
    )


def test_new_texts_are_stripped_as_those_trained_on(tmp_path) -> None:
    texts = [f"<i>{word} film</i> {n % 5}" for n in range(30) for word in ("good", "bad")]
    (tmp_path / "a.csv").write_text(
        "text,label\n" + "".join(f"{text},{text[3:6]}\n" for text in texts)
    )
    data = read(tmp_path / "a.csv", strip="html")
    fitted = sf.fit(data, out=tmp_path / "run", settings={"embedding": 4}, training={"epochs": 1})
    again = sf.TrainedModel.load(tmp_path / "run")
    new = ["good film", "<i>good film</i>"]
    np.testing.assert_array_equal(*np.moveaxis(again.logits(new)[0], 0, 0))
    assert again.facts.schema == fitted.model.facts.schema


def test_unknown_words_are_counted_in_training_and_prediction(tmp_path) -> None:
    from steadfit.prediction import predictions

    rng = np.random.default_rng(1)
    texts = [" ".join(rng.choice(["ja", "nein", "film", "gut"], 6)) for _ in range(60)]
    parts = split(from_texts(texts, [t.split()[0] for t in texts]))
    fitted = sf.fit(from_texts(texts, ["ja" in t for t in texts]), out=tmp_path / "run",
                    training={"epochs": 1}, reference=False)  # fmt: skip
    assert fitted.result.facts["unknown_tokens"] == 0
    assert len(parts.test)
    (tmp_path / "new.txt").write_text("ja film gut english\nonly english words\n")
    notes = predictions(tmp_path / "run", tmp_path / "new.txt").notes
    assert notes == (
        "The model does not know 57.1% of the words of these texts: predictions are little more "
        "than guesses.",
    )
