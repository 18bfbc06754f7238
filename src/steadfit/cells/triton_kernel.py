"""A cell on a GPU: the sweeps that Triton compiles, and the matrix products before and after them.

The text of the sweeps is made here and holds nothing but positions and numbers of a plan, so it is
run as it is; no file is read.
"""

import linecache
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import count
from types import MappingProxyType
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import linear

from steadfit.cells.build import BuildError
from steadfit.cells.compiled import try_step, warn_once
from steadfit.cells.emit import Variant
from steadfit.cells.emit_triton import (
    backward_arguments,
    backward_text,
    forward_arguments,
    forward_text,
    sources_of,
)
from steadfit.cells.interface import Sequences, Weights
from steadfit.cells.kernels import Forward, Gradients, Task
from steadfit.cells.language import Cell
from steadfit.cells.plan import Plan, X, plan

WIDE = ("gates", "back", "carry", "direct")  # memory that is float32 always: sums go on in it
_serial = count()


class Tiles(NamedTuple):
    """How a program goes about it: sequences, units and terms of a sum at a time, and warps."""

    rows: int
    units: int
    depth: int
    warps: int

    @property
    def constants(self) -> Mapping[str, int]:
        """As the sweeps take them."""
        return MappingProxyType({"ROWS": self.rows, "UNITS": self.units, "DEPTH": self.depth})

    @property
    def options(self) -> Mapping[str, int]:
        """As Triton takes them. With fewer registers a thread, some would be spilled to memory."""
        return MappingProxyType({"num_warps": self.warps, "num_stages": 2, "maxnreg": 255})


def tiles(hidden: int) -> Tiles:
    """The tiles for so many units, with which the library's cells spill no registers."""
    if hidden <= 32:
        return Tiles(rows=16, units=16, depth=16, warps=4)  # Triton multiplies no smaller ones
    return Tiles(rows=16, units=64, depth=16, warps=8)


