"""What goes into a run of a cell over sequences, and what comes out.

Letters of shapes: T time, B batch, I input width, H units, P width of the output (H without a
projection), N rows of a packed batch, S states.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import torch
from torch import Tensor

from steadfit.cells.language import Cell
from steadfit.errors import SteadfitError


class Weights(NamedTuple):
    """A cell's weights, stacked in blocks of H rows as torch.nn stacks them.

    input: (input blocks * H, I), blocks in the order of `Cell.input_blocks`.
    recurrent: (recurrent blocks * H, P), in the order of `Cell.recurrent_blocks`.
    bias: (gates * H,), one block a gate in the order of `Cell.gates`; None for no bias. Where torch
    keeps two biases, this is their sum (see `join_biases`).
    peephole: (peepholes, H), in the order of `Cell.peepholes`.
    projection: (P, H), applied to the output before it goes on and back (LSTM of Sak et al. 2014).

    What a cell does not have is None.
    """

    input: Tensor | None = None
    recurrent: Tensor | None = None
    bias: Tensor | None = None
    peephole: Tensor | None = None
    projection: Tensor | None = None


class Result(NamedTuple):
    """What a run gives.

    outputs: the first state at every step, (T, B, P), or (N, P) for a packed batch; zero where a
    sequence has ended.
    final: each state after each sequence's last step, (B, P) for the first and (B, H) for the rest.
    sequences: each state at every step, as outputs (which is sequences[0]).
    """

    outputs: Tensor
    final: tuple[Tensor, ...]
    sequences: tuple[Tensor, ...]


@dataclass(frozen=True, eq=False)
class Sequences:
    """A batch of sequences, and how a cell runs over them.

    values: (T, B, I); or, with batch_sizes, the rows of a packed batch, (N, I).
    states: the initial states, (B, P) for the first and (B, H) for the rest; zeros if None.
    lengths: (B,) int64, for padded sequences that end early: from its length on a sequence keeps
    its state, and its outputs are zero. batch_sizes: (T,) int64, as in torch's PackedSequence.
    reverse: from the last step to the first. With lengths or batch_sizes each sequence starts at
    its own last step.
    recurrent_mask: (B, P), multiplied with whatever enters the recurrent products at every step
    (variational dropout, Gal and Ghahramani 2016); with a state of another width than P, as (B, H).
    zoneout: for each state None or (T, B, width) as the values are laid out: the share of the old
    value that is kept, new = m * old + (1 - m) * new (Krueger et al. 2017); 0 and 1 in training,
    the probability in evaluation. None: nothing is kept.

    values, weights, states and masks have one dtype and device.
    """

    values: Tensor
    states: Sequence[Tensor] | None = None
    lengths: Tensor | None = None
    batch_sizes: Tensor | None = None
    reverse: bool = False
    recurrent_mask: Tensor | None = None
    zoneout: Sequence[Tensor | None] | None = None

    @property
    def batch(self) -> int:
        """B."""
        if self.batch_sizes is None:
            return self.values.shape[1]
        return int(self.batch_sizes[0]) if len(self.batch_sizes) else 0

    @property
    def sizes(self) -> tuple[int, ...]:
        """How many sequences there are at each step; those are always the first ones."""
        if self.batch_sizes is None:
            return (self.values.shape[1],) * self.values.shape[0]
        return tuple(self.batch_sizes.tolist())

    def masks(self) -> list[Tensor]:
        """The recurrent mask and zoneout's masks, those that there are."""
        return [m for m in (self.recurrent_mask, *(self.zoneout or ())) if m is not None]

    def map(self, change: Callable[[Tensor], Tensor]) -> "Sequences":
        """The same with every floating-point tensor changed."""

        def changed(tensor: Tensor | None) -> Tensor | None:
            return None if tensor is None else change(tensor)

        return replace(
            self,
            values=change(self.values),
            states=None if self.states is None else tuple(map(change, self.states)),
            recurrent_mask=changed(self.recurrent_mask),
            zoneout=None if self.zoneout is None else tuple(map(changed, self.zoneout)),
        )


