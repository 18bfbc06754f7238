import json

import numpy as np
import pytest
import torch

from steadfit.data import read, split
from steadfit.errors import SteadfitError
from steadfit.recipe import Recipe
from steadfit.training import TrainedModel, fit, trained_model


@pytest.fixture(scope="module")
def parts():
    return split(read("digits", limit=300))


@pytest.fixture(scope="module")
def replicas(parts):
    recipe = Recipe().model_with(name="mlp").training_with(epochs=2)
    everything = torch.arange(len(parts.train))
    return recipe, [fit(recipe, parts.train, everything, parts.test, seed) for seed in (0, 1)]


def test_a_saved_model_predicts_as_its_replica_did(parts, replicas, tmp_path):
    recipe, (first, _) = replicas
    trained_model(recipe, parts.train, [first]).save(tmp_path / "model")
    model = TrainedModel.load(tmp_path / "model")
    np.testing.assert_array_equal(model.logits(parts.test.x)[0], first.logits)
    expected = np.array(parts.train.classes)[first.logits.argmax(1)]
    np.testing.assert_array_equal(model.predict(parts.test.x), expected)


def test_a_folder_may_be_a_text(parts, replicas, tmp_path):
    recipe, (first, _) = replicas
    model = trained_model(recipe, parts.train, [first])
    model.save(f"{tmp_path}/model")
    again = TrainedModel.load(f"{tmp_path}/model")
    np.testing.assert_array_equal(again.logits(parts.test.x), model.logits(parts.test.x))


def test_an_ensemble_is_the_centre_of_the_decomposition(parts, replicas):
    recipe, both = replicas
    model = trained_model(recipe, parts.train, both)
    logs = torch.stack([torch.from_numpy(r.logits).double().log_softmax(1) for r in both])
    centre = logs.mean(0).exp()
    centre = centre / centre.sum(1, keepdim=True)
    np.testing.assert_allclose(model.probabilities(parts.test.x), centre.numpy(), atol=1e-12)


def test_passes_with_dropout_spread_as_reckoned(parts):
    """Of a linear net: the variance of a logit is sum_j (w_j x_j)^2 p / (1 - p), its mean the logit
    without dropout."""
    recipe = Recipe().model_with(name="flatten; dropout 0.2; linear 10").training_with(epochs=1)
    replica = fit(recipe, parts.train, torch.arange(len(parts.train)), parts.test, seed=0)
    model = trained_model(recipe, parts.train, [replica])
    x = parts.test.x[:20]
    passes = model.sampled_logits(x, passes=4000, seed=1)
    _, preparation = model.members[0]
    pixels = preparation.inputs(x).flatten(1).numpy()
    terms = replica.weights["linear1.weight"].numpy() * pixels[:, None]
    reckoned = (terms**2).sum(-1) * 0.2 / 0.8
    np.testing.assert_allclose(passes.var(0, ddof=1).sum(), reckoned.sum(), rtol=0.03)
    far = (passes.mean(0) - model.logits(x)[0]) / np.sqrt(reckoned / 4000)
    assert abs(far).max() < 5
    np.testing.assert_array_equal(passes, model.sampled_logits(x, passes=4000, seed=1))


def test_passes_need_something_that_is_dropped(parts, replicas):
    recipe, both = replicas
    model = trained_model(recipe, parts.train, both)
    with pytest.raises(SteadfitError, match="no dropout"):
        model.sampled_logits(parts.test.x)
    with pytest.raises(SteadfitError, match="2 or more"):
        model.sampled_logits(parts.test.x, passes=1)


def test_another_shape_is_a_sentence(parts, replicas):
    recipe, both = replicas
    model = trained_model(recipe, parts.train, both)
    with pytest.raises(SteadfitError, match="takes images of 1×8×8, got images of 1×9×8"):
        model.logits(torch.zeros(2, 1, 9, 8))
    with pytest.raises(SteadfitError, match=r"\(examples, 1, 8, 8\), got .* \(1, 1\)"):
        model.predict([[0.0]])
    with pytest.raises(SteadfitError, match="must be paths, images of Pillow's or arrays"):
        model.predict(np.full((1, 1, 8, 8), "a"))


def test_images_may_be_an_array_of_finite_numbers(parts, replicas):
    recipe, both = replicas
    model = trained_model(recipe, parts.train, both)
    x = parts.test.x.numpy()
    assert (model.predict(x) == model.predict(parts.test.x)).all()
    with pytest.raises(SteadfitError, match="must be finite"):
        model.predict(np.where(x == x.max(), np.nan, x))


@pytest.mark.parametrize("file", ["model.json", "weights-0.safetensors"])
@pytest.mark.parametrize("damage", ["absent", "empty", "truncated", "garbled"])
def test_a_damaged_model_is_a_sentence(parts, replicas, tmp_path, file, damage):
    recipe, (first, _) = replicas
    trained_model(recipe, parts.train, [first]).save(tmp_path / "model")
    path = tmp_path / "model" / file
    content = path.read_bytes()
    if damage == "absent":
        path.unlink()
    else:
        path.write_bytes(
            {"empty": b"", "truncated": content[:-20], "garbled": b"\xff" * 64 + content[64:]}[
                damage
            ]
        )
    with pytest.raises(SteadfitError, match=r"There is no model|is damaged"):
        TrainedModel.load(tmp_path / "model")


@pytest.mark.parametrize(
    "change", [{"preparations": []}, {"shape": [1, -1, 8]}, {"shape": [0, 8, 8]}, {"outputs": 0}]
)
def test_a_model_of_nothing_is_a_sentence(parts, replicas, tmp_path, change):
    recipe, (first, _) = replicas
    trained_model(recipe, parts.train, [first]).save(tmp_path / "model")
    path = tmp_path / "model" / "model.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(SteadfitError, match="is damaged"):
        TrainedModel.load(tmp_path / "model")


def test_a_full_disk_leaves_the_old_model(parts, replicas, tmp_path, monkeypatch):
    recipe, (first, second) = replicas
    trained_model(recipe, parts.train, [first]).save(tmp_path / "model")

    def full(handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(SteadfitError, match="model cannot be written: No space left on device"):
        trained_model(recipe, parts.train, [second]).save(tmp_path / "model")
    model = TrainedModel.load(tmp_path / "model")
    np.testing.assert_array_equal(model.logits(parts.test.x)[0], first.logits)
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_somebody_elses_folder_is_never_replaced(parts, replicas, tmp_path):
    recipe, (first, _) = replicas
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "mine.txt").write_text("years of work")
    with pytest.raises(SteadfitError, match="steadfit did not write all that is in it"):
        trained_model(recipe, parts.train, [first]).save(tmp_path / "model")
    assert (tmp_path / "model" / "mine.txt").read_text() == "years of work"
