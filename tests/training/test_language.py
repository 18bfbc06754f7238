"""Language models: what is carried from window to window, what is learned, what is written."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy

from steadfit.api.recipes import recipe_of
from steadfit.data import Dataset, Ragged, fit_preparation, from_texts, points, read, split
from steadfit.errors import SteadfitError
from steadfit.kinds import RESERVED, Text
from steadfit.models import build, complete
from steadfit.nn import Embedding, Padded
from steadfit.recipe import Recipe
from steadfit.tasks.tokens import windows
from steadfit.training import TrainedModel, continuation, fit, trained_model


def chain(stay: float, steps: int, seed: int = 0) -> str:
    """A text of a and b: each the same as the one before with probability `stay`."""
    change = np.random.default_rng(seed).random(steps) >= stay
    return "".join("ab"[k] for k in change.cumsum() % 2)


def text(folder: Path, content: str, block: int, unit: str = "characters") -> Dataset:
    (folder / "a.txt").write_text(content)
    return read(folder / "a.txt", block=block, unit=unit)


def small(**settings) -> Recipe:
    recipe = Recipe().model_with(name="language", **{"hidden": 16, "embedding": 8, **settings})
    rate = {"learning_rate": 0.02}
    return recipe.training_with(epochs=5, batch=4, truncation=20, clip=1.0, optimizer=rate)


def trained(recipe: Recipe, data: Dataset, seed: int = 0):
    return fit(recipe, data, torch.arange(len(data)), data, seed)


@pytest.mark.parametrize("settings", [{}, {"cell": "lstm", "depth": 2, "residual": True}])
def test_windows_say_what_the_whole_text_does(tmp_path, settings):
    data = text(tmp_path, chain(0.7, 901), 100)
    recipe = small(**settings)
    replica = trained(recipe, data)
    module, preparation = trained_model(recipe, data, [replica]).members[0]
    assert isinstance(data.x, Ragged)
    whole = module(Padded(preparation.inputs(data.x).padded())).values
    for size in (1, 7, 100):
        parts = windows(Padded(preparation.inputs(data.x).padded()), size)
        again = torch.cat([module(part).values for part in parts], 1)
        torch.testing.assert_close(again, whole, rtol=0, atol=1e-5)
    np.testing.assert_allclose(replica.logits, whole.flatten(0, 1).detach(), rtol=0, atol=1e-5)
    loss = cross_entropy(whole.flatten(0, 1), data.y.flatten())
    assert replica.facts["test_loss"] == pytest.approx(float(loss.detach()), abs=1e-5)


def test_no_gradient_goes_back_beyond_a_window():
    layer = torch.nn.Linear(1, 1)
    seen = []
    for part in windows(Padded(torch.ones(2, 6)), 3):
        assert part.states is not None
        seen.append({key: state.requires_grad for key, state in part.states.items()})
        part.states[layer] = layer(part.values[:, :1])
    assert seen == [{}, {layer: False}]


@pytest.mark.parametrize(("block", "epochs"), [(1000, 20), (256, 80), (100, 160)])
def test_few_windows_get_as_many_epochs_as_make_the_least_steps(tmp_path, block, epochs):
    """One batch of two blocks: of 8 windows of 128 characters, of 2, and of 1."""
    data = text(tmp_path, chain(0.7, 2 * block + 1), block)
    assert recipe_of(data, None, None, None, None).recipe.training.epochs == epochs
    named = recipe_of(
        data, None, None, None, {"epochs": 3, "optimizer": {"warmup": 0.2}}
    ).recipe.training
    assert (named.epochs, named.optimizer.warmup) == (3, 0.2)
    assert (named.optimizer.learning_rate, named.clip) == (0.005, 1.0)
    half = recipe_of(data, None, None, None, {"truncation": 64}).recipe.training.epochs
    assert half == max(20, epochs // 2)


def test_the_entropy_of_a_chain_is_reached(tmp_path):
    """No model of the text has a loss below the chain's entropy, and a trained one is near it."""
    parts = split(text(tmp_path, chain(0.9, 40_000), 200), 0.25)
    replica = fit(small(), parts.train, torch.arange(len(parts.train)), parts.test, 0)
    tested = points(parts.test)
    stays = tested.y[1:] == tested.y[:-1]
    entropy = -float(torch.where(stays, torch.tensor(0.9), torch.tensor(0.1)).log().mean())
    assert replica.facts["test_loss"] == pytest.approx(entropy, abs=0.01)


def test_the_state_is_carried_in_training(tmp_path):
    """What comes is told by a letter seven steps before: windows of two must carry it there."""
    rng = np.random.default_rng(0)
    told = "".join(f"{k}{'.' * 6}{k}" for k in rng.choice(list("ab"), 400))
    data = text(tmp_path, told, 64)
    rate = {"learning_rate": 0.05}
    recipe = small(hidden=24).training_with(epochs=12, truncation=8, optimizer=rate)
    replica = trained(recipe, data)
    assert replica.facts["test_loss"] < 1.3 * np.log(2) / 8  # one bit in eight letters is new


