"""Sequences through training and prediction: padding changes nothing, and there is little of it."""

import numpy as np
import pytest
import torch

from steadfit.data import Dataset, Ragged, from_series, from_texts
from steadfit.errors import SteadfitError
from steadfit.kinds import Series
from steadfit.recipe import Recipe
from steadfit.training import TrainedModel, fit, trained_model


def series(n: int = 90, seed: int = 0) -> Dataset:
    """Waves of two frequencies with noise, of 5 to 40 steps and two channels."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, n)
    lengths = rng.integers(5, 41, n)
    steps = [np.arange(length)[:, None] for length in lengths]
    waves = [np.sin((0.4 + k) * t) + 0.3 * rng.normal(size=(len(t), 2))
             for k, t in zip(y, steps, strict=True)]  # fmt: skip
    return from_series(waves, y)


def texts(n: int = 90) -> Dataset:
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, n)
    words = np.array(["the", "a", "film", "was", "it", "and"])
    said = [[*rng.choice(words, rng.integers(1, 12)), ("bad", "good")[k]] for k in y]
    return from_texts([" ".join(rng.permutation(text)) for text in said], y)


def small(model: str, **settings) -> Recipe:
    settings = {"width": 0.25, **settings}
    recipe = Recipe().model_with(name=model, **settings)
    return recipe.training_with(epochs=4, batch=16, optimizer={"learning_rate": 0.02})


ALL = torch.arange(90)
MODELS = ["recurrent", "conv1d", "resnet1d", "conv_recurrent"]


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("data", [series(), texts()], ids=["series", "texts"])
def test_a_prediction_does_not_depend_on_the_others(data, model):
    replica = fit(small(model), data, ALL, data, seed=0)
    made = trained_model(small(model), data, [replica])
    for i in (0, 7, 33):
        alone = made.logits(data.x[torch.tensor([i])])[0]
        np.testing.assert_allclose(alone[0], replica.logits[i], rtol=0, atol=1e-6)


@pytest.mark.parametrize("data", [series(), texts()], ids=["series", "texts"])
def test_what_is_there_is_learned(data):
    recipe = small("recurrent").training_with(epochs=15)
    replica = fit(recipe, data, ALL, data, seed=0)
    assert (replica.logits.argmax(1) == data.y.numpy()).mean() > 0.9


def test_a_replica_of_sequences_is_a_function_of_its_arguments():
    data = series()
    recipe = small("recurrent", dropout=0.2, recurrent_dropout=0.2, zoneout=0.1, weight_drop=0.2)
    recipe = recipe.training_with(augmentation={"crop": 0.2, "noise": 0.1})
    first, again, other = (fit(recipe, data, ALL, data, seed=seed) for seed in (3, 3, 4))
    np.testing.assert_array_equal(first.logits, again.logits)
    assert not np.array_equal(first.logits, other.logits)


def test_numbers_are_predicted_from_series():
    rng = np.random.default_rng(0)
    x = [rng.normal(size=(rng.integers(3, 9), 1)) for _ in range(200)]
    y = np.array([100 + 10 * row.mean() for row in x])
    data = from_series(x, y)
    recipe = small("recurrent").training_with(epochs=40)
    replica = fit(recipe, data, torch.arange(200), data, seed=0)
    assert np.corrcoef(replica.logits[:, 0], y)[0, 1] > 0.97


KIND = Series(channels=1)


def ragged(lengths: np.ndarray) -> Ragged:
    return Ragged.of([torch.zeros(n, 1) for n in lengths])


def test_little_of_a_training_batch_is_padding():
    x = ragged(np.random.default_rng(0).integers(1, 200, 1000))
    generator = torch.Generator().manual_seed(0)
    batches = KIND.shuffled(x, torch.randperm(1000, generator=generator), 40, generator)
    assert sorted(torch.cat(batches).tolist()) == list(range(1000))
    steps = sum(len(rows) * int(x.lengths[rows].max()) for rows in batches)
    assert int(x.lengths.sum()) / steps > 0.8
    again = KIND.shuffled(x, torch.randperm(1000, generator=generator), 40, generator)
    assert {tuple(sorted(rows.tolist())) for rows in batches}.isdisjoint(
        tuple(sorted(rows.tolist())) for rows in again
    )


def test_batch_normalisation_sees_series_of_all_lengths_together():
    """Short series have other values than long ones. In a batch of one length their mean, which
    tells the class, would be subtracted."""
    rng = np.random.default_rng(0)
    y = np.arange(90) % 2
    data = from_series([rng.normal(k, 0.3, (80 + 50 * k, 1)) for k in y], y)
    replica = fit(small("conv1d").training_with(batch=15), data, ALL, data, seed=0)
    assert (replica.logits.argmax(1) == data.y.numpy()).mean() > 0.95


@pytest.mark.parametrize("longest", [3, 50_000, 200_000])
def test_what_is_predicted_at_once_is_bounded(longest):
    x = ragged(np.array([longest, 1, 2] * 3))
    batches = list(KIND.to_predict(x))
    assert sorted(torch.cat(batches).tolist()) == list(range(9))
    for rows in batches:
        assert len(rows) == 1 or len(rows) * int(x.lengths[rows].max()) <= 2**16


def test_of_steps_with_many_numbers_fewer_are_predicted_at_once():
    lengths = torch.full((40,), 50)
    wide = Ragged(torch.zeros(1, 1).expand(2000, 10_000), lengths)  # which takes no memory
    batches = list(KIND.to_predict(wide))
    assert sorted(torch.cat(batches).tolist()) == list(range(40))
    assert {len(rows) for rows in batches} == {4}, "2**21 numbers at most"


def test_equal_lengths_need_no_mask():
    assert KIND.padded(ragged(np.array([4, 4]))).lengths is None
    assert KIND.padded(ragged(np.array([4, 3]))).lengths.tolist() == [4, 3]


def test_each_member_has_the_words_of_its_own_sample(tmp_path):
    data = texts()
    recipe = small("recurrent")
    samples = (ALL, ALL[:3])
    replicas = [fit(recipe, data, sample, data, seed=0) for sample in samples]
    words = [len(replica.preparation["vocabulary"]) for replica in replicas]
    assert words[1] < words[0]
    trained_model(recipe, data, replicas).save(tmp_path / "model")
    model = TrainedModel.load(tmp_path / "model")
    unseen = from_texts(["a splendid film", "bad bad bad"], [0, 1]).x
    assert model.predict(unseen).shape == (2,)
    np.testing.assert_allclose(model.logits(data.x)[0], replicas[0].logits, atol=1e-6)


def test_other_channels_are_a_sentence():
    data = series()
    model = trained_model(small("recurrent"), data, [fit(small("recurrent"), data, ALL, data, 0)])
    with pytest.raises(SteadfitError, match="takes series with channels: 2, got series with chan"):
        model.logits(Ragged.of([torch.zeros(9, 3)]))
    with pytest.raises(SteadfitError, match="takes series with channels: 2, got texts of words"):
        model.logits(texts().x)
