"""A person's function as an augmentation: in a study, in its keys, and what is wrong with it."""

import numpy as np
import pytest
import torch

import steadfit as sf
from steadfit.data import from_series, from_table, from_texts
from steadfit.errors import OwnCodeError, SteadfitError
from steadfit.own_code import OwnCode
from steadfit.recipe import Augmentation, Recipe
from steadfit.study.engines import SerialEngine
from steadfit.training import RecipeLearner, fit, trained_model

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


def seen_by(function, data, name):
    """What the function was given of one training, and its logits."""
    given = []

    def watching(batch, lengths):
        given.append((batch.clone(), lengths))
        return function(batch)

    recipe = Recipe().model_with(name=name, width=0.1).training_with(epochs=1, batch=8)
    recipe = recipe.training_with(augmentation={"own": OwnCode.of(watching, "1")})
    return given, trained(data, recipe).logits


SERIES = from_series([RNG.normal(size=(3 + i % 4, 2)) for i in range(24)], [0, 1] * 12)
TEXTS = from_texts(["good film", "a very bad film", "film so so bad good"] * 8, [0, 1, 1] * 8)


@pytest.mark.parametrize("data", [SERIES, TEXTS], ids=["series", "texts"])
def test_series_and_texts_come_padded_with_their_lengths(data):
    given, same = seen_by(lambda batch: batch, data, "recurrent")
    for batch, lengths in given:
        assert batch.shape[1] == int(lengths.max())
        beyond = torch.arange(batch.shape[1]) >= lengths[:, None]
        assert not batch[beyond].any()
    assert sorted(n for _, lengths in given for n in lengths.tolist()) == sorted(
        data.x.lengths.tolist()
    )
    _, other = seen_by(torch.ones_like, data, "recurrent")
    assert not np.array_equal(same, other)


def test_what_is_put_beyond_the_end_changes_nothing():
    def filled(batch):
        return torch.where(batch == 0, 7.0, batch)

    _, same = seen_by(lambda batch: batch, SERIES, "recurrent")
    np.testing.assert_array_equal(seen_by(filled, SERIES, "recurrent")[1], same)


@pytest.mark.parametrize(("changed", "got"), [(99, "99"), (-1, "-1")])
def test_tokens_that_there_are_not_are_refused(changed, got):
    with pytest.raises(OwnCodeError, match=rf"must give token numbers from 0 to \d+, got {got}"):
        seen_by(lambda batch: torch.full_like(batch, changed), TEXTS, "recurrent")


def test_what_is_no_function_is_refused():
    with pytest.raises(SteadfitError, match=r"own .*must be a function, got 'mirrored'"):
        Augmentation.of(own="mirrored")
    read = Recipe.from_json(with_own(mirrored)(RECIPE).to_json())
    with pytest.raises(SteadfitError, match="must be a function, got its name"):
        trained(IMAGES, read)
