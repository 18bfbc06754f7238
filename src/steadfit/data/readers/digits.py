"""The digits that come with scikit-learn: 1,797 grey images of 8×8, no download."""

import gzip
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from steadfit.data.arrays import from_arrays
from steadfit.data.dataset import Dataset


def read(source: str) -> Dataset:
    """The 8×8 digits (Alpaydin and Kaynak 1998), grey levels 0 to 16; no test set of its own.

    From scikit-learn's file: its `load_digits` would import all of it first, which takes seconds.
    """
    spec = find_spec("sklearn")
    assert spec is not None
    assert spec.origin is not None
    file = Path(spec.origin).parent / "datasets" / "data" / "digits.csv.gz"
    with gzip.open(file, "rt") as lines:
        rows = np.loadtxt(lines, delimiter=",", dtype=np.uint8)
    return from_arrays(rows[:, :-1], rows[:, -1].astype(np.int64), "digits", image=(8, 8))
