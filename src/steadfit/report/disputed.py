"""The test points on which replicas differ: what there is to see of each, what was said of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import numpy as np

from steadfit.analysis import points
from steadfit.report import numbers, wording
from steadfit.report.pictures import data_uris, line_uris

if TYPE_CHECKING:
    from steadfit.data.dataset import Dataset
    from steadfit.kinds import Ragged
    from steadfit.kinds.stored import Pixels

SHOWN_POINTS = 12
_TOGETHER = 1024  # images that are looked at for the scale at a time
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


class Seen(NamedTuple):
    """What there is to see of a point: a picture as a data address, or a text."""

    picture: str = ""
    text: str = ""


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
    order = _mixed(-differ, y) if classes else np.argsort(-differ, kind="stable")
    chosen = [int(i) for i in order[:SHOWN_POINTS] if differ[i] > 0]
    return [
        Point(
            id=test.ids[i] if test.ids else f"test point {i + 1}",
            label=classes[int(y[i])] if classes else _joined(y[i]),
            picture=shown.picture,
            text=shown.text,
            said=tuple(
                Said(name, votes=_votes(told[:, i], y[i], classes))
                if classes
                else Said(name, number=_with_spread(told[:, i]))
                for name, told in arms.items()
            ),
        )
        for i, shown in zip(chosen, seen(test, chosen), strict=True)
    ]


def _mixed(value: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The order of rising values; of equal ones the classes take turns."""
    turn = np.zeros(len(y), np.int64)
    seen_of: Counter[tuple[float, int]] = Counter()
    for i, key in enumerate(zip(value.tolist(), y.tolist(), strict=True)):
        turn[i] = seen_of[key]
        seen_of[key] += 1
    return np.lexsort((y, turn, value))


def seen(test: Dataset, chosen: Sequence[int]) -> Sequence[Seen]:
    """What there is to see of the chosen test points; nothing of kinds that are not known here."""
    kinds = {"images": _images, "series": _lines, "texts": _texts}
    show = kinds.get(test.schema.kind.name)
    return [Seen()] * len(chosen) if show is None else show(test, chosen)


def _images(test: Dataset, chosen: Sequence[int]) -> Sequence[Seen]:
    """On one scale."""
    x = cast("Pixels", test.x)
    ends = [(float(part.min()), float(part.max())) for part in x.split(_TOGETHER)]
    low, high = min(low for low, _ in ends), max(high for _, high in ends)
    uris = data_uris(np.array([x[i].numpy() for i in chosen]), low, high) if chosen else []
    return [Seen(picture=uri) for uri in uris]


def _lines(test: Dataset, chosen: Sequence[int]) -> Sequence[Seen]:
    """On one scale."""
    x = cast("Ragged", test.x)
    values, rows = x.values.numpy(), list(x.rows())
    uris = line_uris([rows[i] for i in chosen], values.min(axis=0), values.max(axis=0))
    return [Seen(picture=uri) for uri in uris]


def _texts(test: Dataset, chosen: Sequence[int]) -> Sequence[Seen]:
    """As they were written, or their tokens where that was not kept."""
    written = [as_written(test.written[i]) for i in chosen] if test.written else None
    texts = _tokens(test, chosen) if written is None else written
    return [Seen(text=wording.shortened(text, LONGEST_TEXT)) for text in texts]


def as_written(text: str) -> str:
    """A text with signs for line ends and what else cannot be seen, but spaces."""
    return "".join(one if one == " " else wording.visible(one) for one in text)


def _tokens(test: Dataset, chosen: Sequence[int]) -> list[str]:
    x = cast("Ragged", test.x)
    rows = list(x.rows())
    texts = (x.text(rows[i].tolist()) for i in chosen)
    return [as_written(text) for text in texts]


def _votes(logits_RK: np.ndarray, label: int, classes: Sequence[str]) -> tuple[Vote, ...]:
    """The classes that replicas chose at one point, the most frequent first."""
    counts = points.votes(logits_RK[:, None])[0]
    order = sorted(np.flatnonzero(counts).tolist(), key=lambda k: (-counts[k], k))
    return tuple(Vote(classes[k], int(counts[k]), k == label) for k in order)


def _with_spread(numbers_RO: np.ndarray) -> str:
    """The mean over replicas and one standard deviation, for one point."""
    means, spreads = numbers_RO.mean(axis=0), numbers_RO.std(axis=0, ddof=1)
    pairs = zip(means.tolist(), spreads.tolist(), strict=True)
    return "; ".join(f"{numbers.quantity(m)} ± {numbers.quantity(s)}" for m, s in pairs)


def _joined(values: Iterable[Any]) -> str:
    return "; ".join(numbers.quantity(float(value)) for value in values)
