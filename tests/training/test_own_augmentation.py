"""A person's function as an augmentation: in a study, in its keys, and what is wrong with it."""

import numpy as np
import pytest
import torch

import steadfit as sf
from steadfit.data import from_series, from_table
from steadfit.errors import OwnCodeError, SteadfitError
from steadfit.recipe import Augmentation, Recipe
from steadfit.training import RecipeLearner, fit, trained_model
from study.serial_engine import SerialEngine

RECIPE = Recipe().model_with(name="mlp", width=0.1).training_with(epochs=2, batch=16)
RNG = np.random.default_rng(0)
Y = np.arange(40) % 2
IMAGES = sf.from_arrays(RNG.random((40, 4, 4)) + Y[:, None, None], Y)
ROWS = from_table(RNG.normal(size=(40, 3)) + Y[:, None], Y)


def mirrored(batch):
    return batch.flip(-1)


def jittered(batch):
    return batch.add_(0.1 * torch.randn_like(batch))


def failing(batch):
    raise ValueError("no")


def narrower(batch):
    return batch[..., 1:]


def with_own(function):
    return lambda recipe: recipe.training_with(augmentation={"own": function})


def trained(data, recipe):
    everything = torch.arange(len(data))
    return fit(recipe, data, everything, data, 0, "cpu")


@pytest.mark.parametrize("data", [IMAGES, ROWS], ids=["images", "rows"])
def test_it_changes_each_batch(data):
    plain = trained(data, RECIPE)
    changed = trained(data, with_own(jittered)(RECIPE))
    again = trained(data, with_own(jittered)(RECIPE))
    assert not np.array_equal(plain.logits, changed.logits)
    np.testing.assert_array_equal(changed.logits, again.logits)
    same = trained(data, with_own(lambda batch: batch)(RECIPE))
    np.testing.assert_array_equal(plain.logits, same.logits)


def test_of_mirrored_batches_a_network_learns_what_it_does_of_mirrored_images():
    with_flip = trained(IMAGES, with_own(mirrored)(RECIPE))
    flipped = trained(sf.from_arrays(IMAGES.x.flip(-1), Y, layout="channels_first"), RECIPE)
    expected = trained_model(RECIPE, IMAGES, [flipped]).logits(IMAGES.x)[0]
    np.testing.assert_allclose(with_flip.logits, expected, atol=1e-6)


def test_a_study_names_it_and_keeps_replicas_by_its_source(tmp_path):
    def mine(recipe):
        return recipe.training_with(augmentation={"own": jittered})

    done = sf.study(
        IMAGES, recipe=RECIPE, remedies=[mine, "l2"], folds=2, repetitions=1, variance="none",
        reference=False, engine=SerialEngine(), out=tmp_path / "run",
    )  # fmt: skip
    assert [arm.name for arm in done.result.arms][:3] == ["baseline", "mine", "l2=0.001"]
    shown = done.result.arms[1].settings["training"]["augmentation"]["own"]
    assert shown["name"].endswith("test_own_augmentation:jittered")
    assert done.result.repeats is True
    one, other = (RecipeLearner(with_own(each)(RECIPE)).identity for each in (jittered, mirrored))
    assert one != other
    assert RecipeLearner(RECIPE).own_code == ""


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (failing, "failing raised ValueError: no"),
        (narrower, r"must give a batch of the shape that it got, \("),
    ],
)
def test_what_is_wrong_is_said_with_the_arm(function, said, tmp_path):
    def odd(recipe):
        return recipe.training_with(augmentation={"own": function})

    with pytest.raises(OwnCodeError, match=said):
        trained(IMAGES, with_own(function)(RECIPE))
    with pytest.raises(SteadfitError, match=f"^odd: .*{said}"):
        sf.study(IMAGES, recipe=RECIPE, remedies=[odd], engine=SerialEngine(), out=tmp_path / "r")


def test_what_is_no_function_is_refused():
    with pytest.raises(SteadfitError, match=r"own .*must be a function, got 'mirrored'"):
        Augmentation.of(own="mirrored")
    series = from_series([np.ones(3), np.zeros(4)] * 3, [0, 1] * 3)
    with pytest.raises(SteadfitError, match="cannot be changed by a function of your own"):
        RecipeLearner(with_own(mirrored)(Recipe().model_with(name="recurrent"))).check(series)
    read = Recipe.from_json(with_own(mirrored)(RECIPE).to_json())
    with pytest.raises(SteadfitError, match="must be a function, got its name"):
        trained(IMAGES, read)
