"""Photographs by their histograms of oriented gradients, with logistic regression."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from steadfit.data import Dataset, Schema
from steadfit.errors import SteadfitError
from steadfit.kinds.images import check_rows
from steadfit.references.base import Learned, Reference
from steadfit.references.linear import learn_logistic, logistic, scaled
from steadfit.references.shapes import LOGISTIC, SCALE, Shapes

_CELLS = 8  # cells that the shorter side is cut into, of 4 pixels at least


@dataclass(frozen=True)
class Hog(Reference):
    """Histograms of oriented gradients (Dalal and Triggs 2005), scaled, with logistic regression.

    scikit-image's `hog` with 9 directions, and blocks of 2×2 cells, a cell an eighth of the shorter
    side. Needs scikit-image, and images of three channels and 24 pixels a side or more.

    least: pixels of the shorter side.
    """

    name = "HOG and logistic regression"
    what = "Logistic regression on histograms of oriented gradients, for photos; scikit-image."
    predicts = frozenset({"classes"})
    shapes: ClassVar[Shapes] = {**SCALE, **LOGISTIC}

    least: int = 24

    def suits(self, data: Dataset) -> bool:
        shape = data.example_shape
        photo = len(shape) == 3 and shape[0] == 3 and min(shape[1:]) >= self.least
        return super().suits(data) and photo

    def learn(self, train: Dataset, seed: int) -> Learned:
        return learn_logistic(_histograms(train.x), train, seed)

    def outputs(self, learned: Learned, schema: Schema, x: Any) -> np.ndarray:
        matrix = scaled(learned.arrays, _histograms(x))
        return logistic(learned.arrays, matrix, schema.task.outputs)


def _histograms(x: Any) -> np.ndarray:
    """float64, shape (images, columns). Raises SteadfitError as `check_rows`."""
    try:
        from skimage.feature import hog  # pyright: ignore[reportMissingImports]
    except ImportError:
        raise SteadfitError("it needs scikit-image. Install it: pip install scikit-image") from None
    cell = max(4, min(x.shape[2:]) // _CELLS)

    def histogram(image: np.ndarray) -> np.ndarray:
        return hog(
            image.transpose(1, 2, 0),
            orientations=9,
            pixels_per_cell=(cell, cell),
            cells_per_block=(2, 2),
            channel_axis=-1,
        )

    columns = len(histogram(x[0].numpy()))
    check_rows(len(x), columns)
    found = np.empty((len(x), columns))
    for row, image in enumerate(x):
        found[row] = histogram(image.numpy())
    return found
