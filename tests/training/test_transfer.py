"""Frozen, tuned and scratch: what is learned, what is kept, and what is handed over."""

from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from torch import nn

import steadfit as sf
from steadfit.data import Dataset, from_arrays
from steadfit.errors import SteadfitError
from steadfit.models import complete, pretrained
from steadfit.recipe import Model, Recipe
from steadfit.training import RecipeLearner, fit, trained_model
from steadfit.training.features import features_of

SIDE = 12


class Seer(nn.Module):
    """Features of images, and how often they were computed."""

    seen = 0

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 8, 3, stride=2, padding=1), nn.ReLU(), nn.Conv2d(8, 16, 3, padding=1)
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        raise NotImplementedError


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEADFIT_CACHE", str(tmp_path / "cache"))


def photos(count: int = 80, seed: int = 0) -> Dataset:
    """Two classes, that differ by how bright a corner is."""
    rng = np.random.default_rng(seed)
    x = rng.integers(0, 200, (count, SIDE, SIDE, 3), dtype=np.uint8)
    y = np.arange(count) % 2
    x[y == 1, :6, :6] += 50
    return from_arrays(x, y.tolist(), layout="channels_last")


def recipe_of(network, **settings) -> Recipe:
    model = Model(name=network.name, settings=settings, network=network)
    return Recipe(model=complete(model)).training_with(epochs=3)


@pytest.fixture
def network():
    torch.manual_seed(0)
    return pretrained(Seer(), size=SIDE)


def test_a_frozen_network_gives_what_logistic_regression_on_its_features_gives(network) -> None:
    """scikit-learn's, on the same features, scaled by its own means and deviations."""
    data = photos()
    everything = torch.arange(len(data))
    recipe = recipe_of(network).training_with(
        epochs=300, batch=80, penalties={"l2": 0.05}, optimizer={"learning_rate": 0.02}
    )
    replica = fit(recipe, data, everything, data, seed=0)
    seer = network.source.code.what
    x = (data.x.float() / 255 - torch.tensor([0.485, 0.456, 0.406])[:, None, None]) / torch.tensor(
        [0.229, 0.224, 0.225]
    )[:, None, None]
    with torch.no_grad():
        features = seer.features(x).mean((2, 3)).double().numpy()
    scaled = (features - features.mean(0)) / features.std(0)
    # mean loss + l2 * |W|^2 of two rows, which at the best are w/2 and -w/2: l2 * |w|^2 / 2
    rival = LogisticRegression(C=1 / (0.05 * len(data)), tol=1e-8).fit(scaled, data.y.numpy())
    log_odds = replica.logits[:, 1] - replica.logits[:, 0]
    np.testing.assert_allclose(log_odds, rival.decision_function(scaled), atol=0.02)
    assert set(replica.weights) == {
        *("network.mean", "network.std"),
        *(name for name in replica.weights if name.startswith("network.head.")),
    }


def test_features_are_computed_once_an_image(network, monkeypatch: pytest.MonkeyPatch) -> None:
    counted: list[int] = []
    before = nn.Sequential.forward

    def forward(self, x):
        if isinstance(self[0], nn.Conv2d):
            counted.append(len(x))
        return before(self, x)

    monkeypatch.setattr(nn.Sequential, "forward", forward)
    data, settings = photos(), complete(Model(name="x", network=network)).settings
    whole = features_of(network, settings, data)
    assert sum(counted) == 80 + 1  # one blank image tells how many features there are
    counted.clear()
    again = features_of(network, settings, data.take(torch.tensor([5, 3])))
    assert not counted
    assert torch.equal(again.x, whole.x[[5, 3]])
    features_of(network, settings, photos(seed=1).take(torch.arange(7)))
    assert sum(counted) == 7 + 1
    counted.clear()
    other = pretrained(Seer(), size=SIDE)  # other weights
    assert not torch.equal(features_of(other, settings, data).x, whole.x)
    assert sum(counted) == 80 + 1


def test_a_damaged_file_of_features_is_computed_again(network, tmp_path: Path) -> None:
    data, settings = photos(), complete(Model(name="x", network=network)).settings
    whole = features_of(network, settings, data)
    [file] = (tmp_path / "cache" / "features").glob("*/*.safetensors")
    file.write_bytes(file.read_bytes()[:100])
    assert torch.equal(features_of(network, settings, data).x, whole.x)


