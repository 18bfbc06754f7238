"""How tensors are handed to compiled kernels."""

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import NamedTuple

import torch
from torch import Tensor

from steadfit.cells.interface import Sequences, Weights
from steadfit.cells.plan import MOST_STATES
from steadfit.machine import one_thread_after_fork

one_thread_after_fork()
_Pointer = ctypes.c_void_p
_Pointers = _Pointer * MOST_STATES
_Number = ctypes.c_int64


class _Arguments(ctypes.Structure):
    """`Arguments` of problem.h."""

    _fields_ = (
        *((name, _Number) for name in ("time", "batch", "input", "hidden", "reverse", "threads")),
        *((name, _Pointer) for name in ("starts", "sizes", "order")),
        *((name, _Pointer) for name in ("x", "input_weight", "recurrent_weight")),
        *((name, _Pointer) for name in ("bias", "peephole", "mask")),
        *((name, _Pointers) for name in ("initial", "given", "sequence", "final")),
        ("saved", _Pointer),
        *((name, _Pointers) for name in ("d_sequence", "d_final")),
        *((name, _Pointer) for name in ("d_x", "d_input_weight", "d_recurrent_weight")),
        *((name, _Pointer) for name in ("d_bias", "d_peephole")),
        ("d_initial", _Pointers),
    )


class Schedule(NamedTuple):
    """Which row is which step of which sequence, as int64 tensors on the CPU (see problem.h)."""

    starts: Tensor
    sizes: Tensor
    order: Tensor
    rows: int  # how many steps there are in all sequences together


@dataclass(frozen=True, eq=False)
class Task:
    """One run as the kernel takes it: checked, and every tensor contiguous."""

    weights: Weights
    sequences: Sequences

    @cached_property
    def schedule(self) -> Schedule:
        """Which row is which step."""
        given = self.sequences
        time = len(given.values if given.batch_sizes is None else given.batch_sizes)
        return schedule(time, given.batch, given.lengths, given.batch_sizes)

    @property
    def states(self) -> Sequence[Tensor]:
        """The initial states."""
        assert self.sequences.states is not None
        return self.sequences.states

    @property
    def ragged(self) -> bool:
        """Whether there are rows beyond the ends of sequences, which no sweep visits."""
        return self.sequences.values.shape[:-1].numel() != self.schedule.rows


class Forward(NamedTuple):
    """What the forward sweep gives, laid out as x and as the initial states."""

    sequences: tuple[Tensor, ...]
    final: tuple[Tensor, ...]


class Gradients(NamedTuple):
    """What the backward sweep gives; None where it was not wanted."""

    x: Tensor | None
    weights: Weights
    states: tuple[Tensor, ...]


def schedule(
    time: int, batch: int, lengths: Tensor | None = None, batch_sizes: Tensor | None = None
) -> Schedule:
    """The schedule of a padded batch, with lengths or without, or of a packed one."""
    if batch_sizes is not None:
        sizes = batch_sizes.to("cpu", torch.int64).contiguous()
        return Schedule(sizes.cumsum(0) - sizes, sizes, _range(batch), int(sizes.sum()))
    if lengths is None:
        return _even(time, batch)
    starts = _range(time) * batch
    lengths = lengths.to("cpu", torch.int64).clamp(0, time)
    order = lengths.argsort(descending=True, stable=True)
    sizes = (lengths > _range(time)[:, None]).sum(1)
    return Schedule(starts, sizes, order, int(sizes.sum()))


@lru_cache(maxsize=64)
def _even(time: int, batch: int) -> Schedule:
    sizes = torch.full((time,), batch, device="cpu")
    return Schedule(_range(time) * batch, sizes, _range(batch), time * batch)


def _range(count: int) -> Tensor:
    return torch.arange(count, device="cpu")  # whatever the default device is


@dataclass(frozen=True)
class Kernel:
    """The sweeps of one floating type, and a cell's own part in them for one choice of masks."""

    sweeps: ctypes.CDLL
    cell: ctypes.c_void_p  # the address of a `Cell` (see cell.h)

    def forward(self, task: Task, saved: Tensor | None) -> Forward:
        """Run forward. saved: where to keep what the backward sweep needs, if one is to follow."""
        x = task.sequences.values
        make = x.new_zeros if task.ragged else x.new_empty
        hidden = task.states[0].shape[1]
        # made in the caller's shape: autograd does not let views be changed in place
        sequences = tuple(make(*x.shape[:-1], hidden) for _ in task.states)
        final = tuple(torch.empty_like(state) for state in task.states)
        arguments = self._arguments(task, sequences, final, saved)
        _check_memory(self.sweeps.run_forward(self.cell, ctypes.byref(arguments)))
        return Forward(sequences, final)

    def backward(
        self,
        task: Task,
        sequences: Sequence[Tensor],
        saved: Tensor,
        d_sequences: Sequence[Tensor | None],
        d_final: Sequence[Tensor | None],
        wants_x: bool,
    ) -> Gradients:
        """Run backward from the adjoints of the sequences and of the final states.

        sequences and saved: what `forward` gave and filled.
        """
        make = torch.zeros_like if task.ragged or task.weights.input is None else torch.empty_like
        d_x = make(task.sequences.values) if wants_x else None
        fresh = torch.empty_like if task.schedule.rows else torch.zeros_like
        d_weights = Weights(*(None if w is None else fresh(w) for w in task.weights))
        d_states = tuple(torch.empty_like(state) for state in task.states)
        arguments = self._arguments(task, sequences, (), saved)
        arguments.d_sequence = _pointers(d_sequences)
        arguments.d_final = _pointers(d_final)
        arguments.d_x = _pointer(d_x)
        arguments.d_input_weight = _pointer(d_weights.input)
        arguments.d_recurrent_weight = _pointer(d_weights.recurrent)
        arguments.d_bias = _pointer(d_weights.bias)
        arguments.d_peephole = _pointer(d_weights.peephole)
        arguments.d_initial = _pointers(d_states)
        _check_memory(self.sweeps.run_backward(self.cell, ctypes.byref(arguments)))
        return Gradients(d_x, d_weights, d_states)

    def _arguments(
        self,
        task: Task,
        sequences: Sequence[Tensor],
        final: Sequence[Tensor],
        saved: Tensor | None,
    ) -> _Arguments:
        batch, hidden = task.states[0].shape
        given = task.sequences
        return _Arguments(
            time=len(task.schedule.sizes),
            batch=batch,
            input=given.values.shape[-1],
            hidden=hidden,
            reverse=given.reverse,
            threads=torch.get_num_threads(),
            starts=_pointer(task.schedule.starts),
            sizes=_pointer(task.schedule.sizes),
            order=_pointer(task.schedule.order),
            x=_pointer(given.values),
            input_weight=_pointer(task.weights.input),
            recurrent_weight=_pointer(task.weights.recurrent),
            bias=_pointer(task.weights.bias),
            peephole=_pointer(task.weights.peephole),
            mask=_pointer(given.recurrent_mask),
            initial=_pointers(task.states),
            given=_pointers(given.zoneout or ()),
            sequence=_pointers(sequences),
            final=_pointers(final),
            saved=_pointer(saved),
        )


def _check_memory(lacking: int) -> None:
    if lacking:
        raise MemoryError("not enough memory for a cell's sweep over the steps")


def _pointer(tensor: Tensor | None) -> int | None:
    if tensor is None:
        return None
    assert tensor.is_contiguous()
    return tensor.data_ptr()


def _pointers(tensors: Sequence[Tensor | None]) -> ctypes.Array[ctypes.c_void_p]:
    return _Pointers(*map(_pointer, tensors))