def test_a_replica_is_a_function_of_its_arguments(tmp_path):
    data = text(tmp_path, chain(0.7, 2001), 100)
    recipe = small(dropout=0.2, embedding_dropout=0.2, weight_drop=0.2, tied=True)
    first, again, other = (trained(recipe, data, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.logits, again.logits)
    assert not np.array_equal(first.logits, other.logits)


def test_the_last_shorter_block_counts_by_its_tokens(tmp_path):
    data = text(tmp_path, chain(0.7, 131), 100)  # blocks of 100 and 30
    replica = trained(small(), data)
    assert replica.logits.shape == (130, 2)
    loss = cross_entropy(torch.from_numpy(replica.logits), points(data).y)
    assert replica.facts["test_loss"] == pytest.approx(float(loss), abs=1e-5)


@pytest.mark.parametrize("tied", [False, True])
def test_scores_begin_at_the_frequencies(tmp_path, tied):
    """A network whose states say nothing yet has the loss of the tokens' entropy."""
    data = text(tmp_path, "abacabad" * 50 + "e", 100)
    module = build(complete(small(tied=tied).model), Text(5 + RESERVED, 100), 5)
    data.schema.task.begin(module, data.y)
    module.get_parameter("recurrence1.layer.weight_ih_l0").data.zero_()
    module.get_parameter("recurrence1.layer.weight_hh_l0").data.zero_()
    module.get_parameter("recurrence1.layer.bias_l0").data.zero_()
    preparation = fit_preparation(data, torch.arange(len(data)))
    assert isinstance(data.x, Ragged)
    logits = module(Padded(preparation.inputs(data.x).padded())).values.flatten(0, 1)
    loss = float(cross_entropy(logits.detach(), data.y.flatten()))
    assert loss == pytest.approx(data.schema.task.guessing(data.y, Recipe().training), rel=1e-5)


def test_tied_scores_are_the_embeddings_weights(tmp_path):
    data = text(tmp_path, "abcd" * 200, 50)
    tied, free = (trained(small(tied=tied, embedding=16), data) for tied in (True, False))
    assert free.facts["parameters"] - tied.facts["parameters"] == 4 * 16
    assert tied.weights["scores1.module.bias"].shape == (4,)
    made = trained_model(small(tied=True), data, [tied])
    made.save(tmp_path / "model")
    loaded = TrainedModel.load(tmp_path / "model")
    module, preparation = loaded.members[0]
    assert isinstance(data.x, Ragged)
    again = module(Padded(preparation.inputs(data.x).padded())).values.flatten(0, 1)
    np.testing.assert_allclose(again[: len(tied.logits)].detach(), tied.logits, atol=1e-5)
    vectors = tied.weights["embedding1.module.weight"]
    assert vectors.shape == (4 + RESERVED, 16)


def test_embedding_dropout_takes_a_token_out_everywhere():
    layer = Embedding(6, 3, dropout=0.5)
    out = layer(torch.tensor([[1, 2, 1], [2, 1, 5]]))
    kept = (out != 0).any(-1)
    assert kept[0, 0] == kept[0, 2] == kept[1, 1]
    assert kept[0, 1] == kept[1, 0]
    means = torch.stack([layer(torch.tensor([3])) for _ in range(2000)]).mean(0)
    torch.testing.assert_close(means, layer.eval()(torch.tensor([3])), rtol=0.15, atol=0.1)


def test_a_text_is_continued(tmp_path):
    data = text(tmp_path, "abcd" * 500, 100)
    recipe = small()
    model = trained_model(recipe, data, [trained(recipe, data, seed) for seed in (0, 1)])
    assert continuation(model, "ab", 10, temperature=0) == "cdabcdabcd"
    drawn = [continuation(model, "a", 30, temperature=3.0, seed=seed) for seed in (0, 0, 1)]
    assert drawn[0] == drawn[1] != drawn[2]
    assert continuation(model, "ab", 4, temperature=5e-324) == "cdab"


def test_words_are_continued_with_spaces(tmp_path):
    data = text(tmp_path, "to be or not " * 200, 50, "words")
    model = trained_model(small(), data, [trained(small(), data)])
    assert continuation(model, "To be", 3, temperature=0) == "or not to"


@pytest.mark.parametrize(
    ("prompt", "options", "sentence"),
    [
        ("", {}, "The prompt must have at least one of the characters"),
        ("abx", {}, "the training text has, got others: 'x'. Leave them out"),
        ("a", {"length": 0}, "number of tokens must be 1 or more"),
        ("a", {"top_k": 0}, "top_k must be 1 or more"),
        ("a", {"top_p": 0.0}, "top_p must be above 0"),
        ("a", {"top_p": 1.5}, "top_p must be above 0 and at most 1"),
        ("a", {"top_p": float("nan")}, "top_p must be above 0"),
        ("a", {"seed": -1}, "seed must be 0 or more"),
        ("a", {"seed": 2**64}, "seed must be below"),
        ("a", {"temperature": -1.0}, "temperature must be 0 or more"),
        ("a", {"temperature": float("nan")}, "temperature must be 0 or more"),
    ],
)
def test_what_cannot_be_continued_is_said(tmp_path, prompt, options, sentence):
    data = text(tmp_path, chain(0.5, 101), 50)
    model = trained_model(small(), data, [trained(small(), data)])
    with pytest.raises(SteadfitError, match=sentence):
        continuation(model, prompt, **{"length": 5, **options})
    assert isinstance(data.x, Ragged)
    with pytest.raises(SteadfitError, match="continues a text"):
        model.predict(data.x)


def test_models_and_tasks_that_do_not_go_together_are_said(tmp_path):
    tokens, labels = text(tmp_path, chain(0.5, 101), 50), from_texts(["a b", "b a"] * 4, [0, 1] * 4)
    with pytest.raises(SteadfitError, match=r"an answer at every step.*Use language"):
        trained(Recipe().model_with(name="recurrent"), tokens)
    with pytest.raises(SteadfitError, match=r"an answer once an example.*Use recurrent"):
        trained(small(), labels)
