"""The reference: a cell's equations run on torch tensors, step by step.

Slow, on any device and in any floating type, differentiable as often as wanted; the judge of the
kernels.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import torch
from torch import Tensor
from torch.nn.functional import linear

from steadfit.cells.interface import Problem, Result, Weights, problem
from steadfit.cells.language import Cell, call


def run_reference(
    cell: Cell,
    x: Tensor,
    weights: Weights,
    states: Sequence[Tensor] | None = None,
    *,
    lengths: Tensor | None = None,
    batch_sizes: Tensor | None = None,
    reverse: bool = False,
    recurrent_mask: Tensor | None = None,
    zoneout: Sequence[Tensor | None] | None = None,
) -> Result:
    """`steadfit.cells.run` (which says what the arguments are) without kernels.

    >>> from steadfit.cells import find
    >>> accumulator = Weights(torch.zeros(2, 1), bias=torch.tensor([9., 0.]))
    >>> run_reference(find("min_gru"), torch.ones(3, 1, 1), accumulator).outputs.shape
    torch.Size([3, 1, 1])
    """
    return evaluate(
        problem(
            cell,
            x,
            weights,
            states,
            lengths=lengths,
            batch_sizes=batch_sizes,
            reverse=reverse,
            recurrent_mask=recurrent_mask,
            zoneout=zoneout,
        )
    )


def evaluate(task: Problem) -> Result:
    """Run the equations for each step of a checked problem."""
    weights = task.weights
    task = _without_padding(task)
    products = None if weights.input is None else linear(task.x, weights.input)
    starts = [sum(task.sizes[:step]) for step in range(len(task.sizes))]
    steps = range(len(task.sizes))
    states = task.states
    outputs: list[tuple[Tensor, ...]] = [()] * len(starts)
    for step in reversed(steps) if task.reverse else steps:
        rows = slice(starts[step], starts[step] + task.sizes[step])
        old = tuple(state[: task.sizes[step]] for state in states)
        product = None if products is None else products[rows]
        new = _step(task, task.x[rows], product, old)
        new = tuple(
            value if mask is None else mask[rows] * before + (1 - mask[rows]) * value
            for value, before, mask in zip(new, old, task.zoneout, strict=True)
        )
        outputs[step] = new
        if task.lengths is not None:
            running = (step < task.lengths)[:, None]
            outputs[step] = tuple(torch.where(running, value, 0) for value in new)
            new = tuple(torch.where(running, *pair) for pair in zip(new, old, strict=True))
        states = tuple(
            torch.cat([value, state[len(value) :]]) if len(value) < len(state) else value
            for value, state in zip(new, states, strict=True)
        )
    sequences = tuple(
        task.shaped(torch.cat([step[i] for step in outputs]) if outputs else state[:0])
        for i, state in enumerate(task.states)
    )
    return Result(sequences[0], states, sequences)


def _without_padding(task: Problem) -> Problem:
    """Zeros beyond the ends of sequences, so that what stands there reaches no gradient."""
    if task.lengths is None:
        return task
    steps = torch.arange(len(task.sizes), device=task.x.device)
    running = (steps[:, None] < task.lengths).reshape(-1, 1)
    return replace(task, x=torch.where(running, task.x, 0))


def _step(
    task: Problem, x: Tensor, product: Tensor | None, states: tuple[Tensor, ...]
) -> tuple[Tensor, ...]:
    """The new states of one step."""
    mask = None if task.recurrent_mask is None else task.recurrent_mask[: len(x)]
    gates = _Gates(task.cell, task.weights, x, product, mask)
    peepholes = _Peepholes(task.cell, task.weights.peephole)
    values = call(task.cell.equations, x, states, gates, peepholes)
    if task.weights.projection is not None:
        values = (linear(values[0], task.weights.projection), *values[1:])
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
