"""What a replica says of its own training examples, and whether it has trained."""

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy

from steadfit.api.recipes import steps_of
from steadfit.data import carve, from_arrays, from_series, read, split
from steadfit.data.dataset import Split
from steadfit.recipe import Recipe, Training
from steadfit.remedies import apply, joined
from steadfit.training import fit, trained_model
from steadfit.training.own_examples import own_examples

MLP = Recipe().model_with(name="mlp", width=0.2)


@pytest.fixture(scope="module")
def digits() -> Split:
    return split(read("digits"))


def test_it_is_the_loss_of_evaluation_on_what_was_learned(digits):
    """By hand, with dropout and augmentation, which must not act; repeats count once."""
    train = digits.train
    recipe = apply(joined("dropout+augment"), MLP.training_with(epochs=3))
    sample = torch.tensor([*range(150), *range(50)])
    replica = fit(recipe, train, sample, digits.test, seed=0)
    logits = trained_model(recipe, train, [replica]).logits(train.x[:150])[0]
    y = train.y[:150]
    wanted = float(cross_entropy(torch.from_numpy(logits), y))
    assert replica.facts["train_eval_loss"] == pytest.approx(wanted, rel=1e-5)
    assert replica.facts["train_eval_error"] == (logits.argmax(1) != y.numpy()).mean()
    assert replica.facts["train_eval_loss"] < replica.facts["train_loss"], "which has dropout"


def test_what_was_held_out_is_not_among_them(digits):
    train, sample = digits.train, torch.arange(200)
    recipe = apply(joined("early_stopping"), MLP.training_with(epochs=5))
    learned, held_out = carve(train, sample, 0.2, seed=0)
    replica = fit(recipe, train, sample, train, seed=0)
    logits = torch.from_numpy(replica.logits)
    on_learned, on_all = (
        float(cross_entropy(logits[rows], train.y[rows])) for rows in (learned, sample)
    )
    assert replica.facts["train_eval_loss"] == pytest.approx(on_learned, rel=1e-4)
    assert abs(on_learned - on_all) > 1e-3 * on_all
    assert len(held_out) == 40


def test_of_many_some_are_drawn_with_the_seed():
    x = np.random.default_rng(0).normal(size=(2300, 2, 2)).astype(np.float32)
    data = from_arrays(x, np.arange(2300) % 2)
    recipe = Recipe().model_with(name="flatten; linear 2").training_with(epochs=1)
    replica = fit(recipe, data, torch.arange(2300), data, seed=0)
    module, preparation = trained_model(recipe, data, [replica]).members[0]
    given = module, preparation, data, torch.arange(2300), Training()
    first, again, other = (own_examples(*given, seed=seed).loss for seed in (0, 0, 1))
    assert first == again == replica.facts["train_eval_loss"]
    assert first != other


def test_numbers_are_in_their_own_units():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(100, 4, 4)).astype(np.float32)
    data = from_arrays(x, 1000 + 50 * x[:, 0, 0])
    replica = fit(MLP.training_with(epochs=5), data, torch.arange(100), data, seed=0)
    wanted = float(np.square(replica.logits - data.y.numpy()).sum(1).mean())
    assert replica.facts["train_eval_loss"] == pytest.approx(wanted, rel=1e-5)
    assert "train_eval_error" not in replica.facts


def test_a_language_model_has_them():
    text = read("copy", length=4, train=20, test=6)
    recipe = Recipe().model_with(name="language", hidden=4, embedding=4)
    recipe = recipe.training_with(epochs=30, optimizer={"learning_rate": 0.05})
    replica = fit(recipe, text, torch.arange(20), text.take(torch.arange(20)), seed=0)
    facts = replica.facts
    assert facts["train_eval_loss"] == pytest.approx(facts["test_loss"], rel=1e-5)
    assert 0 < facts["train_eval_error"] < 1


@pytest.mark.parametrize("model", ["mlp", "convnet"])
def test_one_epoch_on_digits_is_no_training_and_the_default_is(digits, model):
    train, everything = digits.train, torch.arange(len(digits.train))
    epochs = train.schema.epochs(Training().epochs, steps_of(train, Training()))
    one, usual = (
        fit(
            Recipe().model_with(name=model, width=0.2).training_with(epochs=number),
            *(train, everything, digits.test, 0),
        )
        for number in (1, epochs)
    )
    assert (one.facts["still_falling"], one.facts["trained"]) == (1, 0)
    assert usual.facts["trained"] == 1
    assert usual.facts["beats_guessing"] == 1


def test_a_network_that_cannot_learn_is_at_guessing():
    """Labels that nothing tells, and weights that hardly move."""
    rng = np.random.default_rng(0)
    data = from_series([rng.normal(size=(20, 1)) for _ in range(60)], np.arange(60) % 2)
    recipe = Recipe().model_with(name="recurrent", hidden=4)
    recipe = recipe.training_with(epochs=30, batch=20, optimizer={"learning_rate": 1e-9})
    facts = fit(recipe, data, torch.arange(60), data, seed=0).facts
    assert (facts["beats_guessing"], facts["trained"]) == (0, 0)


def test_early_stopping_ends_a_training():
    """Within a few epochs, long before the training loss levels off."""
    rng = np.random.default_rng(0)
    y = np.arange(200) % 2
    x = rng.normal(size=(200, 8, 8)).astype(np.float32)
    x[:, 0, 0] += y
    data = from_arrays(x, y)
    recipe = apply(joined("early_stopping=2"), MLP.training_with(epochs=200))
    facts = fit(recipe, data, torch.arange(200), data, seed=0).facts
    assert facts["epochs"] < 200
    assert (facts["still_falling"], facts["trained"]) == (0, 1)
