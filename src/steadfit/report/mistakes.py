"""The test points that a network gets wrong most surely: mistakes, or wrong labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from steadfit.analysis import points
from steadfit.report.disputed import seen

if TYPE_CHECKING:
    from steadfit.data import Dataset

SHOWN = 24  # mistakes, at most


@dataclass(frozen=True)
class Mistake:
    """A test point that is taken for another class.

    label, said: the class that it has, and the one that it is taken for. of_label, of_said: their
    probabilities. picture: as a data address.
    """

    id: str
    label: str
    said: str
    of_label: float
    of_said: float
    picture: str


def surest_mistakes(test: Dataset, logits_RNK: np.ndarray) -> list[Mistake]:
    """The test points whose label is deemed least likely, and another class likelier, at most 24.

    logits_RNK: of replicas that did not learn these points. The mean probability of a label is
    the self-confidence of Northcutt, Jiang and Chuang 2021, "Confident learning": where it is near
    0 the label itself may be wrong. Empty of examples that cannot be drawn.
    """
    y = test.y.numpy()
    shares = points.mean_probabilities(logits_RNK)
    said, of_label = shares.argmax(1), shares[np.arange(len(y)), y]
    wrong = np.flatnonzero(said != y)
    rows = wrong[np.argsort(of_label[wrong], kind="stable")][:SHOWN]
    shown = seen(test.take(torch.from_numpy(rows)), range(len(rows))) if len(rows) else []
    return [
        Mistake(
            test.ids[row] if test.ids else f"test point {row + 1}",
            test.classes[y[row]],
            test.classes[said[row]],
            float(of_label[row]),
            float(shares[row, said[row]]),
            one.picture,
        )
        for row, one in zip(rows.tolist(), shown, strict=True)
        if one.picture
    ]
