"""Whether images mean the same when they are mirrored: by trying."""

from typing import NamedTuple

import numpy as np

_MOST = 1000  # images that are tried
_SIDES = 4  # parts, each of which judges what was learned from the others
_KEPT = 0.7  # of what a simple model knows beyond guessing, at least, on mirrored images
_SEED = 0


class Mirrored(NamedTuple):
    """What a simple model learned from images as they are.

    right, mirrored: its score on other images, and on the same ones mirrored; of classes the share
    that is right, of numbers R². guess: the score of an answer that is the same for all. tried: how
    many images. may: whether images may be mirrored in training.
    """

    right: float
    mirrored: float
    guess: float
    tried: int

    @property
    def may(self) -> bool:
        known = self.right - self.guess
        sure = known > 2 * np.sqrt(0.25 / self.tried)
        return bool(sure and self.mirrored - self.guess >= _KEPT * known)


def try_mirrored(pixels: np.ndarray, mirrored: np.ndarray, y: np.ndarray) -> Mirrored:
    """Logistic regression of classes, ridge regression of numbers, on other images and mirrored.

    pixels, mirrored: the images as rows of numbers, shape (images, columns), as they are and
    mirrored. y: class numbers, shape (images,), or numbers, shape (images, outputs).
    """
    from sklearn.dummy import DummyClassifier, DummyRegressor
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.model_selection import KFold
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    classes = y.ndim == 1
    rows = np.random.default_rng(_SEED).permutation(len(y))[:_MOST]
    pixels, mirrored, y = pixels[rows], mirrored[rows], y[rows]
    weak = LogisticRegression(C=0.01, max_iter=50) if classes else Ridge(100.0)
    model, guess = (
        make_pipeline(StandardScaler(), weak),
        DummyClassifier() if classes else DummyRegressor(),
    )
    found = []
    for learn, judge in KFold(min(_SIDES, len(y))).split(pixels):
        if classes and len(np.unique(y[learn])) < 2:
            continue
        model.fit(pixels[learn], y[learn])
        guess.fit(pixels[learn], y[learn])
        found.append([
            model.score(pixels[judge], y[judge]),
            model.score(mirrored[judge], y[judge]),
            guess.score(pixels[judge], y[judge]),
        ])  # fmt: skip
    right, other, guessed = np.mean(found, axis=0).tolist() if found else (0.0, 0.0, 0.0)
    return Mirrored(right, other, guessed, len(rows))
