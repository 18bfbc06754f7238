"""A study of a network of one's own, from Python, a file, and the command line."""

import json

import numpy as np
import pytest

import steadfit as sf
from steadfit import api
from steadfit.errors import SteadfitError
from steadfit.models import OwnNetwork
from steadfit.training import TrainedModel

QUICK = {"folds": 2, "repetitions": 1, "variance": "none", "reference": False, "processes": 1}
NET = """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self, outputs, *, width=1.0, dropout=0.0):
        super().__init__()
        self.gru = nn.GRU(4, round(8 * width), batch_first=True)
        self.dropout, self.last = nn.Dropout(dropout), nn.Linear(round(8 * width), outputs)

    def forward(self, x):
        steps, _ = self.gru(x.flatten(1, 2))
        return self.last(self.dropout(steps[:, -1]))

def noisy(shape, outputs):
    import os
    torch.manual_seed(int.from_bytes(os.urandom(4), "big"))
    return Net(outputs)
"""


def sf_notes(folder):
    return json.loads((folder / "run.json").read_text())["notes"]


@pytest.fixture
def data():
    rng = np.random.default_rng(0)
    y = np.arange(48) % 3
    x = 0.3 * rng.normal(size=(48, 4, 4)).astype(np.float32)
    x[np.arange(48), y] += 1
    return sf.from_arrays(x, y)


@pytest.fixture
def module(tmp_path, monkeypatch):
    (tmp_path / "mynets.py").write_text(NET)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(__import__("sys").modules, "mynets", raising=False)


def test_a_study_by_import_path_ends_with_a_model(data, module, tmp_path):
    training = {"epochs": 30, "optimizer": {"learning_rate": 0.02}}
    done = sf.study(data, "mynets:Net", training=training, out=tmp_path / "run", **QUICK)
    assert [arm.name for arm in done.result.arms][:3] == ["baseline", "dropout=0.5", "l2=0.001"]
    assert done.result.repeats is True
    assert any("nn's GRU in mynets:Net run as steadfit.nn's" in note for note in done.notes)
    predicted = done.model.predict(data.x)
    assert (predicted == data.y.numpy().astype(str)).mean() > 0.8
    again = api.report(tmp_path / "run")
    np.testing.assert_array_equal(again.model.predict(data.x), predicted)  # without its code
    network = OwnNetwork.of("mynets:Net")
    loaded = TrainedModel.load(tmp_path / "run", network=network)
    np.testing.assert_array_equal(loaded.predict(data.x), predicted)
    seen = []
    sf.study(data, network, ["dropout", "l2"], training=training, out=tmp_path / "run", **QUICK,
             watch=seen.append)  # fmt: skip
    again = [progress for progress in seen if progress.what == "repetition 1"]
    assert again[0].found == again[0].total, "the key is that of the code, not of the object"


def test_a_changed_source_is_trained_again(data, module, tmp_path):
    sizes = []
    for width in (8, 9):
        (tmp_path / f"net{width}.py").write_text(NET.replace("8 *", f"{width} *"))
        model = OwnNetwork.of(f"net{width}:Net")
        sizes.append(model.identity)
    assert sizes[0] != sizes[1]


def test_a_seed_that_does_not_decide_is_said(data, module, tmp_path):
    done = sf.study(
        data, "mynets:noisy", "none", training={"epochs": 1}, out=tmp_path / "r", **QUICK
    )
    assert done.result.repeats is False
    assert "The seed does not decide all" in str(done)


def test_a_fit_takes_one_too(data, module, tmp_path):
    sf.fit(data, "mynets:Net", training={"epochs": 2}, out=tmp_path / "fit")
    assert json.loads((tmp_path / "fit" / "fit.json").read_text())["parameters"] == 8 * 3 * 14 + 27
    assert any("nn's GRU in" in note for note in sf_notes(tmp_path / "fit"))


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("mynets:Nett", "There is no Nett in mynets"),
        ("nonets:Net", "There is no module nonets"),
        (3, "model must be a name, a function, or a class or instance of nn.Module, got int"),
    ],
)
def test_what_is_no_network_is_refused(data, module, tmp_path, model, said):
    with pytest.raises(SteadfitError, match=said):
        sf.study(data, model, out=tmp_path / "run", **QUICK)
    assert not (tmp_path / "run" / "store").exists()


def test_a_version_tells_what_a_source_does_not(data, tmp_path, monkeypatch, capsys):
    """On the command line the sentence names the option that is there."""
    from steadfit.cli import main

    needs = "thing = object()\n\ndef needs(shape, outputs):\n    return thing and Net(outputs)\n"
    (tmp_path / "unknown.py").write_text(NET + needs)
    monkeypatch.chdir(tmp_path)
    line = ["study", "digits", "--limit", "60", "--model", "unknown:needs", "--remedy", "none"]
    with pytest.raises(SystemExit) as ended:
        main([*line, "--folds", "2", "--epochs", "1"])
    assert ended.value.code == 2
    assert "Say which version this is: --code-version 1." in capsys.readouterr().err
    found = OwnNetwork.of("unknown:needs", "1")
    assert found.identity != OwnNetwork.of("unknown:needs", "2").identity
