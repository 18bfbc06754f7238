"""One replica: what it is a function of, what it learns, and where it stops."""

import dataclasses
import math

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression

from steadfit.data import Dataset, from_arrays
from steadfit.errors import DivergedError, SteadfitError
from steadfit.recipe import Model, Recipe
from steadfit.tasks.classes import Classes
from steadfit.training import fit, fitting


def blobs(n: int = 120, seed: int = 0) -> Dataset:
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 3, n)
    x = rng.normal(size=(n, 8, 8)).astype(np.float32)
    x[np.arange(n), y, y] += 3
    return from_arrays(x, y)


def small(**training) -> Recipe:
    recipe = Recipe().model_with(name="mlp", width=0.1, depth=1)
    return recipe.training_with(**{"epochs": 3, "batch": 16, **training})


ALL = torch.arange(120)


def test_a_replica_is_a_function_of_its_arguments():
    data, test = blobs(), blobs(40, seed=1)
    recipe = small(augmentation={"shift": 0.1, "noise": 0.1}).model_with(dropout=0.3)
    first, again = (fit(recipe, data, ALL, test, seed=3) for _ in range(2))
    np.testing.assert_array_equal(first.logits, again.logits)
    assert first.curves == again.curves
    for other in (
        fit(recipe, data, ALL, test, seed=4),
        fit(recipe, data, ALL[:100], test, seed=3),
        fit(recipe.model_with(dropout=0.4), data, ALL, test, seed=3),
    ):
        assert not np.array_equal(first.logits, other.logits)


def test_the_global_generator_is_left_as_it_was():
    torch.manual_seed(5)
    before = torch.get_rng_state()
    fit(small(), blobs(), ALL, blobs(40, seed=1), seed=0)
    assert torch.equal(torch.get_rng_state(), before)


def test_the_test_points_change_nothing_but_the_predictions():
    data = blobs()
    one = fit(small(), data, ALL, blobs(40, seed=1), seed=0)
    two = fit(small(), data, ALL, blobs(10, seed=2), seed=0)
    for name, weight in one.weights.items():
        assert torch.equal(weight, two.weights[name])


def test_a_linear_model_reaches_the_solution_of_scikit_learn():
    data = blobs(300)
    l2 = 0.05
    recipe = Recipe().model_with(name="flatten; linear 3")
    recipe = recipe.training_with(
        epochs=500, batch=300, penalties={"l2": l2}, optimizer={"learning_rate": 0.05}
    )
    replica = fit(recipe, data, torch.arange(300), data, seed=0)
    x = data.x.flatten(1).double()
    z = ((x - x.mean()) / x.std(correction=0)).numpy()
    exact = LogisticRegression(C=1 / (2 * l2 * 300), tol=1e-10, max_iter=10_000).fit(z, data.y)
    probabilities = torch.from_numpy(replica.logits).softmax(1).numpy()
    np.testing.assert_allclose(probabilities, exact.predict_proba(z), atol=1e-3)


def test_early_stopping_goes_back_to_the_best_epoch():
    data = blobs()
    recipe = small(epochs=60, early_stopping={"patience": 3}, optimizer={"learning_rate": 0.03})
    replica = fit(recipe, data, ALL, data, seed=0)
    losses = replica.curves["validation_loss"]
    best = int(np.argmin(losses))
    assert len(losses) == best + 1 + 3 < 60
    unstopped = fit(small(epochs=60), data, ALL, data, seed=0)
    assert len(unstopped.curves["train_loss"]) == 60
    assert replica.facts["epochs"] == len(losses)


def test_averaging_gives_the_mean_of_the_last_weights():
    """With a constant rate, the last weights of 3, 4 and 5 epochs are those seen on the way."""
    data = blobs()
    constant = {"schedule": "constant", "warmup": 0.0}
    runs = [fit(small(epochs=n, optimizer=constant), data, ALL, data, 0).weights for n in (3, 4, 5)]
    averaged = fit(small(epochs=5, optimizer=constant, average=3), data, ALL, data, 0).weights
    for name, weight in averaged.items():
        torch.testing.assert_close(weight, torch.stack([run[name] for run in runs]).mean(0))


def test_clipping_is_reported():
    data = blobs()
    assert fit(small(clip=1e-6), data, ALL, data, 0).facts["clipped"] == 1.0
    assert fit(small(clip=1e6), data, ALL, data, 0).facts["clipped"] == 0.0
    assert "clipped" not in fit(small(), data, ALL, data, 0).facts


def test_a_strong_l1_leaves_no_weight():
    data = blobs()
    replica = fit(small(penalties={"l1": 10.0}), data, ALL, data, 0)
    assert replica.facts["zero_weights"] == 1.0


def test_decoupled_decay_spares_the_biases():
    data = blobs()
    recipe = small(optimizer={"weight_decay": 500.0, "learning_rate": 1e-3, "schedule": "constant"})
    replica = fit(recipe, data, ALL, data, 0)
    sizes = {name: float(w.abs().mean()) for name, w in replica.weights.items()}
    assert all(size < 2e-3 for name, size in sizes.items() if name.endswith("weight"))
    assert all(size > 5e-3 for name, size in sizes.items() if name.endswith("bias"))