def check(cell: Cell, weights: Weights, sequences: Sequences) -> Sequences:
    """The sequences with states and zoneout filled in.

    Raises SteadfitError for shapes, types or devices that do not fit.
    """
    x, batch_sizes = sequences.values, sequences.batch_sizes
    packed = batch_sizes is not None
    if x.dim() != (2 if packed else 3):
        wanted = "(rows, input) with batch_sizes" if packed else "(time, batch, input)"
        raise SteadfitError(f"values must be {wanted}, got shape {tuple(x.shape)}.")
    if packed and sequences.lengths is not None:
        raise SteadfitError("Give lengths (padded) or batch_sizes (packed), not both.")
    if batch_sizes is not None:
        _check_batch_sizes(batch_sizes, len(x))
    batch = sequences.batch
    hidden, width = _check_weights(cell, weights, x.shape[-1])
    widths = (width, *(hidden for _ in cell.states[1:]))
    states = sequences.states
    if states is None:
        states = tuple(x.new_zeros(batch, size) for size in widths)
    _check_shape("lengths", sequences.lengths, (batch,))
    _check_shape("recurrent_mask", sequences.recurrent_mask, (batch, width))
    if len(states) != len(widths):
        raise SteadfitError(f"{cell.name} has {len(widths)} states, got {len(states)}.")
    for name, state, size in zip(cell.states, states, widths, strict=True):
        _check_shape(f"The initial state {name}", state, (batch, size))
    zoneout = (None,) * len(widths) if sequences.zoneout is None else tuple(sequences.zoneout)
    if len(zoneout) != len(widths):
        raise SteadfitError(f"{cell.name} has {len(widths)} states, zoneout has {len(zoneout)}.")
    for mask, size in zip(zoneout, widths, strict=True):
        _check_shape("A zoneout mask", mask, (*x.shape[:-1], size))
    filled = replace(sequences, states=tuple(states), zoneout=zoneout)
    _check_alike(x, (*weights, *states, *filled.masks()))
    return filled


def _check_batch_sizes(batch_sizes: Tensor, rows: int) -> None:
    sizes = batch_sizes.tolist()
    if sum(sizes) != rows or sizes != sorted(sizes, reverse=True):
        raise SteadfitError(
            f"batch_sizes must fall and sum to the {rows} rows of values, got {sizes[:8]}."
        )


def join_biases(cell: Cell, input_bias: Tensor, recurrent_bias: Tensor) -> Tensor:
    """One bias a gate from torch's two, which stand beside the input's and the states' products.

    input_bias: (input blocks * H,), torch's `bias_ih`. recurrent_bias: (recurrent blocks * H,),
    torch's `bias_hh`. Returns (gates * H,).

    >>> from steadfit.cells import find
    >>> join_biases(find("gru_reset_after"), torch.tensor([1., 2., 3.]), torch.tensor([4., 5., 6.]))
    tensor([5., 7., 3., 6.])
    """
    if cell.input_blocks == cell.recurrent_blocks == cell.gates:
        return input_bias + recurrent_bias
    graph = cell.graph
    inputs = iter(input_bias.chunk(len(graph.input_blocks)))
    recurrents = iter(recurrent_bias.chunk(max(len(graph.recurrent_blocks), 1)))
    blocks = []
    for gate in graph.gates:
        parts = [next(inputs)] if gate.takes_input else []
        parts += [next(recurrents) for _ in gate.recurrent]
        blocks.append(sum(parts[1:], parts[0]))
    return torch.cat(blocks)


def _check_weights(cell: Cell, weights: Weights, input: int) -> tuple[int, int]:
    """H and the output's width, from weights whose shapes fit one another."""
    hidden = _hidden(cell, weights)
    projection = weights.projection
    width = hidden if projection is None else projection.shape[0]
    if projection is not None and not _can_project(cell):
        raise SteadfitError(
            f"{cell.name} adds or multiplies its output's old value unit by unit, so the output "
            "cannot have another width: leave out the projection."
        )
    wanted = cell.shapes(input, hidden, None if projection is None else width)
    for name, weight in weights._asdict().items():
        if name == "bias" and weight is None:
            continue
        if (weight is None) != (name not in wanted):
            found = "None" if weight is None else f"shape {tuple(weight.shape)}"
            raise SteadfitError(
                f"{cell.name}: the weight {name} must be {wanted.get(name)}, got {found}."
            )
        _check_shape(f"{cell.name}: the weight {name}", weight, wanted.get(name, ()))
    return hidden, width


def _hidden(cell: Cell, weights: Weights) -> int:
    blocks = ((weights.input, cell.input_blocks), (weights.recurrent, cell.recurrent_blocks))
    for weight, names in blocks:
        if weight is not None and names and weight.dim() == 2 and weight.shape[0] % len(names) == 0:
            return weight.shape[0] // len(names)
    if weights.peephole is not None and weights.peephole.dim() == 2:
        return weights.peephole.shape[1]
    raise SteadfitError(
        f"{cell.name}: expected weights in blocks {cell.input_blocks} (input) and "
        f"{cell.recurrent_blocks} (recurrent), rows not a multiple of them."
    )


def _can_project(cell: Cell) -> bool:
    """Whether the first state is used by gates only."""
    users = [node for node in cell.graph.nodes if 0 in node.args]
    return all(node.op == "gate" for node in users) and 0 not in cell.graph.outputs


def _check_shape(what: str, tensor: Tensor | None, wanted: tuple[int, ...]) -> None:
    if tensor is not None and tuple(tensor.shape) != wanted:
        raise SteadfitError(f"{what} must be {wanted}, got shape {tuple(tensor.shape)}.")


def _check_alike(x: Tensor, others: Sequence[Tensor | None]) -> None:
    for other in others:
        if other is not None and (other.dtype, other.device) != (x.dtype, x.device):
            raise SteadfitError(
                f"x is {x.dtype} on {x.device}; weights, states and masks must be the same, "
                f"got {other.dtype} on {other.device}."
            )
