"""Saved programs give what `predict` gives; `export_cases.py` compares every model and cell."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

import steadfit as sf
from steadfit.cells import onnx_operators
from steadfit.cli import main
from steadfit.data import from_arrays, from_series
from steadfit.errors import SteadfitError
from steadfit.kinds.signature import SeriesEntry
from steadfit.references import REFERENCES
from steadfit.training import TrainedModel, TrainedReference
from training.export_cases import (
    apart,
    by_onnxruntime,
    by_torch,
    images,
    operators,
    quick,
    series,
    texts,
    untrained,
)

OPERATORS = {  # of those cases that go to ONNX
    "convnet": "",
    "recurrent of lstm, both ways, on series": "LSTM",
    "recurrent of mgu, 2 networks on texts": "Scan",
    "language": "GRU",
}


@pytest.mark.parametrize("name", OPERATORS)
def test_onnxruntime_gives_what_the_model_predicts(name, tmp_path):
    model = quick()[name]
    file = model.export(tmp_path / "model.onnx")
    assert operators(file) == OPERATORS[name]
    assert apart(model, *by_onnxruntime(file)) < 1e-5
    if "texts" in name:
        check_what_the_file_says(model, file)


def check_what_the_file_says(model: TrainedModel, file: Path) -> None:
    said = by_onnxruntime(file)[1]
    assert json.loads(said["classes"]) == ["a", "b"]
    known = [word for _, preparation in model.members for word in preparation.vocabulary]
    assert json.loads(said["vocabulary"]) == list(dict.fromkeys(known))
    assert said["input"].startswith("tokens: int64, batch × time")
    assert said["output"] == "probabilities: float32, batch × classes, in the order of classes"
    assert r"\w[\w\p{M}" in said["tokens"]
    graph = onnx.load(str(file)).graph
    axes = {
        value.name: [axis.dim_param or axis.dim_value for axis in value.type.tensor_type.shape.dim]
        for value in (*graph.input, *graph.output)
    }
    assert axes == {
        "tokens": ["batch", "time"],
        "lengths": ["batch"],
        "probabilities": ["batch", 2],
    }


def test_a_program_of_torchs_gives_what_the_model_predicts(tmp_path):
    model = quick()["conv_recurrent, numbers"]
    file = model.export(tmp_path / "model.pt2", to="torch")
    assert apart(model, *by_torch(file)) < 1e-5


def test_a_series_that_there_is_no_room_for_is_refused(tmp_path):
    model = untrained(series(), "mlp", width=0.05)
    run, said = by_torch(model.export(tmp_path / "model.pt2", to="torch"))
    assert apart(model, run, said) < 1e-5  # the longest has all the room
    with pytest.raises(IndexError, match="index 17 is out of bounds"):
        run(np.zeros((1, 18, 2), np.float32), np.array([18]))


def test_another_order_of_gates_is_noticed(tmp_path, monkeypatch):
    lstm = sf.cells.CELLS["lstm"]
    swapped = replace(
        onnx_operators._OPERATORS[lstm], gates=("output", "input", "forget", "candidate")
    )
    monkeypatch.setattr(onnx_operators, "_OPERATORS", {lstm: swapped})
    model = untrained(series(), "recurrent", cell="lstm", hidden=6, pooling="last")
    file = model.export(tmp_path / "model.onnx")
    assert apart(model, *by_onnxruntime(file)) > 1e-4


def test_inputs_that_are_not_scaled_are_noticed(tmp_path, monkeypatch):
    monkeypatch.setattr(
        SeriesEntry, "forward", lambda self, x, lengths: sf.nn.Padded(x.nan_to_num(), lengths)
    )
    model = untrained(series(), "conv1d", width=0.1)
    file = model.export(tmp_path / "model.pt2", to="torch")
    assert apart(model, *by_torch(file)) > 1e-4


class EveryLayer(torch.nn.Module):
    """Every layer of `sf.nn`."""

    def __init__(self) -> None:
        super().__init__()
        nn = sf.nn
        tied = nn.TiedScores(4)
        self.tokens = nn.Embedding(6, 3)
        tied.tie(self.tokens)
        self.over = nn.over_steps(torch.nn.Conv1d(3, 5, 3, padding=1), 6)
        self.on_steps = torch.nn.ModuleList(
            [
                nn.RNN(3, 5, nonlinearity="relu"),
                nn.LSTM(3, 5, 2, bidirectional=True),
                nn.GRU(3, 5, reset_after=False, learn_initial_state=True),
                nn.Recurrent("lstm", 3, 5, proj_size=2, zoneout={"c": 0.1}),
                nn.Recurrent("indrnn", 3, 5),
                nn.Residual(torch.nn.Linear(3, 3)),
                nn.Widen(5, 2),
                tied,
            ]
        )

    def forward(
        self, x: torch.Tensor, lengths: torch.Tensor, tokens: torch.Tensor
    ) -> list[torch.Tensor]:
        over = self.over(sf.nn.Padded(x.transpose(0, 1), lengths)).values
        found = [self.tokens(tokens), over, [layer(x) for layer in self.on_steps]]
        return torch.utils._pytree.tree_leaves(found)


FRESH = """
import sys, torch
for name in ("layers", "model"):
    module = torch.export.load(f"{name}.pt2").module()
    inputs, outputs = torch.load(f"{name}.pt")
    with torch.no_grad():
        found = torch.utils._pytree.tree_leaves(module(*inputs))
    torch.testing.assert_close(found, outputs)
