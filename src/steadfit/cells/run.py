"""`run`: a cell over sequences, by the fastest way that there is."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

import torch
from torch import Tensor

from steadfit.cells.call import Call, forward
from steadfit.cells.compiled import can_be_compiled, has_triton
from steadfit.cells.cudnn import run_cudnn, suits
from steadfit.cells.exported import exports, run_exported
from steadfit.cells.interface import Result, Sequences, Weights, check
from steadfit.cells.language import Cell
from steadfit.cells.operator import Run, cell_operator
from steadfit.cells.plain import in_forward_mode, plain
from steadfit.cells.reference import run_reference
from steadfit.errors import SteadfitError

_TYPES: Mapping[str, tuple[torch.dtype, ...]] = MappingProxyType(  # of kernels, by the device
    {"cpu": (torch.float32, torch.float64), "cuda": (torch.float32, torch.bfloat16)}
)


def run(cell: Cell, weights: Weights, sequences: Sequences) -> Result:
    """Run a cell over a batch of sequences.

    weights: see `Weights`; `Cell.shapes` gives the shapes. Under autocast all is made float32 here.
    Returns `Result`. Raises SteadfitError for shapes that do not fit, and where torch.jit traces:
    a trace would fix the number of steps.

    >>> import torch
    >>> from steadfit.cells import Sequences, find
    >>> lstm = find("lstm")
    >>> shapes = lstm.shapes(input=3, hidden=5)
    >>> weights = Weights(**{name: torch.zeros(shape) for name, shape in shapes.items()})
    >>> outputs, (h, c), states = run(lstm, weights, Sequences(torch.ones(7, 2, 3)))
    >>> outputs.shape, c.shape
    (torch.Size([7, 2, 5]), torch.Size([2, 5]))
    """
    return _checked(_by_kernel, cell, weights, sequences)


def run_outputs(cell: Cell, weights: Weights, sequences: Sequences) -> Result:
    """`run`, but the result's sequences may be those of the first state alone.

    That is all that cuDNN gives, which is used where it can be.
    """
    return _checked(_by_cudnn_or_kernel, cell, weights, sequences)


def _checked(
    way: Callable[[Cell, Weights, Sequences], Result],
    cell: Cell,
    weights: Weights,
    sequences: Sequences,
) -> Result:
    """The run by this way, which is given what fits and no autocast."""
    refuse_tracing(cell)
    device = sequences.values.device.type
    if device != "meta" and torch.is_autocast_enabled(device):
        # sums over many steps want all their digits
        with torch.autocast(device, enabled=False):
            wide = Weights(*(None if w is None else w.float() for w in weights))
            return _checked(way, cell, wide, sequences.map(Tensor.float))
    return way(cell, weights, check(cell, weights, sequences))


def _by_cudnn_or_kernel(cell: Cell, weights: Weights, sequences: Sequences) -> Result:
    x = sequences.values
    device, numbers = x.device.type, (x, *(sequences.states or ()), *weights)
    if (
        not torch.compiler.is_compiling()
        and suits(cell, bool(sequences.masks()), device)
        and x.numel() > 0
        and plain((number for number in numbers if number is not None), device)
    ):
        return run_cudnn(cell, weights, sequences)
    return _by_kernel(cell, weights, sequences)


def _by_kernel(cell: Cell, weights: Weights, sequences: Sequences) -> Result:
    if exports(sequences):
        return run_exported(cell, weights, sequences)
    call, tensors = Call.of(cell, weights, sequences)
    compiling = torch.compiler.is_compiling()
    if (
        not _has_kernel(cell, weights, sequences.values)
        or any(mask.requires_grad for mask in sequences.masks())
        or (in_forward_mode() if compiling else not plain(tensors, sequences.values.device.type))
    ):
        return run_reference(cell, weights, sequences)
    keep = torch.is_grad_enabled() and any(tensor.requires_grad for tensor in tensors)
    if compiling:
        results = cell_operator(tensors, call.text(), keep)
    else:
        results = Run.apply(call, *tensors) if keep else forward(call, tensors, None)
    count = len(cell.states)
    return Result(results[0], tuple(results[count : 2 * count]), tuple(results[:count]))


def has_kernel_type(x: Tensor) -> bool:
    """Whether kernels of a CPU are made for tensors of this type."""
    return x.dtype in _TYPES["cpu"]


def _has_kernel(cell: Cell, weights: Weights, x: Tensor) -> bool:
    return (
        x.dtype in _TYPES.get(x.device.type, ())
        and weights.projection is None
        and x.numel() > 0
        and can_be_compiled(cell)
        and (x.is_cpu or has_triton())
    )


def refuse_tracing(cell: Cell) -> None:
    """Raise SteadfitError where torch.jit traces: it would fix the number of steps unsaid."""
    if not torch.compiler.is_compiling() and torch._C._get_tracing_state() is not None:
        raise SteadfitError(
            f"torch.jit cannot trace {cell.name}: the trace would be right for one number of steps "
            "only. Use torch.export, or a layer that torch.nn has too, with torch's settings."
        )
