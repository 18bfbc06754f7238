"""The bag of words: what it computes, and how it is trained where nothing is said."""

from itertools import pairwise

import numpy as np
import pytest
import torch

import steadfit as sf
from steadfit.data import from_texts
from steadfit.errors import SteadfitError
from steadfit.kinds import Text
from steadfit.models import build, parameters, usual_training
from steadfit.nn import Padded
from steadfit.recipe import Model, Recipe
from steadfit.training import RecipeLearner, fit

TEXTS = from_texts(
    [f"a {word} film number {n}" for n in range(30) for word in ("good", "bad")], [0, 1] * 30
)


def test_it_is_the_sum_of_its_words_over_the_root_of_their_number():
    module = build(Model(name="bag", settings={"embedding": 3}), Text(9, 4), 2).eval()
    tokens = torch.tensor([[2, 3, 3, 8], [5, 7, 0, 0]])
    vectors = next(p for name, p in module.named_parameters() if p.shape == (9, 3))
    last = next(part for part in module.modules() if isinstance(part, torch.nn.Linear))
    rows = [vectors[2] + 2 * vectors[3] + vectors[8], vectors[5] + vectors[7]]
    sums = torch.stack([rows[0] / 2, rows[1] / 2**0.5])
    found = module(Padded.of(tokens, torch.tensor([4, 2])))
    torch.testing.assert_close(found, sums @ last.weight.T + last.bias)


def test_pairs_of_neighbouring_words_add_their_vectors():
    """Word by word, in Python's own whole numbers."""
    module = build(Model(name="bag", settings={"embedding": 3, "pairs": 50}), Text(9, 4), 2).eval()
    words, pairs, line, bias = module.parameters()
    torch.nn.init.normal_(pairs[1:].detach())
    rows = [[2, 3, 3, 8], [5, 1, 7, 0]]
    sums = []
    for row in rows:
        row = [token for token in row if token]
        vectors = [words[token] for token in row]
        for one, two in pairwise(row):
            if min(one, two) > 1:
                vectors.append(pairs[(one * 1_000_003 + two) % 50 + 1])
        sums.append(torch.stack(vectors).sum(0) / len(row) ** 0.5)
    found = module(Padded.of(torch.tensor(rows), torch.tensor([4, 3])))
    torch.testing.assert_close(found, torch.stack(sums) @ line.T + bias)
    shape = Text(9, 4)
    assert parameters(Model(name="bag", settings={"embedding": 3, "pairs": 50}), shape, 2) == sum(
        p.numel() for p in module.parameters()
    )


def test_pairs_tell_what_no_word_tells(tmp_path):
    """Which of two words comes first: of the words alone half the texts are wrong."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 300)
    others = rng.choice(list("cdefghijklmnop"), (300, 4))
    texts = [" ".join([*row, ["a b", "b a"][k]]) for row, k in zip(others, y, strict=True)]
    data = from_texts(texts, y)
    done = [
        sf.fit(data, "bag", settings={"pairs": pairs, "embedding": 8}, training={"epochs": 40},
               reference=False, out=tmp_path / f"{pairs}")
        for pairs in (0, 64)
    ]  # fmt: skip
    assert done[0].error is not None
    assert done[1].error is not None
    assert done[0].error > 0.3
    assert done[1].error < 0.05


def test_the_order_of_words_is_nothing_to_it():
    module = build(Model(name="bag"), Text(9, 4), 2).eval()
    one, other = (module(Padded(torch.tensor([row]))) for row in ([2, 3, 4], [4, 2, 3]))
    torch.testing.assert_close(one, other)
    with pytest.raises(SteadfitError, match="bag takes texts"):
        build(Model(name="bag"), (2, 5), 2)


def test_texts_are_a_bag_by_default_in_its_usual_training(tmp_path):
    given = {"augmentation": {"own": None}, "epochs": 2}
    chosen = sf.fit(TEXTS, training=given, out=tmp_path / "run").model.facts.recipe
    assert chosen.model.name == "bag"
    assert chosen.training.epochs == 2
    assert chosen.training.refit
    assert chosen.training.augmentation.word_dropout == 0.5
    assert (
        chosen.training.optimizer.learning_rate
        == usual_training("bag")["optimizer"]["learning_rate"]
    )
    other = sf.fit(TEXTS, "recurrent", training={"epochs": 1}, out=tmp_path / "other")
    assert not other.model.facts.recipe.training.refit


def test_numbers_have_no_temperature(tmp_path):
    lengths = from_texts(
        ["so " * (1 + n % 7) + f"few words {n}" for n in range(60)],
        np.array([1.0 + n % 7 for n in range(60)]), task="numbers",
    )  # fmt: skip
    chosen = sf.fit(lengths, training={"epochs": 2}, out=tmp_path / "run").model.facts.recipe
    assert (chosen.model.name, chosen.training.calibrate, chosen.training.refit) == (
        "bag",
        0,
        False,
    )


NOISY = from_texts(
    [f"a {word} film number {n}" for n in range(30) for word in ("good", "bad")],
    np.arange(60) % 2 ^ (np.random.default_rng(0).random(60) < 0.3),
)


def trained(**training):
    recipe = Recipe().model_with(name="bag").training_with(epochs=4, batch=8, **training)
    return fit(recipe, NOISY, torch.arange(60), NOISY, 0)


def test_a_refit_is_the_training_on_all_with_the_temperature_of_what_was_held_out():
    held, whole = trained(calibrate=0.2), trained()
    again = trained(calibrate=0.2, refit=True)
    temperature = held.facts["temperature"]
    assert again.facts["temperature"] == temperature != 1.0
    np.testing.assert_allclose(again.logits, whole.logits / temperature, rtol=1e-5)
    assert again.preparation["vocabulary"] == whole.preparation["vocabulary"]
    for name, weights in whole.weights.items():
        torch.testing.assert_close(again.weights[name], weights)


def test_a_refit_ends_after_as_many_epochs_as_were_best():
    stopping = {"share": 0.2, "patience": 1}
    stopped = trained(early_stopping=stopping, optimizer={"learning_rate": 0.5})
    again = trained(early_stopping=stopping, optimizer={"learning_rate": 0.5}, refit=True)
    best = int(np.argmin(stopped.curves["validation_loss"])) + 1
    assert again.facts["epochs"] == best < 4
    # Whether it has trained is told by the training that something was held out of.
    assert again.curves == stopped.curves
    assert again.facts["still_falling"] == stopped.facts["still_falling"]


def test_a_refit_of_nothing_is_refused():
    recipe = Recipe().model_with(name="bag").training_with(refit=True)
    with pytest.raises(SteadfitError, match="refit trains anew on what was held out"):
        RecipeLearner(recipe).check(TEXTS)


def test_remedies_that_are_in_its_usual_training_are_not_tried():
    from steadfit.api.recipes import recipe_of, usual_remedies

    tried = usual_remedies(TEXTS, recipe_of(TEXTS, None, None, None, None))
    assert "dropout" in tried
    assert "word_dropout" not in tried
    other = usual_remedies(TEXTS, recipe_of(TEXTS, None, "recurrent", None, None))
    assert "word_dropout" in other