assert "steadfit" not in sys.modules
"""


def test_layers_and_models_are_loaded_in_a_fresh_process_without_steadfit(tmp_path):
    torch.manual_seed(0)
    layers = EveryLayer().eval()
    inputs = torch.randn(6, 4, 3), torch.tensor([6, 1, 3, 2]), torch.tensor([[1, 5]])
    with torch.no_grad():
        torch.export.save(torch.export.export(layers, inputs), tmp_path / "layers.pt2")
        torch.save((inputs, layers(*inputs)), tmp_path / "layers.pt")
    model = quick()["recurrent of mgu, 2 networks on texts"]
    words = by_torch(model.export(tmp_path / "model.pt2", to="torch"))[1]["vocabulary"]
    expected = model.probabilities([" ".join(words[:3]), words[3]]).astype(np.float32)
    tokens = torch.tensor([[2, 3, 4], [5, 0, 0]]), torch.tensor([3, 1])
    torch.save((tokens, [torch.from_numpy(expected)]), tmp_path / "model.pt")
    done = subprocess.run(
        [sys.executable, "-c", FRESH], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("of", ["images", "series"])
def test_a_linear_reference_is_exported(of, tmp_path):
    """One class has no example in the training, and images are shrunk."""
    rng = np.random.default_rng(0)
    if of == "images":
        data = from_arrays(rng.integers(0, 256, (40, 1, 19, 17), np.uint8), list("abcd") * 10)
        data = data.take(torch.tensor([i for i in range(40) if i % 4 != 1]))
        model = TrainedReference(REFERENCES["logistic regression"].fit(data))
        x, scale = data.x.numpy(), 1
        expected = model.probabilities(data.x)
    else:
        data = from_series(rng.normal(5, 3, (40, 7, 2)), rng.normal(100, 30, (40, 2)))
        model = TrainedReference(REFERENCES["ridge regression"].fit(data))
        x, scale = data.x.padded().numpy(), 30
        expected = model.predict(data.x) / 30
    to, by = ("onnx", by_onnxruntime) if of == "images" else ("torch", by_torch)
    run, facts = by(model.export(tmp_path / "model", to))
    np.testing.assert_allclose(run(x.astype(np.float32)) / scale, expected, atol=1e-5)
    assert facts["model"] == model.facts.reference


def test_what_cannot_be_exported_is_a_sentence(tmp_path, monkeypatch):
    model = untrained(images(), "mlp", width=0.01)
    with pytest.raises(SteadfitError, match=r'no format "onx"\. Did you mean "onnx"'):
        model.export(tmp_path / "model.onnx", to="onx")
    (tmp_path / "folder").mkdir()
    with pytest.raises(SteadfitError, match="must be a file or absent, got a folder"):
        model.export(tmp_path / "folder")
    with pytest.raises(SteadfitError, match="cannot be written"):
        model.export(Path("/proc/nothing/model.onnx"))
    fitted = REFERENCES["TF-IDF and logistic regression"].fit(texts())
    with pytest.raises(SteadfitError, match=r"network or a linear model .*, got TF-IDF"):
        TrainedReference(fitted).export(tmp_path / "model.onnx")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(SteadfitError, match=r"pip install 'steadfit\[export\]'"):
        model.export(tmp_path / "model.onnx")
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_the_command_exports_a_run(tmp_path, capsys):
    model = untrained(images(), "mlp", width=0.01)
    model.save(tmp_path / "run" / "model")
    out = tmp_path / "new" / "model.pt2"
    with pytest.raises(SystemExit, match="0"):
        main(["export", str(tmp_path / "run"), "--to", "torch", "--out", str(out)])
    assert "The program is in" in capsys.readouterr().out
    assert apart(model, *by_torch(out)) < 1e-5
    with pytest.raises(SystemExit, match="2"):
        main(["export", str(tmp_path), "--out", str(out)])
    assert "There is no model in" in capsys.readouterr().err
