"""Planted leaks: what is in training and test data both is found, all of it."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from steadfit.data import Forecast, Structure, from_arrays, from_forecast, from_texts, split
from steadfit.recipe import Recipe
from steadfit.training import fit

LEAKS = 50


def planted(seed: int, **options):
    """400 examples and a test set of 200, of which 50 are copies of training examples."""
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 256, (600, 8, 8), dtype=np.uint8)
    from_, to = rng.permutation(400)[:LEAKS], 400 + rng.permutation(200)[:LEAKS]
    x[to] = x[from_]
    is_test = np.arange(600) >= 400
    return from_arrays(x, np.arange(600) % 3, is_test=is_test, **options), set(from_.tolist())


def inputs(data) -> set[bytes]:
    return {row.numpy().tobytes() for row in data.x}


@pytest.mark.parametrize("seed", range(20))
def test_all_copies_are_found(seed: int) -> None:
    data, leaks = planted(seed)
    parts = split(data)
    assert len(parts.train) == 400 - LEAKS
    assert not inputs(parts.train) & inputs(parts.test)
    assert parts.notes[0].startswith(
        f"{LEAKS} training examples with an exact copy in the test set"
    )
    assert inputs(data.take(torch.tensor(sorted(leaks)))) <= inputs(parts.test)


@pytest.mark.parametrize("seed", range(20))
def test_all_groups_across_the_datas_own_split_are_found(seed: int) -> None:
    rng = np.random.default_rng(seed)
    groups = np.arange(600) // 2
    rng.shuffle(groups)
    is_test = np.arange(600) >= 400
    x = np.arange(600 * 64, dtype=np.float32).reshape(600, 8, 8)
    data = from_arrays(x, np.arange(600) % 3, is_test=is_test, groups=groups)
    across = set(groups[:400]) & set(groups[400:])
    parts = split(data)
    assert parts.train.structure.groups is not None
    assert len(parts.train) == 400 - len(across)
    assert parts.notes[0].startswith(f"{len(across)} training examples are of groups")
    first = parts.train.x.flatten(1)[:, 0].long() // 64
    assert not set(groups[first.numpy()]) & set(groups[400:])


def shares_a_step(train, test) -> bool:
    steps = [
        {t for _, a, b in part.structure.spans.tolist() for t in range(a, b + 1)}
        for part in (train, test)
    ]
    return bool(steps[0] & steps[1])


def test_windows_on_both_sides_share_no_step() -> None:
    """Impossible by construction: a split at random, planted here, would be seen."""
    wave = np.sin(np.arange(300.0))[:, None]
    data = from_forecast([wave, wave + 1], Forecast(horizon=3, window=10))
    parts = split(data)
    assert not shares_a_step(parts.train, parts.test)
    leaky = split(replace(data, structure=Structure()))
    spans = {name: row for name, row in zip(data.ids, data.structure.spans, strict=True)}
    sides = [
        replace(side, structure=Structure(spans=torch.stack([spans[name] for name in side.ids])))
        for side in (leaky.train, leaky.test)
    ]
    assert shares_a_step(*sides), "the oracle sees a split at random"


def fitted(train, test) -> dict[str, object]:
    recipe = Recipe().model_with(name="recurrent" if train.x.ndim == 2 else "mlp")
    recipe = recipe.training_with(epochs=1, early_stopping={"share": 0.3})
    return fit(recipe, train, torch.arange(len(train)), test, seed=0).preparation


def test_no_statistic_knows_the_test_data() -> None:
    """Means, deviations and vocabulary are the same to the last bit, whatever the test data are."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(100, 8, 8)).astype(np.float32), rng.normal(size=100)
    other = from_arrays(1000 + 9 * x, 77 * y)
    data = from_arrays(x, y)
    assert fitted(data, data) == fitted(data, other)
    assert fitted(data, data) != fitted(other, data), "the oracle sees statistics of other data"
    words = from_texts([f"w{i % 7} and w{i % 5}" for i in range(60)], list("ab") * 30)
    new = from_texts([f"new{i % 3} and w{i % 5}" for i in range(60)], list("ab") * 30)
    assert fitted(words, words) == fitted(words, new)
    assert fitted(words, words) != fitted(new, words)


def test_no_statistic_knows_what_is_held_out_for_stopping() -> None:
    """The same, of the validation part that early stopping takes from the sample."""
    from steadfit.data import carve, fit_preparation

    x = np.random.default_rng(0).normal(size=(100, 8, 8)).astype(np.float32)
    data = from_arrays(x, np.arange(100) % 2)
    learned, held = carve(data, torch.arange(100), 0.3, 0)
    changed = x.copy()
    changed[held.numpy()] += 1000
    again = from_arrays(changed, np.arange(100) % 2)
    assert fitted(data, data) == fitted(again, data) == fit_preparation(data, learned).to_dict()
