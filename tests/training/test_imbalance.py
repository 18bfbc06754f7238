"""Rare classes: weights in the loss, batches drawn evenly, and the sentences beside them."""

import numpy as np
import pytest
import torch
from sklearn.metrics import balanced_accuracy_score
from sklearn.utils.class_weight import compute_class_weight
from torch.nn.functional import cross_entropy

from steadfit.data import Dataset, from_arrays, from_series, read, split
from steadfit.errors import SteadfitError
from steadfit.recipe import Recipe, Training
from steadfit.remedies import apply, joined
from steadfit.tasks import Classes
from steadfit.training import fit
from steadfit.training.batches import balanced

RNG = np.random.default_rng(0)
THREE = Classes(("a", "b", "c"))
Y = torch.tensor([0] * 90 + [1] * 25 + [2] * 5)


def rare(n: int = 400, seed: int = 0) -> Dataset:
    """Two classes that overlap, one of them a twentieth."""
    rng = np.random.default_rng(seed)
    y = (np.arange(n) % 20 == 0).astype(int)
    x = rng.normal(size=(n, 2, 2)).astype(np.float32)
    x[:, 0, 0] += 1.5 * y
    return from_arrays(x, y)


def small(**training) -> Recipe:
    recipe = Recipe().model_with(name="flatten; linear 2")
    rate = {"learning_rate": 0.05}
    return recipe.training_with(**{"epochs": 30, "batch": 40, "optimizer": rate, **training})


def test_weights_are_those_of_scikit_learn():
    ours = THREE.class_weights(Y, 1.0)
    theirs = compute_class_weight("balanced", classes=np.arange(3), y=Y.numpy())
    np.testing.assert_allclose(ours, theirs, rtol=1e-6)
    np.testing.assert_allclose(THREE.class_weights(Y, 0.5), np.sqrt(theirs), rtol=1e-6)
    assert THREE.class_weights(Y, 0.0) is None


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
def test_the_weighted_loss_is_that_of_torch(smoothing):
    logits, weights = torch.randn(120, 3, dtype=torch.float64), THREE.class_weights(Y, 1.0)
    assert weights is not None
    training = Training(label_smoothing=smoothing)
    found = THREE.loss(logits, Y, training, smoothed=True, weights=weights)
    wanted = cross_entropy(logits.float(), Y, weight=weights, label_smoothing=smoothing)
    torch.testing.assert_close(found, wanted)


def test_the_weighted_brier_score_by_its_definition():
    logits, weights = torch.randn(120, 3), THREE.class_weights(Y, 1.0)
    assert weights is not None
    scores = (logits.softmax(1) - torch.eye(3)[Y]).square().sum(1)
    wanted = np.average(scores.numpy(), weights=weights[Y].numpy())
    assert float(THREE.loss(logits, Y, Training(loss="brier"), weights=weights)) == pytest.approx(
        float(wanted), rel=1e-5
    )


@pytest.mark.parametrize("loss", ["cross_entropy", "brier"])
@pytest.mark.parametrize("strength", [0.0, 0.5, 1.0])
def test_guessing_is_the_best_constant_answer(loss, strength):
    """Against the least loss over a grid of constant probabilities."""
    training, weights = Training.of(loss=loss), THREE.class_weights(Y, strength)
    sides = torch.linspace(0.005, 0.985, 197)
    grid = torch.cartesian_prod(sides, sides)
    grid = torch.cat([grid, 1 - grid.sum(1, keepdim=True)], 1)
    grid = grid[grid[:, 2] > 1e-6]
    count = torch.bincount(Y) * (1.0 if weights is None else weights)
    each = -grid.log() if loss == "cross_entropy" else _brier_of_each_class(grid)
    least = float((each @ count / count.sum()).min())
    assert THREE.guessing(Y, training, weights) == pytest.approx(least, abs=1e-3)


def _brier_of_each_class(p: torch.Tensor) -> torch.Tensor:
    return (p[:, None] - torch.eye(3)).square().sum(2)


def test_a_step_takes_the_gradient_of_the_weighted_loss():
    """One batch of everything: the loss that is reported is torch's."""
    data = rare()
    still = {"epochs": 1, "batch": 400, "optimizer": {"learning_rate": 1e-12}}
    replica = fit(small(class_weight=1.0, **still), data, torch.arange(400), data, seed=0)
    weights = torch.tensor([400 / (2 * 380), 400 / (2 * 20)])
    wanted = cross_entropy(torch.from_numpy(replica.logits), data.y, weight=weights)
    assert replica.facts["train_loss"] == pytest.approx(float(wanted), rel=1e-5)


