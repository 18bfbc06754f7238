"""Drawn samples: what each scheme promises, and that nothing held out is trained on."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from steadfit.data import Dataset, carve, draw, from_arrays
from steadfit.errors import SteadfitError


def labelled(n: int, classes: int = 2, groups: list[int] | None = None) -> Dataset:
    """n different examples, the classes in turn."""
    x = np.arange(n, dtype=np.float32).reshape(n, 1, 1) + np.zeros((1, 2, 2), np.float32)
    return from_arrays(x, np.arange(n) % classes, groups=groups)


@given(n=st.integers(2, 60), number=st.integers(0, 9), seed=st.integers(0, 2**40))
def test_a_bootstrap_is_n_of_n(n: int, number: int, seed: int) -> None:
    drawn = draw(labelled(n), "bootstrap", number, seed)
    assert drawn.dtype == torch.int64
    assert len(drawn) == n
    assert 0 <= drawn.min() <= drawn.max() < n
    assert torch.equal(drawn, draw(labelled(n), "bootstrap", number, seed))


def test_a_bootstrap_sees_63_percent_of_the_examples() -> None:
    n, times = 400, 200
    seen = [len(draw(labelled(n), "bootstrap", k).unique()) / n for k in range(times)]
    expected = 1 - (1 - 1 / n) ** n  # Efron 1979
    spread = np.sqrt((np.exp(-1) - 2 * np.exp(-2)) / n / times)  # occupancy, large n
    assert np.mean(seen) == pytest.approx(expected, abs=4 * spread)


def test_each_example_is_drawn_as_often_as_any_other() -> None:
    n, times = 20, 2000
    drawn = torch.cat([draw(labelled(n), "bootstrap", k) for k in range(times)])
    counts = torch.bincount(drawn, minlength=n).double()
    statistic = float(((counts - times) ** 2 / times).sum())
    assert statistic < 45  # chi-square with 19 degrees of freedom: 0.9993 lies below


@given(n=st.integers(4, 60), share=st.floats(0.2, 0.9), seed=st.integers(0, 99))
def test_a_subsample_has_no_repeats(n: int, share: float, seed: int) -> None:
    drawn = draw(labelled(n), "subsample", 3, seed, share)
    assert len(drawn) == len(drawn.unique()) == round(share * n)


@given(n=st.integers(10, 60), parts=st.integers(2, 5), seed=st.integers(0, 99))
def test_disjoint_parts_never_overlap(n: int, parts: int, seed: int) -> None:
    share = 1 / parts
    drawn = torch.cat([draw(labelled(n), "disjoint", k, seed, share) for k in range(parts)])
    assert len(drawn.unique()) == len(drawn) == parts * (n // parts)


def test_there_are_only_so_many_disjoint_parts() -> None:
    with pytest.raises(SteadfitError, match="2 disjoint parts of 10, and part 3"):
        draw(labelled(20), "disjoint", 2, share=0.5)


def test_samples_and_seeds_and_schemes_differ() -> None:
    data = labelled(50)
    keys = [(s, k, seed) for s in ("bootstrap", "subsample") for k in (0, 1) for seed in (0, 1)]
    assert len({tuple(draw(data, *key).tolist()) for key in keys}) == len(keys)


def test_the_numbers_are_those_of_every_other_machine() -> None:
    assert draw(labelled(8), "bootstrap", 0, 0).tolist() == [0, 0, 0, 2, 2, 4, 5, 6]
    assert draw(labelled(8), "subsample", 1, 2).tolist() == [0, 1, 4, 7]


def test_groups_are_drawn_whole() -> None:
    groups = [7, 7, 7, 1, 1, 4, 4, 4, 4, 9]
    data = labelled(10, groups=groups)
    numbers = data.structure.groups
    assert numbers is not None
    for scheme in ("bootstrap", "subsample"):
        counts = torch.bincount(draw(data, scheme, 5), minlength=10)
        for group in numbers.unique():
            assert len(counts[numbers == group].unique()) == 1


def test_the_whole_is_every_example_once_every_time() -> None:
    for number in (0, 7):
        assert draw(labelled(9), "whole", number).tolist() == list(range(9))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("bootstrp", 0), 'Did you mean "bootstrap"'),
        (("bootstrap", -1), "number must be 0 or more, got -1"),
        (("bootstrap", 0, -5), "seed must be 0 or more, got -5"),
        (("subsample", 0, 0, 1.5), "above 0 and below 1, got 1.5"),
        (("subsample", 0, 0, 0.01), "share of 0.01 of 10 examples is less than one example"),
    ],
)
def test_what_cannot_be_drawn_is_said(arguments: tuple, sentence: str) -> None:
    with pytest.raises(SteadfitError, match=sentence):
        draw(labelled(10), *arguments)


@given(
    copies=st.lists(st.integers(0, 12), min_size=12, max_size=40),
    share=st.floats(0.1, 0.6),
    seed=st.integers(0, 20),
)
def test_no_copy_of_a_validation_example_is_trained_on(
    copies: list[int], share: float, seed: int
) -> None:
    """Repeats in the sample and equal inputs at different positions both count as copies."""
    x = np.array(copies, np.float32).reshape(-1, 1, 1)
    data = from_arrays(x, np.arange(len(copies)) % 2)
    sample = draw(data, "bootstrap", 0, seed)
    try:
        training, validation = carve(data, sample, share, seed)
    except SteadfitError:
        assert len(set(x[sample.numpy()].flat)) <= 3  # too few different inputs to divide
        return
    assert not set(data.x[training].flatten().tolist()) & set(data.x[validation].flatten().tolist())
    assert len(validation.unique()) == len(validation)
    assert set(training.tolist()) | set(validation.tolist()) == set(sample.tolist())
    again = carve(data, sample, share, seed)
    assert torch.equal(again[0], training)
    assert torch.equal(again[1], validation)


def test_repeats_stay_in_the_training_part() -> None:
    data = labelled(40)
    sample = draw(data, "bootstrap", 0)
    training, validation = carve(data, sample, 0.25, 0)
    kept = sample[~torch.isin(sample, validation)]
    assert torch.equal(training, kept)
    assert len(kept.unique()) < len(kept)


def test_validation_holds_the_classes_in_proportion() -> None:
    y = [0] * 60 + [1] * 30 + [2] * 10
    data = from_arrays(np.arange(100.0).reshape(-1, 1, 1), y)
    _, validation = carve(data, torch.arange(100), 0.2, 3)
    assert torch.bincount(data.y[validation]).tolist() == [12, 6, 2]


def test_carving_keeps_groups_and_their_copies_apart() -> None:
    x = np.arange(24.0).reshape(-1, 1, 1)
    x[20] = x[3]  # a copy in another group
    data = from_arrays(x, [0, 1] * 12, groups=np.arange(24) // 4)
    groups = data.structure.groups
    assert groups is not None
    for seed in range(10):
        training, validation = carve(data, torch.arange(24), 0.3, seed)
        assert not set(groups[training].tolist()) & set(groups[validation].tolist())
        assert not set(data.x[training].flatten().tolist()) & set(
            data.x[validation].flatten().tolist()
        )


def test_too_little_to_carve_is_said() -> None:
    data = from_arrays(np.zeros((6, 1, 1)), [0, 1] * 3)  # six copies of one input
    with pytest.raises(SteadfitError, match="no validation or no training data"):
        carve(data, torch.arange(6), 0.5, 0)
