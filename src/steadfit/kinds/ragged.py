"""`Ragged`: sequences of unequal length, stored end to end."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import torch
from torch import Tensor

Unit = Literal["steps", "words", "characters", "bytes", "subwords"]
_OF_BYTES = ("bytes", "subwords")  # whose tokens have a character of Latin-1 for each byte


def text_of(tokens: Iterable[str], unit: Unit) -> str:
    """The text that these tokens are; of words, in lower case and with a space between them.

    Bytes that are no UTF-8, as where a text is cut within a character, become U+FFFD.

    >>> text_of(["\xc3", "\xa9"], "bytes"), text_of(["a", "word"], "words")
    ('é', 'a word')
    """
    if unit in _OF_BYTES:
        return "".join(tokens).encode("latin-1").decode("utf-8", "replace")
    return ("" if unit == "characters" else " ").join(tokens)


@dataclass(frozen=True, eq=False, repr=False)
class Ragged:
    """Sequences of unequal length: series of numbers, or tokens.

    values: all steps, one sequence after the other: float32, shape (steps, channels), or int64
        token numbers, shape (steps,).
    lengths: int64, shape (sequences,); each at least 1.
    tokens: the words, characters or classes that the numbers stand for; empty for series.
    unit: what a step is, for people and for reading new data in the same way.

    Indexing by a tensor of positions, `len`, `split` and `shape` are those of a padded tensor, so
    that a batch is drawn from it as from images.

    >>> some = Ragged.of([torch.ones(2, 1), torch.zeros(1, 1)])
    >>> some.shape, some[torch.tensor([1, 1, 0])].lengths.tolist()
    (torch.Size([2, 2, 1]), [1, 1, 2])
    >>> some.padded().flatten().tolist()
    [1.0, 1.0, 0.0, 0.0]
    """

    values: Tensor
    lengths: Tensor
    tokens: tuple[str, ...] = ()
    unit: Unit = "steps"

    @classmethod
    def of(
        cls, rows: Sequence[Tensor], tokens: tuple[str, ...] = (), unit: Unit = "steps"
    ) -> "Ragged":
        """One sequence a row; each of shape (steps, channels), or (steps,) for tokens."""
        return cls(torch.cat(list(rows)), torch.tensor([len(row) for row in rows]), tokens, unit)

    def __len__(self) -> int:
        return len(self.lengths)

    def __repr__(self) -> str:
        return f"<Ragged {tuple(self.shape)} {self.values.dtype}>"

    @cached_property
    def starts(self) -> Tensor:
        """Where each sequence begins in values; int64, shape (sequences,)."""
        return self.lengths.cumsum(0) - self.lengths

    @property
    def shape(self) -> torch.Size:
        """That of `padded`: (sequences, longest) and, for series, channels."""
        longest = int(self.lengths.max()) if len(self) else 0
        return torch.Size((len(self), longest, *self.values.shape[1:]))

    @property
    def ndim(self) -> int:
        return 1 + self.values.ndim

    def text(self, numbers: Iterable[int]) -> str:
        """The text that the tokens of these numbers are, as `text_of` joins them."""
        return text_of((self.tokens[number] for number in numbers), self.unit)

    def __getitem__(self, indices: Tensor) -> "Ragged":
        """The sequences at these positions, in this order; repeats are allowed."""
        lengths = self.lengths[indices]
        shift = self.starts[indices] - (lengths.cumsum(0) - lengths)
        steps = torch.arange(int(lengths.sum()), device=lengths.device)
        return self._other(self.values[steps + shift.repeat_interleave(lengths)], lengths)

    def first(self, steps: int) -> "Ragged":
        """Each sequence up to so many steps.

        >>> Ragged.of([torch.ones(3, 1), torch.ones(1, 1)]).first(2).lengths.tolist()
        [2, 1]
        """
        place = torch.arange(len(self.values)) - self.starts.repeat_interleave(self.lengths)
        return self._other(self.values[place < steps], self.lengths.clip(max=steps))

    def split(self, size: int) -> Iterator["Ragged"]:
        """Parts of `size` sequences each; the last one may be smaller."""
        yield from (self[part] for part in torch.arange(len(self)).split(size))

    def padded(self) -> Tensor:
        """All sequences as long as the longest, filled with zeros at their ends; see `shape`."""
        out = self.values.new_zeros(self.shape)
        out[self.mask()] = self.values
        return out

    def mask(self) -> Tensor:
        """True where `padded` holds a step and no filling; bool, shape (sequences, longest)."""
        return torch.arange(self.shape[1], device=self.lengths.device) < self.lengths[:, None]

    def rows(self) -> Iterator[np.ndarray]:
        """Each sequence as an array, without a copy."""
        ends = (self.starts + self.lengths).tolist()
        values = self.values.numpy()
        yield from (values[a:b] for a, b in zip(self.starts.tolist(), ends, strict=True))

    def histories(self) -> Iterator[np.ndarray]:
        """All that is known of each: itself, unless it is a window of something longer."""
        return self.rows()

    def with_values(self, values: Tensor, tokens: tuple[str, ...] | None = None) -> "Ragged":
        """The same lengths with other values, as prepared ones; shape (steps, …)."""
        tokens = self.tokens if tokens is None else tokens
        return Ragged(values, self.lengths, tokens, self.unit)

    def of_steps(self, change: Callable[[Tensor], Tensor]) -> "Ragged":
        """The same sequences of other steps. change: of steps to as many, each by itself."""
        return self.with_values(change(self.values))

    def to(self, device: str | torch.device) -> "Ragged":
        return self._other(self.values.to(device), self.lengths.to(device))

    def _other(self, values: Tensor, lengths: Tensor) -> "Ragged":
        return Ragged(values, lengths, self.tokens, self.unit)
