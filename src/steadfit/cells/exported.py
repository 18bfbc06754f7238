"""A run of a cell for a program that leaves this process: torch's and ONNX's own operators alone.

torch.export writes down what a program does, and whoever loads it need not have steadfit. So a run
becomes torch's operator `scan`, whose body is one step of the cell; in an export to ONNX, a cell
that ONNX has an operator for becomes that operator, and torch's exporter makes a Scan of the
others.
"""

from collections.abc import Iterator

import torch
from torch import Tensor
from torch.nn.functional import linear

from steadfit.cells.evaluate import evaluate
from steadfit.cells.interface import Result, Sequences, Weights
from steadfit.cells.language import Cell
from steadfit.cells.onnx_operators import as_operator, operator_for


def exports(sequences: Sequences) -> bool:
    """Whether torch exports, and these sequences can be written down without steadfit's operator.

    Where Dynamo traces (strict=True), and for packed sequences, they cannot.
    """
    return (
        torch.compiler.is_exporting()
        and not torch.compiler.is_dynamo_compiling()
        and sequences.batch_sizes is None
    )


def run_exported(cell: Cell, weights: Weights, sequences: Sequences) -> Result:
    """`steadfit.cells.run` where `exports`. sequences: checked."""
    if torch.onnx.is_in_onnx_export():
        operator = operator_for(cell, weights, sequences)
        if operator is not None:
            return as_operator(operator, cell, weights, sequences)
    return scanned(cell, weights, sequences)


def scanned(cell: Cell, weights: Weights, sequences: Sequences) -> Result:
    """The run as torch's scan, with free numbers of steps and of sequences."""
    x, lengths, mask = sequences.values, sequences.lengths, sequences.recurrent_mask
    assert sequences.states is not None
    assert sequences.zoneout is not None
    named = {name: weight for name, weight in weights._asdict().items() if weight is not None}
    shares = [share for share in sequences.zoneout if share is not None]
    rows = x if weights.input is None else linear(x, weights.input)
    running = [] if lengths is None else [_running(x, lengths)]

    def step(*given: Tensor) -> list[Tensor]:
        """One step on the states, what there is of each step, and what is the same at all."""
        rest = iter(given)
        old = [next(rest) for _ in cell.states]
        product = next(rest)
        runs = next(rest) if running else None
        kept = [None if share is None else next(rest) for share in sequences.zoneout or ()]
        own = Weights(**{name: next(rest) for name in named})
        new = _new_states(cell, own, product, old, next(rest, None))
        new = [
            value if share is None else share * before + (1 - share) * value
            for value, before, share in zip(new, old, kept, strict=True)
        ]
        # the operator wants no two of its values in one memory
        if runs is None:
            return [value.clone() for value in (*new, *new)]
        after = [torch.where(runs, *pair) for pair in zip(new, old, strict=True)]
        return [*after, *(torch.where(runs, value, 0) for value in new)]

    results = torch.ops.higher_order.scan(
        step,
        [state.clone() for state in sequences.states],
        list(_backwards([rows, *running, *shares], sequences.reverse)),
        (*named.values(), *(() if mask is None else (mask,))),
    )
    count = len(cell.states)
    outputs = tuple(_backwards(results[count:], sequences.reverse))
    return Result(outputs[0], tuple(results[:count]), outputs)


def _running(x: Tensor, lengths: Tensor) -> Tensor:
    """True at the steps that there are; (T, B, 1)."""
    return (torch.arange(x.shape[0], device=x.device)[:, None] < lengths)[..., None]


def _backwards(tensors: list[Tensor], reverse: bool) -> Iterator[Tensor]:
    return (tensor.flip(0) if reverse else tensor for tensor in tensors)


def _new_states(
    cell: Cell, weights: Weights, product: Tensor, old: list[Tensor], mask: Tensor | None
) -> list[Tensor]:
    nodes = evaluate(cell, weights, None if weights.input is None else product, old, mask)
    first, *rest = (nodes[index] for index in cell.graph.outputs)
    if weights.projection is not None:
        first = linear(first, weights.projection)
    return [
        value.broadcast_to(state.shape) for value, state in zip((first, *rest), old, strict=True)
    ]
