"""`Kind`: what the rest of the package asks of one kind of examples."""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar, Generic, Self, TypeVar

import numpy as np
import torch
from torch import Tensor

from steadfit.errors import SteadfitError
from steadfit.formats import Form
from steadfit.formats.writing import Writing
from steadfit.kinds.inputs import Inputs
from steadfit.kinds.preparation import Preparation
from steadfit.kinds.signature import Signature
from steadfit.kinds.values import Examples, Mixture, Packed, Usual, content
from steadfit.nn import Padded
from steadfit.recipe import Augmentation

X = TypeVar("X", bound=Inputs)


class Kind(ABC, Generic[X]):
    """One kind of examples. A subclass is a frozen dataclass of what all examples have in common.

    Two kinds are equal where a model of one takes examples of the other.
    name: in the registry and in `model.json`. several: what examples are called in a sentence.
    changes: the settings of `Augmentation` that these examples can be changed by.
    model, remedies: tried where none are named; model_of_numbers: where numbers are predicted, and
        nothing if that is `model` too. references: that a model is compared with.
    most_for_trees: numbers that an example has at most where it is compared with boosted trees.
    holes: whether values may be missing, as NaN. labels_beside: whether new examples may have their
        labels in a table of its own.
    least_steps: of the optimiser, in a training whose epochs are not named, however few examples
        there are (docs/training.md measures them).
    """

    name: ClassVar[str]
    several: ClassVar[str]
    changes: ClassVar[frozenset[str]]
    model: ClassVar[str]
    model_of_numbers: ClassVar[str] = ""
    remedies: ClassVar[tuple[str, ...]]
    references: ClassVar[tuple[str, ...]] = ()
    most_for_trees: ClassVar[int] = 64
    holes: ClassVar[bool] = False
    labels_beside: ClassVar[bool] = False
    least_steps: ClassVar[int] = 0

    @classmethod
    @abstractmethod
    def of(cls, x: X) -> Self:
        """The kind of these examples."""

    @abstractmethod
    def __str__(self) -> str:
        """What a model of this kind takes: "images of 1×8×8"."""

    @abstractmethod
    def size(self, x: X) -> str:
        """How large these examples are, in words: "1×8×8", "of 1 to 59 words"."""

    @abstractmethod
    def shape(self, x: X) -> tuple[int, ...]:
        """The shape of one example; of sequences, of the longest."""

    def network_shape(
        self, shape: tuple[int, ...], preparation: Preparation | None = None
    ) -> tuple[int, ...]:
        """The shape of one example as a network sees it; what `steadfit.models.build` is told.

        shape: as `shape` gives it. preparation: None before there is one.
        """
        return shape

    @abstractmethod
    def check_shape(self, shape: tuple[int, ...]) -> None:
        """Raise ValueError for a shape that no example of this kind has."""

    @abstractmethod
    def read(self, source: Path, form: Form | None, **options: Any) -> Examples:
        """New inputs of this kind.

        form: the form of the table that was trained on, if any; a new table must have it too.
        Raises SteadfitError for another kind of file, and for options that this kind does not have.
        """

    def usual(self, x: X, y: Tensor, rows: Tensor) -> Usual:
        """How this model is best trained; rows: the positions of the training side's examples."""
        return Usual()

    def labels_of(self, names: Sequence[str], classes: Sequence[str]) -> tuple[str, ...]:
        """The class that each new example's name says, "" where it says none; nothing where names
        say nothing."""
        return ()

    def written_as(self, writing: Writing) -> Self:
        """The kind with the writing of the table that was trained on, where no `Form` has it."""
        return self

    @property
    def columns_read(self) -> tuple[str, ...]:
        """The columns of a table that an example is read from, where the kind itself tells."""
        return ()

    def unknown(self, x: X, preparation: Preparation) -> float | None:
        """The share of the examples' parts that the training sample did not have; None where they
        are numbers, and have no such."""
        return None

    def columns(self, x: X) -> int:
        """How many numbers `matrix` has of each example; 0 where that is not one number for all."""
        return 0

    def matrix(self, x: X) -> np.ndarray:
        """Each example as a row of numbers; float64, shape (examples, columns): a new array, which
        may be written into."""
        raise SteadfitError(f"{self.several} are no rows of numbers.")

    def flat(self, x: Tensor) -> Tensor:
        """`matrix` of a padded batch, in torch and in its type."""
        raise SteadfitError(f"{self.several} are no rows of numbers.")

    def plain(self, x: X) -> Any:
        """A copy of the examples as other libraries take them: an array, shape (examples, …), where
        all have one shape, else a list with an array for each."""
        rows = [row.copy() for row in self.rows(x)]
        return np.stack(rows) if len({row.shape for row in rows}) == 1 else rows

    @abstractmethod
    def from_memory(self, given: Any, form: Form | None) -> X:
        """Examples from what people have: one or several, as arrays, lists, paths and the like.

        form: as in `read`. Raises SteadfitError for what is no such example.
        """

    @abstractmethod
    def rows(self, x: X) -> Iterator[np.ndarray]:
        """Each example as an array, without a copy."""

    @abstractmethod
    def tensors(self, x: X) -> tuple[Tensor, ...]:
        """The tensors that hold the examples in memory."""

    def content(self, x: X) -> Iterator[bytes | memoryview]:
        """All that tells these examples from others, part by part, to be hashed."""
        for tensor in self.tensors(x):
            yield from content(tensor)

    def taken(self, x: X, indices: Tensor) -> Any:
        """The examples at these positions, in this order; repeats are allowed."""
        return x[indices]

    def names(self, x: X) -> tuple[tuple[str, ...], ...]:
        """The names that the examples' numbers stand for, as part of their fingerprint."""
        return ()

    @abstractmethod
    def packed(self, x: X) -> Packed:
        """The examples as plain arrays and words, to be written to a file."""

    @abstractmethod
    def unpacked(self, packed: Packed) -> X:
        """`packed` undone. Raises ValueError or LookupError for what no such examples give."""

    @abstractmethod
    def fit(self, x: X, indices: Tensor) -> dict[str, Any]:
        """Those fields of a `Preparation` that a sample of the inputs decides."""

    @abstractmethod
    def means(self, shape: tuple[int, ...]) -> int:
        """How many means a preparation has for examples of this shape."""

    @abstractmethod
    def prepared(self, x: X, prepare: Callable[[X], X]) -> Callable[[Tensor], X]:
        """A function from positions to prepared examples."""

    @abstractmethod
    def placed(self, x: X, device: str) -> X:
        """The examples on the device, in the memory format that is fastest there."""

    @abstractmethod
    def padded(self, x: X) -> Tensor | Padded:
        """What a module takes."""

    @abstractmethod
    def shuffled(
        self, x: X, rows: Tensor, batches: int, generator: torch.Generator
    ) -> tuple[Tensor, ...]:
        """These positions, in random order already, in batches of nearly equal size."""

    @abstractmethod
    def to_predict(self, x: X) -> Iterator[Tensor]:
        """The positions of all examples, in batches that bound the memory."""

    def epochs(self, usual: int, steps: int, least: int | None = None) -> int:
        """Passes over the data where none are given; usual: the recipe's default. steps: of the
        optimiser, in one pass. least: steps in all, `least_steps` if None.

        A pass over few examples is a few steps, in which a network hardly begins to learn: they get
        as many passes as make the least steps.
        """
        return max(usual, math.ceil((self.least_steps if least is None else least) / steps))

    def augment(self, x: X, settings: Augmentation, generator: torch.Generator) -> X:
        """Each example of a batch changed by its own random amount; x is left as it is.

        x: prepared examples. The same generator state gives the same result. Raises SteadfitError
        for changes that this kind of example does not have.
        """
        self.check_changes(settings)
        changed = self._changed(x, settings, generator)
        return changed if settings.own is None else self.changed_by(settings.own, changed)

    def changed_unprepared(self, x: X, settings: Augmentation, generator: torch.Generator) -> X:
        """A batch with those changes that are made before it is prepared; x is left as it is."""
        return x

    def mixed(self, x: X, settings: Augmentation, generator: torch.Generator) -> Mixture:
        """Prepared examples, each mixed with another one as `settings.mixes` asks."""
        raise SteadfitError(f"{self.several} cannot be mixed with one another.")

    @abstractmethod
    def changed_by(self, code: Any, x: X) -> X:
        """A prepared batch changed by a person's function (`own_changes.own_change`)."""

    def check_changes(self, settings: Augmentation) -> None:
        """Raise SteadfitError for changes that this kind of example does not have."""
        asked = [name for name, value in settings if value and name not in {*self.changes, "own"}]
        if asked:
            raise SteadfitError(
                f"These examples are {self.several}, which cannot be changed by "
                f"{', '.join(asked)}. Leave it out; {self.several} have "
                f"{', '.join(sorted(self.changes))}."
            )

    def check_values(self, x: X, preparation: Preparation) -> None:
        """Raise SteadfitError for examples to predict on another scale than those trained on."""
        return None

    @abstractmethod
    def signature(self, shape: tuple[int, ...], preparations: Sequence[Preparation]) -> Signature:
        """How a saved program takes examples of this kind.

        shape: of an example of the training data. preparations: of each network of the program.
        """

    @abstractmethod
    def _changed(self, x: X, settings: Augmentation, generator: torch.Generator) -> X: ...

    @classmethod
    @abstractmethod
    def holds(cls, x: object) -> bool:
        """Whether these are examples of some kind of this class."""
