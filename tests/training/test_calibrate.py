"""Temperature scaling: the temperature, where it is fitted, and where it is applied."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.optimize import brentq
from scipy.special import log_softmax, softmax
from torch.nn.functional import cross_entropy

from steadfit.data import carve, from_arrays, from_texts, points, read
from steadfit.errors import SteadfitError
from steadfit.kinds import Preparation, Ragged
from steadfit.recipe import Recipe
from steadfit.remedies import apply, joined
from steadfit.training import TrainedModel, continuation, fit, outputs, trained_model
from steadfit.training.predict import next_tokens
from steadfit.training.temperature import best_temperature

RNG = np.random.default_rng(0)


def overlapping(n: int = 300, seed: int = 0):
    """Classes that cannot be told apart for sure, so that a network becomes too confident."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 3, n)
    x = rng.normal(size=(n, 8, 8)).astype(np.float32)
    x[np.arange(n), y, y] += 1.5
    return from_arrays(x, y)


CONFIDENT = Recipe().model_with(name="mlp", width=0.3).training_with(epochs=25, batch=32)
CALIBRATED = apply(joined("calibrate"), CONFIDENT)
ALL = torch.arange(300)


@pytest.mark.parametrize(("classes", "wrong"), [(2, 0.25), (2, 0.1), (5, 0.4)])
def test_a_temperature_in_closed_form(classes, wrong):
    """All logits are (4, 0, …): the best odds of the first class are those in y."""
    logits = np.zeros((100, classes))
    logits[:, 0] = 4
    y = np.zeros(100, int)
    y[: round(100 * wrong)] = 1 + np.arange(round(100 * wrong)) % (classes - 1)
    odds = (1 - wrong) / (wrong / (classes - 1))
    assert best_temperature(logits, y) == pytest.approx(4 / math.log(odds), rel=1e-5)


@pytest.mark.parametrize("true", [0.3, 1.0, 2.5, 8.0])
def test_the_derivative_is_zero_there(true):
    """Against the root of the derivative of the cross-entropy in 1/T, written down by hand; and
    labels drawn at a temperature give that temperature."""
    logits = 6 * RNG.normal(size=(4000, 4))
    y = np.array([RNG.choice(4, p=p) for p in softmax(logits / true, axis=1)])
    rows = np.arange(len(y))

    def derivative(inverse: float) -> float:
        p = softmax(logits * inverse, axis=1)
        return float(((p * logits).sum(1) - logits[rows, y]).mean())

    found = best_temperature(logits, y)
    assert found == pytest.approx(1 / brentq(derivative, 1e-3, 20), rel=1e-4)
    assert found == pytest.approx(true, rel=0.1)


def test_where_all_are_right_nothing_is_learned():
    logits = RNG.normal(size=(20, 3))
    assert best_temperature(logits, logits.argmax(1)) == 1.0


def test_where_guessing_is_better_the_bound_is_taken():
    logits = RNG.normal(size=(50, 3))
    assert best_temperature(logits, logits.argmin(1)) == pytest.approx(20.0, rel=1e-3)


def test_the_held_out_part_decides_and_the_logits_are_divided():
    """Everything again by hand: carve, the raw logits, a grid of temperatures."""
    data, test, seed = overlapping(), overlapping(200, 1), 3
    replica = fit(CALIBRATED, data, ALL, test, seed)
    _, held = carve(data, ALL, 0.2, seed)
    model = trained_model(CALIBRATED, data, [replica])
    module, preparation = model.members[0]
    raw = outputs(module, preparation, data.x[held]).double().numpy()
    grid = np.geomspace(0.05, 20, 4000)
    y = data.y[held].numpy()
    losses = [-log_softmax(raw / t, axis=1)[np.arange(len(y)), y].mean() for t in grid]
    best = grid[int(np.argmin(losses))]
    (temperature,) = preparation.temperature
    assert temperature == replica.facts["temperature"] == pytest.approx(best, rel=0.01)
    assert temperature > 1.2, "the network is too confident"
    untouched = outputs(module, preparation, test.x).numpy()
    np.testing.assert_allclose(replica.logits, untouched / temperature, rtol=1e-6)
    np.testing.assert_array_equal(replica.logits.argmax(1), untouched.argmax(1))
    np.testing.assert_array_equal(model.logits(test.x)[0], replica.logits)
    before, after = (
        float(cross_entropy(torch.from_numpy(z), test.y)) for z in (untouched, replica.logits)
    )
    assert after < before


