"""Cells against onnxruntime's CPU operators with random weights: LSTM, peepholes, both GRUs, RNN.

ONNX orders gates otherwise (LSTM: i, o, f, c; GRU: z, r, h), and its z keeps the past, so the
lecture's GRU gets the update gate's weights with the other sign: 1 - sigmoid(a) = sigmoid(-a).
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx import TensorProto, helper
from torch import Tensor

from steadfit.cells import Cell, Weights, find, run

TIME, BATCH, INPUT, HIDDEN = 6, 4, 3, 5
DIRECTIONS = {(False,): "forward", (True,): "reverse", (False, True): "bidirectional"}


def blocks(matrix: Tensor) -> list[Tensor]:
    return list(matrix.detach().split(HIDDEN))


def present(weight: Tensor | None) -> Tensor:
    assert weight is not None
    return weight


def stack(parts: list[Tensor]) -> np.ndarray:
    return torch.cat(parts)[None].numpy()


def onnx_run(operator: str, inputs: dict[str, np.ndarray], states: int, **attributes) -> list:
    """Y and the final states of one ONNX node, for each direction."""
    names = ["X", "W", "R", "B", "sequence_lens", "initial_h", "initial_c", "P"]
    names = names[: 1 + max(names.index(name) for name in inputs)]
    outputs = ["Y", "Y_h", "Y_c"][: 1 + states]
    node = helper.make_node(
        operator,
        [name if name in inputs else "" for name in names],
        outputs,
        hidden_size=HIDDEN,
        **attributes,
    )
    kinds = {name: TensorProto.FLOAT for name in names} | {"sequence_lens": TensorProto.INT32}
    ranks = {"Y": 4, "Y_h": 3, "Y_c": 3}
    graph = helper.make_graph(
        [node],
        "one",
        [helper.make_tensor_value_info(n, kinds[n], a.shape) for n, a in inputs.items()],
        [helper.make_tensor_value_info(n, TensorProto.FLOAT, [None] * ranks[n]) for n in outputs],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 14)], ir_version=8)
    onnx.checker.check_model(model)
    providers = ["CPUExecutionProvider"]
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=providers)
    return [torch.from_numpy(np.array(result)) for result in session.run(None, inputs)]


def lstm(weights: Weights) -> tuple[str, dict[str, np.ndarray], dict]:
    def order(parts: list[Tensor]) -> np.ndarray:
        i, f, g, o = parts
        return stack([i, o, f, g])

    given = [present(weight) for weight in weights[:3]]
    bias = order(blocks(given[2]))
    inputs = {
        "W": order(blocks(given[0])),
        "R": order(blocks(given[1])),
        "B": np.concatenate([bias, np.zeros_like(bias)], 1),
    }
    if weights.peephole is not None:
        i, f, o = weights.peephole.detach()
        inputs["P"] = stack([i, o, f])
    return "LSTM", inputs, {}


def gru(weights: Weights) -> tuple[str, dict[str, np.ndarray], dict]:
    def order(parts: list[Tensor]) -> np.ndarray:
        r, z, n = parts
        return stack([-z, r, n])

    given = [present(weight) for weight in weights[:3]]
    bias = order(blocks(given[2]))
    inputs = {
        "W": order(blocks(given[0])),
        "R": order(blocks(given[1])),
        "B": np.concatenate([bias, np.zeros_like(bias)], 1),
    }
    return "GRU", inputs, {"linear_before_reset": 0}


def gru_reset_after(weights: Weights) -> tuple[str, dict[str, np.ndarray], dict]:
    def order(parts: list[Tensor]) -> np.ndarray:
        r, z, n = parts
        return stack([z, r, n])

    given = [present(weight) for weight in weights[:3]]
    r, z, n, recurrent = blocks(given[2])
    zero = torch.zeros_like(r)
    inputs = {
        "W": order(blocks(given[0])),
        "R": order(blocks(given[1])),
        "B": np.concatenate([order([r, z, n]), order([zero, zero, recurrent])], 1),
    }
    return "GRU", inputs, {"linear_before_reset": 1}


def rnn(weights: Weights) -> tuple[str, dict[str, np.ndarray], dict]:
    given = [present(weight) for weight in weights[:3]]
    bias = given[2].detach()[None].numpy()
    inputs = {
        "W": stack([given[0].detach()]),
        "R": stack([given[1].detach()]),
        "B": np.concatenate([bias, np.zeros_like(bias)], 1),
    }
    return "RNN", inputs, {}


CASES = {
    "lstm": lstm,
    "peephole_lstm": lstm,
    "gru": gru,
    "gru_reset_after": gru_reset_after,
    "rnn": rnn,
}


def difference(
    draw, one: Cell, mapping: Callable, rows: str, directions: tuple[bool, ...] = (False,)
) -> float:
    """The largest difference between our kernel and ONNX's operator. directions: reverse or not."""
    size = (TIME, BATCH, INPUT, HIDDEN)
    several = [
        draw(one, *size, dtype=torch.float32, seed=seed, rows=rows, reverse=reverse)
        for seed, reverse in enumerate(directions)
    ]
    x, options = several[0].x, several[0].options
    several = [
        replace(d, x=x, options=options | {"reverse": d.options["reverse"]}) for d in several
    ]
    mapped = [mapping(drawn.weights) for drawn in several]
    operator, _, attributes = mapped[0]
    attributes["direction"] = DIRECTIONS[directions]
    inputs = {key: np.concatenate([m[1][key] for m in mapped]) for key in mapped[0][1]}
    inputs["X"] = x.detach().numpy()
    for number, name in zip(range(len(one.states)), ["initial_h", "initial_c"], strict=False):
        inputs[name] = torch.stack([drawn.states[number] for drawn in several]).detach().numpy()
    if rows == "lengths":
        options["lengths"].clamp_(min=1)
        inputs["sequence_lens"] = options["lengths"].to(torch.int32).numpy()
    y, *final = onnx_run(operator, inputs, len(one.states), **attributes)
    results = [drawn.by(run) for drawn in several]
    pairs = [(result.outputs, y[:, place]) for place, result in enumerate(results)]
    for place, result in enumerate(results):
        pairs += zip(result.final, (state[place] for state in final), strict=True)
    return max(float((a - b).detach().abs().max()) for a, b in pairs)


@pytest.mark.parametrize("directions", DIRECTIONS, ids=DIRECTIONS.values())
@pytest.mark.parametrize("rows", ["padded", "lengths"])
@pytest.mark.parametrize("name", CASES)
def test_kernel_is_onnxruntimes(draw, name: str, rows: str, directions: tuple[bool, ...]) -> None:
    assert difference(draw, find(name), CASES[name], rows, directions) < 1e-6


def test_a_forward_run_is_not_taken_for_a_reverse_one(draw, monkeypatch) -> None:
    monkeypatch.setitem(DIRECTIONS, (True,), "forward")
    assert difference(draw, find("lstm"), lstm, "padded", (True,)) > 1e-2


def test_swapped_gates_are_noticed(draw) -> None:
    def swapped(weights: Weights) -> tuple[str, dict[str, np.ndarray], dict]:
        i, f, g, o = blocks(present(weights.input))
        return lstm(weights._replace(input=torch.cat([f, i, g, o])))

    assert difference(draw, find("lstm"), swapped, "padded") > 1e-2


def test_the_other_reset_form_is_noticed(draw) -> None:
    def other(weights: Weights) -> tuple[str, dict[str, np.ndarray], dict]:
        operator, inputs, _ = gru(weights)
        return operator, inputs, {"linear_before_reset": 1}

    assert difference(draw, find("gru"), other, "padded") > 1e-2
