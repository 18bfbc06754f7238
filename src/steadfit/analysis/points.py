"""What the replicas say of each test point, and where they disagree.

R: replicas, N: test points, K: classes, O: numbers predicted.
"""

import math

import numpy as np

from steadfit.errors import SteadfitError


def votes(logits_RNK: np.ndarray) -> np.ndarray:
    """How many replicas predict each class at each test point: int64, shape (N, K).

    >>> votes(np.array([[[2.0, 1.0]], [[0.0, 3.0]], [[0.0, 1.0]]]))
    array([[1, 2]])
    """
    classes = logits_RNK.shape[-1]
    predicted_RN = logits_RNK.argmax(axis=-1)
    return (predicted_RN[..., None] == np.arange(classes)).sum(axis=0)


def mean_probabilities(logits_RNK: np.ndarray) -> np.ndarray:
    """The probability of each class at each test point, the mean over replicas: shape (N, K).

    >>> mean_probabilities(np.log([[[0.9, 0.1]], [[0.7, 0.3]]])).round(2)
    array([[0.8, 0.2]])
    """
    logits = logits_RNK.astype(np.float64)
    return np.exp(logits - np.logaddexp.reduce(logits, axis=-1, keepdims=True)).mean(axis=0)


def disagreement(votes_NK: np.ndarray) -> np.ndarray:
    """The share of replicas that differ from the mode: float64, shape (N,), from 0 below 1.

    Domingos (2000) calls this the variance of the 0-1 loss at a point.

    >>> disagreement(np.array([[1, 2], [3, 0]])).round(2)
    array([0.33, 0.  ])
    """
    replicas = votes_NK.sum(axis=1)
    return (replicas - votes_NK.max(axis=1)) / replicas  # of ten, 0.2 and not 0.19999999999999996


def spread(numbers_RNO: np.ndarray) -> np.ndarray:
    """The standard deviation over replicas at each test point: float64, shape (N,).

    The square root of the unbiased variance (divided by R - 1) summed over the O outputs; so its
    square, averaged over the test points, is the variance of the squared error's decomposition
    where replicas are independent. Raises SteadfitError with fewer than two replicas.

    >>> spread(np.array([[[1.0], [5.0]], [[3.0], [5.0]]])).round(3)
    array([1.414, 0.   ])
    """
    if len(numbers_RNO) < 2:
        raise SteadfitError(
            f"A spread needs two replicas or more, and there is {len(numbers_RNO)}. "
            "Run the study with more samples or seeds."
        )
    return np.sqrt(numbers_RNO.astype(np.float64).var(axis=0, ddof=1).sum(axis=-1))


def confusion(votes_NK: np.ndarray, y_N: np.ndarray) -> np.ndarray:
    """Of all predictions for points of class i, the share that said class j: float64, (K, K).

    Over replicas and test points. A class without test points has a row of NaN.

    >>> confusion(np.array([[3, 1], [0, 4]]), np.array([0, 1]))
    array([[0.75, 0.25],
           [0.  , 1.  ]])
    """
    classes = votes_NK.shape[1]
    counts = np.zeros((classes, classes))
    np.add.at(counts, y_N, votes_NK)
    totals = counts.sum(axis=1, keepdims=True)
    return np.divide(counts, totals, out=np.full_like(counts, np.nan), where=totals > 0)


def reliability(logits_RNK: np.ndarray, y_N: np.ndarray, bins: int = 10) -> np.ndarray:
    """Confidence against accuracy, in bins of equal width: float64, shape (filled bins, 3).

    A row is the mean probability of the class predicted, the share of these predictions that is
    right, and how many there are, over replicas and test points. Empty bins are left out.

    >>> logits = np.log(np.array([[[0.95, 0.05], [0.65, 0.35], [0.65, 0.35]]]))
    >>> reliability(logits, np.array([0, 0, 1])).round(2)
    array([[0.65, 0.5 , 2.  ],
           [0.95, 1.  , 1.  ]])
    """
    shifted = logits_RNK - logits_RNK.max(axis=-1, keepdims=True)
    shares = np.exp(shifted.astype(np.float64))
    confidence = (shares.max(axis=-1) / shares.sum(axis=-1)).ravel()
    right = (logits_RNK.argmax(axis=-1) == y_N).ravel()
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    return np.array(
        [
            (confidence[place == one].mean(), right[place == one].mean(), (place == one).sum())
            for one in np.unique(place)
        ]
    )


def wilson(share: float, count: int, level: float = 0.95) -> tuple[float, float]:
    """The interval of a share of so many independent points (Wilson 1927).

    >>> [round(end, 3) for end in wilson(0.9, 10)]
    [0.596, 0.982]
    """
    from statistics import NormalDist

    reach = NormalDist().inv_cdf(0.5 + level / 2)
    spread = reach * math.sqrt(share * (1 - share) / count + (reach / (2 * count)) ** 2)
    centre, scale = share + reach**2 / (2 * count), 1 + reach**2 / count
    return max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)
