"""The 0-1 loss around the most frequent class: errors that are disagreement of retrainings."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from steadfit.analysis.logits import logits_and_labels


@dataclass(frozen=True)
class ZeroOne:
    """The 0-1 error of an arm: error = bias + net_variance. All are shares of test points.

    error: how often one replica is wrong.
    bias: how often the main prediction, the class that most replicas predict, is wrong. What a
        majority vote of the replicas would get wrong.
    variance: how often a replica differs from the main prediction.
    unbiased_variance: disagreement where the main prediction is right; each is an error more.
    biased_variance: where the main prediction is wrong, how often a replica is right all the same;
        each is an error less.
    """

    error: float
    bias: float
    variance: float
    unbiased_variance: float
    biased_variance: float

    @property
    def net_variance(self) -> float:
        """The errors that disagreement adds: error - bias. "Of e% errors, v are disagreement"."""
        return self.unbiased_variance - self.biased_variance


def zero_one(z: ArrayLike, y: ArrayLike) -> ZeroOne:
    """Split the 0-1 error around the main prediction (Domingos 2000, theorem 2).

    At each point, loss = bias + c variance: c = 1 where the main prediction is right; where it is
    wrong, c = -P(f = y | f is not the main prediction), which is -1 for two classes. Averaged over
    points, c variance is unbiased_variance - biased_variance. A tie is shared: m classes predicted
    equally often count 1/m each as the main prediction.

    There is no correction for few replicas: the vote of R replicas is wrong more often than that
    of infinitely many, so bias is high and net_variance low. Nor is there an interval: the vote
    jumps when one replica changes, and the jackknife fails for what jumps (Efron 1982, "The
    jackknife, the bootstrap and other resampling plans", 3.4). `kohavi_wolpert` has both.

    z: logits, shape (S, J, N, C); the predicted class is argmax z. y: class numbers, shape (N,).
    Raises SteadfitError for shapes or labels that do not fit.

    >>> votes = np.array([[0, 1], [0, 1], [1, 0]])  # three samples, two points
    >>> found = zero_one(np.eye(2)[votes][:, None], [0, 0])
    >>> round(found.error, 3), found.bias, round(found.net_variance, 3)
    (0.5, 0.5, 0.0)
    """
    logits, labels = logits_and_labels(z, y)
    samples, seeds, count, classes = logits.shape
    points = np.arange(count)
    votes = np.zeros((count, classes))
    for chosen in logits.argmax(-1).reshape(-1, count):
        votes[points, chosen] += 1
    shares = votes / (samples * seeds)
    highest, right = shares.max(-1), shares[points, labels]
    tied = (shares == highest[:, None]).sum(-1)
    main_right = np.where(right == highest, 1 / tied, 0.0)
    return ZeroOne(
        error=float((1 - right).mean()),
        bias=float((1 - main_right).mean()),
        variance=float((1 - highest).mean()),
        unbiased_variance=float((main_right * (1 - right)).mean()),
        biased_variance=float(((1 - main_right) * right).mean()),
    )
