"""A saved model of a person's own network, loaded without its code."""

import json
import subprocess
import sys

import numpy as np
import onnx
import pytest
import torch
from torch import nn

import steadfit as sf
from steadfit.data import from_arrays, from_series, from_table, from_texts
from steadfit.errors import CodeNeededError, SteadfitError
from steadfit.training import TrainedModel

RNG = np.random.default_rng(0)
Y = np.arange(24) % 2
DATA = {
    "images": from_arrays(RNG.random((24, 4, 4)) + Y[:, None, None], Y),
    "series": from_series([RNG.normal(size=(3 + i % 4, 2)) for i in range(24)], Y),
    "texts": from_texts(["good film", "a very bad film", "so so bad good"] * 8, [0, 1, 1] * 8),
    "tables": from_table(RNG.normal(size=(24, 3)), RNG.normal(size=24), task="numbers"),
}


class Flat(nn.Module):
    def __init__(self, shape, outputs):
        super().__init__()
        self.layers = nn.Sequential(nn.Flatten(), nn.Linear(int(np.prod(shape)), outputs))

    def forward(self, x):
        return self.layers(x)


class Reading(nn.Module):
    def __init__(self, shape, outputs):
        super().__init__()
        tokens = getattr(shape, "tokens", 0)
        self.embedding = nn.Embedding(tokens, 4) if tokens else nn.Identity()
        self.gru = nn.GRU(4 if tokens else shape[1], 5, batch_first=True)
        self.last = nn.Linear(5, outputs)

    def forward(self, x, lengths):
        steps, _ = self.gru(self.embedding(x))
        return self.last(steps[torch.arange(x.shape[0]), lengths - 1])


class Deciding(Flat):
    """What it does depends on values, which no program can follow."""

    def forward(self, x):
        return self.layers(x) if float(x.sum()) > -1e9 else self.layers(-x)


NETS = {"images": Flat, "series": Reading, "texts": Reading, "tables": Flat}


def fitted(name, folder, net=None):
    return sf.fit(DATA[name], net or NETS[name], training={"epochs": 2}, out=folder).model


@pytest.mark.parametrize("name", DATA)
def test_it_predicts_the_same(name, tmp_path):
    model = fitted(name, tmp_path / "run")
    found = TrainedModel.load(tmp_path / "run")
    assert found.graphs
    x = DATA[name].x
    np.testing.assert_allclose(found.logits(x), model.logits(x), atol=1e-5)
    one = x[torch.tensor([3])]
    np.testing.assert_allclose(found.logits(one), model.logits(one), atol=1e-5)
    assert all(
        weight.requires_grad for weight in model.module.parameters()
    )  # as before it was saved
    found.save(tmp_path / "again")
    again = TrainedModel.load(tmp_path / "again")
    np.testing.assert_array_equal(again.logits(x), found.logits(x))


def test_in_a_process_that_cannot_import_it(tmp_path):
    model = fitted("images", tmp_path / "run")
    np.save(tmp_path / "x.npy", DATA["images"].x.numpy())
    code = (
        "import json, numpy as np, steadfit as sf\n"
        "model = sf.TrainedModel.load('run')\n"
        "print(json.dumps(model.logits(np.load('x.npy')).tolist()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    expected = model.logits(DATA["images"].x)
    np.testing.assert_allclose(json.loads(done.stdout), expected, atol=1e-5)


def test_a_study_hands_it_over_and_predicts_from_the_shell(tmp_path):
    from steadfit.prediction import predictions

    done = sf.study(
        DATA["images"], Flat, ["l2"], folds=2, repetitions=1, variance="best", reference=False,
        training={"epochs": 2}, hand_over="ensemble", out=tmp_path / "run", processes=1,
    )  # fmt: skip
    x = DATA["images"].x
    found = TrainedModel.load(tmp_path / "run")
    np.testing.assert_allclose(found.probabilities(x), done.model.probabilities(x), atol=1e-5)
    np.savez(tmp_path / "new.npz", x=x.numpy())
    assert predictions(tmp_path / "run", tmp_path / "new.npz").text.startswith('"input","class"')


def test_what_cannot_be_exported_needs_its_code_and_says_why(tmp_path):
    model = fitted("images", tmp_path / "run", Deciding)
    assert not list((tmp_path / "run" / "model").glob("*.onnx"))
    with pytest.raises(CodeNeededError, match="and it was not exported to ONNX"):
        TrainedModel.load(tmp_path / "run")
    with pytest.raises(
        SteadfitError, match=r"cannot be exported to onnx .*decide nothing by the values of tensors"
    ):
        model.export(tmp_path / "model.onnx")
    with_code = TrainedModel.load(tmp_path / "run", network=sf.OwnNetwork.of(Deciding))
    np.testing.assert_array_equal(
        with_code.logits(DATA["images"].x), model.logits(DATA["images"].x)
    )


def test_a_graph_that_reads_another_file_is_refused(tmp_path):
    fitted("images", tmp_path / "run")
    file = tmp_path / "run" / "model" / "network-0.onnx"
    graph = onnx.load(str(file))
    tensor = graph.graph.initializer[0]
    tensor.data_location = onnx.TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="secret.bin")
    file.write_bytes(graph.SerializeToString())
    with pytest.raises(SteadfitError, match="a graph without other files was expected"):
        TrainedModel.load(tmp_path / "run")


@pytest.mark.parametrize("content", [b"", b"no graph", bytes(range(256))])
def test_a_damaged_graph_is_said(content, tmp_path):
    fitted("images", tmp_path / "run")
    (tmp_path / "run" / "model" / "network-0.onnx").write_bytes(content)
    with pytest.raises(SteadfitError, match=r"The model in .* is damaged"):
        TrainedModel.load(tmp_path / "run")


def test_a_graph_of_other_outputs_is_refused(tmp_path):
    fitted("images", tmp_path / "run")
    other = from_arrays(RNG.random((24, 4, 4)), np.arange(24) % 3)
    sf.fit(other, Flat, training={"epochs": 1}, out=tmp_path / "other")
    graph = (tmp_path / "other" / "model" / "network-0.onnx").read_bytes()
    (tmp_path / "run" / "model" / "network-0.onnx").write_bytes(graph)
    with pytest.raises(SteadfitError, match="outputs of shape"):
        TrainedModel.load(tmp_path / "run").predict(DATA["images"].x)
