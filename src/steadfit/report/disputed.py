"""The test points on which replicas differ: what there is to see of each, what was said of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from steadfit.analysis import points
from steadfit.report import wording
from steadfit.report.pictures import data_uris, line_uris

if TYPE_CHECKING:
    from steadfit.data.dataset import Dataset

SHOWN_POINTS = 12
LONGEST_TEXT = 280  # characters


@dataclass(frozen=True)
class Vote:
    """How many replicas said a word, and whether it is the label."""

    word: str
    count: int
    right: bool


@dataclass(frozen=True)
class Said:
    """What one arm's replicas said of a point: votes, or a number with its spread."""

    arm: str
    votes: tuple[Vote, ...] = ()
    number: str = ""


@dataclass(frozen=True)
class Point:
    """A test point to look at: a picture as a data address, or a text; the other is ""."""

    id: str
    label: str
    picture: str
    text: str
    said: tuple[Said, ...]


def disagreements(
    test: Dataset, y: np.ndarray, arms: Mapping[str, np.ndarray], classes: Sequence[str]
) -> list[Point]:
    """The test points on which the replicas of the first arm differ most, at most 12.

    y: class numbers, shape (N,), or numbers, shape (N, O). arms: logits or numbers of an arm's
    replicas, shape (R, N, K or O), by the arm's name, in the order in which they are shown. Points
    on which all agree are left out.
    """
    first = next(iter(arms.values()))
    differ = points.disagreement(points.votes(first)) if classes else points.spread(first)
    chosen = [int(i) for i in np.argsort(-differ, kind="stable")[:SHOWN_POINTS] if differ[i] > 0]
    return [
        Point(
            id=test.ids[i] if test.ids else f"test point {i + 1}",
            label=classes[int(y[i])] if classes else _joined(y[i]),
            picture=picture,
            text=text,
            said=tuple(
                Said(name, votes=_votes(told[:, i], y[i], classes))
                if classes
                else Said(name, number=_with_spread(told[:, i]))
                for name, told in arms.items()
            ),
        )
        for i, picture, text in zip(
            chosen, _pictures(test, chosen), _words(test, chosen), strict=True
        )
    ]


def _pictures(test: Dataset, chosen: Sequence[int]) -> Sequence[str]:
    """The chosen test points as data addresses, on one scale; "" for what is no picture."""
    from torch import Tensor

    if isinstance(test.x, Tensor):
        x = test.x.numpy()
        if x.ndim != 4:
            return [""] * len(chosen)
        return data_uris(x[list(chosen)], float(x.min()), float(x.max()))
    if test.x.tokens:
        return [""] * len(chosen)
    values, rows = test.x.values.numpy(), list(test.x.rows())
    return line_uris([rows[i] for i in chosen], values.min(axis=0), values.max(axis=0))


def _words(test: Dataset, chosen: Sequence[int]) -> Sequence[str]:
    """The chosen test points as words; "" for what is no text."""
    from torch import Tensor

    if isinstance(test.x, Tensor) or not test.x.tokens:
        return [""] * len(chosen)
    between = " " if test.x.unit == "words" else ""
    rows = list(test.x.rows())
    tokens = [token if token == " " else wording.visible(token) for token in test.x.tokens]
    return [
        wording.shortened(between.join(tokens[k] for k in rows[i]), LONGEST_TEXT) for i in chosen
    ]


def _votes(logits_RK: np.ndarray, label: int, classes: Sequence[str]) -> tuple[Vote, ...]:
    """The classes that replicas chose at one point, the most frequent first."""
    counts = points.votes(logits_RK[:, None])[0]
    order = sorted(np.flatnonzero(counts).tolist(), key=lambda k: (-counts[k], k))
    return tuple(Vote(classes[k], int(counts[k]), k == label) for k in order)


def _with_spread(numbers_RO: np.ndarray) -> str:
    """The mean over replicas and one standard deviation, for one point."""
    means, spreads = numbers_RO.mean(axis=0), numbers_RO.std(axis=0, ddof=1)
    pairs = zip(means.tolist(), spreads.tolist(), strict=True)
    return "; ".join(f"{wording.quantity(m)} ± {wording.quantity(s)}" for m, s in pairs)


def _joined(values: Iterable[Any]) -> str:
    return "; ".join(wording.quantity(float(value)) for value in values)
