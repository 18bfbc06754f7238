"""One of several classes for each example."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, one_hot

from steadfit.analysis import points
from steadfit.analysis.confusion import confusion_of
from steadfit.analysis.measures import OF_CLASSES, OF_LABELS
from steadfit.analysis.terms import Loss
from steadfit.errors import SteadfitError, some
from steadfit.formats.known_names import known_as
from steadfit.formats.label_lists import MARKS
from steadfit.formats.units import spelt_with_unit
from steadfit.recipe import Training
from steadfit.tasks.base import Task
from steadfit.tasks.brier import brier
from steadfit.tasks.values import Kept

_WHOLE = re.compile("[+-]?[0-9]+")
RARE = 0.1  # of the most frequent class's examples: fewer are said


@dataclass(frozen=True)
class Classes(Task):
    """Class numbers: y is int64, shape (examples,).

    names: the classes in the order of their numbers.
    """

    names: tuple[str, ...]

    name = "classes"
    learned = "classes"
    losses = (Loss.CROSS_ENTROPY, Loss.BRIER, Loss.ZERO_ONE)
    answer = "probabilities"
    takes = frozenset(
        {"loss", "own_loss", "class_weight", "balanced_sampling", "calibrate", "label_smoothing"}
    )
    measures = OF_CLASSES
    of_answers = OF_LABELS
    mixes = True

    @property
    def outputs(self) -> int:
        return len(self.names)

    @property
    def classes(self) -> tuple[str, ...]:
        return self.names

    def labels(self, y: Tensor) -> tuple[str, ...]:
        return tuple(self.names[number] for number in y.tolist())

    def counts(self, y: Tensor) -> Mapping[str, int]:
        return dict(zip(self.names, self._counts(y).tolist(), strict=True))

    def loss(
        self,
        outputs: Tensor,
        y: Tensor,
        training: Training,
        *,
        smoothed: bool = False,
        weights: Tensor | None = None,
    ) -> Tensor:
        smoothing = training.label_smoothing if smoothed else 0.0
        if training.loss == "brier":
            return brier(outputs.float(), y, smoothing, weights)
        return cross_entropy(outputs.float(), y, weights, label_smoothing=smoothing)

    def mixed(self, y: Tensor, other: Tensor, share: Tensor) -> Tensor:
        """The probability of each class, float32, shape (examples, classes)."""
        return super().mixed(one_hot(y, len(self.names)).float(), other, share.float())

    def guessing(self, y: Tensor, training: Training, weights: Tensor | None = None) -> float:
        """That of the classes' frequencies, by their weights."""
        count = torch.bincount(y, minlength=len(self.names)).double()
        share = count if weights is None else count * weights.cpu()
        share = share / share.sum()
        if training.loss == "brier":
            return float(1 - share.square().sum())
        return float(torch.special.entr(share).sum())

    def class_weights(self, y: Tensor, strength: float) -> Tensor | None:
        """(examples / (classes × examples of the class)) ^ strength; None at strength 0.

        At strength 1 each class counts as much as any other, as scikit-learn's "balanced".
        """
        if not strength:
            return None
        count = torch.bincount(y, minlength=len(self.names)).clamp_min(1)
        return (len(y) / (len(self.names) * count.double())).pow(strength).float()

    def answers(self, y: Tensor, weights: Tensor | None = None) -> float:
        return len(y) if weights is None else float(weights[y].sum())

    def strata(self, y: Tensor) -> np.ndarray:
        return y.numpy()

    def frequent(self, y: Tensor, of_training: Tensor, least: int) -> Kept["Classes"]:
        """The examples of rare classes go with them."""
        enough = torch.from_numpy(self._counts(of_training) >= least)
        rows = enough[y].nonzero().flatten()
        numbers = enough.long().cumsum(0) - 1
        both = list(zip(self.names, enough.tolist(), strict=True))
        names = tuple(name for name, here in both if here)
        gone = tuple(name for name, here in both if not here)
        return Kept(Classes(names), numbers[y[rows]], rows, gone)

    def check_targets(self, y: Tensor, data: str) -> None:
        if len(self.names) == 1:
            raise SteadfitError(
                f'{data} must have at least two classes, got only "{self.names[0]}".'
            )
        counts = self._counts(y)
        few = [f'"{name}" ({n})' for name, n in zip(self.names, counts, strict=True) if n < 2]
        if few:
            raise SteadfitError(
                f"{data}: each class must have 2 examples at least, got fewer in {len(few)} of "
                f"{len(counts)}: {some(few)}. {self._instead()}Add examples, or leave these "
                'classes out: classes="seen".',
                classes="seen",
            )

    def _instead(self) -> str:
        """What the classes may be, where they look like something else."""
        if all(map(_WHOLE.fullmatch, self.names)):
            return 'If they are numbers to predict, give task="numbers". '
        marks = {mark: sum(mark in name for name in self.names) for mark in MARKS}
        mark = max(marks, key=lambda each: marks[each])
        if marks[mark] < max(2, len(self.names) / 4):
            return ""
        return f'If they are several labels each, give several="{mark}". '

    def check_training(self, y: Tensor, data: str) -> None:
        gone = self._absent(y)
        if gone:
            raise SteadfitError(
                f"{data} has no training examples of {some(gone)}: they are all in the test set, "
                'in groups on its side, or copies of test examples. Give classes="seen" to leave '
                "out what cannot be learned.",
                classes="seen",
            )

    def training_notes(self, y: Tensor) -> list[str]:
        """That the rarest class has few examples beside the most frequent one."""
        counts = self._counts(y)
        rarest, most = int(counts.argmin()), int(counts.argmax())
        if counts[rarest] >= RARE * counts[most]:
            return []
        return [
            f'The rarest class, "{self.names[rarest]}", has {counts[rarest]:,} training examples, '
            f'and the most frequent, "{self.names[most]}", has {counts[most]:,}. A network may '
            "never answer with the rare one; the remedies class_weight and balanced_sampling make "
            "it count more."
        ]

    def test_notes(self, y: Tensor) -> list[str]:
        gone = self._absent(y)
        return [f"The test set has no examples of {some(gone)}."] if gone else []

    def decides(self, training: Training) -> Loss:
        return Loss(training.loss)

    def score(self, outputs: Tensor, y: Tensor) -> tuple[float, float | None]:
        wrong = (outputs.argmax(1) != y).double().mean()
        return float(cross_entropy(outputs, y)), float(wrong)

    def in_words(self, loss: float) -> str:
        return f"test loss {loss:.4f} nats"

    def predict(self, logits: np.ndarray) -> np.ndarray:
        """The most probable class by name, shape (examples,)."""
        return np.array(self.names)[probabilities(logits).argmax(1)]

    def probabilities(self, logits: np.ndarray) -> np.ndarray:
        return probabilities(logits)

    def averaged(self, outputs: Tensor) -> Tensor:
        """The probability of each class, from the mean log-probabilities."""
        return outputs.log_softmax(-1).mean(0).softmax(-1)

    def said(self) -> dict[str, str | Sequence[str]]:
        return {
            "output": "probabilities: float32, batch × classes, in the order of classes",
            "classes": self.names,
        }

    def columns(
        self, names: Sequence[str], logits: np.ndarray, replicas: np.ndarray | None
    ) -> dict[str, np.ndarray]:
        """`class`, `p_NAME` of each class, and `disagreement`, the share of replicas that do not
        predict the class most of them do."""
        found = {"input": np.array(names), "class": self.predict(logits)}
        shares = probabilities(logits)
        found |= {f"p_{name}": p for name, p in zip(self.names, shares.T, strict=True)}
        if replicas is not None:
            found["disagreement"] = points.disagreement(points.votes(replicas))
        return found

    def compared(
        self, labels: Sequence[str], columns: Mapping[str, np.ndarray], examples: str = "texts"
    ) -> Iterator[str]:
        """The share of wrong classes, and what is taken for what."""
        spelt = {**spelt_with_unit(labels, self.names), **known_as(labels, self.names)}
        spelt.pop("", None)
        labels = [spelt.get(label, label) for label in labels]
        known = [i for i, label in enumerate(labels) if label in self.names]
        others = dict.fromkeys(label for label in labels if label and label not in self.names)
        if others:
            yield not_counted(list(others))
        if not known:
            return
        said = [self.names.index(str(columns["class"][i])) for i in known]
        y = [self.names.index(labels[i]) for i in known]
        found = confusion_of(np.array(said), np.array(y), self.names)
        wrong = sum(one.wrong for one in found.classes)
        share = f"{wrong:,} are wrong ({wrong / len(known):.1%})"
        yield f"Of {len(known):,} labelled {examples} {share}."
        if found.confused:
            order = sorted(found.classes, key=lambda one: -one.wrong / one.points)
            shares = [f"{one.name} {one.wrong / one.points:.1%} of {one.points:,}" for one in order]
            yield f"Errors of each class: {some(shares)}."
            pairs = [f"{one.label} for {one.said} {one.count:,} times" for one in found.confused]
            yield f"Taken for another, most often: {some(pairs)}."

    def _counts(self, y: Tensor) -> np.ndarray:
        return np.bincount(y.numpy(), minlength=len(self.names))

    def _absent(self, y: Tensor) -> list[str]:
        return [f'"{self.names[i]}"' for i in np.flatnonzero(self._counts(y) == 0)]


def not_counted(labels: Sequence[str]) -> str:
    """A sentence on labels of a file that a model does not know."""
    named = some([f'"{label}"' for label in labels])
    return f"Labels that the model does not know, which are not counted: {named}."


def probabilities(logits: np.ndarray) -> np.ndarray:
    """Of each class, shape (examples, classes), from the members' mean log-probabilities."""
    return torch.from_numpy(logits).double().log_softmax(-1).mean(0).softmax(-1).numpy()
