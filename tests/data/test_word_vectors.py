"""Files of pretrained word vectors, and what a network makes of them."""

import gzip
from pathlib import Path

import numpy as np
import pytest
import torch

import steadfit as sf
from steadfit.data import Ragged, fit_preparation, from_texts, read
from steadfit.errors import SteadfitError
from steadfit.formats.word_vectors import WordVectors, read_vectors
from steadfit.kinds import Text
from steadfit.models import build
from steadfit.recipe import Model
from steadfit.study.plan import digest
from steadfit.training.pretrained import begin_with

RNG = np.random.default_rng(0)
WORDS = ["the", "good", "bad", "Paris", ". . .", "dull", "fine"]
VALUES = {word: RNG.normal(size=5).round(4).astype(np.float32) for word in WORDS}
LINES = [f"{word} {' '.join(map(str, VALUES[word]))}" for word in WORDS]


def file(folder: Path, form: str = "glove") -> Path:
    lines = LINES if form == "glove" else [f"{len(LINES)} 5", *LINES]
    path = folder / f"{form}.txt"
    path.write_text("\n".join(lines) + ("" if form == "glove" else " \n"))
    if form == "packed":
        packed = folder / "packed.vec.gz"
        packed.write_bytes(gzip.compress(path.read_bytes()))
        return packed
    return path


@pytest.mark.parametrize("form", ["glove", "word2vec", "packed"])
def test_every_text_format_gives_the_vectors(tmp_path: Path, form: str) -> None:
    found = read_vectors(file(tmp_path, form), {"good", "paris"})
    assert set(found.words) == {word.lower() for word in WORDS}
    for word, value in VALUES.items():
        np.testing.assert_array_equal(found.values[found.words.index(word.lower())], value)


def test_the_word_without_capitals_goes_before_that_with_them(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Bad 1 2\nbad 3 4\nBAD 5 6\n")
    assert read_vectors(tmp_path / "a.txt", set()).values.tolist() == [[3, 4]]


def test_rare_words_are_read_only_where_they_are_wanted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("steadfit.formats.word_vectors._FREQUENT", 2)
    found = read_vectors(file(tmp_path), {"dull"})
    assert (found.words, found.frequent) == (("the", "good", "dull"), 2)
    data = from_texts(["a good day", "dull a"], [0, 1], vectors=file(tmp_path))
    assert fit_preparation(data, torch.tensor([0])).vocabulary == ("the", "good")
    assert fit_preparation(data, torch.tensor([0, 1])).vocabulary == ("a", "the", "good", "dull")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("a 1 2 3\nb 1 2\n", r"line 2: each word must have 3 numbers, as the first, got 2"),
        ("2 3\na 1 2 3\nb 1 2 3 4\nc 1\n", r"line 4: each word .* It may be cut off"),
        ("3 2\na 1 2\nb 1 2\n", "must have 3 words, as its first line says, got 2: it is cut off"),
        ("text,label\na,b\n", "is no file of word vectors as text"),
        ("", "is no file of word vectors"),
        ("a 1 2\nb x 2\n", "line 2: each word must have 2 numbers"),
        ("a 1 2\nb 1 nan\n", 'the vector of "b" must be finite'),
        ("a 1 2\nb 1 x\n", 'the vector of "b" must be finite'),
    ],
)
def test_other_files_are_refused_in_a_sentence(tmp_path: Path, content: str, sentence: str) -> None:
    (tmp_path / "a.txt").write_text(content)
    with pytest.raises(SteadfitError, match=sentence):
        read_vectors(tmp_path / "a.txt", {"a", "b", "c"})


def test_bytes_and_what_is_cut_off_within_a_packed_file_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(bytes(range(256)) * 9)
    with pytest.raises(SteadfitError, match="is no file of word vectors"):
        read_vectors(tmp_path / "a.bin", set())
    packed = file(tmp_path, "packed")
    packed.write_bytes(packed.read_bytes()[:-20])
    with pytest.raises(SteadfitError, match="cannot be unpacked"):
        read_vectors(packed, set())
    with pytest.raises(SteadfitError):
        read_vectors(tmp_path / "absent.txt", set())


def test_a_network_begins_with_them(tmp_path: Path) -> None:
    data = from_texts(["a good film", "a bad film"] * 2, [0, 1] * 2, vectors=file(tmp_path))
    assert data.notes == (
        "2 of the texts' 4 words begin with the vectors of 5 numbers in glove.txt.",
    )
    assert isinstance(data.x, Ragged)
    fitted = fit_preparation(data, torch.arange(4))
    tokens = len(fitted.vocabulary) + 2
    for width in (3, 5, 8):
        module = build(Model(name="bag", settings={"embedding": width}), Text(tokens, 3), 2)
        weight = next(p for p in module.parameters() if p.shape[0] == tokens)
        before, deviation = weight.detach().clone(), float(weight.detach()[2:].std())
        assert data.vectors is not None
        begin_with(data.vectors, module, fitted)
        whole = np.stack(list(VALUES.values()))
        names = [word.lower() for word in VALUES]
        rows = [fitted.vocabulary.index(name) + 2 for name in names]
        got = weight.detach()[rows, : min(width, 5)].double().numpy()
        wanted = whole - whole.mean(0)
        if width < 5:  # scikit-learn's, up to the sign of each
            from sklearn.decomposition import PCA

            wanted = PCA(width).fit_transform(whole.astype(np.float64))
            got, wanted = np.abs(got), np.abs(wanted)
        np.testing.assert_allclose(got / got.std(), wanted / wanted.std(), rtol=1e-3, atol=1e-4)
        known = weight.detach()[rows]
        assert float(known[:, : min(width, 5)].std()) == pytest.approx(deviation, rel=1e-3)
        film = fitted.vocabulary.index("film") + 2
        torch.testing.assert_close(weight.detach()[film], before[film])
    other = from_texts(["a good film", "a bad film"] * 2, [0, 1] * 2)
    assert digest(data) != digest(other)


def test_vectors_carry_over_to_words_that_were_not_trained_on(tmp_path: Path) -> None:
    """Words of one meaning have like vectors, so that one which no text had is understood."""
    centre = {1: np.array([2.0, 0, 0, 0]), 0: np.array([-2.0, 0, 0, 0])}
    words = {f"w{n}": n % 2 for n in range(60)}
    lines = [f"{word} {' '.join(f'{v:.3f}' for v in centre[k] + RNG.normal(size=4) / 4)}"
             for word, k in words.items()]  # fmt: skip
    (tmp_path / "v.txt").write_text("\n".join(lines))
    rows = ["text,label", *(f"it is {word} and {n},{k}" for n in range(3)
                            for word, k in list(words.items())[:20])]  # fmt: skip
    (tmp_path / "a.csv").write_text("\n".join(rows))
    data = read(tmp_path / "a.csv", vectors=tmp_path / "v.txt")
    few = {"epochs": 20}
    fitted = sf.fit(data, out=tmp_path / "run", training=few, reference=False)
    assert fitted.model.facts.recipe.model.settings["embedding"] == 4
    again = sf.TrainedModel.load(tmp_path / "run")
    said = again.predict([f"it is {word}" for word in list(words)[20:]])
    assert (said.astype(int) == list(words.values())[20:]).mean() > 0.9
    with pytest.raises(SteadfitError, match="without an embedding"):
        begin_with(WordVectors(("a",), np.ones((1, 2), np.float32), 1), torch.nn.Linear(2, 2),
                   fitted.model.preparation)  # fmt: skip