def test_batches_in_parts_weigh_the_same():
    """Where memory is short a batch comes in parts, whose weights' sums differ."""
    task, logits = Classes(("a", "b")), torch.randn(40, 2)
    y = torch.tensor([0] * 37 + [1] * 3)
    weights, training = task.class_weights(y, 1.0), Training()
    parts = [slice(0, 25), slice(25, 40)]
    sums = [task.answers(y[part], weights) for part in parts]
    each = [float(task.loss(logits[part], y[part], training, weights=weights)) for part in parts]
    whole = float(task.loss(logits, y, training, weights=weights))
    assert np.average(each, weights=sums) == pytest.approx(whole, rel=1e-5)


@pytest.mark.parametrize("remedy", ["class_weight", "balanced_sampling"])
def test_the_rare_class_is_found_more_often(remedy):
    data, test = rare(), rare(2000, seed=1)
    everything = torch.arange(len(data))
    plain, with_it = (
        fit(recipe, data, everything, test, seed=0)
        for recipe in (small(), apply(joined(remedy), small()))
    )
    before, after = (
        balanced_accuracy_score(test.y, replica.logits.argmax(1)) for replica in (plain, with_it)
    )
    assert after > before + 0.1
    assert with_it.facts["trained"] == 1.0


@pytest.mark.parametrize("batches", [1, 3, 7])
def test_batches_are_even(batches):
    rows = torch.randperm(len(Y))
    found = balanced(Y[rows], rows, batches, torch.Generator().manual_seed(0))
    counts = torch.stack([torch.bincount(Y[part], minlength=3) for part in found])
    assert counts.sum() == len(Y)
    assert ((counts.amax(1) - counts.amin(1)) <= 1).all()
    total = counts.sum(0)
    assert total.amax() - total.amin() <= 1
    drawn = torch.bincount(torch.cat(found), minlength=len(Y))
    for label in range(3):
        own = drawn[label == Y]
        assert own.amax() - own.amin() <= 1, "each example of a class as often as any other"


def test_more_classes_than_a_batch_has_room_for():
    y = torch.arange(50).repeat(4)
    found = balanced(y, torch.arange(200), 20, torch.Generator().manual_seed(1))
    assert all(torch.bincount(y[part]).max() == 1 for part in found)


def test_batches_depend_on_the_generator_alone():
    first, again, other = (
        torch.cat(balanced(Y, torch.arange(120), 4, torch.Generator().manual_seed(seed)))
        for seed in (3, 3, 4)
    )
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_series_are_drawn_evenly_too():
    y = np.array([0] * 80 + [1] * 8)
    data = from_series([k + RNG.normal(size=(RNG.integers(2, 9), 1)) for k in y], y)
    recipe = Recipe().model_with(name="recurrent", hidden=4)
    recipe = recipe.training_with(epochs=20, batch=8, balanced_sampling=True)
    replica = fit(recipe, data, torch.arange(88), data, seed=0)
    assert (replica.logits.argmax(1) == 1).mean() > 0.2, "8 in 88 are of this class"


@pytest.mark.parametrize("name", ["class_weight", "balanced_sampling"])
def test_numbers_and_tokens_have_no_classes(name):
    numbers = from_arrays(np.zeros((4, 8, 8), np.float32), np.arange(4.0), task="numbers")
    with pytest.raises(SteadfitError, match=rf"for classes, and .* is of numbers.*training.{name}"):
        fit(
            apply(joined(name), Recipe().model_with(name="mlp")),
            numbers,
            torch.arange(4),
            numbers,
            seed=0,
        )
    text = read("copy", length=4, train=20, test=6)
    language = Recipe().model_with(name="language", hidden=4, embedding=4)
    with pytest.raises(SteadfitError, match=rf"for classes, and .* is of tokens.*training.{name}"):
        fit(apply(joined(name), language), text, torch.arange(20), text, seed=0)


def test_the_two_are_not_joined():
    with pytest.raises(SteadfitError, match="both make rare classes count more"):
        apply(joined("class_weight+balanced_sampling"), small())


def test_a_rare_class_is_told():
    """One that has under a tenth of the most frequent one's examples; many classes are no sign."""
    (told,) = split(rare()).notes
    assert told.startswith(
        'The rarest class, "1", has 16 training examples, and the most frequent, "0", has 304.'
    )
    assert not split(from_arrays(RNG.normal(size=(110, 8, 8)), [0] * 100 + [1] * 10)).notes
    assert not split(from_arrays(RNG.normal(size=(90, 8, 8)), np.arange(90) % 30)).notes
    numbers = from_arrays(RNG.normal(size=(9, 8, 8)), np.arange(9.0), task="numbers")
    assert not split(numbers).notes
