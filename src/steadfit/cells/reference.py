"""The reference: a cell's equations run on torch tensors, step by step.

Slow, on any device and in any floating type, differentiable as often as wanted; the judge of the
kernels.
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn.functional import linear

from steadfit.cells.interface import Result, Sequences, Weights, check
from steadfit.cells.language import Cell, call


def run_reference(cell: Cell, weights: Weights, sequences: Sequences) -> Result:
    """`steadfit.cells.run` without kernels.

    >>> from steadfit.cells import find
    >>> accumulator = Weights(torch.zeros(2, 1), bias=torch.tensor([9., 0.]))
    >>> run_reference(find("min_gru"), accumulator, Sequences(torch.ones(3, 1, 1))).outputs.shape
    torch.Size([3, 1, 1])
    """
    sequences = check(cell, weights, sequences)
    assert sequences.states is not None
    assert sequences.zoneout is not None
    x = _rows(sequences)
    products = None if weights.input is None else linear(x, weights.input)
    zoneout = [None if mask is None else mask.flatten(0, -2) for mask in sequences.zoneout]
    sizes, lengths = sequences.sizes, sequences.lengths
    starts = [sum(sizes[:step]) for step in range(len(sizes))]
    states = tuple(sequences.states)
    outputs: list[tuple[Tensor, ...]] = [()] * len(sizes)
    for step in reversed(range(len(sizes))) if sequences.reverse else range(len(sizes)):
        rows = slice(starts[step], starts[step] + sizes[step])
        old = tuple(state[: sizes[step]] for state in states)
        now = x[rows]  # one object, by which a gate knows the input
        product = None if products is None else products[rows]
        mask = None if sequences.recurrent_mask is None else sequences.recurrent_mask[: len(now)]
        new = _step(cell, weights, now, _Gates(cell, weights, now, product, mask), old)
        new = tuple(
            value if share is None else share[rows] * before + (1 - share[rows]) * value
            for value, before, share in zip(new, old, zoneout, strict=True)
        )
        outputs[step] = new
        if lengths is not None:
            running = (step < lengths)[:, None]
            outputs[step] = tuple(torch.where(running, value, 0) for value in new)
            new = tuple(torch.where(running, *pair) for pair in zip(new, old, strict=True))
        states = tuple(
            torch.cat([value, state[len(value) :]]) if len(value) < len(state) else value
            for value, state in zip(new, states, strict=True)
        )
    leading = sequences.values.shape[:-1]
    whole = [
        torch.cat([step[i] for step in outputs]) if outputs else state[:0]
        for i, state in enumerate(sequences.states)
    ]
    laid_out = tuple(rows.reshape(*leading, rows.shape[-1]) for rows in whole)
    return Result(laid_out[0], states, laid_out)


def _rows(sequences: Sequences) -> Tensor:
    """The values of all steps, (rows, I), with zeros beyond the ends of sequences, so that what is
    there reaches no gradient.
    """
    x = sequences.values
    if sequences.lengths is not None:
        steps = torch.arange(len(x), device=x.device)
        running = steps[:, None] < sequences.lengths
        x = torch.where(running[..., None], x, 0)
    return x.flatten(0, -2)


def _step(
    cell: Cell, weights: Weights, x: Tensor, gates: "_Gates", states: tuple[Tensor, ...]
) -> tuple[Tensor, ...]:
    """The new states of one step."""
    values = call(cell.equations, x, states, gates, _Peepholes(cell, weights.peephole))
    if weights.projection is not None:
        values = (linear(values[0], weights.projection), *values[1:])
    return tuple(
        value.broadcast_to(state.shape) for value, state in zip(values, states, strict=True)
    )


def affine(
    cell: Cell,
    weights: Weights,
    name: str,
    product: Tensor | None,
    values: Sequence[Tensor],
    mask: Tensor | None,
) -> Tensor:
    """A gate's value: its block of x's product, the products of what else it takes, its bias.

    product: x times the input matrix, (rows, input blocks * H). values: what the gate takes besides
    x, in the order of its blocks. mask: what they are multiplied with, (rows, P), or None.
    """
    parts = []
    if product is not None and name in cell.input_blocks:
        parts.append(product.chunk(len(cell.input_blocks), -1)[cell.input_blocks.index(name)])
    if values:
        assert weights.recurrent is not None
        blocks = weights.recurrent.chunk(len(cell.recurrent_blocks))
        first = cell.recurrent_blocks.index(name)
        for value, block in zip(values, blocks[first:], strict=False):
            parts.append(linear(value if mask is None else value * mask, block))
    if weights.bias is not None:
        parts.append(weights.bias.chunk(len(cell.gates))[cell.gates.index(name)])
    return sum(parts[1:], parts[0])


class _Gates:
    """`gate` on tensors: each attribute is an affine map with its blocks of the weights."""

    def __init__(
        self,
        cell: Cell,
        weights: Weights,
        x: Tensor,
        product: Tensor | None,
        mask: Tensor | None,
    ) -> None:
        self._cell, self._weights, self._x, self._mask = cell, weights, x, mask
        self._product = product

    def __getattr__(self, name: str) -> Callable[..., Tensor]:
        def gate(*arguments: Tensor) -> Tensor:
            values = [argument for argument in arguments if argument is not self._x]
            return affine(self._cell, self._weights, name, self._product, values, self._mask)

        return gate


class _Peepholes:
    """`peephole` on tensors: each attribute is a row of the peephole matrix."""

    def __init__(self, cell: Cell, peephole: Tensor | None) -> None:
        self._cell, self._peephole = cell, peephole

    def __getattr__(self, name: str) -> Tensor:
        assert self._peephole is not None
        return self._peephole[self._cell.peepholes.index(name)]
