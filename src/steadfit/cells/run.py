"""`run`: a cell over sequences, by the fastest way that there is."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from steadfit.cells.call import Call, forward
from steadfit.cells.interface import Result, Weights, check
from steadfit.cells.language import Cell
from steadfit.cells.operator import Run, cell_operator
from steadfit.cells.plain import in_forward_mode, plain
from steadfit.cells.plan import MOST_STATES
from steadfit.cells.reference import run_reference
from steadfit.errors import SteadfitError


def run(
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
    """Run a cell over a batch of sequences.

    x: (T, B, I); or, with batch_sizes, the data of a packed batch, (N, I).
    weights: see `Weights`; `Cell.shapes` gives the shapes.
    states: the initial states, (B, P) for the first and (B, H) for the rest; zeros if None.
    lengths: (B,) int64, for padded sequences that end early: from its length on a sequence keeps
    its state, and its outputs are zero. batch_sizes: (T,) int64, as in torch's PackedSequence.
    reverse: from the last step to the first. With lengths or batch_sizes each sequence starts at
    its own last step.
    recurrent_mask: (B, P), multiplied with whatever enters the recurrent products at every step
    (variational dropout, Gal and Ghahramani 2016); with a state of another width than P, as (B, H).
    zoneout: for each state None or (T, B, width) as x is laid out: the share of the old value that
    is kept, new = m * old + (1 - m) * new (Krueger et al. 2017); 0 and 1 in training, the
    probability in evaluation.

    x, weights, states and masks have one dtype and device; under autocast they are made float32
    here. Returns `Result`. Raises SteadfitError for shapes that do not fit, and where torch.jit
    traces: a trace would fix the number of steps.

    >>> import torch
    >>> from steadfit.cells import find
    >>> lstm = find("lstm")
    >>> shapes = lstm.shapes(input=3, hidden=5)
    >>> weights = Weights(**{name: torch.zeros(shape) for name, shape in shapes.items()})
    >>> outputs, (h, c), sequences = run(lstm, torch.ones(7, 2, 3), weights)
    >>> outputs.shape, c.shape
    (torch.Size([7, 2, 5]), torch.Size([2, 5]))
    """
    refuse_tracing(cell)
    if not x.is_meta and torch.is_autocast_enabled(x.device.type):
        # sums over many steps want all their digits
        with torch.autocast(x.device.type, enabled=False):
            x, weights, states, recurrent_mask, zoneout = _widened(
                x, weights, states, recurrent_mask, zoneout
            )
            options: dict[str, Any] = {"recurrent_mask": recurrent_mask, "zoneout": zoneout}
            options |= {"lengths": lengths, "batch_sizes": batch_sizes}
            return run(cell, x, weights, states, reverse=reverse, **options)
    options: dict[str, Any] = {"lengths": lengths, "batch_sizes": batch_sizes}
    options |= {"recurrent_mask": recurrent_mask, "zoneout": zoneout}
    given = check(cell, x, weights, states, **options)
    named = {name: w for name, w in weights._asdict().items() if w is not None}
    masks = [m for m in (recurrent_mask, *given.zoneout) if m is not None]
    rows = {"lengths": lengths, "batch_sizes": batch_sizes}
    counts = {name: count for name, count in rows.items() if count is not None}
    tensors = [x, *named.values(), *given.states, *masks, *counts.values()]
    compiling = torch.compiler.is_compiling()
    if (
        not _has_kernel(cell, x, weights)
        or any(mask.requires_grad for mask in masks)
        or (in_forward_mode() if compiling else not plain(tensors))
    ):
        return run_reference(cell, x, weights, given.states, reverse=reverse, **options)
    call = Call(
        cell=cell,
        weights=tuple(named),
        mask=recurrent_mask is not None,
        zoneout=tuple(mask is not None for mask in given.zoneout),
        rows=next(iter(counts), "padded"),
        reverse=reverse,
    )
    keep = torch.is_grad_enabled() and any(tensor.requires_grad for tensor in tensors)
    if compiling:
        results = cell_operator(tensors, call.text(), keep)
    else:
        results = Run.apply(call, *tensors) if keep else forward(call, tensors, None)
    count = len(cell.states)
    return Result(results[0], tuple(results[count : 2 * count]), tuple(results[:count]))


def has_kernel_type(x: Tensor) -> bool:
    """Whether kernels are made for tensors of this type."""
    return x.dtype in (torch.float32, torch.float64)


def _has_kernel(cell: Cell, x: Tensor, weights: Weights) -> bool:
    return (
        x.is_cpu
        and has_kernel_type(x)
        and weights.projection is None
        and bool(cell.gates)
        and len(cell.states) <= MOST_STATES
        and x.numel() > 0
    )


def refuse_tracing(cell: Cell) -> None:
    """Raise SteadfitError where torch.jit traces: it would fix the number of steps unsaid."""
    if not torch.compiler.is_compiling() and torch._C._get_tracing_state() is not None:
        raise SteadfitError(
            f"torch.jit cannot trace {cell.name}: the trace would be right for one number of steps "
            "only. Use torch.export, or a layer that torch.nn has too, with torch's settings."
        )


def _widened(
    x: Tensor,
    weights: Weights,
    states: Sequence[Tensor] | None,
    mask: Tensor | None,
    zoneout: Sequence[Tensor | None] | None,
) -> tuple[Tensor, Weights, Sequence[Tensor] | None, Tensor | None, Sequence[Tensor | None] | None]:
    """The same in float32, where autocast may have made some of it shorter."""

    def wide(tensor: Tensor | None) -> Tensor | None:
        return None if tensor is None else tensor.float()

    return (
        x.float(),
        Weights(*map(wide, weights)),
        None if states is None else tuple(state.float() for state in states),
        wide(mask),
        None if zoneout is None else tuple(map(wide, zoneout)),
    )
