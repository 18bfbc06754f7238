"""Ragged sequences against the same sequences in a Python list."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from steadfit.data import Ragged, fit_preparation, from_series, from_texts
from steadfit.errors import SteadfitError
from steadfit.kinds import Preparation, kind_of
from steadfit.kinds.tokens import tokenize
from steadfit.recipe import Augmentation
from steadfit.tasks import Numbers

LENGTHS = st.lists(st.integers(1, 6), min_size=1, max_size=8)


def rows_of(lengths: list[int]) -> list[torch.Tensor]:
    total = sum(lengths)
    return list(torch.arange(2.0 * total).reshape(total, 2).split(lengths))


@given(lengths=LENGTHS, data=st.data())
def test_indexing_is_that_of_a_list(lengths: list[int], data: st.DataObject) -> None:
    rows = rows_of(lengths)
    picked = data.draw(st.lists(st.integers(0, len(rows) - 1), max_size=10))
    some = Ragged.of(rows)[torch.tensor(picked, dtype=torch.int64)]
    assert some.lengths.tolist() == [len(rows[i]) for i in picked]
    for row, i in zip(some.rows(), picked, strict=True):
        np.testing.assert_array_equal(row, rows[i])


@given(lengths=LENGTHS, size=st.integers(1, 5))
def test_split_and_padding_are_torchs(lengths: list[int], size: int) -> None:
    rows = rows_of(lengths)
    ragged = Ragged.of(rows)
    expected = torch.nn.utils.rnn.pad_sequence(rows, batch_first=True)
    assert torch.equal(ragged.padded(), expected)
    assert ragged.shape == expected.shape
    assert ragged.ndim == expected.ndim
    assert torch.equal(ragged.mask().sum(1), ragged.lengths)
    assert torch.equal(torch.cat([part.values for part in ragged.split(size)]), ragged.values)
    assert all(len(part) <= size for part in ragged.split(size))


def test_series_are_checked_and_told_apart() -> None:
    data = from_series([[1, 2, 3], [4.0]], [0.5, 1.5])
    assert str(data) == "series · 2 series of 1 to 3 steps · 1 number"
    assert data.schema.task == Numbers(1)
    other = from_series([[1, 2], [3, 4.0]], [0.5, 1.5])
    assert other.fingerprint != data.fingerprint
    assert str(from_series(np.zeros((2, 5, 3)), ["a", "b"])) == (
        "series · 2 series of 5 steps × 3 · 2 classes"
    )


NAN = float("nan")


def test_missing_values_are_filled_as_said_and_only_when_asked() -> None:
    x = [[1, 2, 3], [NAN, 2, NAN, NAN, 8, NAN]]
    with pytest.raises(SteadfitError, match=r"4 values missing in 1 of 2 series \(row 1\)"):
        from_series(x, ["a", "b"])
    data = from_series(x, ["a", "b"], missing="linear")
    assert isinstance(data.x, Ragged)
    assert data.x.values.flatten().tolist() == [1, 2, 3, 2, 2, 4, 6, 8, 8]
    assert "4 values missing" in data.notes[0]
    assert "straight lines" in data.notes[0]
    dropped = from_series(x, ["a", "b"], missing="drop", groups=["g", "h"], is_test=[0, 1])
    assert (len(dropped), dropped.ids, dropped.classes) == (1, ("row 0",), ("a",))


@pytest.mark.parametrize(
    ("x", "y", "options", "sentence"),
    [
        ([], [], {}, "0 series and 0 targets"),
        ([[1.0]], ["a", "b"], {}, "1 series and 2 targets"),
        ([[1.0], []], ["a", "b"], {}, "must have a step at least, got none in 1: row 1"),
        ([[[1.0, 2.0]], [[1.0]]], ["a", "b"], {}, r"got 2 in row 0, and others in row 1 \(1\)"),
        (
            [[1.0], [np.inf]],
            ["a", "b"],
            {},
            "values beyond float32 in 1 series: row 1",
        ),
        ([[1.0], [1e39]], ["a", "b"], {"ids": ("x", "y")}, "in 1 series: y"),
        ([[1.0], ["word"]], ["a", "b"], {}, "row 1 must be a series of numbers .* got <U4"),
        (
            [[1.0], [[[1.0]]]],
            ["a", "b"],
            {},
            r"row 1 must be .* got float64 of shape \(1, 1, 1\)",
        ),
        ([[1.0], [NAN, NAN]], "ab", {"missing": "linear"}, "a channel without any value"),
        ([[NAN], [NAN]], "ab", {"missing": "drop"}, "none is left"),
        ([[1.0], [2.0]], "ab", {"missing": "zero"}, 'no rule for missing values "zero"'),
        ([[1.0], [2.0]], [1.0, NAN], {}, "y must be finite"),
        ([[1.0], [2.0]], "ab", {"ids": ["x"]}, "ids must have an entry .* got 1"),
        (
            [[1.0], [NAN]],
            "ab",
            {"missing": "drop", "groups": [1]},
            "groups must have an .* got 1",
        ),
    ],
)
def test_what_is_no_series_is_refused(x: list, y: list, options: dict, sentence: str) -> None:
    with pytest.raises(SteadfitError, match=sentence):
        from_series(x, list(y), **options)


def test_every_token_of_every_text_is_kept() -> None:
    texts = ["It's GOOD - good!", "no"]
    data = from_texts(texts, ["pos", "neg"])
    assert isinstance(data.x, Ragged)
    back = [" ".join(data.x.tokens[i] for i in row) for row in data.x.rows()]
    assert back == ["it's good - good !", "no"]
    letters = from_texts(texts, ["pos", "neg"], unit="characters")
    assert isinstance(letters.x, Ragged)
    assert ["".join(letters.x.tokens[i] for i in row) for row in letters.x.rows()] == texts


def test_composed_and_decomposed_letters_are_one_word() -> None:
    assert tokenize("cafe\u0301", "words") == tokenize("CAFÉ", "words") == ["café"]


def test_what_is_no_text_is_named() -> None:
    with pytest.raises(
        SteadfitError,
        match=r"got something else in 2: row 1 \(None\), row 2 \(nan\)",
    ):
        from_texts(["a", None, NAN], ["x", "y", "z"])  # pyright: ignore[reportArgumentType]


def test_texts_without_words_are_named() -> None:
    with pytest.raises(SteadfitError, match="1 text has no words: row 1"):
        from_texts(["a", "  "], ["x", "y"])
    with pytest.raises(SteadfitError, match='Did you mean "words"'):
        from_texts(["a"], ["x"], unit="word")  # pyright: ignore[reportArgumentType]


def test_the_vocabulary_is_that_of_the_sample() -> None:
    data = from_texts(["b a a", "b c d", "c e", "b c f f"], ["x", "y"] * 2)
    fitted = fit_preparation(data, torch.tensor([0, 1, 1, 2]))
    assert fitted.vocabulary == ("b", "c")  # two examples have them; a has one, d one drawn twice
    assert isinstance(data.x, Ragged)
    ready = fitted.inputs(data.x)
    assert ready.values.tolist() == [2, 1, 1, 2, 3, 1, 3, 1, 2, 3, 1, 1]
    assert torch.equal(ready.lengths, data.x.lengths)
    new = from_texts(["f c", "zzz"], ["x", "y"]).x  # its own numbers for other words
    assert isinstance(new, Ragged)
    assert fitted.inputs(new).values.tolist() == [1, 3, 1]
    assert Preparation.from_dict(fitted.to_dict()) == fitted


def test_series_are_standardised_by_all_steps_of_the_sample() -> None:
    rng = np.random.default_rng(0)
    rows = [rng.normal(3, 2, (n, 2)).astype(np.float32) for n in (4, 1, 7)]
    data = from_series(rows, ["a", "b", "a"])
    fitted = fit_preparation(data, torch.tensor([0, 2, 2]))
    steps = np.concatenate([rows[0], rows[2], rows[2]]).astype(np.float64)
    np.testing.assert_allclose(fitted.mean, steps.mean(0), rtol=1e-12)
    np.testing.assert_allclose(fitted.std, steps.std(0), rtol=1e-12)
    assert isinstance(data.x, Ragged)
    ready = fitted.inputs(data.x)
    np.testing.assert_allclose(
        ready.values, (data.x.values.numpy() - steps.mean(0)) / steps.std(0), rtol=1e-4, atol=1e-6
    )
    assert (ready.padded()[1, 1:] == 0).all()  # filling stays 0, whatever the mean


def changed(x: Ragged, seed: int = 0, **settings) -> Ragged:
    return kind_of(x).augment(x, Augmentation(**settings), torch.Generator().manual_seed(seed))


def test_series_take_noise() -> None:
    x = Ragged.of([torch.zeros(3000, 1), torch.zeros(5, 1)])
    noisy = changed(x, noise=0.5)
    assert noisy.values.std() == pytest.approx(0.5, rel=0.05)
    assert torch.equal(noisy.lengths, x.lengths)


@given(lengths=LENGTHS, share=st.floats(0.1, 0.9), seed=st.integers(0, 9))
def test_a_crop_is_a_part_of_its_series(lengths: list[int], share: float, seed: int) -> None:
    cropped = changed(Ragged.of(rows_of(lengths)), seed, crop=share)
    for row, part in zip(rows_of(lengths), cropped.rows(), strict=True):
        assert len(part) >= max(1, (1 - share) * len(row) - 1e-9)
        begin = int((part[0, 0] - row[0, 0]) / 2)
        np.testing.assert_array_equal(part, row[begin : begin + len(part)])


def test_every_crop_comes_up() -> None:
    x = Ragged.of([torch.arange(4.0)[:, None]] * 300)
    parts = {tuple(row.ravel().tolist()) for row in changed(x, crop=0.6).rows()}
    whole = (0.0, 1.0, 2.0, 3.0)
    assert parts == {whole, whole[1:], whole[:-1], whole[2:], whole[1:3], whole[:2]}


def test_word_dropout_makes_tokens_unknown() -> None:
    x = Ragged(torch.full((4000,), 7), torch.tensor([1000, 3000]), ("a",) * 6, "words")
    dropped = changed(x, word_dropout=0.3)
    assert set(dropped.values.tolist()) == {1, 7}
    assert (dropped.values == 1).float().mean() == pytest.approx(0.3, abs=0.03)
    assert torch.equal(dropped.values, changed(x, word_dropout=0.3).values)


@pytest.mark.parametrize(
    ("kind", "settings"),
    [("series", {"flip": True}), ("series", {"word_dropout": 0.1}), ("texts", {"noise": 0.1}),
     ("texts", {"crop": 0.1}), ("images", {"word_dropout": 0.1})],
)  # fmt: skip
def test_a_change_that_an_example_does_not_have_is_said(kind: str, settings: dict) -> None:
    text = Ragged(torch.ones(2).long(), torch.tensor([2]), ("a",), "words")
    x = {"series": Ragged.of([torch.ones(2, 1)]), "texts": text, "images": torch.ones(1, 1, 2, 2)}
    with pytest.raises(SteadfitError, match=f"are {kind}, which cannot be changed by"):
        kind_of(x[kind]).augment(x[kind], Augmentation(**settings), torch.Generator())
