"""Training and test sides: in proportion, whole groups, no copy on both sides."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from steadfit.data import Dataset, from_arrays, split
from steadfit.errors import SteadfitError


def numbered(inputs: list[int] | np.ndarray, y: list | np.ndarray, **options) -> Dataset:
    return from_arrays(np.asarray(inputs, np.float32).reshape(-1, 1, 1), y, **options)


def inputs(data: Dataset) -> set[float]:
    return set(data.x.flatten().tolist())


@given(
    sizes=st.lists(st.integers(2, 40), min_size=2, max_size=6),
    test=st.floats(0.1, 0.5),
    seed=st.integers(0, 50),
)
def test_classes_are_in_proportion(sizes: list[int], test: float, seed: int) -> None:
    y = np.repeat(np.arange(len(sizes)), sizes)
    data = numbered(np.arange(len(y)), y)
    parts = split(data, test, seed)
    held = torch.bincount(parts.test.y, minlength=len(sizes)).numpy()
    assert ((held >= 1) & (held < sizes)).all()
    assert (np.abs(held - test * np.array(sizes)) <= 1.5).all()
    assert len(parts.train) + len(parts.test) == len(data)
    assert not inputs(parts.train) & inputs(parts.test)
    assert parts.test.fingerprint == split(data, test, seed).test.fingerprint


def test_the_total_is_right_however_many_classes() -> None:
    y = np.repeat(np.arange(10), 14)  # 2.8 each: rounding each class alone would give 30
    assert len(split(numbered(np.arange(140), y)).test) == 28


@given(groups=st.lists(st.integers(0, 9), min_size=20, max_size=60), seed=st.integers(0, 50))
def test_groups_are_never_divided(groups: list[int], seed: int) -> None:
    data = numbered(np.arange(len(groups)), np.arange(len(groups)) / 2, groups=groups)
    try:
        parts = split(data, 0.3, seed)
    except SteadfitError:
        assert len(set(groups)) == 1
        return
    train, test = parts.train.structure.groups, parts.test.structure.groups
    assert train is not None
    assert test is not None
    assert not set(train.tolist()) & set(test.tolist())


@given(values=st.lists(st.integers(0, 15), min_size=30, max_size=60), seed=st.integers(0, 20))
def test_copies_stay_on_one_side_and_nothing_is_lost(values: list[int], seed: int) -> None:
    data = numbered(values, np.arange(len(values)) / 2)
    try:
        parts = split(data, 0.2, seed)
    except SteadfitError:
        assert len(set(values)) == 1
        return
    assert not inputs(parts.train) & inputs(parts.test)
    assert len(parts.train) + len(parts.test) == len(data)


OWN = {"inputs": [0, 1, 2, 3, 4, 5, 2, 9], "y": list("abababaa"), "is_test": [0] * 6 + [1] * 2}


def test_training_copies_of_test_examples_are_taken_out_and_named() -> None:
    parts = split(numbered(**OWN))
    assert inputs(parts.train) == {0, 1, 3, 4, 5}
    assert inputs(parts.test) == {2, 9}
    assert any("1 training example with an exact copy in the test set, taken out" in note
               and "row 2" in note for note in parts.notes)  # fmt: skip


def test_copies_are_kept_where_asked_and_still_reported() -> None:
    parts = split(numbered(**OWN), duplicates="keep")
    assert 2 in inputs(parts.train)
    assert any("kept in both" in note for note in parts.notes)


def test_copies_that_disagree_are_reported() -> None:
    parts = split(numbered([0, 1, 2, 3, 4, 5, 5, 6], list("abababab")))
    assert any("row 5 and row 6" in note and "another target" in note for note in parts.notes)


def test_a_class_without_test_examples_is_reported() -> None:
    own = {**OWN, "y": list("ababccaa"), "is_test": [0] * 6 + [1] * 2}
    assert any('no examples of "b", "c"' in note for note in split(numbered(**own)).notes)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (numbered([1, 2, 3], ["a"] * 3), 'got only "a"'),
        (numbered([1, 2, 3], [0, 1, 1]), r'got fewer in 1 of 2: "0" \(1\)'),
        (numbered(range(40), [*range(12), *[0] * 28]), 'task="numbers"'),
        (numbered([1], [0.5]), "must have two examples at least, got 1"),
        (numbered([1, 2, 3], [2.5] * 3), "the target must vary, got 2.5 in every example"),
        (numbered(range(4), list("aabb"), groups=[1, 1, 1, 1]), "0 test examples"),
        (numbered(range(4), list("aabb"), groups=[1, 1, 2, 2]), "0 test examples"),
        (numbered(range(4), list("aabb"), is_test=[0, 0, 1, 1]), 'no training examples of "b"'),
        (numbered(range(4), list("abab"), is_test=[0] * 4), "0 test examples"),
    ],
)  # fmt: skip
def test_what_cannot_be_split_is_said(data: Dataset, sentence: str) -> None:
    with pytest.raises(SteadfitError, match=sentence):
        split(data)


def test_unknown_words_and_shares_are_said() -> None:
    data = numbered(range(4), list("abab"))
    with pytest.raises(SteadfitError, match='Did you mean "drop"'):
        split(data, duplicates="dropp")
    with pytest.raises(SteadfitError, match="above 0 and below 1, got 1"):
        split(data, test=1.0)
