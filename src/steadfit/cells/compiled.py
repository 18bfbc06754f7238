"""The compiled kernel of a cell: made when it is first wanted, and tried on a first step."""

import ctypes
import re
import warnings
from functools import cache

import torch
from torch import Tensor

from steadfit.cells.build import BuildError, build
from steadfit.cells.emit import Variant, head, source_text
from steadfit.cells.interface import Sequences, Weights
from steadfit.cells.kernels import Kernel, Task
from steadfit.cells.language import Cell
from steadfit.cells.plan import MOST_STATES, plan
from steadfit.cells.reference import run_reference
from steadfit.foreign_text import printable_lines

REAL = {torch.float32: "float", torch.float64: "double"}
_TOLERANCES = {torch.float32: 1e-3, torch.float64: 1e-8}  # against a tensor's norm


@cache
def kernel(cell: Cell, dtype: torch.dtype, mask: bool, zoneout: tuple[bool, ...]) -> Kernel | None:
    """The compiled kernel, or None where the reference has to do.

    Why there is none (no compiler, one that fails, a result that is not the reference's) is said
    once, as a warning.
    """
    variant = Variant(cell, mask, zoneout)
    try:
        sweeps = library_of_sweeps(dtype)

        def check(library: ctypes.CDLL) -> None:
            try_step(Kernel(sweeps, address(library, "cell_0")), variant, dtype)

        name = re.sub(r"\W", "_", cell.name, flags=re.ASCII)[:40]
        own = build(f"{name}-{REAL[dtype]}", source_text([variant], REAL[dtype]), check)
    except BuildError as error:
        _warn(str(error))
        return None
    return Kernel(sweeps, address(own, "cell_0"))


def can_be_compiled(cell: Cell) -> bool:
    """Whether kernels can run this cell; if not, that is said once, as a warning."""
    reason = ""
    if not cell.gates:
        reason = f"{cell.name} has no gates"
    elif len(cell.states) > MOST_STATES:
        reason = f"{cell.name} has {len(cell.states)} states, and kernels take {MOST_STATES}"
    if reason and not torch.compiler.is_compiling():
        _warn(reason)
    return not reason


@cache
def saved_values(cell: Cell, mask: bool, zoneout: tuple[bool, ...]) -> int:
    """How many values of each unit and step the forward sweep keeps for the backward sweep."""
    return len(plan(cell, mask, zoneout).saved)


def saved_width(variant: Variant, dtype: torch.dtype, hidden: int) -> int:
    """How many numbers of each step the forward sweep keeps: whole panels."""
    panel = 64 // dtype.itemsize
    width = -(-hidden // panel) * panel
    return saved_values(variant.cell, variant.recurrent_mask, variant.zoneout) * width


def library_of_sweeps(dtype: torch.dtype) -> ctypes.CDLL:
    """What is the same for all cells."""
    return build(f"sweeps-{REAL[dtype]}", head(REAL[dtype]) + '#include "sweeps.h"\n')


def address(library: ctypes.CDLL, name: str) -> ctypes.c_void_p:
    """Where an object of a library stands."""
    return ctypes.c_void_p(ctypes.addressof(ctypes.c_char.in_dll(library, name)))


@torch.inference_mode(False)
def try_step(made: Kernel, variant: Variant, dtype: torch.dtype) -> None:
    """Two steps forward and backward. Raises BuildError if they are not the reference's.

    It takes some milliseconds, once for each library that is compiled.
    """
    time, batch, input, hidden = 2, 2, 2, 3
    cell, generator = variant.cell, torch.Generator().manual_seed(0)

    def normal(*shape: int) -> Tensor:
        return torch.randn(shape, generator=generator, dtype=dtype, device="cpu") / 2

    weights = Weights(**{n: normal(*shape) for n, shape in cell.shapes(input, hidden).items()})
    x, states = normal(time, batch, input), tuple(normal(batch, hidden) for _ in cell.states)
    mask = normal(batch, hidden) if variant.recurrent_mask else None
    zoneout = tuple(normal(time, batch, hidden) if one else None for one in variant.zoneout)
    sequences = Sequences(x, states, recurrent_mask=mask, zoneout=zoneout)
    with torch.enable_grad():
        leaves = [
            tensor.requires_grad_() for tensor in (x, *weights, *states) if tensor is not None
        ]
        wanted = run_reference(cell, weights, sequences)
        outputs = [*wanted.sequences, *wanted.final]
        adjoints = [normal(*output.shape) for output in outputs]
        exact = torch.autograd.grad(
            outputs, leaves, adjoints, allow_unused=True, materialize_grads=True
        )
    task = Task(weights, sequences)
    saved = x.new_empty(time * batch, saved_width(variant, dtype, hidden))
    done = made.forward(task, saved)
    count = len(states)
    found = made.backward(
        task, done.sequences, saved, adjoints[:count], adjoints[count:], wants_x=True
    )
    ours = [*done.sequences, *done.final, found.x, *found.weights, *found.states]
    pairs = zip((one for one in ours if one is not None), (*outputs, *exact), strict=True)
    for one, other in pairs:
        one, other = (torch.nan_to_num(t.detach().flatten(), 0, 0, 0) for t in (one, other))
        if not (one - other).norm() <= _TOLERANCES[dtype] * (1 + other.norm()):
            raise BuildError(
                f"the compiled {cell.name} does not give what its equations give. Please report "
                "this with the output of `steadfit doctor`, or name another compiler in CXX"
            )


@cache
def _warn(reason: str) -> None:
    said = f"steadfit's recurrent cells run step by step, which is slow: {reason}"
    warnings.warn(printable_lines(said), stacklevel=2)
