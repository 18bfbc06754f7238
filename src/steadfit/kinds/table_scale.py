"""The scale of a table's features, fitted to a sample of its rows."""

from typing import Any

import numpy as np

from steadfit.errors import SteadfitError

_NORMAL = 1.349  # the distance of the quartiles of a normal distribution of deviation 1


def fit_scale(features: np.ndarray) -> dict[str, Any]:
    """Fields of a `Preparation`: the centre and the spread of each feature, and which are kept.

    features: float64, shape (rows, features), NaN where missing, as `Layout.features` has them.

    Zeros and ones stay as they are: centre 0, spread 1. Of a number the centre is the median, and
    the spread is that of a normal distribution with the same quartiles, so that outliers decide
    neither; where the quartiles are one value, it is the standard deviation. A feature is kept if
    it varies in the sample. Raises SteadfitError where none does.

    >>> fit_scale(np.array([[1.0, 0.0], [2.0, 1.0], [3.0, 0.0]]))["mean"]
    (2.0, 0.0)
    """
    known = ~np.isnan(features)
    low = np.where(known, features, np.inf).min(0)
    high = np.where(known, features, -np.inf).max(0)
    kept = low < high
    if not kept.any():
        raise SteadfitError(
            "The rows of a sample must differ in a column at least, got none that varies. Add rows "
            "or columns."
        )
    flags = (~known | (features == 0) | (features == 1)).all(0)
    centre, spread = np.zeros(len(kept)), np.ones(len(kept))
    for column in np.flatnonzero(kept & ~flags):
        values = features[known[:, column], column]
        first, centre[column], third = np.quantile(values, (0.25, 0.5, 0.75))
        quartiles = (third - first) / _NORMAL
        spread[column] = quartiles if quartiles > 0 else values.std()
    return {
        "mean": tuple(centre.tolist()),
        "std": tuple(spread.tolist()),
        "kept": tuple(np.flatnonzero(kept).tolist()),
    }
