"""What goes into a run of a cell over sequences, and what comes out.

Letters of shapes: T time, B batch, I input width, H units, P width of the output (H without a
projection), N rows of a packed batch, S states.
"""

from collections.abc import Sequence
from dataclasses import dataclass
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
class Problem:
    """One run's arguments, checked, with every row of every step in one list of rows.

    x: (rows, I); row `starts[t] + b` is step t of sequence b. sizes: how many sequences there are
    at each step; those are always the first ones. lengths: (B,) int64 or None, only for padded
    batches: a sequence's state stays as it is at the steps from its length on.
    """

    cell: Cell
    x: Tensor
    weights: Weights
    states: tuple[Tensor, ...]
    sizes: tuple[int, ...]
    lengths: Tensor | None
    reverse: bool
    recurrent_mask: Tensor | None
    zoneout: tuple[Tensor | None, ...]
    packed: bool
    hidden: int  # H

    @property
    def batch(self) -> int:
        """B."""
        return self.states[0].shape[0]

    def shaped(self, rows: Tensor) -> Tensor:
        """(rows, width) as the caller gave x: padded (T, B, width), or packed as it is."""
        if self.packed:
            return rows
        return rows.reshape(len(self.sizes), self.batch, rows.shape[-1])


class Given(NamedTuple):
    """Checked arguments, the left-out ones filled in."""

    states: tuple[Tensor, ...]
    zoneout: tuple[Tensor | None, ...]
    hidden: int


def check(
    cell: Cell,
    x: Tensor,
    weights: Weights,
    states: Sequence[Tensor] | None = None,
    *,
    lengths: Tensor | None = None,
    batch_sizes: Tensor | None = None,
    recurrent_mask: Tensor | None = None,
    zoneout: Sequence[Tensor | None] | None = None,
) -> Given:
    """Check the arguments of `run`. Raises SteadfitError that says what does not fit."""
    packed = batch_sizes is not None
    if x.dim() != (2 if packed else 3):
        wanted = "(rows, input) with batch_sizes" if packed else "(time, batch, input)"
        raise SteadfitError(f"x has to be {wanted}, found shape {tuple(x.shape)}.")
    if packed and lengths is not None:
        raise SteadfitError("Give lengths (padded) or batch_sizes (packed), not both.")
    batch = x.shape[1] if batch_sizes is None else _packed_batch(batch_sizes, len(x))
    hidden, width = _check_weights(cell, weights, x.shape[-1])
    widths = (width, *(hidden for _ in cell.states[1:]))
    if states is None:
        states = tuple(x.new_zeros(batch, size) for size in widths)
    _check_shape("lengths", lengths, (batch,))
    _check_shape("recurrent_mask", recurrent_mask, (batch, width))
    if len(states) != len(widths):
        raise SteadfitError(f"{cell.name} has {len(widths)} states, found {len(states)}.")
    for name, state, size in zip(cell.states, states, widths, strict=True):
        _check_shape(f"The initial state {name}", state, (batch, size))
    masks = tuple(zoneout) if zoneout is not None else (None,) * len(widths)
    if len(masks) != len(widths):
        raise SteadfitError(f"{cell.name} has {len(widths)} states, zoneout has {len(masks)}.")
    for mask, size in zip(masks, widths, strict=True):
        _check_shape("A zoneout mask", mask, (*x.shape[:-1], size))
    _check_alike(x, (*weights, *states, recurrent_mask, *masks))
    return Given(tuple(states), masks, hidden)


def problem(
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
) -> Problem:
    """The arguments of `run`, checked and brought to one form."""
    given = check(
        cell,
        x,
        weights,
        states,
        lengths=lengths,
        batch_sizes=batch_sizes,
        recurrent_mask=recurrent_mask,
        zoneout=zoneout,
    )
    packed = batch_sizes is not None
    sizes = (x.shape[1],) * x.shape[0] if batch_sizes is None else tuple(batch_sizes.tolist())
    return Problem(
        cell=cell,
        x=x if packed else x.flatten(0, 1),
        weights=weights,
        states=given.states,
        sizes=sizes,
        lengths=lengths,
        reverse=reverse,
        recurrent_mask=recurrent_mask,
        zoneout=tuple(None if m is None else m.flatten(0, -2) for m in given.zoneout),
        packed=packed,
        hidden=given.hidden,
    )


def _packed_batch(batch_sizes: Tensor, rows: int) -> int:
    sizes = batch_sizes.tolist()
    if sum(sizes) != rows or sizes != sorted(sizes, reverse=True):
        raise SteadfitError(
            f"batch_sizes have to fall and to sum to x's {rows} rows, found {sizes[:8]}."
        )
    return max(sizes, default=0)


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
                f"{cell.name}: the weight {name} has to be {wanted.get(name)}, found {found}."
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
        raise SteadfitError(f"{what} has to be {wanted}, found shape {tuple(tensor.shape)}.")


def _check_alike(x: Tensor, others: Sequence[Tensor | None]) -> None:
    for other in others:
        if other is not None and (other.dtype, other.device) != (x.dtype, x.device):
            raise SteadfitError(
                f"x is {x.dtype} on {x.device}; weights, states and masks have to be the same, "
                f"found {other.dtype} on {other.device}."
            )
