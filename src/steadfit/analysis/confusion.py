"""Which classes are found, and which are taken for which."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class ClassCount:
    """A class's test points, and how many of them were taken for another class."""

    name: str
    points: int
    wrong: int


@dataclass(frozen=True)
class Confused:
    """How many test points of a class were taken for another."""

    label: str
    said: str
    count: int


@dataclass(frozen=True)
class Confusion:
    """classes: those that have test points, in order. confused: the most frequent first."""

    classes: tuple[ClassCount, ...] = ()
    confused: tuple[Confused, ...] = ()


def confusion_of(said: np.ndarray, y: np.ndarray, names: Sequence[str]) -> Confusion:
    """said, y: class numbers, shape (points,); names: of the classes.

    >>> found = confusion_of(np.array([0, 1, 1, 1]), np.array([0, 0, 0, 1]), ["cat", "dog"])
    >>> found.classes[0], found.confused
    (ClassCount(name='cat', points=3, wrong=2), (Confused(label='cat', said='dog', count=2),))
    """
    wrong = said != y
    points, missed = (np.bincount(rows, minlength=len(names)) for rows in (y, y[wrong]))
    pairs: Counter[tuple[int, int]] = Counter(
        zip(y[wrong].tolist(), said[wrong].tolist(), strict=True)
    )
    order = sorted(pairs.items(), key=lambda one: (-one[1], one[0]))
    return Confusion(
        tuple(
            ClassCount(name, int(points[k]), int(missed[k]))
            for k, name in enumerate(names)
            if points[k]
        ),
        tuple(Confused(names[label], names[took], count) for (label, took), count in order),
    )
