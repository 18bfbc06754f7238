"""`Windows`: stretches of one length, of longer sequences that they share."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from steadfit.kinds.ragged import Ragged


class Windows(Ragged):
    """Stretches of one length of longer sequences, as the windows that forecasts are made from.

    A step is in as many windows as there are steps in one; it is kept once, and copied when windows
    are padded for a network. `values` is all of them end to end, made anew at each call.

    shared: the longer sequences, one after the other; float32, shape (steps, channels). begins:
        where in them each window begins; int64, shape (windows,). length: of each, 1 or more.
    firsts: where the sequence that each window is of begins; where the window does, if None.

    >>> two = Windows(torch.arange(4.0)[:, None], torch.tensor([0, 1]), 3)
    >>> two.padded().flatten().tolist()
    [0.0, 1.0, 2.0, 1.0, 2.0, 3.0]
    >>> two.values.shape, two[torch.tensor([1])].shared is two.shared
    (torch.Size([6, 1]), True)
    """

    shared: Tensor
    begins: Tensor
    length: int
    firsts: Tensor

    def __init__(
        self, shared: Tensor, begins: Tensor, length: int, firsts: Tensor | None = None
    ) -> None:
        facts = {
            "shared": shared,
            "begins": begins,
            "length": length,
            "firsts": begins if firsts is None else firsts,
            "lengths": torch.full((len(begins),), length, device=begins.device),
        }
        for name, value in facts.items():
            object.__setattr__(self, name, value)  # as a frozen dataclass does

    @property
    def values(self) -> Tensor:  # pyright: ignore[reportIncompatibleVariableOverride]
        return self.padded().flatten(0, 1)

    @property
    def shape(self) -> torch.Size:
        longest = self.length if len(self) else 0
        return torch.Size((len(self), longest, *self.shared.shape[1:]))

    @property
    def ndim(self) -> int:
        return 1 + self.shared.ndim

    def __getitem__(self, indices: Tensor) -> "Windows":
        return Windows(self.shared, self.begins[indices], self.length, self.firsts[indices])

    def padded(self) -> Tensor:
        place = torch.arange(self.length, device=self.begins.device)
        return self.shared[self.begins[:, None] + place]

    def rows(self) -> Iterator[np.ndarray]:
        shared = self.shared.numpy()
        yield from (shared[begin : begin + self.length] for begin in self.begins.tolist())

    def histories(self) -> Iterator[np.ndarray]:
        """Of each window all steps of its sequence up to the window's end, as arrays (steps,
        channels), NaN where a step before the window is missing."""
        shared = self.shared.numpy()
        ends = (self.begins + self.length).tolist()
        yield from (shared[a:b] for a, b in zip(self.firsts.tolist(), ends, strict=True))

    def of_steps(self, change: Callable[[Tensor], Tensor]) -> "Windows":
        return Windows(change(self.shared), self.begins, self.length, self.firsts)

    def to(self, device: str | torch.device) -> "Windows":
        shared, begins, firsts = (
            each.to(device) for each in (self.shared, self.begins, self.firsts)
        )
        return Windows(shared, begins, self.length, firsts)


def after(last: Ragged, before: Sequence[np.ndarray]) -> Windows:
    """Sequences of one length as windows at the end of what was before each.

    before: arrays of shape (steps, channels), a sequence each.

    >>> ends = Ragged.of([torch.ones(2, 1), torch.zeros(2, 1)])
    >>> [len(each) for each in after(ends, [np.ones((3, 1)), np.ones((0, 1))]).histories()]
    [5, 2]
    """
    parts = [part for pair in zip(before, last.rows(), strict=True) for part in pair]
    lengths = torch.tensor([len(each) for each in before]) + last.lengths
    ends, length = lengths.cumsum(0), last.shape[1]
    shared = torch.from_numpy(np.concatenate(parts).astype(np.float32))
    return Windows(shared, ends - length, length, ends - lengths)