@pytest.mark.parametrize("learn", ["frozen", "tuned", "scratch"])
def test_the_model_predicts_as_its_replica_did(network, learn: str, tmp_path: Path) -> None:
    """The replica of a frozen one saw kept features, the model sees images."""
    data = photos()
    recipe = recipe_of(network, learn=learn)
    replica = fit(recipe, data, torch.arange(40), data, seed=0)
    model = trained_model(recipe, data, [replica])
    np.testing.assert_allclose(model.logits(data.x)[0], replica.logits, atol=2e-4)
    told = network.source.code.what.features[0].weight
    mine = model.module.network.backbone.network.features[0].weight
    assert torch.equal(told, mine) == (learn == "frozen")
    model.save(tmp_path / "model")
    alone = sf.TrainedModel.load(tmp_path / "model")  # by its graph, without its code
    np.testing.assert_allclose(alone.logits(data.x), model.logits(data.x), atol=1e-4)


def test_a_tuned_network_begins_with_the_head_that_learned_on_its_features(network) -> None:
    """With a rate of nearly nothing it stays there."""
    data = photos()
    everything = torch.arange(len(data))
    still = {"optimizer": {"learning_rate": 1e-9}}
    frozen = fit(recipe_of(network), data, everything, data, seed=0)
    from steadfit.training import transfer

    start = {k.removeprefix("network."): v for k, v in frozen.weights.items()}
    from dataclasses import replace

    recipe = recipe_of(replace(network, start=start), learn="tuned").training_with(**still)
    tuned = transfer.fitting.fit(recipe, data, everything, data, seed=0)
    np.testing.assert_allclose(tuned.logits, frozen.logits, atol=1e-3)


def test_adam_moves_a_tuned_network_by_its_share_of_the_rate(network) -> None:
    """The first step of Adam is the rate, whatever the gradient (Kingma and Ba 2015, section 2)."""
    data = photos()
    recipe = recipe_of(network, learn="tuned", slower=0.1).training_with(
        epochs=1, batch=80, optimizer={"learning_rate": 0.01, "schedule": "constant", "warmup": 0.0}
    )
    replica = fit(recipe, data, torch.arange(len(data)), data, seed=0)
    told = network.source.code.what.features
    moved = {
        name: (replica.weights[f"network.backbone.network.features.{name}"] - value).abs().max()
        for name, value in told.state_dict().items()
    }
    assert float(moved["2.bias"]) == pytest.approx(0.01 * 0.1, rel=1e-3)
    assert float(moved["0.weight"]) == pytest.approx(0.01 * 0.1 * 0.1 ** (3 / 4), rel=1e-3)


def test_what_does_not_go_together_is_refused(network) -> None:
    data = photos()
    changed = recipe_of(network).training_with(augmentation={"flip": True})
    with pytest.raises(SteadfitError, match="once an image"):
        RecipeLearner(changed).check(data)
    RecipeLearner(recipe_of(network, learn="tuned")).check(data)
    table = from_arrays([[0.0, 1.0], [2.0, 3.0]], [0, 1])
    with pytest.raises(SteadfitError, match="takes images"):
        RecipeLearner(recipe_of(network)).check(table)


def test_a_study_compares_the_ways_as_arms(network, tmp_path: Path) -> None:
    study = sf.study(
        photos(60),
        network,
        ["tuned", "scratch", "dropout=0.2"],
        training={"epochs": 1},
        repetitions=1,
        folds=2,
        variance="none",
        reference=False,
        processes=1,
        out=tmp_path / "run",
    )
    learns = {arm.name: arm.settings["model"]["settings"]["learn"] for arm in study.result.arms}
    assert learns == {
        "baseline": "frozen",
        "tuned": "tuned",
        "scratch": "scratch",
        "dropout=0.2": "frozen",
    }
    assert any("stays as it is" in note for note in study.notes)
    assert study.model is not None
    assert study.model.predict(photos(5).x).shape == (5,)
    sf.TrainedModel.load(tmp_path / "run")


def test_the_usual_remedies_of_a_frozen_network_change_no_image(network) -> None:
    from steadfit.api.recipes import recipe_of as chosen
    from steadfit.api.recipes import usual_remedies

    data = photos()
    found = chosen(data, None, network, None, None)
    assert found.recipe.training.penalties.l2 == 0.03
    remedies = usual_remedies(data, found)
    assert "augment" not in remedies
    assert "l2" not in remedies
    tuned = chosen(data, None, network, {"learn": "tuned"}, None)
    assert "augment" in usual_remedies(data, tuned)
