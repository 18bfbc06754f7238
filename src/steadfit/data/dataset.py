"""`Dataset`: examples in memory, immutable, with names and a fingerprint."""

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain

import numpy as np
from torch import Tensor

from steadfit.data.schema import Schema
from steadfit.errors import counted
from steadfit.formats.word_vectors import WordVectors
from steadfit.kinds import Inputs
from steadfit.kinds.base import content
from steadfit.tasks import Side


@dataclass(frozen=True, eq=False)
class Structure:
    """How examples belong together, which divisions and samples respect.

    is_test: True for the examples of the data's own test set, shape (examples,); None without one.
    groups: int64 group numbers that no split may divide, shape (examples,); None without.
    spans: for data in time order, the series of each example and the first and last step that it
        predicts, int64, shape (examples, 3); splits are then by time. None without.
    """

    is_test: Tensor | None = None
    groups: Tensor | None = None
    spans: Tensor | None = None

    @property
    def tensors(self) -> list[Tensor]:
        """Those that there are."""
        return [each for each in (self.is_test, self.groups, self.spans) if each is not None]

    def take(self, indices: Tensor) -> "Structure":
        """That of the examples at these positions."""

        def pick(column: Tensor | None) -> Tensor | None:
            return None if column is None else column[indices]

        return Structure(pick(self.is_test), pick(self.groups), pick(self.spans))


@dataclass(frozen=True, eq=False, repr=False)
class Dataset:
    """Examples and their targets.

    x: images, uint8 or float32, shape (examples, channels, height, width), of many photos `Stored`
        in a file; or, `Ragged`, series of float32 (steps, channels) or token numbers (steps,).
    y: the targets, as the schema's task has them: class numbers, which labels are there, numbers,
        or next tokens.
    schema: what an example is, what is predicted, and how new inputs of the same form are read.
    structure: the data's own test set, groups, and order in time.
    ids: where each example came from (a path, "row 17"), for messages and the report.
    notes: sentences for the person about what the reader met and did.
    written: texts as they were written, shortened, to be looked at; empty of other examples.
    vectors: pretrained vectors of words that a network of texts begins with; None without.
    """

    name: str
    x: Inputs
    y: Tensor
    schema: Schema
    structure: Structure = Structure()
    ids: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    written: tuple[str, ...] = ()
    vectors: WordVectors | None = None

    def __len__(self) -> int:
        return len(self.y)

    def __str__(self) -> str:
        """Name, size and task, as the head of a report: "digits · 1,797 images 1×8×8 · …"."""
        kind, task = self.schema.kind, self.schema.task
        examples = counted(len(self), task.examples(kind))
        outputs = counted(task.outputs, task.learned)
        return f"{self.name} · {examples} {kind.size(self.x)} · {outputs}"

    def __repr__(self) -> str:
        return f"<Dataset {self}>"

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes' names in the order of their numbers; empty for other tasks."""
        return self.schema.task.classes

    @property
    def task(self) -> str:
        """What is predicted, by the task's name: classes, several, numbers, forecast or tokens."""
        return self.schema.task.name

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the table that the examples are from; none of other files."""
        return self.schema.columns

    @property
    def outputs(self) -> int:
        """How many numbers a model gives for an example (for a language model: for a step)."""
        return self.schema.task.outputs

    @property
    def example_shape(self) -> tuple[int, ...]:
        """The shape of one example: (channels, height, width) of an image, (channels, steps) of a
        series and (steps,) of a text, as long as the longest.

        What a network sees of it, which for texts depends on the sample, `Preparation.shape` says.
        """
        return self.schema.kind.shape(self.x)

    @property
    def side(self) -> Side:
        """What a task's own scores need of it."""
        return Side(self.x, self.y, self.structure.spans)

    @property
    def nbytes(self) -> int:
        """Bytes of the tensors' storage."""
        tensors = (*self.schema.kind.tensors(self.x), self.y, *self.structure.tensors)
        of_words = 0 if self.vectors is None else self.vectors.values.nbytes
        return of_words + sum(tensor.untyped_storage().nbytes() for tensor in tensors)

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of contents, shapes, types, classes and tokens; 64 hexadecimal digits."""
        kind, task = self.schema.kind, self.schema.task
        digest = hashlib.sha256()
        for part in chain(kind.content(self.x), content(self.y)):  # which may be beyond memory
            digest.update(part)
        digest.update(repr((task.learned, task.classes, *kind.names(self.x))).encode())
        return digest.hexdigest()

    @cached_property
    def digests(self) -> tuple[bytes, ...]:
        """16 bytes for each example, equal where the inputs are, bit for bit."""
        rows = self.schema.kind.rows(self.x)
        return tuple(hashlib.blake2b(row.tobytes(), digest_size=16).digest() for row in rows)

    @cached_property
    def first_copy(self) -> np.ndarray:
        """For each example, the position of the first with the same input, bit for bit.

        int64, shape (examples,). Two examples are exact copies where these are equal.
        """
        seen: dict[bytes, int] = {}
        return np.array([seen.setdefault(key, i) for i, key in enumerate(self.digests)], np.int64)

    def take(self, indices: Tensor) -> "Dataset":
        """The examples at these positions, in this order; repeats are allowed."""
        return replace(
            self,
            x=self.schema.kind.taken(self.x, indices),
            y=self.y[indices],
            ids=tuple(self.ids[i] for i in indices.tolist()) if self.ids else (),
            written=tuple(self.written[i] for i in indices.tolist()) if self.written else (),
            structure=self.structure.take(indices),
        )


@dataclass(frozen=True, eq=False)
class Split:
    """A dataset's training examples and its test examples, and what was taken out on the way."""

    train: Dataset
    test: Dataset
    notes: tuple[str, ...] = ()
