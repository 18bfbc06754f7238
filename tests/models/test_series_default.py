"""The default network of labelled series: it learns shapes wherever they stand, at any length."""

import numpy as np
import pytest
import torch

from steadfit.api.recipes import network_notes, recipe_of, usual_remedies
from steadfit.data import Dataset, from_series
from steadfit.models import build, settings
from steadfit.models.resnet1d import stem_stride
from steadfit.references import references_for
from steadfit.training import fit, trained_model


def bumps(count: int, seed: int) -> Dataset:
    """A bump up and then down, or down and then up, somewhere in 40 to 60 steps of noise."""
    rng = np.random.default_rng(seed)
    y, rows = np.arange(count) % 2, []
    for k in y:
        row = rng.normal(0, 0.3, rng.integers(40, 61))
        bump = np.repeat([2.0, -2.0] if k else [-2.0, 2.0], 4)
        start = rng.integers(0, len(row) - 8)
        row[start : start + 8] += bump
        rows.append(row[:, None])
    return from_series(rows, y)


def default_of(data: Dataset, **training):
    return recipe_of(data, None, None, None, training).recipe


def test_it_tells_shapes_that_the_nearest_neighbour_does_not():
    train, test = bumps(32, 0), bumps(100, 1)
    y = test.y.numpy()
    replica = fit(default_of(train, epochs=12), train, torch.arange(32), test, seed=0)
    (neighbour,) = (one for one in references_for(train) if one.name == "nearest neighbour")
    rival = neighbour.fit(train).predict(test).argmax(1) != y
    wrong = replica.logits.argmax(1) != y
    assert rival.mean() > 0.2, "the shapes stand at other places in every series"
    assert wrong.mean() < 0.05


def test_what_is_said_and_what_is_not():
    data = bumps(60, 0)
    recipe = default_of(data)
    assert recipe.model.name == data.schema.model == "resnet1d"
    assert recipe.model.settings["width"] == 0.5
    assert settings("resnet1d")["width"] == 1.0, "as published"
    assert recipe.training.epochs * 4 >= 500 > (recipe.training.epochs - 1) * 4, "60 are 4 batches"
    named = recipe_of(data, None, "resnet1d", {"width": 1.0}, {"batch": 60, "epochs": 3}).recipe
    assert named.model.settings["width"] == 1.0
    assert (named.training.batch, named.training.epochs) == (60, 3)
    gated = recipe_of(data, None, "recurrent", None, None).recipe
    assert (gated.training.batch, gated.training.epochs) == (64, 1000)


def test_numbers_keep_the_recurrent_net():
    data = from_series([np.full((5, 1), k) for k in range(20)], np.linspace(0, 1, 20))
    recipe = default_of(data)
    assert (recipe.model.name, recipe.training.batch) == ("recurrent", 64)


def test_remedies_are_those_that_it_has_settings_for():
    data = bumps(60, 0)
    tried = usual_remedies(data, recipe_of(data, None, None, None, None))
    assert set(tried) == {"dropout", "l2", "smaller", "early_stopping", "jitter"}
    gated = usual_remedies(data, recipe_of(data, None, "recurrent", None, None))
    assert "recurrent_dropout" in gated


@pytest.mark.parametrize("steps", [1, 2, 7])
def test_series_of_a_few_steps_are_learned_too(steps):
    rng = np.random.default_rng(0)
    y = np.arange(40) % 2
    data = from_series([rng.normal(2 * k, 0.3, (rng.integers(1, steps + 1), 3)) for k in y], y)
    recipe = default_of(data, epochs=15)
    replica = fit(recipe, data, torch.arange(40), data, seed=0)
    assert (replica.logits.argmax(1) == data.y.numpy()).mean() > 0.95
    alone = trained_model(recipe, data, [replica]).logits(data.x[torch.tensor([3])])[0, 0]
    np.testing.assert_allclose(alone, replica.logits[3], rtol=0, atol=1e-6)


def test_long_series_are_shortened_by_the_first_convolution():
    rng = np.random.default_rng(0)
    data = from_series([rng.normal(size=(n, 1)) for n in (6000, 5000, 40, 1)], [0, 1, 0, 1])
    recipe = default_of(data, epochs=1)
    made = build(recipe.model, data.example_shape, 2)
    first = next(part for part in made.modules() if isinstance(part, torch.nn.Conv1d))
    assert (first.stride, first.kernel_size) == ((6,), (12,))
    (note,) = network_notes(recipe, data)
    assert note == (
        "Of series of up to 6,000 steps, the first convolution makes 1,000, a stride of 6."
    )
    replica = fit(recipe, data, torch.arange(4), data, seed=0)
    for row in range(4):  # whatever the length of the others
        alone = trained_model(recipe, data, [replica]).logits(data.x[torch.tensor([row])])[0, 0]
        np.testing.assert_allclose(alone, replica.logits[row], rtol=0, atol=1e-5)


@pytest.mark.parametrize("steps", [2048, 427])
def test_series_of_the_archives_lengths_are_taken_whole(steps):
    assert stem_stride((3, steps)) == 1
    data = from_series([np.zeros((steps, 1))] * 2, [0, 1])
    assert network_notes(default_of(data), data) == ()


def test_a_network_that_reads_long_series_step_by_step_says_so():
    rng = np.random.default_rng(0)
    data = from_series([rng.normal(size=(n, 1)) for n in (6000, 40, 1)], [0.5, 1.5, 0.25])
    (note,) = network_notes(default_of(data), data)
    assert note.startswith("Series of up to 6,000 steps are read step by step")
    named = recipe_of(data, None, "resnet1d", None, None).recipe
    assert "a stride of 6" in network_notes(named, data)[0], "what it names is shortened"
