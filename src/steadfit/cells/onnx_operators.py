"""The cells that ONNX has operators for, and the layout of their weights.

https://onnx.ai/onnx/operators/onnx__LSTM.html, onnx__GRU.html and onnx__RNN.html: rows stand in
blocks of one gate, in ONNX's own order, behind an axis of directions.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor

from steadfit.cells import library
from steadfit.cells.interface import Result, Sequences, Weights
from steadfit.cells.language import Cell


@dataclass(frozen=True)
class Operator:
    """One of ONNX's recurrent operators.

    gates: our gates on the input, in the order of ONNX's blocks. recurrent: the gates on the state,
    where they are others; then only what is no gate on the input has a bias of its own there.
    negative: the gates whose weights change their sign, as 1 - sigmoid(a) = sigmoid(-a).
    """

    name: str
    gates: tuple[str, ...]
    recurrent: tuple[str, ...] = ()
    negative: tuple[str, ...] = ()
    peepholes: tuple[str, ...] = ()
    attributes: Mapping[str, Any] = field(default_factory=dict)


_LSTM = ("input", "output", "forget", "candidate")
_GRU = ("update", "reset", "candidate")
_OPERATORS: Mapping[Cell, Operator] = MappingProxyType(
    {
        library.rnn: Operator("RNN", ("hidden",), attributes={"activations": ["Tanh"]}),
        library.rnn_relu: Operator("RNN", ("hidden",), attributes={"activations": ["Relu"]}),
        library.lstm: Operator("LSTM", _LSTM),
        library.peephole_lstm: Operator("LSTM", _LSTM, peepholes=("input", "output", "forget")),
        library.gru: Operator(  # our z is the share that is new, ONNX's the share that stays
            "GRU", _GRU, negative=("update",), attributes={"linear_before_reset": 0}
        ),
        library.gru_reset_after: Operator(
            "GRU",
            _GRU,
            recurrent=("update", "reset", "recurrent"),
            attributes={"linear_before_reset": 1},
        ),
    }
)


def operator_for(cell: Cell, weights: Weights, sequences: Sequences) -> Operator | None:
    """The operator that does all of this run; None where ONNX has none."""
    if weights.projection is not None or sequences.masks():
        return None
    return _OPERATORS.get(cell)


def as_operator(operator: Operator, cell: Cell, weights: Weights, sequences: Sequences) -> Result:
    """The run as this operator, in a program that torch is exporting to ONNX.

    The result's sequences are the outputs alone: the operators give no other state's.
    """
    x, states = sequences.values, sequences.states
    assert states is not None
    time, batch, hidden = *x.shape[:2], states[0].shape[1]
    lengths = sequences.lengths
    inputs = [
        x,
        *_matrices(operator, cell, weights),
        None if lengths is None else lengths.to(torch.int32),
        *(state[None] for state in states),
    ]
    if operator.peepholes:
        assert weights.peephole is not None
        rows = dict(zip(cell.peepholes, weights.peephole, strict=True))
        inputs.append(torch.cat([rows[name] for name in operator.peepholes])[None])
    outputs, *final = torch.onnx.ops.symbolic_multi_out(
        operator.name,
        inputs,
        {
            "hidden_size": int(hidden),
            "direction": "reverse" if sequences.reverse else "forward",
            **operator.attributes,
        },
        dtypes=[x.dtype] * (1 + len(states)),
        shapes=[(time, 1, batch, hidden), *((1, batch, hidden) for _ in states)],
    )
    outputs = outputs[:, 0]
    return Result(outputs, tuple(state[0] for state in final), (outputs,))


def _matrices(operator: Operator, cell: Cell, weights: Weights) -> list[Tensor | None]:
    """W, R and B."""

    def stacked(matrix: Tensor | None, blocks: Sequence[str], order: Sequence[str]) -> Tensor:
        assert matrix is not None
        size = matrix.shape[0] // len(blocks)
        named = {n: matrix[k * size : (k + 1) * size] for k, n in enumerate(blocks)}
        signed = {n: -block if n in operator.negative else block for n, block in named.items()}
        zero = torch.zeros_like(matrix[:size])
        return torch.cat([signed.get(name, zero) for name in order])

    recurrent = operator.recurrent or operator.gates
    w = stacked(weights.input, cell.input_blocks, operator.gates)
    r = stacked(weights.recurrent, cell.recurrent_blocks, recurrent)
    if weights.bias is None:
        return [w[None], r[None], None]
    of_state = [name if name not in operator.gates else "" for name in recurrent]
    biases = [stacked(weights.bias, cell.gates, order) for order in (operator.gates, of_state)]
    return [w[None], r[None], torch.cat(biases)[None]]
