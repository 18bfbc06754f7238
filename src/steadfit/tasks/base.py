"""`Task`: what the rest of the package asks of what is predicted."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from torch import Tensor, nn

from steadfit.analysis.terms import Loss
from steadfit.errors import SteadfitError
from steadfit.kinds import Inputs, Kind
from steadfit.recipe import Training
from steadfit.tasks.intervals import Intervals
from steadfit.tasks.settings import check_mixing, check_settings
from steadfit.tasks.values import Kept, Part, Points, Scores, Side

ALWAYS = ("dropout", "l2", "smaller", "early_stopping")  # among the remedies tried by default


class Task(Intervals, ABC):
    """What is predicted. A subclass is a frozen dataclass of what must be known of the targets.

    name: in the registry and in `model.json`.
    learned: what y holds, in a word: "classes", "numbers", "labels", "tokens".
    losses: those that are split into bias+noise and variance. measures: by which arms are judged
        (`steadfit.analysis.measures`). of_answers: those that need no probabilities.
    every_step: whether there is an answer at each step of an example, rather than one for it.
    most_folds: into how many folds the examples can be divided, to test one another.
    watched: how many examples outside the sample are followed through a training. seen: how many
        of the sample a replica is judged on when it is trained.
    answer: what a saved program gives (`averaged`).
    takes: the settings of `Training` that this task takes and others do not.
    mixes: whether there are targets of two examples mixed. mark: between the labels of one example;
        "" where it has one. of_words: whether targets may be words.
    """

    name: ClassVar[str]
    learned: ClassVar[str]
    losses: ClassVar[tuple[Loss, ...]]
    measures: ClassVar[tuple[str, ...]]
    of_answers: ClassVar[tuple[str, ...]] = ()
    answer: ClassVar[str] = "predictions"
    every_step: ClassVar[bool] = False
    most_folds: ClassVar[int] = 2**31
    watched: ClassVar[int] = 512
    seen: ClassVar[int] = 2000
    takes: ClassVar[frozenset[str]] = frozenset()
    mixes: ClassVar[bool] = False
    of_words: ClassVar[bool] = True
    mark: str = ""

    @property
    @abstractmethod
    def outputs(self) -> int:
        """How many numbers a model gives for an example, or for a step of it."""

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes' names in the order of their numbers; none of other tasks."""
        return ()

    @property
    def judged_by(self) -> tuple[str, ...]:
        """Those of `measures` that there are with these settings."""
        return self.measures

    @property
    def steps_ahead(self) -> int:
        """How many steps of the future are predicted; 0 of other tasks."""
        return 0

    def labels(self, y: Tensor) -> tuple[str, ...]:
        """The class of each example by name; none of other tasks."""
        return ()

    def counts(self, y: Tensor) -> Mapping[str, int]:
        """How many examples each class or label has, by its name; nothing of other tasks."""
        return {}

    def frequent(self, y: Tensor, of_training: Tensor, least: int) -> Kept["Task"] | None:
        """Without the classes or labels of fewer than `least` training examples; None of other
        tasks.

        of_training: those of y, in its first axis.
        """
        return None

    def check_kind(self, kind: Kind[Any]) -> None:
        """Raise ValueError where there is no such task on this kind of examples."""
        if self.outputs < 1:
            raise ValueError("a task needs one output at least")

    def examples(self, kind: Kind[Any]) -> str:
        """What several examples are called."""
        return kind.several

    # Training

    def check(self, training: Training, data: str) -> None:
        """Raise SteadfitError for training settings that this task does not have."""
        check_settings(training, self.takes, f"{data} is of {self.learned}")
        if training.augmentation.mixes:
            check_mixing(training, self.mixes, f"{data} is of {self.learned}")

    def mixed(self, y: Tensor, other: Tensor, share: Tensor) -> Tensor:
        """Prepared targets mixed with those at the places `other`: share of the first, (batch,)."""
        share = share[:, None]
        return share * y + (1 - share) * y[other]

    @abstractmethod
    def loss(
        self,
        outputs: Any,
        y: Tensor,
        training: Training,
        *,
        smoothed: bool = False,
        weights: Tensor | None = None,
    ) -> Tensor:
        """The mean loss of a batch.

        outputs: what the module gave. y: prepared targets, or as `mixed` gives them. smoothed:
        whether labels are smoothed as `training.label_smoothing` says. weights: how much each class
        counts, float32, shape (classes,); None where all count alike.
        """

    @abstractmethod
    def guessing(self, y: Tensor, training: Training, weights: Tensor | None = None) -> float:
        """The least `loss` of an answer that is the same for all of these prepared targets."""

    def class_weights(self, y: Tensor, strength: float) -> Tensor | None:
        """How much each class counts in the loss of a sample with these targets."""
        return None

    def answers(self, y: Tensor, weights: Tensor | None = None) -> float:
        """What `loss` divides a batch's sum by: the number of answers, or their weights' sum."""
        return len(y)

    def fit(self, x: Inputs, y: Tensor, indices: Tensor) -> dict[str, Any]:
        """Those fields of a `Preparation` that a sample of the targets decides."""
        return {}

    def begin(self, module: nn.Module, y: Tensor) -> None:
        """Put what these targets tell at once into a module that is to be trained."""

    @property
    def means(self) -> int:
        """How many means of targets a preparation has."""
        return 0

    def steps(self, y: Tensor, training: Training) -> int:
        """Steps of the optimiser that a batch makes."""
        return 1

    def in_steps(self, parts: list[Part], training: Training) -> Iterator[list[Part]]:
        """What is learned from a batch, which comes in parts: one step after the other."""
        yield parts

    # Division into training and test examples

    def strata(self, y: Tensor) -> np.ndarray:
        """What is held in proportion when examples are divided: int64, shape (examples,)."""
        return np.zeros(len(y), np.int64)

    def check_targets(self, y: Tensor, data: str) -> None:
        """Raise SteadfitError where there is nothing to learn."""
        if len(y) < 2:
            raise SteadfitError(f"{data} must have two examples at least, got {len(y)}.")

    def check_training(self, y: Tensor, data: str) -> None:
        """Raise SteadfitError where the training side lacks what is to be learned."""

    def training_notes(self, y: Tensor) -> list[str]:
        """What a person should know of the training side, in sentences."""
        return []

    def test_notes(self, y: Tensor) -> list[str]:
        """What the test side lacks, in sentences."""
        return []

    # Test points and predictions

    def points(self, x: Inputs, y: Tensor, ids: Sequence[str]) -> Points["Task"] | None:
        """The test points, where they are not the examples."""
        return None

    @abstractmethod
    def decides(self, training: Training) -> Loss:
        """The loss whose total makes an arm better or worse: the one that is learned by."""

    @abstractmethod
    def score(self, outputs: Tensor, y: Tensor) -> tuple[float, float | None]:
        """The mean loss of predictions, and the share of wrong ones where there are such."""

    def central(self, outputs: Any) -> Any:
        """Of outputs, an array or tensor (…, outputs), what is compared with y, (…, numbers); of
        quantiles the median."""
        return outputs

    def scales(self, train: Side, test: Side) -> np.ndarray | None:
        """Of each number of y, float64, the error that counts as 1; None where there is no such."""
        return None

    def scores(
        self,
        train: Side,
        test: Side,
        replicas: Sequence[np.ndarray],
        losses: Mapping[str, float],
    ) -> Scores:
        """Scores beside the losses, where the task has such.

        replicas: an arm's predictions of the test points, each of shape (points, outputs). losses:
        the mean loss on the whole test side of some arms by name, where it was measured.
        """
        return Scores()

    def read_by(self, train: Side, test: Side, outputs: np.ndarray) -> Mapping[str, float]:
        """Measures that people read beside the loss, by name; nothing of most tasks. outputs:
        predictions of the test points, shape (points, outputs)."""
        return {}

    @abstractmethod
    def in_words(self, loss: float) -> str:
        """The mean loss on the test side as people compare it."""

    def check_inputs(self, x: Inputs) -> None:
        """Raise SteadfitError for new inputs that there is no answer for."""

    def check_answers(self) -> None:
        """Raise SteadfitError where there is no answer for an example as a whole."""

    @abstractmethod
    def predict(self, logits: np.ndarray) -> np.ndarray:
        """What an ensemble predicts, from its members' outputs, shape (members, examples, …)."""

    def probabilities(self, logits: np.ndarray) -> np.ndarray:
        """Of each class or label, shape (examples, outputs), from an ensemble's outputs, shape
        (members, examples, outputs). Raises SteadfitError where there are none."""
        raise SteadfitError(
            f"A model must be of classes or labels to give probabilities, got one of "
            f"{self.learned}. Use predict."
        )

    def choices(self, logits: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """What a temperature is fitted to: logits of classes, shape (choices, classes), and the
        numbers of those that are right, (choices,)."""
        return logits, y

    @abstractmethod
    def averaged(self, outputs: Tensor) -> Tensor:
        """`answer` of an ensemble, from its networks' outputs, shape (members, examples, …)."""

    def said(self) -> dict[str, str | Sequence[str]]:
        """What the user of a saved program must know of its output, by name."""
        return {}

    @abstractmethod
    def columns(
        self, names: Sequence[str], logits: np.ndarray, replicas: np.ndarray | None
    ) -> dict[str, np.ndarray]:
        """Predictions as columns of a table.

        names: one an example. logits, replicas: a model's, and a study's replicas', each of shape
        (members, examples, outputs); columns of their disagreement only where there are replicas.
        """

    def compared(
        self, labels: Sequence[str], columns: Mapping[str, np.ndarray], examples: str = "texts"
    ) -> Iterator[str]:
        """What the labels that a file has say of `columns`, in sentences; nothing of most tasks.

        labels: one an example, "" where it has none; none at all where the file has no labels.
        examples: what they are called.
        """
        return iter(())

    # What is tried where nothing is named

    def model(self, kind: Kind[Any]) -> str:
        """The model for this task on this kind of examples."""
        return kind.model

    def remedies(self, kind: Kind[Any]) -> tuple[str, ...]:
        """The remedies tried."""
        return (*ALWAYS, *kind.remedies)

    def references(self, kind: Kind[Any]) -> tuple[str, ...]:
        """The reference models that a network is compared with, where they suit the data; the first
        guesses."""
        return ("frequencies", "mean", *kind.references)

    def epochs(self, kind: Kind[Any], usual: int, steps: int, least: int | None = None) -> int:
        """Passes over the data; usual: the recipe's default. steps: of the optimiser, in one.
        least: in all, where the model decides that."""
        return kind.epochs(usual, steps, least)
