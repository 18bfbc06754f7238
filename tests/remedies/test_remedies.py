"""The contract that every remedy keeps, run over the registry."""

import inspect
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

import steadfit as sf
from models.vision import declare_operators
from steadfit.cells import CELLS
from steadfit.data import Dataset, from_arrays, from_series, from_texts, read
from steadfit.errors import SteadfitError
from steadfit.models import complete, pretrained
from steadfit.recipe import Model, Recipe
from steadfit.remedies import REMEDIES, Remedy, check_kind, joined, name_of
from steadfit.remedies import apply as apply_to
from steadfit.training import fit

BASE = Recipe().model_with(name="mlp", width=0.1).training_with(epochs=6, batch=16)


SEQUENCES = BASE.but(model=Model(name="recurrent", settings={"hidden": 8, "embedding": 8}))
LANGUAGE = SEQUENCES.but(model=Model(name="language", settings={"hidden": 8, "embedding": 6}))
OF_TEXTS = ("word_dropout",)
OF_TOKENS = ("embedding_dropout", "weight_tying")
OF_SEQUENCES = (
    *("cell", "bidirectional", "recurrent_dropout", "zoneout", "weight_drop", "layer_norm"),
    *("jitter", "crop"),
)


def apply(text: str, recipe: Recipe) -> tuple[str, Recipe]:
    """The full name, and the recipe with these remedies."""
    remedies = joined(text)
    return name_of(remedies), apply_to(remedies, recipe)


OF_PRETRAINED = {"frozen": "scratch", "tuned": "scratch", "scratch": "frozen"}  # to begin with


def tried_on(remedy: str) -> tuple[Recipe, Dataset]:
    """A baseline and data that the remedy is for."""
    if remedy in OF_TEXTS:
        return SEQUENCES, texts()
    if remedy in OF_PRETRAINED:
        network = pretrained(nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU()), size=8)
        settings = {"learn": OF_PRETRAINED[remedy]}
        model = complete(Model(name=network.name, settings=settings, network=network))
        return Recipe(model=model).training_with(epochs=2), data()
    if remedy == "randaugment":
        declare_operators()
        plain = data()
        return BASE, replace(plain, x=(64 * (plain.x - plain.x.min())).clamp_max(255).byte())
    if remedy in OF_TOKENS:
        return LANGUAGE, read("copy", length=2, train=90, test=2)
    return (SEQUENCES, series()) if remedy in OF_SEQUENCES else (BASE, data())


def series():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, 90)
    return from_series([k + rng.normal(size=(rng.integers(2, 12), 2)) for k in y], y)


def texts():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 90)
    return from_texts([" ".join(rng.choice(list("abcdef"), 9)) + " xy"[k] for k in y], y)


def data():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, 90)
    x = rng.normal(size=(90, 8, 8)).astype(np.float32)
    x[np.arange(90), y] += 2
    return from_arrays(x, y)


@pytest.mark.parametrize("name", REMEDIES)
def test_a_remedy_changes_the_recipe_and_what_is_learned(name):
    base, examples = tried_on(name)
    full, recipe = apply(name, base)
    assert full.partition("=")[0] == name
    assert recipe != base
    assert Recipe.from_json(recipe.to_json()).to_json() == recipe.to_json()
    assert apply(full, base) == (full, recipe), "the full name means the same"
    if name in (
        "clip",
        "max_norm",
    ):  # the defaults act on larger ones than these
        _, recipe = apply(f"{name}=0.01", base)
    everything = torch.arange(90)
    with_it, without = (fit(r, examples, everything, examples, seed=0) for r in (recipe, base))
    assert np.isfinite(with_it.logits).all()
    if name == "early_stopping":
        assert "validation_loss" in with_it.curves
    assert not np.array_equal(with_it.logits, without.logits)


@pytest.mark.parametrize(
    ("text", "name", "threshold"),
    [
        ("clip=1e+3", "clip=1000", 1e3),
        ("clip=1e6 + l2", "clip=1000000+l2=0.001", 1e6),
        ("clip=0.123456789", "clip=0.123456789", 0.123456789),
        ("l2=1e-05+clip=+.5", "l2=0.00001+clip=0.5", 0.5),
        ("clip=1e38", "clip=1e38", 1e38),
    ],
)
def test_a_full_name_has_every_digit_and_is_read_again(text, name, threshold):
    """The second round of a study is made of the first one's names."""
    full, recipe = apply(text, BASE)
    assert (full, recipe.training.clip) == (name, threshold)
    assert apply(full, BASE) == (full, recipe)


