"""Networks of people's own: trained like ours, or refused in a sentence before training."""

import hashlib
import pickle
import subprocess
import sys
import threading
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from steadfit.data import from_arrays, from_series, from_texts
from steadfit.errors import SteadfitError
from steadfit.models import OwnNetwork, build
from steadfit.nn import GRU
from steadfit.own_code import OwnCode
from steadfit.recipe import Model, Recipe
from steadfit.training import RecipeLearner
from training import own_networks as own


def images(count=60, outputs=3):
    rng = np.random.default_rng(0)
    y = np.arange(count) % outputs
    x = 0.3 * rng.normal(size=(count, 4, 4)).astype(np.float32)
    x[np.arange(count), y] += 1
    return from_arrays(x, y)


def learner_of(what, **training):
    network = OwnNetwork.of(what)
    model = Model(name=network.name, network=network)
    settings = {"epochs": 30, "batch": 16, **training}
    return RecipeLearner(Recipe(model=model).training_with(**settings))


def error_of(learner, data, seed=0):
    learner.check(data)
    rows = torch.arange(len(data))
    replica = learner.train(data, rows, rows, seed)
    assert not replica.failure
    return float((replica.logits.argmax(-1) != data.y.numpy()).mean()), replica


LEARNED = [own.net, own.Plain, own.Normed, own.Tied, own.Plain(4), nn.Sequential(
    nn.Flatten(), nn.Linear(16, 3)), "training.own_networks:net"]  # fmt: skip


@pytest.mark.parametrize("what", LEARNED, ids=range(len(LEARNED)))
def test_learns_and_the_seed_decides_all(what):
    learner = learner_of(what, optimizer={"learning_rate": 0.02})
    error, replica = error_of(learner, images())
    assert error < 0.1
    again = learner.train(images(), torch.arange(60), torch.arange(60), 0)
    np.testing.assert_array_equal(replica.logits, again.logits)
    other = learner.train(images(), torch.arange(60), torch.arange(60), 1)
    assert not np.array_equal(replica.logits, other.logits)


@pytest.mark.parametrize("kind", ["series", "texts"])
def test_sequences_come_with_their_lengths_and_torchs_layers_become_ours(kind):
    rng = np.random.default_rng(0)
    y = [number % 2 for number in range(40)]
    if kind == "series":
        rows = [rng.normal(label, 0.3, (int(rng.integers(3, 9)), 1)) for label in y]
        data = from_series(rows, y)
    else:
        data = from_texts(
            [("good " if label else "bad ") * int(rng.integers(1, 6)) for label in y], y
        )
    learner = learner_of(own.Reader, optimizer={"learning_rate": 0.02})
    error, _ = error_of(learner, data)
    assert error == 0.0
    module = build(learner.recipe.model, (1, 5), 2)
    assert any(isinstance(part, GRU) for part in module.modules())
    kept = OwnNetwork.of(own.Reader, swapped=False)
    module = build(Model(name=kept.name, network=kept), (1, 5), 2)
    assert not any(isinstance(part, GRU) for part in module.modules())


def test_settings_are_what_remedies_change():
    learner = learner_of(own.net)
    assert learner.settings["model"] == {
        "name": "training.own_networks:net", "settings": {"dropout": 0.0, "width": 1.0}
    }  # fmt: skip
    from steadfit.remedies import joined

    dropped = learner.with_remedies(joined("dropout+smaller+l2"))
    assert dropped.settings["model"]["settings"] == {"dropout": 0.5, "width": 0.5}
    _, replica = error_of(dropped, images())
    assert replica.facts["parameters"] == 16 * 4 + 4 + 4 * 3 + 3
    with pytest.raises(SteadfitError, match="dropout"):
        learner_of(own.Plain).with_remedies(joined("dropout"))


def test_frozen_weights_stay_and_the_others_are_drawn_anew():
    net = own.Plain()
    for parameter in net.first.parameters():
        parameter.requires_grad_(False)
    _, replica = error_of(learner_of(net, epochs=2), images())
    assert torch.equal(replica.weights["network.first.weight"], net.first.weight)
    assert not torch.equal(replica.weights["network.last.weight"], net.last.weight)


