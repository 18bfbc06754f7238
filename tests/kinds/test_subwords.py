"""Bytes and subwords: texts come back, and `tokenizers` cuts its own JSON in the same way."""

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from steadfit.data import from_texts, read
from steadfit.errors import SteadfitError
from steadfit.kinds import subwords as module
from steadfit.kinds import text_of
from steadfit.kinds.subwords import learn_subwords, subwords
from steadfit.kinds.tokens import sizes, tokenize
from steadfit.tasks import Tokens

LEARNED = "the cat and the dog, the house of the Äpfel and más niño 日本語 the\n\n end\t\n" * 20
MADE = learn_subwords(LEARNED, 300)


def cut(text: str, unit: str) -> list[str]:
    return Tokens(300, unit, MADE if unit == "subwords" else "").cut(text)


@pytest.mark.parametrize("unit", ["characters", "bytes", "subwords"])
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60) | st.sampled_from([LEARNED]))
@settings(max_examples=60, deadline=None)
def test_texts_come_back(unit: str, text: str) -> None:
    tokens = cut(text, unit)
    assert text_of(tokens, unit) == text
    counts = {token: tokens.count(token) for token in tokens}
    assert sizes(counts, unit) == (len(text), len(text.encode()))


def test_half_a_character_is_a_sign_for_what_cannot_be_read() -> None:
    assert text_of(tokenize("aé", "bytes")[:-1], "bytes") == "a\N{REPLACEMENT CHARACTER}"


@given(st.text(st.sampled_from("the cat\n\t é.1'日"), max_size=300))
@settings(max_examples=60, deadline=None)
def test_tokens_are_those_of_the_package(text: str) -> None:
    """Although a long text is cut in pieces, here of a few characters."""
    theirs = Tokenizer.from_str(MADE)
    pieces = module._PIECE
    module._PIECE = module.re.compile(pieces.pattern.replace("65536", "5"), module.re.DOTALL)
    try:
        found = subwords(text, MADE)
    finally:
        module._PIECE = pieces
    assert found.values.tolist() == theirs.encode(text).ids
    assert len(found.tokens) == theirs.get_vocab_size() == 300


def test_learning_twice_gives_the_same() -> None:
    assert learn_subwords(LEARNED, 300) == MADE


def test_a_text_with_little_to_merge_has_fewer_tokens() -> None:
    made = learn_subwords("abab", 300)
    assert len(subwords("abab", made).tokens) < 300
    assert text_of(Tokens(300, "subwords", made).cut("abab cd"), "subwords") == "abab cd"


def broken(change) -> str:
    values = json.loads(MADE)
    change(values["model"])
    return json.dumps(values)


@pytest.mark.parametrize(
    "tokenizer",
    [
        "",
        "[]",
        "{}",
        '{"model": {"merges": 3}}',
        broken(lambda model: model.update(merges=["Ġ t"])),
        broken(lambda model: model.update(merges=[["t", "\N{SNOWMAN}"]])),
        broken(lambda model: model["merges"].insert(0, ["th", "ezz"])),
        broken(lambda model: model.pop("merges")),
        MADE[:-100],
    ],
)
def test_a_damaged_tokenizer_is_said(tokenizer: str) -> None:
    with pytest.raises(SteadfitError, match="The tokenizer is damaged"):
        subwords("the cat", tokenizer)


def test_of_a_json_the_merges_alone_are_believed() -> None:
    values = json.loads(MADE)
    values["normalizer"] = {"type": "Lowercase"}
    values["model"]["vocab"] = {}
    assert text_of(Tokens(300, "subwords", json.dumps(values)).cut("The CAT"), "subwords") == (
        "The CAT"
    )


def test_without_the_package_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "tokenizers", None)
    with pytest.raises(SteadfitError, match=r"pip install 'steadfit\[tokenizers\]'"):
        subwords("a", MADE)


def test_a_file_is_read_as_bytes_and_as_subwords(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(LEARNED)
    for unit, count in (("bytes", 256), ("subwords", 280)):
        given = {"vocabulary": 280} if unit == "subwords" else {}
        data = read(tmp_path / "a.txt", unit=unit, block=50, **given)
        assert data.outputs == count
        first, *rest = [row[row >= 0].tolist() for row in data.y]
        numbers = [int(data.x.values[0]), *first, *(n for row in rest for n in row)]
        assert data.x.text(numbers) == LEARNED
        assert str(data.ids[1]) == f"{unit[:-1]} 50"


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"vocabulary": 500}, "vocabulary is the number of subwords, got 500 for characters"),
        ({"unit": "subwords", "vocabulary": 256}, "vocabulary must be 257 or more"),
        ({"unit": "subwords", "vocabulary": 0}, "vocabulary must be 257 or more, .* got 0"),
    ],
)
def test_what_cannot_be_read_is_said(tmp_path: Path, options: dict, sentence: str) -> None:
    (tmp_path / "a.txt").write_text(LEARNED)
    with pytest.raises(SteadfitError, match=sentence):
        read(tmp_path / "a.txt", block=50, **options)


@pytest.mark.parametrize("unit", ["bytes", "subwords"])
def test_labelled_texts_have_words_or_characters(unit) -> None:
    with pytest.raises(SteadfitError, match="no unit of labelled texts"):
        from_texts(["a b", "c"], [0, 1], unit=unit)
