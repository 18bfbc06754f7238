"""Plain text and its bytes; and the synthetic problems, by what their papers say of them."""

from pathlib import Path

import numpy as np
import pytest
import torch

from steadfit import machine
from steadfit.data import Dataset, Ragged, fit_preparation, read, split
from steadfit.errors import SteadfitError


def ragged(data: Dataset) -> Ragged:
    assert isinstance(data.x, Ragged)
    return data.x


@pytest.mark.parametrize("unit", ["characters", "words"])
def test_blocks_give_the_text_again_and_the_next_token(tmp_path: Path, unit: str) -> None:
    text = "to be or not to be , that is the question : whether " * 3
    (tmp_path / "a.txt").write_text(text)
    data = read(tmp_path / "a.txt", unit=unit, block=10)
    whole = list(text) if unit == "characters" else text.split()
    x = ragged(data)
    assert [x.tokens[i] for i in x.values.tolist()] == whole[:-1]
    following = [x.tokens[i] for row in data.y.tolist() for i in row if i != -100]
    assert following == whole[1:]
    assert ((data.y != -100).sum(1) == x.lengths).all()
    assert data.outputs == len(x.tokens)


def test_a_text_that_would_take_more_memory_than_is_free_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.txt").write_text("abcdefghij" * 1000)
    monkeypatch.setattr(machine, "free_memory", lambda: 10**5)
    with pytest.raises(SteadfitError, match=r"a\.txt would take .* GB of memory, and .* are free"):
        read(tmp_path / "a.txt", block=100)


def test_the_end_of_a_text_is_the_test_side(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("".join(chr(97 + i % 26) for i in range(1001)))
    parts = split(read(tmp_path / "a.txt", block=50), 0.1)
    assert (len(parts.train), len(parts.test)) == (18, 2)
    assert parts.test.ids == ("character 900", "character 950")
    assert parts.notes[0] == "Divided by time: testing starts with character 900."


def test_every_token_keeps_its_number_in_a_language_model(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("abcabcabcza")
    data = read(tmp_path / "a.txt", block=3)
    fitted = fit_preparation(data, torch.tensor([0]))
    assert fitted.vocabulary == ("a", "b", "c", "z")
    assert fitted.inputs(ragged(data)).values.tolist() == [2, 3, 4] * 3 + [5]
    assert fitted.targets(data.y) is data.y


@pytest.mark.parametrize(
    ("content", "options", "sentence"),
    [
        (b"", {}, "a.txt"),
        (b"x", {}, "must have more than one block .* got 1 characters"),
        (b"abcdef" * 400, {"block": 1}, "block must be 2 or more"),
        (b"abc" * 400, {"unit": "letters"}, 'no unit of text "letters"'),
        (b"abc", {"encoding": "utf-9"}, 'no encoding "utf-9"'),
        (b"abc", {"encoding": "utf\0"}, "There is no encoding"),
        (b"xn--a-", {"encoding": "idna"}, 'cannot be read as "idna"'),
        (b"one\n\0two\n", {}, 'line 2 has a zero byte.*"utf-16-le" is likely'),
        (b"one\ntwo\0", {}, "line 2 has a zero byte"),
        (
            b"caf\xe9 au lait\n",
            {},
            'byte 0xe9 at offset 3.*"café au lait" as encoding="windows-125',
        ),
        (b"one\ntwo\nthree \xff\xff\n", {}, "line 3 is not utf-8"),
        ("é".encode("utf-16")[:-1], {}, "is not utf-16"),
    ],
)
def test_what_is_no_text_is_said(
    tmp_path: Path, content: bytes, options: dict, sentence: str
) -> None:
    (tmp_path / "a.txt").write_bytes(content)
    with pytest.raises(SteadfitError, match=sentence):
        read(tmp_path / "a.txt", **options)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark_is_told_by_its_zeros(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "a.txt").write_bytes(("naïve text" * 4).encode(encoding))
    data = read(tmp_path / "a.txt", block=4)
    assert "".join(ragged(data).tokens) == "naïve tx"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_marked_encodings_are_detected(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "a.txt").write_bytes("näive\r\n日本語 text".encode(encoding))
    data = read(tmp_path / "a.txt", block=4)
    assert "".join(ragged(data).tokens) == "näive\n日本語 tx"


def test_a_real_file_that_is_not_utf8(shared_data: Path) -> None:
    path = shared_data / "text" / "rt-polarity.pos"
    with pytest.raises(SteadfitError, match='as encoding="windows-1252"'):
        read(path, kind=".txt")
    data = read(path, kind=".txt", encoding="windows-1252")
    assert {"é", "ñ"} <= set(ragged(data).tokens)


def test_tiny_shakespeare(shared_data: Path) -> None:
    data = read(shared_data / "text" / "tinyshakespeare.txt")
    assert int(ragged(data).lengths.sum()) == 1_115_394 - 1  # characters, as published
    assert len(ragged(data).tokens) == 65


def test_adding_is_the_sum_of_two_marked_numbers() -> None:
    data = read("adding", length=30, train=4000, test=1000)
    x = ragged(data).padded()
    values, marks = x[..., 0], x[..., 1]
    torch.testing.assert_close((values * marks).sum(1, keepdim=True), data.y)
    assert ((marks == 0) | (marks == 1)).all()
    assert (marks[:, :15].sum(1) == 1).all()
    assert (marks[:, 15:].sum(1) == 1).all()
    assert (marks.sum(0) > 0).all()  # each place comes up
    assert ((data.y - 1) ** 2).mean() == pytest.approx(1 / 6, rel=0.05)
    assert data.structure.is_test is not None
    assert data.structure.is_test.sum() == 1000
    assert data.fingerprint == read("adding", length=30, train=4000, test=1000).fingerprint
    assert data.fingerprint != read("adding", length=30, train=4000, test=1000, seed=1).fingerprint


def test_copy_gives_the_symbols_back_at_the_end() -> None:
    data = read("copy", length=7, train=50, test=10)
    x, y = ragged(data).padded(), data.y
    assert x.shape == (60, 27)
    assert torch.equal(x[:, :10], y[:, -10:])
    assert (x[:, :10] < 8).all()
    assert (y[:, :-10] == 8).all()
    assert torch.equal(x[:, 10:], torch.tensor([8] * 6 + [9] + [8] * 10).expand(60, 17))
    assert np.unique(x[:, :10]).tolist() == list(range(8))


@pytest.mark.parametrize("options", [{"length": 1}, {"train": 0}, {"seed": -1}])
def test_problems_of_no_size_are_said(options: dict) -> None:
    with pytest.raises(SteadfitError, match=f"{next(iter(options))} must be"):
        read("adding", **options)