@pytest.mark.parametrize(
    ("what", "said"),
    [
        (own.Forgetful(16), "Forgetful has no reset_parameters"),
        (own.Restless, "pass training=self.training"),
        (own.TwoInputs, "TwoInputs raised TypeError"),
        (own.wide, "must give outputs of shape"),
        (own.nothing, "must give an nn.Module, got NoneType"),
        (own.breaks, "breaks raised RuntimeError"),
        (own.Forgetful, "got size. Give it a default"),
        (7, "model must be a name, a function, or a class"),
        ("no_such_module:net", "There is no module no_such_module"),
        ("training.own_networks:nett", "There is no nett in training.own_networks"),
        ("training.own_networks", 'must be "module:name"'),
    ],
)
def test_what_cannot_be_trained_is_refused_before_training(what, said):
    state = torch.get_rng_state()
    with pytest.raises(SteadfitError, match=said):
        learner_of(what).check(images())
    assert torch.equal(state, torch.get_rng_state())


def test_one_left_alone_with_batch_normalisation_is_refused():
    learner = learner_of(own.Normed, batch=1)
    data = images()
    with pytest.raises(SteadfitError, match="batch normalisation"):
        learner.train(data, torch.arange(9), torch.arange(9), 0)


class TestIdentity:
    def test_is_the_same_in_another_process(self):
        code = (
            "from training import own_networks as o; from steadfit.models import OwnNetwork as N;"
            "print(N.of(o.net).identity, N.of(o.Plain()).identity)"
        )
        told = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True,
            env={"PYTHONPATH": ":".join(["tests", *sys.path]), "PYTHONHASHSEED": "7", "PATH": ""},
        ).stdout.strip()  # fmt: skip
        own_ones = OwnNetwork.of(own.net).identity, OwnNetwork.of(own.Plain()).identity
        assert told == " ".join(map(str, own_ones))

    def test_changes_with_the_source_of_what_it_calls(self, tmp_path, monkeypatch):
        monkeypatch.syspath_prepend(tmp_path)
        digests = []
        for size in (4, 5):
            name = f"mynet{size}"
            (tmp_path / name).mkdir()
            (tmp_path / name / "__init__.py").write_text("")
            (tmp_path / name / "parts.py").write_text(f"def width():\n    return {size}\n")
            (tmp_path / name / "main.py").write_text(
                f"from {name}.parts import width\nSCALE = 2\n"
                "def net(shape, outputs):\n    return width() * SCALE\n"
            )
            found = OwnCode.of(__import__(f"{name}.main", fromlist=["net"]).net)
            digests.append(found.digest)
        assert digests[0] != digests[1]

    def test_changes_with_what_is_closed_over(self):
        def made(size):
            def net(shape, outputs):
                return nn.Sequential(nn.Flatten(), nn.Linear(size, outputs))

            return net

        assert OwnCode.of(made(16)).digest == OwnCode.of(made(16)).digest
        assert OwnCode.of(made(16)).digest != OwnCode.of(made(17)).digest

    def test_an_object_without_a_plain_form_needs_a_version(self):
        thing = object()

        def net(shape, outputs):
            return thing

        with pytest.raises(
            SteadfitError, match=r"thing, which .* uses, must be a plain value.*object"
        ):
            OwnCode.of(net)
        expected = hashlib.sha256(b"version 2").hexdigest()
        assert OwnCode.of(net, version="2").digest == expected

    def test_an_instance_is_told_by_its_layers(self):
        sizes = [OwnNetwork.of(own.Plain(size)).identity["source"] for size in (4, 5, 4)]
        assert sizes[0] == sizes[2] != sizes[1]


def test_code_goes_to_a_worker_that_cannot_import_it(tmp_path):
    network = OwnNetwork.of(own.net)
    packed = tmp_path / "packed"
    packed.write_bytes(pickle.dumps(network))
    code = (
        "import pickle, sys; from pathlib import Path;"
        "print(pickle.loads(Path(sys.argv[1]).read_bytes()).module({}, (1, 4, 4), 3))"
    )
    paths = [place for place in sys.path if "tests" not in place]
    told = subprocess.run(
        [sys.executable, "-P", "-c", code, str(packed)],
        capture_output=True, text=True, cwd=tmp_path,
        env={"PYTHONPATH": ":".join(paths), "PATH": ""},
    )  # fmt: skip
    assert "Linear(in_features=16" in told.stdout, told.stderr


def test_what_cannot_be_carried_is_said():
    lock = threading.Lock()

    def net(shape, outputs):
        return lock

    with pytest.raises(SteadfitError, match="cannot be sent to a worker process"):
        OwnCode.of(net, version="1").check_portable()


def test_a_recipe_of_a_registered_model_is_as_before():
    recipe = Recipe().model_with(name="mlp")
    assert "network" not in recipe.to_json()
    assert Recipe.from_json(recipe.to_json()) == recipe
    learner = learner_of(own.net)
    assert replace(
        learner, recipe=learner.recipe.model_with(name="mlp")
    ).recipe == learner.recipe.but(model=Model(name="mlp", settings=learner.recipe.model.settings))
