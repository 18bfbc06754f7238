"""A person's optimiser and schedule: against ours where they are the same, and what is wrong."""

from functools import partial

import numpy as np
import pytest
import torch

import steadfit as sf
from steadfit.errors import OwnCodeError, SteadfitError
from steadfit.recipe import Recipe
from steadfit.training import RecipeLearner, fit
from steadfit.training.optimizer import learning_rate

RECIPE = Recipe().model_with(name="mlp", width=0.1).training_with(epochs=3, batch=16)
RNG = np.random.default_rng(0)
Y = np.arange(40) % 2
DATA = sf.from_arrays(RNG.random((40, 4, 4)) + Y[:, None, None], Y)


def with_own(**changes):
    return RECIPE.training_with(optimizer=changes)


def trained(recipe):
    everything = torch.arange(40)
    return fit(recipe, DATA, everything, DATA, 0, "cpu")


@pytest.mark.parametrize(
    ("ours", "own"),
    [
        ({"name": "adamw", "weight_decay": 0.1}, torch.optim.AdamW),
        (
            {"name": "sgd", "momentum": 0.9, "learning_rate": 0.05},
            partial(torch.optim.SGD, momentum=0.9, nesterov=True),
        ),
    ],
)
def test_torchs_optimisers_learn_as_ours(ours, own):
    expected, found = trained(with_own(**ours)), trained(with_own(**ours, own=own))
    np.testing.assert_allclose(found.logits, expected.logits, atol=1e-4)


def test_another_optimiser_learns_otherwise_and_has_a_key_of_its_own():
    recipe = with_own(own=torch.optim.RAdam, learning_rate=0.01)
    assert not np.array_equal(trained(recipe).logits, trained(with_own(learning_rate=0.01)).logits)
    one, other = RecipeLearner(recipe), RecipeLearner(with_own(own=torch.optim.Adamax))
    assert one.identity != other.identity
    assert one.own_code


def test_a_schedule():
    settings = with_own(own_schedule=lambda step, steps: (step + 1) / steps).training.optimizer
    assert [learning_rate(settings, step, 4) for step in range(4)] == pytest.approx(
        [0.0005, 0.001, 0.0015, 0.002]
    )
    same = with_own(own_schedule=lambda step, steps: 1)
    constant = with_own(schedule="constant", warmup=0.0)
    np.testing.assert_array_equal(trained(same).logits, trained(constant).logits)


def broken(groups):
    raise TypeError("no groups")


def listed(groups):
    return list(groups)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"own": broken}, "broken raised TypeError: no groups"),
        ({"own": listed}, "listed must give a torch optimiser, got list"),
        ({"own_schedule": lambda step, steps: -1}, "must give a number of 0 or more for step 0"),
        ({"own_schedule": lambda step, steps: None}, "for step 0 of 9, got None"),
    ],
)
def test_what_is_wrong_is_said(changes, said):
    with pytest.raises(OwnCodeError, match=said):
        trained(with_own(**changes))


def test_a_function_without_a_source_needs_a_version():
    with pytest.raises(SteadfitError, match=r'^builtins:list must have a source .* version="1"\.$'):
        with_own(own=list)
