"""Cells against onnxruntime's CPU operators with random weights: LSTM, peepholes, both GRUs, RNN.

ONNX orders gates otherwise (LSTM: i, o, f, c; GRU: z, r, h), and its z keeps the past, so the
lecture's GRU gets the update gate's weights with the other sign: 1 - sigmoid(a) = sigmoid(-a).
"""

from collections.abc import Callable

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx import TensorProto, helper
from torch import Tensor

from steadfit.cells import Cell, Weights, find, run

TIME, BATCH, INPUT, HIDDEN = 6, 4, 3, 5


def blocks(matrix: Tensor) -> list[Tensor]:
    return list(matrix.detach().split(HIDDEN))


def present(weight: Tensor | None) -> Tensor:
    assert weight is not None
    return weight


def stack(parts: list[Tensor]) -> np.ndarray:
    return torch.cat(parts)[None].numpy()


def onnx_run(operator: str, inputs: dict[str, np.ndarray], states: int, **attributes) -> list:
    """Y and the final states of one ONNX node, forward direction."""
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


def difference(draw, one: Cell, mapping: Callable, rows: str) -> float:
    """The largest difference between our kernel and ONNX's operator."""
    drawn = draw(one, TIME, BATCH, INPUT, HIDDEN, dtype=torch.float32, rows=rows)
    operator, inputs, attributes = mapping(drawn.weights)
    inputs["X"] = drawn.x.detach().numpy()
    names = ["initial_h", "initial_c"]
    for name, state in zip(names, drawn.states, strict=False):
        inputs[name] = state.detach()[None].numpy()
    if rows == "lengths":
        drawn.options["lengths"].clamp_(min=1)
        inputs["sequence_lens"] = drawn.options["lengths"].to(torch.int32).numpy()
    y, *final = onnx_run(operator, inputs, len(drawn.states), **attributes)
    result = drawn.by(run)
    pairs = [(result.outputs, y[:, 0]), *zip(result.final, (f[0] for f in final), strict=True)]
    return max(float((a - b).detach().abs().max()) for a, b in pairs)


@pytest.mark.parametrize("rows", ["padded", "lengths"])
@pytest.mark.parametrize("name", CASES)
def test_kernel_is_onnxruntimes(draw, name: str, rows: str) -> None:
    assert difference(draw, find(name), CASES[name], rows) < 1e-6


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
