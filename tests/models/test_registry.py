"""Settings of models: completed, checked, and refused with a sentence."""

import pytest

from steadfit import models
from steadfit.errors import SteadfitError
from steadfit.kinds import Text
from steadfit.recipe import Model, Recipe


@pytest.mark.parametrize("name", models.MODELS)
def test_complete_writes_every_default_once(name):
    model = models.complete(Model(name=name))
    assert model.settings == models.settings(name)
    assert list(model.settings) == sorted(model.settings)
    assert models.complete(model) == model


def test_a_default_written_out_gives_the_same_recipe():
    written = Model(name="convnet", settings={"width": 1, "depth": 2})  # 1 is the float 1.0
    plain = models.complete(Model(name="convnet"))
    assert Recipe(model=models.complete(written)).to_json() == Recipe(model=plain).to_json()


@pytest.mark.parametrize(
    ("name", "settings", "words"),
    [
        ("convnett", {}, ['no model "convnett"', 'mean "convnet"']),
        ("convnet", {"widht": 1.0}, ["setting of convnet", '"widht"', 'mean "width"']),
        ("convnet", {"width": True}, ["convnet: width", "number", "True"]),
        ("convnet", {"width": 0.0}, ["convnet: width", "greater than 0"]),
        ("convnet", {"width": "wide"}, ["convnet: width", "'wide'"]),
        ("convnet", {"dropout": 1.0}, ["convnet: dropout", "less than 1"]),
        ("convnet", {"depth": 2.0}, ["convnet: depth", "integer", "2.0"]),
        ("convnet", {"residual": 1}, ["convnet: residual", "boolean"]),
        ("convnet", {"norm": "bach"}, ["convnet: norm", "'none' or 'batch'", "'bach'"]),
    ],
)
def test_a_wrong_setting_gets_a_sentence(name, settings, words):
    with pytest.raises(SteadfitError) as caught:
        models.complete(Model(name=name, settings=settings))
    assert all(word in str(caught.value) for word in words), caught.value


@pytest.mark.parametrize(
    ("name", "settings", "words"),
    [
        ("convnet", {"depth": 4}, ["Layer 12", "MaxPool(K=2, S=2)", "1 + 2·0 = 1"]),
        ("resnet", {"depth": 21}, ["resnet", "6n + 2", "21", "nearest is 20"]),
        ("plain", {"depth": 22, "block": "bottleneck"}, ["plain", "9n + 2", "nearest is 20"]),
        ("mlp", {"depth": 1, "residual": True}, ["mlp", "got depth 1", "2 or more"]),
    ],
)
def test_a_model_that_cannot_be_built_says_why(name, settings, words):
    with pytest.raises(SteadfitError) as caught:
        models.build(Model(name=name, settings=settings), (1, 8, 8), 4)
    assert all(word in str(caught.value) for word in words), caught.value


@pytest.mark.parametrize("name", sorted(set(models.MODELS) - {"mlp", "linear", "table_resnet"}))
def test_a_row_of_numbers_is_no_image(name):
    with pytest.raises(
        SteadfitError,
        match=r"Layer 1, .* takes channels and one or two axes|takes series|"
        "language takes texts|bag takes texts",
    ):
        models.build(Model(name=name), (5,), 4)


@pytest.mark.parametrize("name", ["recurrent", "conv1d", "resnet1d", "conv_recurrent"])
def test_an_image_is_no_sequence(name):
    with pytest.raises(SteadfitError, match=r"takes series and texts, got an example of 1 x 8 x 8"):
        models.build(Model(name=name), (1, 8, 8), 4)


@pytest.mark.parametrize("name", ["mlp", "convnet", "flatten; linear 4"])
def test_a_text_needs_an_embedding(name):
    with pytest.raises(SteadfitError, match=r"does not take texts.* Use recurrent"):
        models.build(Model(name=name), Text(20, 17), 4)
