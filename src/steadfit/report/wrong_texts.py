"""The test texts that a network gets wrong, as they were written, and the words that decided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from steadfit.report import wording
from steadfit.report.disputed import as_written

if TYPE_CHECKING:
    from steadfit.data import Dataset, Ragged
    from steadfit.training import TrainedModel

A_CLASS = 10  # wrong texts of each class that are shown
_WORDS = 5  # of each that spoke most for the wrong class


@dataclass(frozen=True)
class WrongText:
    """A text of one class that was taken for another, with the probability of that.

    words: those that spoke most for the wrong class and against the right one, each with how much
    it moved the difference of their logits.
    """

    id: str
    label: str
    said: str
    probability: float
    text: str
    words: tuple[tuple[str, float], ...]


def wrong_texts(
    model: TrainedModel, test: Dataset, logits: np.ndarray | None = None
) -> list[WrongText]:
    """Of each class the test texts that are taken for another, at most ten, the surest first.

    model: its first network is asked. test: labelled texts. logits: what it says of them, shape
    (texts, classes), where that is known already.
    """
    said_NK = model.logits(test.x)[0] if logits is None else logits
    y = test.y.numpy()
    said = said_NK.argmax(1)
    shares = np.exp(said_NK - np.logaddexp.reduce(said_NK, axis=1, keepdims=True))
    sure = shares[np.arange(len(y)), said]
    rows: list[int] = []
    for label in range(len(test.classes)):
        wrong = np.flatnonzero((y == label) & (said != y))
        rows += wrong[np.argsort(-sure[wrong], kind="stable")][:A_CLASS].tolist()
    some = test.take(torch.tensor(rows, dtype=torch.int64))
    weights = word_weights(model, some.x, said[rows], y[rows]) if rows else []  # pyright: ignore
    return [
        WrongText(
            some.ids[i] if some.ids else f"test point {row + 1}",
            test.classes[y[row]],
            test.classes[said[row]],
            float(sure[row]),
            as_written(some.written[i]) if some.written else shown,
            words,
        )
        for i, (row, shown, words) in enumerate(
            zip(rows, _joined(some.x), _telling(some.x, weights), strict=True)  # pyright: ignore
        )
    ]


def word_weights(
    model: TrainedModel, x: Ragged, said: np.ndarray, label: np.ndarray
) -> list[np.ndarray]:
    """How much each token of each text speaks for the class said, and against the label.

    The product of a token's vectors and the gradient of the difference of the two logits with
    respect to them. Of a model that adds these vectors up, such as `bag`, it is exact: the sum over
    a text is the difference of its logits without that of their biases. Of others it is how the
    difference grows where a vector does. Empty for a network that has no vectors for tokens.

    x: texts, not prepared. said, label: class numbers, shape (texts,).
    """
    module, preparation = model.members[0]
    inputs = preparation.inputs(x)
    taken: list[Tensor] = []
    layers = [part for part in module.modules() if isinstance(part, nn.Embedding)]

    def keep(part: nn.Module, given: Any, vectors: Tensor) -> None:
        taken.append(vectors)

    handles = [part.register_forward_hook(keep) for part in layers]
    try:
        with torch.enable_grad():
            logits = module(model.facts.schema.kind.padded(inputs))
    finally:
        for handle in handles:
            handle.remove()
    rows = torch.arange(len(logits))
    wanted = logits[rows, torch.from_numpy(said)] - logits[rows, torch.from_numpy(label)]
    taken = [out for out in taken if out.ndim == 3 and out.shape[1] == x.shape[1]]
    if not taken:
        return []
    slopes = torch.autograd.grad(wanted.sum(), taken)
    each = sum((out * slope).sum(2) for out, slope in zip(taken, slopes, strict=True))
    values = (each.detach() / (preparation.temperature or (1.0,))[0]).numpy()  # pyright: ignore
    return [row[:length] for row, length in zip(values, x.lengths.tolist(), strict=True)]


def _telling(x: Ragged, weights: Sequence[np.ndarray]) -> list[tuple[tuple[str, float], ...]]:
    """The words of each text that speak most for what was said; a word's places are added up."""
    if not weights:
        return [()] * len(x)
    found = []
    for row, each in zip(x.rows(), weights, strict=True):
        sums: dict[str, float] = {}
        for token, weight in zip(row.tolist(), each.tolist(), strict=True):
            word = wording.visible(x.tokens[token])
            sums[word] = sums.get(word, 0.0) + weight
        order = sorted(sums.items(), key=lambda pair: -pair[1])[:_WORDS]
        found.append(tuple((word, weight) for word, weight in order if weight > 0))
    return found


def _joined(x: Ragged) -> list[str]:
    """What there is to see of texts whose writing was not kept."""
    texts = (x.text(row.tolist()) for row in x.rows())
    return ["".join(one if one == " " else wording.visible(one) for one in text) for text in texts]