@pytest.mark.parametrize("name", CELLS)
def test_every_cell_is_an_arm(name):
    base, examples = tried_on("cell")
    full, recipe = apply(f"cell={name}", base)
    assert full == f"cell={name}"
    replica = fit(recipe, examples, torch.arange(90), examples, seed=0)
    assert np.isfinite(replica.logits).all()


def test_an_unknown_cell_is_a_sentence():
    with pytest.raises(SteadfitError, match=r'no cell "gruu". did you mean "gru"'):
        apply("cell=gruu", SEQUENCES)


@pytest.mark.parametrize("name", REMEDIES)
def test_a_remedy_is_documented_and_typed(name):
    remedy = REMEDIES[name]
    assert remedy.__name__ == name
    assert remedy.__doc__
    for parameter in list(inspect.signature(remedy).parameters.values())[1:]:
        assert isinstance(parameter.default, int | float | str), (
            "the default strength is documented"
        )


def test_joined_remedies_do_what_each_does():
    name, both = apply("l2=0.01+dropout=0.3", BASE)
    assert name == "l2=0.01+dropout=0.3"
    assert both.training == apply("l2=0.01", BASE)[1].training
    assert both.model == apply("dropout=0.3", BASE)[1].model


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("dropuot", 'no remedy "dropuot". Did you mean "dropout"?'),
        ("dropout=much", 'takes a number .*, got "much"'),
        ("early_stopping=1.5", 'takes a whole number .*, got "1.5"'),
        ("residual=2", "takes no strength"),
        ("l2+l2=0.1", "names the remedy l2 twice"),
        ("l2=-1", r"penalties.l2|l2 must be greater"),
        ("dropout=1.5", "dropout"),
        ("", "no remedy"),
    ],
)
def test_what_cannot_be_applied_is_a_sentence(text, sentence):
    with pytest.raises(SteadfitError, match=sentence):
        apply(text, BASE)


def test_a_remedy_that_the_model_has_no_setting_for():
    with pytest.raises(SteadfitError, match=r'"residual" does not fit flatten; linear 3'):
        apply("residual", Recipe().model_with(name="flatten; linear 3"))


def test_smaller_multiplies_the_width_there_is():
    assert apply("smaller=0.5", BASE)[1].model.settings["width"] == pytest.approx(0.05)


def test_width_sets_what_smaller_multiplies():
    assert apply("width=0.5", BASE)[1].model.settings["width"] == 0.5
    listed = Recipe().model_with(name="flatten; linear 8; relu; linear 3")
    assert apply("width=0.5", listed)[1].model.settings["width"] == 0.5


@pytest.mark.parametrize(
    ("text", "both"),
    [
        ("noise=0.3+augment=1", "both set training.augmentation.noise"),
        ("smaller=0.5+width=2", "both set model.settings.width"),
        ("early_stopping+average", "both choose the weights that are kept"),
    ],
)
def test_remedies_that_set_the_same_are_not_joined(text, both):
    with pytest.raises(SteadfitError, match=rf"{both}.*Join only one of them"):
        apply(text, BASE)


def test_a_list_a_text_and_objects_mean_the_same():
    def halved(recipe: Recipe, factor: float = 0.5) -> Recipe:
        return recipe.model_with(width=factor)

    assert joined(["l2", "dropout=0.3"]) == joined("l2+dropout=0.3")
    own = joined([Remedy.of("l2"), halved])
    assert name_of(own) == "l2=0.001+halved=0.5"
    assert apply_to(own, BASE).model.settings["width"] == 0.5


def test_a_remedy_of_another_kind_is_refused(tmp_path):
    with pytest.raises(SteadfitError, match=r"jitter is for series, and .* are images. Name noise"):
        sf.fit(data(), "linear", "l2+jitter", out=tmp_path / "fit")
    with pytest.raises(SteadfitError, match="jitter is for series"):
        sf.study(data(), "linear", ["jitter"], out=tmp_path / "study")
    check_kind(joined("jitter"), series().schema.kind.name)
