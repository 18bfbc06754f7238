"""The digits that come with scikit-learn: 1,797 grey images of 8×8, no download."""

import numpy as np

from steadfit.data.arrays import from_arrays
from steadfit.data.dataset import Dataset


def read(source: str) -> Dataset:
    """The 8×8 digits (Alpaydin and Kaynak 1998), grey levels 0 to 16; no test set of its own."""
    from sklearn.datasets import load_digits  # takes a second or two to import

    features, labels = load_digits(return_X_y=True)
    return from_arrays(np.asarray(features, np.uint8), labels, "digits", image=(8, 8))