@dataclass(frozen=True, eq=False)
class GpuKernel:
    """The sweeps of a cell with one choice of masks. See `kernels.Kernel`, which it stands for."""

    made: Plan
    sweeps: Mapping[str, Any]

    def forward(self, task: Task, saved: Tensor | None) -> Forward:
        """See `kernels.Kernel.forward`."""
        given, made, states = task.sequences, self.made, task.states
        x, weights = given.values, task.weights
        batch, hidden = states[0].shape
        make = x.new_empty if given.lengths is None else x.new_zeros
        sequences = tuple(make(*x.shape[:-1], hidden) for _ in states)
        steps = _steps(given)
        bias = weights.bias
        memory = {
            "product": None if weights.input is None else linear(x.flatten(0, -2), weights.input),
            "bias": x.new_zeros(len(made.gates) * hidden) if bias is None else bias,
            "gates": x.new_empty(batch, len(made.gates), hidden, dtype=torch.float32),
            "source": x.new_empty(batch, len(made.sources), hidden),
            "saved": saved,
        }
        self._launch("forward", task, memory, sequences, steps)
        ends = tuple(
            torch.where(
                (steps.lengths > 0)[:, None], rows.flatten(0, -2)[steps.last(given.reverse)], state
            )
            for rows, state in zip(sequences, states, strict=True)
        )
        return Forward(sequences, ends)

    def backward(
        self,
        task: Task,
        sequences: Sequence[Tensor],
        saved: Tensor,
        d_sequences: Sequence[Tensor | None],
        d_final: Sequence[Tensor | None],
        wants_x: bool,
    ) -> Gradients:
        """See `kernels.Kernel.backward`."""
        given, made = task.sequences, self.made
        x, states, steps = given.values, task.states, _steps(given)
        batch, hidden = states[0].shape
        rows = x.shape[:-1].numel()
        make = x.new_empty if given.lengths is None else x.new_zeros  # no sweep visits all rows
        columns = len(made.gates) + len(made.graph.peepholes)
        carry = [
            torch.zeros_like(state) if end is None else end
            for state, end in zip(states, d_final, strict=True)
        ]
        memory = {
            "source": make(rows, len(sources_of(made)), hidden),
            "saved": saved,
            "back": x.new_empty(batch, len(made.sources), hidden, dtype=torch.float32),
            "delta": make(rows, columns, hidden),
            "carry": torch.stack(carry).float(),
            "direct": x.new_empty(len(states), batch, hidden, dtype=torch.float32),
            **{f"d_sequence_{place}": one for place, one in enumerate(d_sequences)},
        }
        self._launch("backward", task, memory, sequences, steps)
        d_x, d_weights = self._gradients(task, memory["delta"], memory["source"])
        d_states = tuple(memory["carry"].to(x.dtype).unbind())
        return Gradients(d_x if wants_x else None, d_weights, d_states)

    def _launch(
        self,
        sweep: str,
        task: Task,
        memory: Mapping[str, Tensor | None],
        sequences: Sequence[Tensor],
        steps: "_Steps",
    ) -> None:
        given, weights = task.sequences, task.weights
        batch, hidden = task.states[0].shape
        chosen = tiles(hidden)
        shared: dict[str, Any] = {
            "recurrent": weights.recurrent,
            "peephole": weights.peephole,
            "mask": given.recurrent_mask,
            "starts": steps.starts,
            "lengths": steps.lengths,
            "batch": batch,
            "hidden": hidden,  # not a constant, or Triton unrolls the loops and lacks registers
        }
        places = zip(task.states, given.zoneout or (), sequences, strict=True)
        for place, (initial, share, sequence) in enumerate(places):
            shared[f"initial_{place}"] = initial
            shared[f"given_{place}"] = share
            shared[f"sequence_{place}"] = sequence
        names = {"forward": forward_arguments, "backward": backward_arguments}[sweep](self.made)
        arguments = {name: memory.get(name, shared.get(name)) for name in names}
        grid = (-(-batch // chosen.rows),)
        with torch.cuda.device_of(given.values):
            self.sweeps[sweep][grid](
                **arguments,
                **chosen.constants,
                **chosen.options,
                REVERSE=given.reverse,
                H=hidden,
            )

    def _gradients(
        self, task: Task, delta: Tensor, source: Tensor
    ) -> tuple[Tensor | None, Weights]:
        """Of x and of the weights, as products over all rows."""
        made, graph, given, weights = self.made, self.made.graph, task.sequences, task.weights
        hidden = delta.shape[-1]
        columns = {gate.name: column for column, gate in enumerate(made.gates)}
        d_x = torch.zeros_like(given.values)
        d_input = None
        if weights.input is not None:
            taking = torch.cat([delta[:, columns[gate.name]] for gate in graph.input_blocks], 1)
            d_input = taking.T @ _running(given)
            d_x = (taking @ weights.input).view_as(given.values)
        d_recurrent = None
        if weights.recurrent is not None:
            blocks = torch.empty_like(weights.recurrent).view(-1, hidden, hidden)
            for group in (group for group in made.groups if group.source != X):
                taking = delta[:, group.column : group.column + len(group.blocks)].flatten(1)
                found = taking.T @ source[:, sources_of(made).index(group.source)]
                for block, one in zip(group.blocks, found.split(hidden), strict=True):
                    blocks[block] = one
            d_recurrent = blocks.flatten(0, 1)
        sums = delta.sum(0)
        d_bias = [sums[columns[gate.name]] for gate in graph.gates]
        return d_x, Weights(
            input=d_input,
            recurrent=d_recurrent,
            bias=None if weights.bias is None else torch.cat(d_bias),
            peephole=None if weights.peephole is None else sums[len(made.gates) :],
        )


class _Steps(NamedTuple):
    """Which row is which step, int64 on the device of x: of step t, the first one, and each end."""

    starts: Tensor
    lengths: Tensor

    def last(self, reverse: bool) -> Tensor:
        """The row of each sequence's last step, in the direction of the run."""
        steps = torch.zeros_like(self.lengths) if reverse else (self.lengths - 1).clamp(min=0)
        return self.starts[steps] + torch.arange(len(steps), device=steps.device)


def _steps(given: Sequences) -> _Steps:
    device, batch = given.values.device, given.batch
    if given.batch_sizes is not None:
        sizes = given.batch_sizes.to(torch.int64)
        lengths = (sizes[:, None] > torch.arange(batch)).sum(0)
        return _Steps((sizes.cumsum(0) - sizes).to(device), lengths.to(device))
    time = len(given.values)
    starts = torch.arange(0, time * batch, batch, device=device)
    if given.lengths is None:
        return _Steps(starts, torch.full((batch,), time, device=device))
    return _Steps(starts, given.lengths.to(device, torch.int64).clamp(0, time))


def _running(given: Sequences) -> Tensor:
    """The rows of x, (rows, I), zero beyond the ends of sequences."""
    x = given.values
    if given.lengths is not None:
        steps = torch.arange(len(x), device=x.device)[:, None]
        x = torch.where((steps < given.lengths.to(x.device))[..., None], x, 0)
    return x.flatten(0, -2)


@cache
def tried_kernel(
    cell: Cell,
    mask: bool,
    zoneout: tuple[bool, ...],
    hidden: int,
    dtype: torch.dtype,
    device: torch.device,
) -> GpuKernel | None:
    """The kernel for so many units of this type, or None where the reference has to do, which is
    said once.

    It runs two steps first, and those have to be the reference's.
    """
    made = gpu_kernel(cell, mask, zoneout)
    try:
        try_step(made, Variant(cell, mask, zoneout), dtype, hidden, device)
    except torch.OutOfMemoryError:
        raise
    except BuildError:
        warn_once(
            f"Triton's {cell.name} does not give on {device} what its equations give. Please "
            "report this with the output of `steadfit doctor`"
        )
        return None
    except Exception as error:  # Triton, its compilers and drivers fail in their own ways
        said = str(error).strip().partition("\n")[0]
        warn_once(f"{cell.name} on {device}: {type(error).__name__}: {said}")
        return None
    return made


@cache
def gpu_kernel(cell: Cell, mask: bool, zoneout: tuple[bool, ...]) -> GpuKernel:
    """The kernel of a cell with one choice of masks; Triton compiles it at its first launch."""
    made = plan(cell, mask, zoneout)
    texts = {"forward": forward_text(made), "backward": backward_text(made)}
    return GpuKernel(made, {name: _function(name, text) for name, text in texts.items()})


def _function(name: str, text: str) -> Any:
    """The Triton function that this text defines."""
    import triton
    import triton.language as tl

    from steadfit.cells import triton_functions

    file = f"<steadfit GPU kernel {next(_serial)}>"
    # Triton reads the text of a function again, from here
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    space: dict[str, Any] = {**vars(triton_functions), "tl": tl, "__name__": "steadfit.generated"}
    exec(compile(text, file, "exec"), space)
    jit: Any = triton.jit  # whose types know no list of names
    return jit(space[name], do_not_specialize=["batch", "hidden"])
