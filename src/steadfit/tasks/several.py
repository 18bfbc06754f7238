"""Any number of labels for each example: each is there or not."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from steadfit.analysis.label_scores import label_scores
from steadfit.analysis.measures import OF_MARKS, OF_SEVERAL
from steadfit.analysis.terms import Loss
from steadfit.errors import SteadfitError, some
from steadfit.formats.label_lists import labels_of
from steadfit.kinds import Kind
from steadfit.nn.odds import begin_odds
from steadfit.recipe import Training
from steadfit.tasks.base import Task
from steadfit.tasks.classes import not_counted
from steadfit.tasks.values import Kept, Scores, Side

_REFERENCES = {  # those for each label, by what they are of classes
    "logistic regression": "logistic regression per label",
    "boosted trees": "boosted trees per label",
    "TF-IDF and logistic regression": "TF-IDF and logistic regression per label",
}


@dataclass(frozen=True)
class Several(Task):
    """Several labels an example: y is bool, shape (examples, labels).

    A model gives the log odds of each label, and is trained by their binary cross-entropy, the mean
    over the labels, as `torch.nn.BCEWithLogitsLoss` takes it. A label is said where its probability
    is above one half. The error is the Hamming loss, the share of labels that are wrong.

    names: the labels in the order of the columns. mark: between the labels of one example, where
    they are written.

    >>> task = Several(("calm", "loud", "sad"))
    >>> task.predict(np.array([[[2.0, -1.0, 1.0], [-1.0, -2.0, -1.0]]])).tolist()
    ['calm;sad', '']
    """

    names: tuple[str, ...]
    mark: str = ";"

    name = "several"
    learned = "labels"
    losses = (Loss.BINARY_CROSS_ENTROPY, Loss.BINARY_BRIER, Loss.HAMMING)
    measures = OF_SEVERAL
    of_answers = OF_MARKS
    mixes = True
    answer = "probabilities"
    takes = frozenset({"own_loss", "calibrate", "label_smoothing"})

    @property
    def outputs(self) -> int:
        return len(self.names)

    def counts(self, y: Tensor) -> Mapping[str, int]:
        return dict(zip(self.names, y.sum(0).tolist(), strict=True))

    def check_kind(self, kind: Kind[Any]) -> None:
        super().check_kind(kind)
        if len({*self.names}) < len(self.names) or not self.mark:
            raise ValueError("labels must have different names, and a mark between them")

    def loss(
        self,
        outputs: Tensor,
        y: Tensor,
        training: Training,
        *,
        smoothed: bool = False,
        weights: Tensor | None = None,
    ) -> Tensor:
        """Smoothed labels are spread over yes and no, as those of two classes."""
        smoothing = training.label_smoothing if smoothed else 0.0
        wanted = (1 - smoothing) * y.float() + smoothing / 2
        return binary_cross_entropy_with_logits(outputs.float(), wanted)

    def guessing(self, y: Tensor, training: Training, weights: Tensor | None = None) -> float:
        """That of each label's frequency."""
        share = y.double().mean(0)
        return float((torch.special.entr(share) + torch.special.entr(1 - share)).mean())

    def begin(self, module: nn.Module, y: Tensor) -> None:
        """Each label begins at its log odds, so that a rare one need not be unlearned first."""
        begin_odds(module, y.sum(0), len(y))

    def strata(self, y: Tensor) -> np.ndarray:
        """The rarest label of each example, counted from 1; 0 without any."""
        there = y.numpy()
        counts = np.where(there, there.sum(0), len(there) + 1)
        return np.where(there.any(1), counts.argmin(1) + 1, 0).astype(np.int64)

    def frequent(self, y: Tensor, of_training: Tensor, least: int) -> Kept["Several"]:
        """All examples stay, without the rare labels."""
        enough = of_training.sum(0) >= least
        both = list(zip(self.names, enough.tolist(), strict=True))
        names = tuple(name for name, here in both if here)
        gone = tuple(name for name, here in both if not here)
        return Kept(Several(names, self.mark), y[:, enough], torch.arange(len(y)), gone)

    def check_targets(self, y: Tensor, data: str) -> None:
        super().check_targets(y, data)
        if not (y != y[0]).any():
            raise SteadfitError(
                f"{data}: the labels must vary, got the same in every example. Name another "
                "column, or add examples that differ."
            )

    def test_notes(self, y: Tensor) -> list[str]:
        gone = [f'"{name}"' for name, count in self.counts(y).items() if not count]
        return [f"The test set has no examples with {some(gone)}."] if gone else []

    def decides(self, training: Training) -> Loss:
        return Loss.BINARY_CROSS_ENTROPY

    def score(self, outputs: Tensor, y: Tensor) -> tuple[float, float | None]:
        loss = binary_cross_entropy_with_logits(outputs, y.to(outputs.dtype))
        return float(loss), float(((outputs > 0) != y).double().mean())

    def scores(
        self,
        train: Side,
        test: Side,
        replicas: Sequence[np.ndarray],
        losses: Mapping[str, float],
    ) -> Scores:
        """How often each label is found, means over the replicas."""
        if not len(replicas):
            return Scores()
        said = np.stack(replicas) > 0
        return Scores(label_scores=label_scores(said, test.y.numpy(), self.names))

    def in_words(self, loss: float) -> str:
        return f"test loss {loss:.4f} nats a label"

    def predict(self, logits: np.ndarray) -> np.ndarray:
        """The labels that are said, in one text with the mark between them, shape (examples,)."""
        said = logits.mean(0) > 0
        return np.array([self.mark.join(np.array(self.names)[row]) for row in said])

    def probabilities(self, logits: np.ndarray) -> np.ndarray:
        """Of each label, shape (examples, labels), from the members' mean log odds."""
        return torch.from_numpy(logits).double().mean(0).sigmoid().numpy()

    def choices(self, logits: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Each label of each example as two classes: not there, with the logit 0, and there."""
        both = np.stack([np.zeros_like(logits), logits], -1)
        return both.reshape(-1, 2), y.reshape(-1).astype(np.int64)

    def averaged(self, outputs: Tensor) -> Tensor:
        """The probability of each label, from the members' mean log odds."""
        return outputs.mean(0).sigmoid()

    def said(self) -> dict[str, str | Sequence[str]]:
        return {
            "output": "probabilities: float32, batch × labels, each from 0 to 1, in the order of "
            "labels",
            "labels": self.names,
        }

    def columns(
        self, names: Sequence[str], logits: np.ndarray, replicas: np.ndarray | None
    ) -> dict[str, np.ndarray]:
        """`labels` with the mark between them, `p_NAME` of each label, and `disagreement`, the
        share of replicas that do not say of a label what most of them do, the mean over labels."""
        found = {"input": np.array(names), "labels": self.predict(logits)}
        shares = self.probabilities(logits)
        found |= {f"p_{name}": p for name, p in zip(self.names, shares.T, strict=True)}
        if replicas is not None:
            yes = (replicas > 0).mean(0)
            found["disagreement"] = np.minimum(yes, 1 - yes).mean(1)
        return found

    def references(self, kind: Kind[Any]) -> tuple[str, ...]:
        """Those of classes that there are of labels too."""
        known = (_REFERENCES.get(name) for name in kind.references)
        return ("label frequencies", *(name for name in known if name))

    def compared(
        self, labels: Sequence[str], columns: Mapping[str, np.ndarray], examples: str = "texts"
    ) -> Iterator[str]:
        """Scores over all examples, and the labels that most often are missed or said in vain."""
        if not any(labels):
            return
        cells = [labels_of(cell, self.mark) for cell in labels]
        others = dict.fromkeys(part for cell in cells for part in cell if part not in self.names)
        if others:
            yield not_counted(list(others))
        kept = [row for row, cell in enumerate(cells) if not cell or set(cell) & {*self.names}]
        if not kept:
            return
        cells = [cells[row] for row in kept]
        told = [_parts(str(columns["labels"][row]), self.mark) for row in kept]
        y, said = (np.array([[n in cell for n in self.names] for cell in c]) for c in (cells, told))
        found = label_scores(said[None], y, self.names)
        wrong = int((said != y).any(1).sum())
        yield (
            f"Of {len(y):,} labelled {examples} the labels of {wrong:,} are wrong "
            f"({wrong / len(y):.1%}), Hamming loss {found.hamming:.1%}, macro F1 "
            f"{found.macro_f1:.3f}, micro F1 {found.micro_f1:.3f}."
        )
        order = sorted(found.labels, key=lambda one: one.f1 if one.points else 1.0)
        each = [
            f"{one.name} {one.right:.0f} of {one.points:,} found, {one.said - one.right:.0f} said "
            "in vain"
            for one in order
        ]
        yield f"Each label, the worst first: {'; '.join(each[:5])}{'; …' * (len(each) > 5)}."


def _parts(cell: str, mark: str) -> list[str]:
    return [part.strip() for part in cell.split(mark) if part.strip()]
