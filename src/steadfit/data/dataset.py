"""`Dataset`: examples in memory, immutable, with names and a fingerprint."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, NamedTuple

import numpy as np
from torch import Tensor

from steadfit.data.ragged import Ragged
from steadfit.errors import counted

Task = Literal["classes", "numbers", "tokens"]
Inputs = Tensor | Ragged
RESERVED = 2  # token numbers before the vocabulary's: 0 is padding, 1 an unknown token


class Text(NamedTuple):
    """The shape of one text as a network sees it: a number below `tokens` at each of its steps."""

    tokens: int
    steps: int


@dataclass(frozen=True)
class Forecast:
    """What makes numbers a forecast: y holds the `horizon` steps after those in x.

    targets: which channels of x are forecast; y has the targets of the first step, then those of
        the second, and so on. season: steps after which the series resembles itself; 1 without.
    step: how far one row of the table is from the next, as "1 day"; None where no time says so.
    """

    horizon: int
    window: int
    targets: tuple[int, ...] = (0,)
    season: int = 1
    step: str | None = None


@dataclass(frozen=True, eq=False, repr=False)
class Dataset:
    """Examples and their targets.

    x: images, uint8 or float32, shape (examples, channels, height, width); or, `Ragged`, series of
        float32 (steps, channels) or token numbers (steps,).
    y: int64 class numbers, shape (examples,); float32 numbers, shape (examples, outputs); or, for
        the task "tokens", the token to be predicted at each step of x, int64, shape (examples,
        longest), -100 where there is none (torch's `ignore_index`).
    classes: the classes' names in the order of their numbers; empty otherwise.
    ids: where each example came from (a path, "row 17"), for messages and the report.
    is_test: True for the examples of the data's own test set, shape (examples,); None without one.
    groups: int64 group numbers that no split may divide, shape (examples,); None without.
    spans: for data in time order, the series of each example and the first and last step that it
        needs, int64, shape (examples, 3); splits are then by time. None without.
    forecast: what y holds, for a forecast.
    columns: those of a table that x came from: of texts one; of series one a step or, where a row
        is a step, one a channel; empty otherwise.
    series_column, time_column: where a row is a step, those of its series and its time, if any.
    notes: sentences for the person about what the reader met and did.
    """

    name: str
    x: Inputs
    y: Tensor
    task: Task
    classes: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    is_test: Tensor | None = None
    groups: Tensor | None = None
    spans: Tensor | None = None
    forecast: Forecast | None = None
    columns: tuple[str, ...] = ()
    series_column: str | None = None
    time_column: str | None = None
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.y)

    def __str__(self) -> str:
        """Name, size and task, as the head of a report: "digits · 1,797 images 1×8×8 · …"."""
        size = counted(len(self), "windows" if self.forecast else _kind(self.x))
        return f"{self.name} · {size} {_shape(self.x)} · {counted(self.outputs, self.task)}"

    def __repr__(self) -> str:
        return f"<Dataset {self}>"

    @property
    def outputs(self) -> int:
        """How many numbers a model gives for an example (for "tokens": for a step).

        The classes, the columns of y, or the tokens of x.
        """
        if self.task == "tokens":
            assert isinstance(self.x, Ragged)
            return len(self.x.tokens)
        return len(self.classes) if self.task == "classes" else self.y.shape[1]

    @property
    def example_shape(self) -> tuple[int, ...]:
        """The shape of one example: (channels, height, width) of an image, (channels, steps) of a
        series and (steps,) of a text, as long as the longest.

        What a network sees of it, which for texts depends on the sample, `Preparation.shape` says.
        """
        if isinstance(self.x, Ragged) and self.x.ndim == 3:
            return (self.x.shape[2], self.x.shape[1])
        return tuple(self.x.shape[1:])

    @property
    def nbytes(self) -> int:
        """Bytes of the tensors' storage."""
        others = (self.y, self.is_test, self.groups, self.spans)
        tensors = [*_tensors(self.x), *(tensor for tensor in others if tensor is not None)]
        return sum(tensor.untyped_storage().nbytes() for tensor in tensors)

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of contents, shapes, types, classes and tokens; 64 hexadecimal digits."""
        digest = hashlib.sha256()
        for tensor in (*_tensors(self.x), self.y):
            array = np.ascontiguousarray(tensor.numpy())
            digest.update(f"{array.dtype.str}{array.shape}".encode())
            digest.update(array.tobytes())
        tokens = [self.x.tokens] if isinstance(self.x, Ragged) else []
        digest.update(repr((self.task, self.classes, *tokens)).encode())
        return digest.hexdigest()

    @cached_property
    def first_copy(self) -> np.ndarray:
        """For each example, the position of the first with the same input, bit for bit.

        int64, shape (examples,). Two examples are exact copies where these are equal.
        """
        seen: dict[bytes, int] = {}
        rows = self.x.rows() if isinstance(self.x, Ragged) else iter(self.x.numpy())
        keys = (hashlib.blake2b(row.tobytes(), digest_size=16).digest() for row in rows)
        return np.array([seen.setdefault(key, i) for i, key in enumerate(keys)], np.int64)

    def take(self, indices: Tensor) -> "Dataset":
        """The examples at these positions, in this order; repeats are allowed."""

        def pick(column: Tensor | None) -> Tensor | None:
            return None if column is None else column[indices]

        return replace(
            self,
            x=self.x[indices],
            y=self.y[indices],
            ids=tuple(self.ids[i] for i in indices.tolist()) if self.ids else (),
            is_test=pick(self.is_test),
            groups=pick(self.groups),
            spans=pick(self.spans),
        )


@dataclass(frozen=True, eq=False)
class Split:
    """A dataset's training examples and its test examples, and what was taken out on the way."""

    train: Dataset
    test: Dataset
    notes: tuple[str, ...] = ()


def _tensors(part: Inputs) -> Iterator[Tensor]:
    if isinstance(part, Ragged):
        yield part.lengths
        yield part.values
    else:
        yield part


def _kind(x: Inputs) -> str:
    if isinstance(x, Tensor):
        return "images"
    return "series" if x.unit == "steps" else "texts"


def _shape(x: Inputs) -> str:
    """How large the examples are, in words: "1×8×8", "of 1 to 59 words"."""
    if isinstance(x, Tensor):
        return "×".join(map(str, x.shape[1:]))
    shortest, longest = int(x.lengths.min()), int(x.lengths.max())
    begin = "" if shortest == longest else f"{shortest:,} to "
    channels = x.shape[2] if x.ndim == 3 else 1
    return f"of {begin}{counted(longest, x.unit)}" + (f" × {channels}" if channels > 1 else "")
