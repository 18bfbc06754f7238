"""How often each of several labels is found, and how often it is said in vain."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class LabelCount:
    """One label at the test points. points: that have it. said, right: for how many it was said,
    and for how many of these rightly; means over replicas."""

    name: str
    points: int
    said: float
    right: float

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall; 0 where the label is neither there nor said.

        >>> LabelCount("calm", points=4, said=2.0, right=2.0).f1.__round__(3)
        0.667
        """
        total = self.points + self.said
        return 2 * self.right / total if total else 0.0


@dataclass(frozen=True)
class LabelScores:
    """labels: in the order of the outputs. hamming: the share of labels that are wrong.
    exact_match: the share of test points whose labels are all right. macro_f1: the mean over the
    labels that have test points; micro_f1: of all labels' counts together."""

    labels: tuple[LabelCount, ...]
    hamming: float
    exact_match: float
    macro_f1: float
    micro_f1: float


def label_scores(said: np.ndarray, y: np.ndarray, names: Sequence[str]) -> LabelScores:
    """said: which labels replicas say, bool, shape (replicas, points, labels). y: which are there,
    bool, shape (points, labels). Scores are of counts that are means over the replicas.

    >>> y = np.array([[True, False], [True, True]])
    >>> found = label_scores(np.array([[[True, True], [True, False]]]), y, ("calm", "loud"))
    >>> found.hamming, found.exact_match, round(found.micro_f1, 3), found.macro_f1
    (0.5, 0.0, 0.667, 0.5)
    """
    counts = tuple(
        LabelCount(name, int(y[:, k].sum()), float(spoken), float(right))
        for k, (name, spoken, right) in enumerate(
            zip(names, said.sum(1).mean(0), (said & y).sum(1).mean(0), strict=True)
        )
    )
    there = [one.f1 for one in counts if one.points]
    together = LabelCount(
        "all",
        sum(one.points for one in counts),
        sum(one.said for one in counts),
        sum(one.right for one in counts),
    )
    return LabelScores(
        counts,
        hamming=float((said != y).mean()),
        exact_match=float((said == y).all(-1).mean()),
        macro_f1=float(np.mean(there)) if there else 0.0,
        micro_f1=together.f1,
    )
