"""Whether images mean the same when they are mirrored: by trying."""

import math
import warnings
from typing import NamedTuple

import numpy as np

_MOST = 1000  # images that are tried
_SIDES = 4  # parts, each of which judges what was learned from the others
_KEPT = 0.7  # of what a simple model knows beyond guessing, at least, on mirrored images
_OF_VARIANCE = 0.1  # R² that counts
_SEED = 0


class Mirrored(NamedTuple):
    """What a simple model learned from images as they are.

    right, mirrored: its score on other images, and on the same ones mirrored; of classes the share
    that is right, else R². guess: the score of an answer that is the same for all. least: what it
    must know beyond that to count. classes: whether classes were learned. may: whether images may
    be mirrored in training.
    """

    right: float
    mirrored: float
    guess: float
    least: float
    classes: bool

    @property
    def may(self) -> bool:
        known = self.right - self.guess
        return known > self.least and self.mirrored - self.guess >= _KEPT * known

    def in_words(self) -> str:
        """What was seen."""
        if self.right - self.guess <= self.least:
            return "a simple model learns too little to tell whether that changes what they mean"
        if self.classes:
            return (
                f"a simple model is right on {self.right:.0%} of other images as they are, and on "
                f"{self.mirrored:.0%} of mirrored ones"
            )
        return (
            f"a simple model has R² {self.right:.2f} on other images as they are, and "
            f"{self.mirrored:.2f} on mirrored ones"
        )


def chosen(count: int) -> np.ndarray:
    """The positions of those that are tried, of so many images, in random order."""
    return np.random.default_rng(_SEED).permutation(count)[:_MOST]


def try_mirrored(pixels: np.ndarray, mirrored: np.ndarray, y: np.ndarray) -> Mirrored:
    """Logistic regression of classes, else ridge regression, on other images and mirrored.

    pixels, mirrored: the images as rows of numbers, shape (images, columns), as they are and
    mirrored, in random order. y: class numbers, shape (images,), or numbers or labels, shape
    (images, outputs).
    """
    from sklearn.dummy import DummyClassifier, DummyRegressor
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.model_selection import KFold
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    classes = y.ndim == 1
    weak = LogisticRegression(C=0.01, max_iter=50) if classes else Ridge(100.0)
    model, guess = (
        make_pipeline(StandardScaler(), weak),
        DummyClassifier() if classes else DummyRegressor(),
    )
    found = []
    for learn, judge in KFold(min(_SIDES, len(y))).split(pixels):
        if classes and len(np.unique(y[learn])) < 2:
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # it is compared with itself alone
            model.fit(pixels[learn], y[learn])
        guess.fit(pixels[learn], y[learn])
        found.append([
            model.score(pixels[judge], y[judge]),
            model.score(mirrored[judge], y[judge]),
            guess.score(pixels[judge], y[judge]),
        ])  # fmt: skip
    right, other, guessed = np.mean(found, axis=0).tolist() if found else (0.0, 0.0, 0.0)
    least = 2 * math.sqrt(0.25 / len(y)) if classes else _OF_VARIANCE
    return Mirrored(right, other, guessed, least, classes)
