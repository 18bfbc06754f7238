"""A batch of sequences of unequal length in one tensor.

Letters of shapes: B batch, T steps of the longest, C channels.
"""

from collections.abc import MutableMapping
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from steadfit.errors import SteadfitError


@dataclass(frozen=True, eq=False)
class Padded:
    """A batch of sequences, filled up to the longest.

    values: (B, T, C), or token numbers (B, T). What stands beyond a sequence's end means nothing,
        but is finite.
    lengths: int64, (B,), each from 1 to T; None where every sequence has all T steps.
    states: for a sequence that comes in parts: each recurrent layer begins with the states that it
        finds here under itself, or with its own, and leaves its last ones. None: nothing is kept.

    >>> Padded.of(torch.ones(2, 3, 1), torch.tensor([3, 1])).filled(0.0).flatten().tolist()
    [1.0, 1.0, 1.0, 1.0, 0.0, 0.0]
    """

    values: Tensor
    lengths: Tensor | None = None
    states: MutableMapping[nn.Module, Any] | None = None

    @classmethod
    def of(cls, values: Tensor, lengths: Tensor) -> "Padded":
        """The batch with these lengths."""
        equal = len(lengths) == 0 or int(lengths.min()) == values.shape[1]
        return cls(values, None if equal else lengths)

    def mask(self) -> Tensor:
        """True at the steps that there are; bool, (B, T)."""
        batch, steps = self.values.shape[:2]
        if self.lengths is None:
            return torch.ones(batch, steps, dtype=torch.bool, device=self.values.device)
        return torch.arange(steps, device=self.values.device) < self.lengths[:, None]

    def ends(self) -> Tensor:
        """The position of each sequence's last step; int64, (B,)."""
        batch, steps = self.values.shape[:2]
        if self.lengths is None:
            return torch.full((batch,), steps - 1, device=self.values.device)
        return self.lengths - 1

    def filled(self, fill: float) -> Tensor:
        """The values with this one beyond the ends."""
        if self.lengths is None:
            return self.values
        return self.values.masked_fill(~self.mask()[..., None], fill)

    def but(self, values: Tensor) -> "Padded":
        """The same lengths and states with other values."""
        return replace(self, values=values)

    def __add__(self, other: "Padded") -> "Padded":
        return self.but(self.values + other.values)

    def __truediv__(self, number: float) -> "Padded":
        return self.but(self.values / number)


def at_length(batch: Padded, steps: int) -> Tensor:
    """The values of a batch as if its longest sequence had so many steps, zeros beyond each end;
    (B, steps, C).

    Raises SteadfitError for longer sequences.
    """
    if not torch.compiler.is_compiling() and batch.values.shape[1] > steps:
        raise SteadfitError(
            f"The model has room for {steps} steps, and a sequence has {batch.values.shape[1]}. "
            "Cut it, or use a model that pools over time."
        )
    size, present, channels = batch.values.shape
    zeros = batch.values.new_zeros(size, steps, channels)
    # a saved program cannot ask how many are missing; it fails where there is no such place
    places = torch.arange(present, device=zeros.device)
    return zeros.index_copy(1, places, batch.filled(0.0))
