"""The nodes of a cell's graph on tensors: of one step, or of all where the states are known."""

from collections.abc import Sequence

from torch import Tensor

from steadfit.cells.functions import TORCH
from steadfit.cells.interface import Weights
from steadfit.cells.language import Cell
from steadfit.cells.reference import affine


def evaluate(
    cell: Cell,
    weights: Weights,
    product: Tensor | None,
    states: Sequence[Tensor],
    mask: Tensor | None,
) -> list[Tensor]:
    """The value of each node, (rows, H); what is no value of the rows broadcasts to that.

    product: x times the input matrix, (rows, input blocks * H); None for a cell whose gates do not
    take x. states: before the step, (rows, H). mask: of the recurrent products, (rows, H).
    """
    values: list[Tensor] = []
    for node in cell.graph.nodes:
        arguments = [values[index] for index in node.args]
        if node.op == "state":
            value = states[cell.states.index(node.name)]
        elif node.op == "constant":
            value = states[0].new_full((), node.value)
        elif node.op == "peephole":
            assert weights.peephole is not None
            value = weights.peephole[cell.peepholes.index(node.name)]
        elif node.op == "gate":
            value = affine(cell, weights, node.name, product, arguments, mask)
        else:
            value = TORCH[node.op](*arguments)
        values.append(value)
    return values