def test_a_saved_model_keeps_its_temperature(tmp_path):
    data = overlapping()
    replica = fit(CALIBRATED, data, ALL, data, 0)
    trained_model(CALIBRATED, data, [replica]).save(tmp_path / "model")
    again = TrainedModel.load(tmp_path / "model")
    np.testing.assert_array_equal(again.logits(data.x)[0], replica.logits)


def test_early_stopping_shares_its_part():
    data = overlapping()
    both = fit(apply(joined("early_stopping+calibrate=0.4"), CONFIDENT), data, ALL, data, 0)
    alone = fit(apply(joined("early_stopping"), CONFIDENT), data, ALL, data, 0)
    assert both.curves == alone.curves
    for name, weight in both.weights.items():
        assert torch.equal(weight, alone.weights[name])
    np.testing.assert_allclose(both.logits * both.facts["temperature"], alone.logits, rtol=1e-5)


def test_a_temperature_of_others_is_checked():
    for wrong in ([0.0], [-1.0], [math.nan], [math.inf], [1.0, 2.0]):
        with pytest.raises(SteadfitError, match="temperature"):
            Preparation.from_dict({"temperature": wrong})
    assert Preparation.from_dict(Preparation(temperature=(2.0,)).to_dict()).temperature == (2.0,)
    assert Preparation.from_dict({}).temperature == ()


def test_numbers_are_not_calibrated():
    data = from_arrays(np.zeros((4, 8, 8), np.float32), np.arange(4.0), task="numbers")
    with pytest.raises(SteadfitError, match=r"logits of classes or tokens, and .* is of numbers"):
        fit(CALIBRATED, data, torch.arange(4), data, seed=0)


def test_a_language_model_is_calibrated():
    """Its loss over all tokens, its logits, and what it writes."""
    text = read("copy", length=4, train=60, test=10)
    recipe = Recipe().model_with(name="language", hidden=6, embedding=6)
    recipe = apply(joined("calibrate"), recipe.training_with(epochs=3))
    replica = fit(recipe, text, torch.arange(60), text, seed=0)
    model = trained_model(recipe, text, [replica])
    module, preparation = model.members[0]
    (temperature,) = preparation.temperature
    raw, loss = next_tokens(module, preparation, text)
    np.testing.assert_allclose(replica.logits, raw / temperature, rtol=1e-5)
    assert replica.facts["test_loss"] == loss
    assert loss == pytest.approx(float(cross_entropy(raw / temperature, points(text).y)), rel=1e-5)
    fitted = {**model.facts.preparations[0], "temperature": []}
    plain = TrainedModel(replace(model.facts, preparations=(fitted,)), model.weights)
    assert isinstance(text.x, Ragged)
    prompt = text.x.tokens[2]
    assert continuation(model, prompt, 30, seed=1) == continuation(
        plain, prompt, 30, temperature=temperature, seed=1
    )


def test_texts_are_calibrated():
    y = RNG.integers(0, 2, 90)
    data = from_texts([" ".join(RNG.choice(list("abcdef"), 9)) + " xy"[k] for k in y], y)
    recipe = Recipe().model_with(name="recurrent", hidden=8, embedding=8)
    recipe = apply(joined("calibrate"), recipe.training_with(epochs=4, batch=16))
    replica = fit(recipe, data, torch.arange(90), data, seed=0)
    assert 0.05 <= replica.facts["temperature"] <= 20
