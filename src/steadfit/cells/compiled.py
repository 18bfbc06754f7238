"""The compiled kernel of a cell: made when it is first wanted, and tried on a first step."""

import ctypes
import re
import warnings
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from typing import Protocol

import torch
from torch import Tensor

from steadfit.cells.build import BuildError, build
from steadfit.cells.emit import Variant, head, source_text
from steadfit.cells.interface import Sequences, Weights
from steadfit.cells.kernels import Forward, Gradients, Kernel, Task
from steadfit.cells.language import Cell
from steadfit.cells.plan import MOST_STATES, plan
from steadfit.cells.reference import run_reference
from steadfit.foreign_text import printable_lines

REAL = {torch.float32: "float", torch.float64: "double"}
_TOLERANCES = {  # against a tensor's norm
    torch.bfloat16: 5e-2,
    torch.float32: 1e-3,
    torch.float64: 1e-8,
}


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
        warn_once(str(error))
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
        warn_once(reason)
    return not reason


def has_triton() -> bool:
    """Whether kernels can be made for a GPU; if not, that is said once, as a warning."""
    found = _is_installed("triton")
    if not found:
        warn_once("there is no Triton to make kernels for a GPU. pip install 'steadfit[gpu]'")
    return found


# Dynamo then calls the function while it compiles, and takes what it says for a constant.
has_triton._dynamo_marked_constant = True  # type: ignore[attr-defined]


@cache
def _is_installed(name: str) -> bool:
    return find_spec(name) is not None


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


class Sweeps(Protocol):
    """What `kernels.Kernel` does, on whatever device."""

    def forward(self, task: Task, saved: Tensor | None) -> Forward:
        """See `Kernel.forward`."""
        ...

    def backward(
        self,
        task: Task,
        sequences: Sequence[Tensor],
        saved: Tensor,
        d_sequences: Sequence[Tensor | None],
        d_final: Sequence[Tensor | None],
        wants_x: bool,
    ) -> Gradients:
        """See `Kernel.backward`."""
        ...


@torch.inference_mode(False)
def try_step(
    made: Sweeps,
    variant: Variant,
    dtype: torch.dtype,
    hidden: int = 3,
    device: torch.device | str = "cpu",
) -> None:
    """Two steps forward and backward. Raises BuildError if they are not the reference's.

    It takes some milliseconds, once for each library that is compiled.
    """
    time, batch, input = 2, 2, 2
    cell, generator = variant.cell, torch.Generator().manual_seed(0)

    def normal(*shape: int) -> Tensor:
        drawn = torch.randn(shape, generator=generator, dtype=dtype, device="cpu")
        return drawn.to(device) / 2

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
def warn_once(reason: str) -> None:
    said = f"steadfit's recurrent cells run step by step, which is slow: {reason}"
    warnings.warn(printable_lines(said), stacklevel=2)
