"""The forms in which torch's recurrent layers take a batch, brought to the one that cells take.

Letters of shapes: T time, B batch, I input width, N rows of a packed batch, L layers times
directions, W the width of a state.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.nn.utils.rnn import PackedSequence

from steadfit.errors import ShapeError, SteadfitError


@dataclass(frozen=True, eq=False)
class Batch:
    """A batch as `steadfit.cells.run` takes it; its methods go to and from the caller's form."""

    x: Tensor  # (T, B, I), or (N, I) if packed
    size: int  # B
    lengths: Tensor | None = None
    packed: PackedSequence | None = None
    batched: bool = True
    batch_first: bool = False

    @property
    def batch_sizes(self) -> Tensor | None:
        """How many sequences there are at each step of a packed batch."""
        return None if self.packed is None else self.packed.batch_sizes

    def initial(self, states: Tensor) -> Tensor:
        """The caller's (L, B, W), or (L, W) unbatched, in the order of x's sequences."""
        if not self.batched:
            return states.unsqueeze(1)
        if self.packed is not None and self.packed.sorted_indices is not None:
            return states.index_select(1, self.packed.sorted_indices)
        return states

    def final(self, states: Tensor) -> Tensor:
        """(L, B, W) in the caller's order and form."""
        if not self.batched:
            return states.squeeze(1)
        if self.packed is not None and self.packed.unsorted_indices is not None:
            return states.index_select(1, self.packed.unsorted_indices)
        return states

    def steps(self, rows: Tensor) -> Any:
        """What there is of every step, laid out as x, in the caller's form: a Tensor or packed."""
        if self.packed is not None:
            return PackedSequence(
                rows,
                self.packed.batch_sizes,
                self.packed.sorted_indices,
                self.packed.unsorted_indices,
            )
        if not self.batched:
            return rows.squeeze(1)
        return rows.transpose(0, 1) if self.batch_first else rows


def arrange(
    given: Tensor | PackedSequence, lengths: Tensor | None, batch_first: bool, width: int
) -> Batch:
    """The batch that a caller gave. width: the I that the layer takes.

    Raises SteadfitError for a shape or lengths that do not fit.
    """
    if isinstance(given, PackedSequence):
        if lengths is not None:
            raise SteadfitError("A packed sequence knows its lengths; leave out the argument.")
        _check_width(given.data, width)
        return Batch(given.data, int(given.batch_sizes[0]), packed=given)
    batched = given.dim() == 3
    if not batched and (given.dim() != 2 or lengths is not None):
        order = "(batch, time, input)" if batch_first else "(time, batch, input)"
        one = "" if lengths is not None else " or, for one sequence, (time, input)"
        raise SteadfitError(f"The input must be {order}{one}, got shape {tuple(given.shape)}.")
    _check_width(given, width)
    if not batched:
        return Batch(given.unsqueeze(1), 1, batched=False)
    x = given.transpose(0, 1) if batch_first else given
    if lengths is not None:
        _check_lengths(lengths, x.shape[0], x.shape[1])
    return Batch(x, x.shape[1], lengths=lengths, batch_first=batch_first)


def _check_width(x: Tensor, width: int) -> None:
    if x.shape[-1] != width:
        raise ShapeError(
            f"The input's last dimension must be input_size, {width}, got shape {tuple(x.shape)}."
        )


def _check_lengths(lengths: Tensor, time: int, batch: int) -> None:
    if not isinstance(lengths, Tensor):
        raise SteadfitError(f"lengths must be a tensor, got {type(lengths).__name__}.")
    if lengths.shape != (batch,) or lengths.dtype != torch.int64:
        raise SteadfitError(
            f"lengths must be int64 and ({batch},), one number a sequence, "
            f"got {lengths.dtype} and shape {tuple(lengths.shape)}."
        )
    if torch.compiler.is_compiling() or torch._C._are_functorch_transforms_active():
        return  # there the numbers cannot be looked at
    wrong = ((lengths < 0) | (lengths > time)).nonzero()
    if len(wrong):
        place = int(wrong[0])
        raise SteadfitError(
            f"lengths must lie between 0 and the {time} steps of the input, "
            f"got {int(lengths[place])} for sequence {place}."
        )
