"""Folds against what they must be: whole, apart, in proportion, in time."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from steadfit.data import Forecast, fold_units, from_arrays, from_forecast, make_folds
from steadfit.data.dataset import Structure
from steadfit.errors import SteadfitError


def images(y, copies: int = 1):
    """Examples of which every `copies` in a row are the same."""
    x = np.repeat(np.arange(len(y) // copies + 1), copies)[: len(y)]
    pictures = np.zeros((len(y), 8, 8), np.float32)
    pictures[:, 0, 0] = x
    return from_arrays(pictures, y)


@given(st.integers(10, 80), st.integers(2, 7), st.integers(0, 3), st.integers(0, 99))
def test_every_example_is_tested_once(count, folds, repetition, seed):
    made = make_folds(images(np.arange(count) % 2), folds, repetition, seed)
    tested = torch.cat([fold.test for fold in made])
    assert tested.sort().values.tolist() == list(range(count))
    for fold in made:
        assert sorted([*fold.train.tolist(), *fold.test.tolist()]) == list(range(count))
    sizes = [len(fold.test) for fold in made]
    assert max(sizes) - min(sizes) <= 1


def test_classes_are_in_proportion():
    y = np.repeat([0, 1, 2], [60, 30, 10])
    for fold in make_folds(images(y), 5):
        assert np.bincount(y[fold.test]).tolist() == [12, 6, 2]


def test_repetitions_divide_anew_and_the_same_again():
    data = images(np.arange(40) % 2)
    first, again, second = (make_folds(data, 4, n)[0].test.tolist() for n in (0, 0, 1))
    assert first == again != second


@given(st.integers(0, 20))
def test_copies_and_groups_stay_together(seed):
    y = np.repeat(np.arange(24) % 2, 3)
    copies = images(y, copies=3)
    for fold in make_folds(copies, 4, seed=seed):
        own = copies.first_copy
        assert not set(own[fold.train]) & set(own[fold.test])
    groups = torch.from_numpy(np.arange(72) // 6)
    grouped = replace(images(np.arange(72) % 2), structure=Structure(groups=groups))
    for fold in make_folds(grouped, 4, seed=seed):
        assert not set(groups[fold.train].tolist()) & set(groups[fold.test].tolist())


def test_a_copy_in_another_group_is_not_trained_on():
    data = replace(
        images(np.repeat(np.arange(20) % 2, 2), copies=2),
        structure=Structure(groups=torch.arange(40) % 10),
    )
    own = data.first_copy
    folds = make_folds(data, 5)
    assert not any(set(own[fold.train]) & set(own[fold.test]) for fold in folds)
    assert any(len(fold.train) + len(fold.test) < 40 for fold in folds)


def test_in_time_order_the_past_is_trained_on():
    data = from_forecast([np.sin(np.arange(120.0))], Forecast(2, 6), "series")
    spans = data.structure.spans.numpy()
    folds = make_folds(data, 5)
    assert folds[0].test.tolist() == make_folds(data, 5, repetition=3)[0].test.tolist()
    ends = []
    for fold in folds:
        assert spans[fold.train, 2].max() < spans[fold.test, 1].min()
        ends.append(len(fold.train))
    assert ends == sorted(ends)
    tested = np.concatenate([spans[fold.test] for fold in folds])
    steps = [step for _, first, last in tested for step in range(first, last + 1)]
    assert len(set(steps)) == len(steps), "no step is predicted twice"
    assert steps == list(range(steps[0], steps[0] + len(steps)))
    assert steps[-1] in (118, 119)
    assert len(steps) == pytest.approx(0.2 * 114, abs=2)


@pytest.mark.parametrize("steps", [400, 410, 440, 560, 650])
def test_stretches_a_little_longer_than_the_horizon_have_a_test_each(steps: int):
    data = from_forecast([np.sin(np.arange(steps))], Forecast(14, 28), "sine")
    folds = make_folds(data, 5, 0, 0)
    assert data.structure.spans is not None
    tested = np.concatenate([data.structure.spans[fold.test].numpy() for fold in folds])
    first, last = tested[:, 1], tested[:, 2]
    assert (first[1:] > last[:-1]).all(), "no step is tested twice"
    assert all(len(fold.test) for fold in folds)


def test_in_time_order_each_fold_tests_one_example_at_least():
    """Half of the steps, rather than a fifth, where the horizon is long."""
    data = from_forecast([np.sin(np.arange(144.0))], Forecast(12, 24), "series")
    folds = make_folds(data, 5)
    spans = data.structure.spans.numpy()
    assert [spans[fold.test.numpy(), 1].tolist() for fold in folds] == [
        [84],
        [96],
        [108],
        [120],
        [132],
    ]
    assert [int(spans[fold.train, 2].max()) for fold in folds] == [83, 95, 107, 119, 131]


@pytest.mark.parametrize(("count", "said"), [(1, "2 or more"), (9, "at least as many examples")])
def test_impossible_counts_are_sentences(count, said):
    with pytest.raises(SteadfitError, match=said):
        make_folds(images(np.arange(8) % 2), count)


def test_too_short_a_series_is_a_sentence():
    data = from_forecast([np.arange(12.0)], Forecast(2, 6), "series")
    with pytest.raises(
        SteadfitError, match="5 folds that test 2 steps each must fit into half of the 6 steps"
    ):
        make_folds(data, 5)


@pytest.mark.parametrize(("steps", "horizon"), [(30, 2), (40, 3), (72, 6), (61, 5), (200, 7)])
def test_as_many_folds_in_time_as_half_of_the_steps_have_examples(steps: int, horizon: int) -> None:
    data = from_forecast([np.arange(float(steps))], Forecast(horizon, 2 * horizon))
    most = fold_units(data)
    assert len(make_folds(data, most)) == most
    with pytest.raises(SteadfitError, match="must fit into half of the"):
        make_folds(data, most + 1)
