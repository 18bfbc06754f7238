"""Models of every kind with random weights, and how far a saved program is from what they predict.

`python tests/training/export_cases.py` prints the table of docs/export.md: every model and every
cell, at three lengths and three batch sizes.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from torch import Tensor

from steadfit.cells import CELLS
from steadfit.data import Dataset, Schema, from_arrays, from_series, from_texts
from steadfit.kinds import Preparation, Ragged
from steadfit.models import MODELS, build
from steadfit.nn import Padded
from steadfit.recipe import Recipe
from steadfit.tasks import Forecast, Tokens
from steadfit.training import TrainedModel
from steadfit.training.facts import ModelFacts

BATCHES = (1, 3, 8)
LENGTHS = (5, 9, 17)  # of the longest sequence
WORDS = ["so", "it", "is", "what", "was", "that", "which", "never", "will", "be"]
IMAGES = ("convnet", "lenet5", "mlp", "plain", "resnet")


def images() -> Dataset:
    rng = np.random.default_rng(0)
    return from_arrays(rng.integers(0, 256, (12, 8, 8, 3), np.uint8), list("abc") * 4)


def series(numbers: bool = False) -> Dataset:
    rng = np.random.default_rng(0)
    x = [rng.normal(3, 2, (n, 2)) for n in (5, 1, 17, 3, 9, 2)]
    y = 100 + 30 * rng.normal(size=(6, 2)) if numbers else list("ab") * 3
    return from_series(x, y)


def windows() -> Dataset:
    """For a forecast of two steps of the second of two channels."""
    data = series(numbers=True)
    task = Forecast(horizon=2, window=9, targets=(1,), names=("load",))
    return replace(data, schema=Schema(data.schema.kind, task))


def texts() -> Dataset:
    rng = np.random.default_rng(0)
    return from_texts([" ".join(rng.choice(WORDS, n)) for n in (5, 1, 17, 3, 9, 2)], list("ab") * 3)


def continued() -> Dataset:
    """For a language model."""
    data = texts()
    task = Tokens(count=len(data.x.tokens), unit="words")
    return replace(data, schema=Schema(data.schema.kind, task))


def untrained(data: Dataset, name: str, networks: int = 1, **settings: Any) -> TrainedModel:
    """A model whose weights are drawn, its inputs prepared as a part of the data says."""
    recipe = Recipe().model_with(name=name, **settings)
    schema, every = data.schema, torch.arange(len(data))
    weights, preparations = [], []
    for seed in range(networks):
        torch.manual_seed(seed)
        part = every[seed:]
        fitted = schema.kind.fit(data.x, part) | schema.task.fit(data.x, data.y, part)
        preparation = Preparation(**fitted)
        net = build(
            recipe.model,
            data.schema.kind.network_shape(data.example_shape, preparation),
            data.outputs,
        )
        for part in net.modules():
            if isinstance(part, torch.nn.modules.batchnorm._BatchNorm):
                assert part.running_mean is not None
                assert part.running_var is not None
                part.running_mean.normal_(std=0.1)
                part.running_var.uniform_(0.5, 2)
        for weight in net.parameters():
            if not weight.any():  # the answers of a forecast begin with zeros, which tell nothing
                torch.nn.init.normal_(weight, std=0.1)
        weights.append(net.state_dict())
        preparations.append(preparation.to_dict())
    return TrainedModel(
        ModelFacts(recipe, schema, data.example_shape, tuple(preparations)), tuple(weights)
    )


def quick() -> dict[str, TrainedModel]:
    """One case of each way into a program, for the suite."""
    return {
        "convnet": untrained(images(), "convnet", width=0.1, norm="batch"),
        "recurrent of lstm, both ways, on series": untrained(
            series(), "recurrent", cell="lstm", hidden=6, bidirectional=True
        ),
        "recurrent of mgu, 2 networks on texts": untrained(
            texts(), "recurrent", 2, cell="mgu", hidden=6
        ),
        "conv_recurrent, numbers": untrained(
            series(numbers=True), "conv_recurrent", width=0.1, depth=1, pooling="last"
        ),
        "language": untrained(continued(), "language", hidden=6),
    }


def every() -> Iterator[tuple[str, Callable[[], TrainedModel]]]:
    """Each model on each kind that it takes, and each cell."""
    small: dict[str, Any] = {"width": 0.25}
    for name in IMAGES:
        more = {"depth": 8} if name in ("plain", "resnet") else {}
        yield f"{name} on images", lambda n=name, m=more: untrained(images(), n, **small, **m)
    for name in ("mlp", "conv1d", "resnet1d", "conv_recurrent"):
        yield f"{name} on series", lambda n=name: untrained(series(), n, **small)
    for name in ("conv1d", "resnet1d", "conv_recurrent"):
        yield f"{name} on texts", lambda n=name: untrained(texts(), n, **small)
    for name in ("conv1d", "recurrent"):
        yield f"{name}, numbers", lambda n=name: untrained(series(True), n, **small)
        yield f"{name}, a forecast", lambda n=name: untrained(windows(), n, **small)
    yield "nhits, a forecast", lambda: untrained(windows(), "nhits", **small)
    for cell in CELLS:
        for ways in (False, True):
            both = ", both ways" if ways else ""
            options = {"cell": cell, "hidden": 16, "bidirectional": ways}
            yield (
                f"recurrent of {cell}{both}",
                lambda o=options: untrained(series(), "recurrent", **o),
            )
        yield (
            f"language of {cell}",
            lambda c=cell: untrained(continued(), "language", cell=c, hidden=16),
        )
    for over in ("last", "max", "attention"):
        options = {"pooling": over, "hidden": 16, "bidirectional": True, "depth": 2}
        yield (
            f"recurrent, two layers, {over}",
            lambda o=options: untrained(texts(), "recurrent", residual=True, norm="layer", **o),
        )
    yield "recurrent with zoneout", lambda: untrained(series(), "recurrent", zoneout=0.2)
    yield "convnet, 5 networks", lambda: untrained(images(), "convnet", 5, **small)
    yield "recurrent on texts, 5 networks", lambda: untrained(texts(), "recurrent", 5, hidden=16)


Runs = Callable[..., np.ndarray]  # from the program's inputs to its output


def by_onnxruntime(file: Path) -> tuple[Runs, dict[str, str]]:
    """A saved program as a function, and its metadata."""
    import onnxruntime

    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    names = [each.name for each in session.get_inputs()]

    def run(*inputs: np.ndarray) -> np.ndarray:
        (output,) = session.run(None, dict(zip(names, inputs, strict=True)))
        return np.asarray(output)

    return run, session.get_modelmeta().custom_metadata_map


def by_torch(file: Path) -> tuple[Runs, dict[str, Any]]:
    extra = {"steadfit.json": ""}
    module = torch.export.load(str(file), extra_files=extra).module()
    said = json.loads(extra["steadfit.json"])
    return lambda *inputs: module(*map(torch.from_numpy, inputs)).numpy(), said


def drawn(
    model: TrainedModel, said: dict[str, str], batch: int, longest: int
) -> tuple[Any, tuple[np.ndarray, ...]]:
    """New examples as the model takes them, and as the program does."""
    rng = np.random.default_rng(batch * 100 + longest)
    kind = model.facts.schema.kind
    if kind.name == "images":
        x = rng.integers(0, 256, (batch, *model.facts.shape), np.uint8)
        return torch.from_numpy(x), (x.astype(np.float32),)
    lengths = rng.integers(1, longest + 1, batch)
    lengths[0] = longest
    if kind.name == "series":
        rows = [rng.normal(3, 2, (n, model.facts.shape[0])).astype(np.float32) for n in lengths]
        x = np.full((batch, longest, model.facts.shape[0]), np.nan, np.float32)
    else:
        vocabulary = said["vocabulary"]
        known = json.loads(vocabulary) if isinstance(vocabulary, str) else list(vocabulary)
        choice = rng.integers(0, len(known) + 1, (batch, longest))
        rows = [
            " ".join([*known, "unheard"][i] for i in row[:n])
            for row, n in zip(choice, lengths, strict=True)
        ]
        x = np.full((batch, longest), -5)
        for row, some, n in zip(x, choice, lengths, strict=True):
            row[:n] = np.where(some[:n] < len(known), some[:n] + 2, 1)
        return rows, (x, lengths)
    for i, row in enumerate(rows):
        x[i, : len(row)] = row
    return Ragged.of([torch.from_numpy(row) for row in rows]), (x, lengths)


def predicted(model: TrainedModel, x: Any) -> np.ndarray:
    """What the program should give: probabilities or numbers; of a language model at every step."""
    task = model.facts.schema.task
    if task.every_step:
        return _next_tokens(model, x)
    return model.probabilities(x) if task.classes else model.predict(x)


@torch.inference_mode()
def _next_tokens(model: TrainedModel, given: list[str]) -> np.ndarray:
    members: list[Tensor] = []
    for net, preparation in model.members:
        x = preparation.inputs(model.facts.schema.kind.from_memory(given, None))
        logits = net(Padded.of(x.padded(), x.lengths)).values
        members.append(preparation.restore(logits).double().log_softmax(-1))
    return torch.stack(members).mean(0).log_softmax(-1).numpy()


def apart(model: TrainedModel, run: Runs, said: dict[str, Any]) -> float:
    """The largest difference, numbers in units of the targets' deviation, over all sizes."""
    task, found = model.facts.schema.task, 0.0
    lengths = (0,) if model.facts.schema.kind.name == "images" else LENGTHS
    for batch in BATCHES:
        for longest in lengths:
            x, inputs = drawn(model, said, batch, longest)
            ours, theirs = predicted(model, x), run(*inputs)
            assert ours.shape == theirs.shape, (ours.shape, theirs.shape)
            assert theirs.dtype == np.float32
            far = np.abs(ours - theirs)
            if task.every_step:
                far = np.concatenate([one[:n] for one, n in zip(far, inputs[1], strict=True)])
            if task.means:
                far = far / np.array(model.members[0][1].target_std)
            found = max(found, float(far.max()))
    return found


def operators(file: Path) -> str:
    """The recurrent operators of an ONNX file, for the table."""
    import onnx

    graph = onnx.load(str(file)).graph
    kinds = ("LSTM", "GRU", "RNN", "Scan")
    return ", ".join(sorted({node.op_type for node in graph.node} & set(kinds)))


def main() -> None:
    torch.set_num_threads(1)
    print("| model | operator | onnxruntime | torch.export.load |")
    print("| --- | --- | --- | --- |")
    worst = 0.0
    with TemporaryDirectory() as folder:
        for name, made in every():
            model = made()
            onnx = model.export(Path(folder, "model.onnx"), "onnx")
            torch_file = model.export(Path(folder, "model.pt2"), "torch")
            far = [apart(model, *by_onnxruntime(onnx)), apart(model, *by_torch(torch_file))]
            worst = max(worst, *far)
            print(f"| {name} | {operators(onnx)} | {far[0]:.0e} | {far[1]:.0e} |", flush=True)
    print(f"\nworst: {worst:.1e}")
    assert worst < 1e-5
    sequences = {"recurrent", "conv1d", "resnet1d", "conv_recurrent", "nhits", "language"}
    assert set(IMAGES) | sequences <= set(MODELS)


if __name__ == "__main__":
    main()
