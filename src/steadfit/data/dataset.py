"""`Dataset`: examples in memory, immutable, with names and a fingerprint."""

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np
from torch import Tensor

Task = Literal["classes", "numbers"]


@dataclass(frozen=True, eq=False, repr=False)
class Dataset:
    """Examples and their targets.

    x: images, uint8 or float32, shape (examples, channels, height, width).
    y: int64 class numbers, shape (examples,); or float32 numbers, shape (examples, outputs).
    classes: the classes' names in the order of their numbers; empty for numbers.
    ids: where each example came from (a path, "row 17"), for messages and the report.
    is_test: True for the examples of the data's own test set, shape (examples,); None without one.
    groups: int64 group numbers that no split may divide, shape (examples,); None without.
    notes: sentences for the person about what the reader met and did.
    """

    name: str
    x: Tensor
    y: Tensor
    task: Task
    classes: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    is_test: Tensor | None = None
    groups: Tensor | None = None
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.y)

    def __str__(self) -> str:
        """Name, size and task, as the head of a report: "digits · 1,797 images 1×8×8 · …"."""
        shape = "×".join(map(str, self.x.shape[1:]))
        what = f"{self.outputs} " + ("classes" if self.task == "classes" else "numbers")
        return f"{self.name} · {len(self):,} images {shape} · {what}"

    def __repr__(self) -> str:
        return f"<Dataset {self}>"

    @property
    def outputs(self) -> int:
        """How many numbers a model gives for an example: the classes, or the columns of y."""
        return len(self.classes) if self.task == "classes" else self.y.shape[1]

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of contents, shapes, types and classes; 64 hexadecimal digits."""
        digest = hashlib.sha256()
        for tensor in (self.x, self.y):
            array = np.ascontiguousarray(tensor.numpy())
            digest.update(f"{array.dtype.str}{array.shape}".encode())
            digest.update(array.tobytes())
        digest.update(repr((self.task, self.classes)).encode())
        return digest.hexdigest()

    @cached_property
    def first_copy(self) -> np.ndarray:
        """For each example, the position of the first with the same input, bit for bit.

        int64, shape (examples,). Two examples are exact copies where these are equal.
        """
        seen: dict[bytes, int] = {}
        keys = (hashlib.blake2b(row.tobytes(), digest_size=16).digest() for row in self.x.numpy())
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
        )


@dataclass(frozen=True, eq=False)
class Split:
    """A dataset's training examples and its test examples, and what was taken out on the way."""

    train: Dataset
    test: Dataset
    notes: tuple[str, ...] = ()
