"""A person's function as the loss: what is learned by it, and what is wrong with it."""

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy, multi_margin_loss, one_hot

import steadfit as sf
from steadfit.data import from_table, read
from steadfit.errors import OwnCodeError, SteadfitError
from steadfit.recipe import Recipe, Training
from steadfit.study.engines import SerialEngine
from steadfit.training import RecipeLearner, fit
from steadfit.training.learned_loss import guessing

RNG = np.random.default_rng(0)
Y = np.arange(60) % 3
ROWS = from_table(RNG.normal(size=(60, 3)) + Y[:, None], Y)
RECIPE = Recipe().model_with(name="mlp", width=0.1).training_with(epochs=3, batch=16)


def same_as_ours(outputs, y):
    return cross_entropy(outputs, y)


def margin(outputs, y):
    return multi_margin_loss(outputs, y)


def lower_quarter(outputs, y):
    short = y - outputs
    return torch.maximum(0.25 * short, -0.75 * short).mean()


def of_squares(outputs, y):
    return (outputs.softmax(1) - one_hot(y, 3)).square().sum(1).mean()


def of_each(outputs, y):
    return cross_entropy(outputs, y, reduction="none")


def through_numpy(outputs, y):
    return torch.tensor(float(outputs.detach().mean()))


def failing(outputs, y):
    raise ValueError("no")


def with_loss(function, recipe=RECIPE):
    return recipe.training_with(own_loss=function)


def trained(data, recipe):
    return fit(recipe, data, torch.arange(len(data)), data, 0, "cpu")


def test_cross_entropy_of_ones_own_trains_the_same():
    ours, own = trained(ROWS, RECIPE), trained(ROWS, with_loss(same_as_ours))
    np.testing.assert_array_equal(ours.logits, own.logits)
    for fact in ("train_loss", "train_eval_loss", "beats_guessing"):
        assert own.facts[fact] == ours.facts[fact]
    assert not np.array_equal(ours.logits, trained(ROWS, with_loss(margin)).logits)


def test_a_quantile_loss_learns_the_quantile():
    y = RNG.normal(3, 2, 4000).astype(np.float32)
    rows = from_table(RNG.normal(size=(4000, 1)), y, task="numbers")
    recipe = Recipe().model_with(name="linear").training_with(epochs=20, batch=200)
    recipe = recipe.training_with(optimizer={"learning_rate": 0.05})
    found = trained(rows, with_loss(lower_quarter, recipe)).logits
    assert np.median(found) == pytest.approx(np.quantile(y, 0.25), abs=0.1)


def test_guessing_is_the_least_loss_of_one_answer():
    task, y = ROWS.schema.task, torch.tensor([0, 0, 0, 1, 1, 2])
    for own, ours in ((same_as_ours, Training()), (of_squares, Training(loss="brier"))):
        expected = task.guessing(y, ours)
        assert guessing(task, y, Training.of(own_loss=own)) == pytest.approx(expected, abs=1e-5)


def test_guessing_a_quantile_finds_it():
    rows = from_table(RNG.normal(size=(101, 1)), np.arange(101.0), task="numbers")
    y = torch.arange(101.0)[:, None]
    expected = float(lower_quarter(torch.full_like(y, 25.0), y))
    found = guessing(rows.schema.task, y, Training.of(own_loss=lower_quarter))
    assert found == pytest.approx(expected, rel=0.01)


def test_a_study_compares_it_and_keeps_replicas_by_its_source(tmp_path):
    def hinge(recipe):
        return with_loss(margin, recipe)

    done = sf.study(
        ROWS, recipe=RECIPE, remedies=[hinge], folds=2, repetitions=1, variance="none",
        reference=False, engine=SerialEngine(), out=tmp_path / "run",
    )  # fmt: skip
    assert [arm.name for arm in done.result.arms][:2] == ["baseline", "hinge"]
    assert done.result.arms[1].settings["training"]["own_loss"]["name"].endswith(":margin")
    assert done.result.repeats is True
    one, other = (RecipeLearner(with_loss(each)).identity for each in (margin, same_as_ours))
    assert one != other


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (failing, "failing raised ValueError: no"),
        (of_each, r"must give the mean loss of a batch, a tensor of one number, got shape \("),
        (through_numpy, "must give a loss that depends on the outputs"),
        (lambda outputs, y: 1.0, "a tensor of one number, got float"),
    ],
)
def test_what_is_wrong_is_said(function, said):
    with pytest.raises(OwnCodeError, match=said):
        trained(ROWS, with_loss(function))


@pytest.mark.parametrize(
    "training", [{"label_smoothing": 0.1}, {"class_weight": 1.0}, {"loss": "brier"}]
)
def test_what_changes_our_losses_is_refused_beside_it(training):
    recipe = with_loss(margin).training_with(**training)
    with pytest.raises(SteadfitError, match="and own_loss is in its place"):
        RecipeLearner(recipe).check(ROWS)


def test_a_language_model_has_none():
    text = read("copy", length=4, train=20, test=6)
    language = Recipe().model_with(name="language", hidden=4, embedding=4)
    with pytest.raises(SteadfitError, match="of examples with one answer each"):
        RecipeLearner(with_loss(margin, language)).check(text)
