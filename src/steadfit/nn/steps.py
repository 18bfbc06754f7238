"""What a layer did at every step: its states, and the values that its equations name.

The kernels keep what they need and no more, so the values are computed anew: once all states are
known, no step waits for another, and each gate is one matrix product over all steps.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import linear

from steadfit.cells import Cell, Result, Sequences, Weights
from steadfit.cells.evaluate import evaluate
from steadfit.nn.batch import Batch


class Steps(NamedTuple):
    """What one layer did in one direction, each entry in the form of the layer's output.

    states: each state by name after every step, (T, B, P) for the first, (T, B, H) for the rest.
    values: what the equations give a name, by that name, (T, B, H): gates after their sigmoid,
    candidates. Empty for a cell whose source cannot be read, as one typed at a prompt. Zero where
    a sequence has ended.
    """

    states: dict[str, Any]
    values: dict[str, Any]


class Means(NamedTuple):
    """What a layer draws its masks from, and what runs its cell."""

    generator: torch.Generator | None
    run: Callable[[Cell, Weights, Sequences], Result]


class Run(NamedTuple):
    """One layer's run in one direction: what went in, as `steadfit.cells.run` takes it, and out."""

    weights: Weights
    sequences: Sequences
    result: Result


def steps(cell: Cell, run: Run, batch: Batch) -> Steps:
    """All states and named values of a run of this batch."""
    rows = _Rows.of(batch)
    given = run.sequences
    x = given.values
    old = tuple(
        rows.before(sequence.reshape(-1, sequence.shape[-1]), initial, given.reverse)
        for sequence, initial in zip(
            run.result.sequences, given.states or (None,) * len(cell.states), strict=True
        )
    )
    mask = None if given.recurrent_mask is None else given.recurrent_mask[rows.sequence]
    product = None
    if run.weights.input is not None:
        product = linear(x.reshape(-1, x.shape[-1]), run.weights.input)
    nodes = evaluate(cell, run.weights, product, old, mask)
    running = (rows.step < rows.ends[rows.sequence])[:, None]
    states, values = {}, {}
    for name, sequence in zip(cell.states, run.result.sequences, strict=True):
        states[name] = batch.steps(sequence)
    for index, name in cell.graph.labels.items():
        if index not in cell.graph.outputs and cell.graph.nodes[index].op != "state":
            value = torch.where(running, nodes[index], 0)
            values[name] = batch.steps(value.view(*x.shape[:-1], value.shape[-1]))
    return Steps(states, values)


class _Rows(NamedTuple):
    """Which step of which sequence each row of a batch is."""

    step: Tensor
    sequence: Tensor
    starts: Tensor  # the first row of each step
    ends: Tensor  # the number of steps of each sequence

    @staticmethod
    def of(batch: Batch) -> "_Rows":
        device = batch.x.device
        if batch.batch_sizes is None:
            sizes = torch.full(batch.x.shape[:1], batch.size, device=device)
        else:
            sizes = batch.batch_sizes.to(device)
        sequences = torch.arange(batch.size, device=device)
        ends = (sizes[:, None] > sequences).sum(0) if batch.lengths is None else batch.lengths
        starts = sizes.cumsum(0) - sizes
        step = torch.arange(len(sizes), device=device).repeat_interleave(sizes)
        sequence = torch.arange(len(step), device=device) - starts[step]
        return _Rows(step, sequence, starts, ends.to(device))

    def before(self, after: Tensor, initial: Tensor | None, reverse: bool) -> Tensor:
        """A state before each row's step, from the state after it: (rows, width)."""
        batch = len(self.ends)
        if initial is None:
            initial = after.new_zeros(batch, after.shape[1])
        first = self.step == (self.ends[self.sequence] - 1 if reverse else 0)
        neighbour = (self.step + (1 if reverse else -1)).clamp(0, max(len(self.starts) - 1, 0))
        row = torch.where(first, 0, batch + self.starts[neighbour]) + self.sequence
        # past a sequence's end there may be no such row; what is found there is not used
        return torch.cat([initial, after])[row.clamp(max=batch + len(after) - 1)]