def test_nan_in_the_inputs_stops_before_the_update():
    data = blobs()
    x = data.x.clone()
    x[7] = math.nan
    spoiled = dataclasses.replace(data, x=x)
    with pytest.raises(DivergedError, match=r"epoch 1, batch 1: .*nan, first in the gradient of"):
        fit(small(batch=200), spoiled, ALL, data, seed=0)


def test_a_loss_that_overflows_stops_and_names_its_batch():
    wild = small(optimizer={"name": "sgd", "learning_rate": 1e36, "schedule": "constant"})
    with pytest.raises(DivergedError, match=r"epoch 1, batch [2-8]: .*(nan|inf)"):
        fit(wild, blobs(), ALL, blobs(), seed=0)


def test_numbers_are_predicted_in_their_own_units():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 8, 8)).astype(np.float32)
    y = 1000 + 50 * x[:, 0, 0]
    data = from_arrays(x, y)
    recipe = small(epochs=60, optimizer={"learning_rate": 0.01}).model_with(width=1.0)
    replica = fit(recipe, data, torch.arange(200), data, seed=0)
    assert replica.logits.shape == (200, 1)
    assert np.corrcoef(replica.logits[:, 0], y)[0, 1] > 0.99
    assert abs(replica.logits.mean() - 1000) < 10


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="torch sees no GPU")
def test_a_gpu_learns_the_same():
    data = blobs(300)
    everything = torch.arange(300)
    recipe = small(epochs=20).model_with(width=1.0)
    here, there = (fit(recipe, data, everything, data, 0, device=d) for d in ("cpu", "cuda"))
    assert there.logits.shape == here.logits.shape
    assert abs(there.facts["train_loss"] - here.facts["train_loss"]) < 0.01


@pytest.mark.parametrize("smoothing", [0.0, 0.3])
def test_the_brier_score_is_learned(smoothing):
    """The loss of the first step, at weights that hardly move, is the score by its definition."""
    data = blobs()
    settings = {"loss": "brier", "label_smoothing": smoothing, "epochs": 1, "batch": 120}
    still = fit(small(**settings, optimizer={"learning_rate": 1e-12}), data, ALL, data, seed=0)
    p = np.exp(still.logits) / np.exp(still.logits).sum(1, keepdims=True)
    wanted = np.eye(3)[data.y.numpy()] * (1 - smoothing) + smoothing / 3
    assert still.facts["train_loss"] == pytest.approx(np.square(p - wanted).sum(1).mean(), rel=1e-5)
    learned = fit(small(loss="brier", epochs=40), data, ALL, data, seed=0)
    assert (learned.logits.argmax(1) == data.y.numpy()).mean() > 0.95


def test_numbers_have_no_brier_score():
    data = from_arrays(np.zeros((4, 8, 8), np.float32), np.arange(4.0), task="numbers")
    with pytest.raises(SteadfitError, match=r"Brier score is a loss of classes"):
        fit(small(loss="brier"), data, torch.arange(4), data, seed=0)


@pytest.mark.parametrize(("batch", "examples"), [(1, 40), (2, 41)])
def test_batch_normalisation_of_one_example_is_a_sentence(batch, examples):
    """Where torch itself would raise in the middle of the training."""
    with pytest.raises(ValueError, match="more than 1 value per channel"):
        torch.nn.BatchNorm1d(3)(torch.zeros(1, 3))
    data, rows = blobs(), torch.arange(examples)
    with pytest.raises(SteadfitError, match="one alone in its batch"):
        fit(small(batch=batch).model_with(norm="batch"), data, rows, data, seed=0)
    fit(small(batch=batch, epochs=1), data, rows, data, seed=0)
    resnet = small(batch=batch, epochs=1).but(model=Model(name="resnet", settings={"depth": 8}))
    fit(resnet, data, rows, data, seed=0)  # its last maps have four places


def test_mixed_images_are_learned_with_labels_mixed_alike(monkeypatch) -> None:
    """The images of a class have one value, so a mixture tells its share."""
    x = np.repeat([10.0, 20.0], 16)[:, None, None] * np.ones((32, 4, 4))
    data = from_arrays(x.astype(np.float32), np.repeat([0, 1], 16))
    taken: list[tuple[torch.Tensor, torch.Tensor]] = []
    loss, build = Classes.loss, fitting.build

    def spied(self, outputs, y, training, **others):
        taken[-1] = (*taken[-1], y)
        return loss(self, outputs, y, training, **others)

    def built(*arguments):
        module = build(*arguments)
        module.register_forward_pre_hook(
            lambda part, given: taken.append((given[0].detach().clone(),))
        )
        return module

    monkeypatch.setattr(Classes, "loss", spied)
    monkeypatch.setattr(fitting, "build", built)
    recipe = Recipe().model_with(name="mlp").training_with(epochs=2, augmentation={"mixup": 0.8})
    fit(recipe, data, torch.arange(32), data, seed=0)
    mixed = [pair for pair in taken if len(pair) == 2 and pair[1].is_floating_point()]
    assert mixed
    for inputs, y in mixed:
        ones = (inputs[:, 0, 0, 0] + 1) / 2  # the classes lie at -1 and 1
        torch.testing.assert_close(y[:, 1], ones, rtol=0, atol=1e-4)
