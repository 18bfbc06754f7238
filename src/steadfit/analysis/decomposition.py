"""Error = bias+noise + variance, for one arm, from the predictions of a grid of replicas.

Shapes: S training samples, J seeds, N test points, C classes or K outputs. Replica (s, j) was
trained on sample s with seed j. The J seeds are the same on each of the S samples (`crossed`), or
each sample has seeds of its own.

The decompositions are one. Each loss is a Bregman divergence: a convex potential phi of a
prediction f plus a term linear in f. So E loss = loss at the centre E f + V, with the variance
V = E phi(f) - phi(E f) (Pfau 2013, "A generalized bias-variance decomposition for Bregman
divergences"; Gruber and Buettner 2023, "Uncertainty estimates of predictions via a general
bias-variance decomposition").

| loss | unit | f | phi(f) | centre |
| --- | --- | --- | --- | --- |
| cross-entropy | nats | logits | log sum_k exp f_k | geometric mean, rescaled to sum 1 |
| squared error | y's unit, squared | f - y | sum_k f_k^2 | mean |
| Brier score | 0 to 2 | p - one-hot y | sum_k f_k^2 | mean |
| 0-1 (Kohavi and Wolpert) | share of points | one-hot argmax - one-hot y | sum_k f_k^2 / 2 | mean |

How V is corrected for few replicas on such a grid is said and derived in `jackknife`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from steadfit.analysis import jackknife
from steadfit.analysis.jackknife import Floats, Potential
from steadfit.analysis.logits import log_sum_exp, logits_and_labels, one_hot, softmax, square
from steadfit.errors import SteadfitError

Quantity = Literal["total", "variance", "bias_noise"]
Coordinates = Callable[[Floats, slice], tuple[Floats, Floats, Floats]]

BLOCK = 100_000  # numbers worked on at once: small enough for the cache


@dataclass(frozen=True)
class Components:
    """Where the variance comes from: the drawn sample, the seed, or both together.

    In the variance's unit; their sum is the variance. For a squared loss each is unbiased: a
    component whose true value is near 0 can come out a little below 0. interaction: None where each
    sample has seeds of its own, which do not tell it from `seed`.
    """

    sample: float
    seed: float
    interaction: float | None


@dataclass(frozen=True, eq=False)
class Decomposition:
    """One loss of one arm, split: total = bias_noise + variance, exactly.

    losses: the loss of each replica at each test point, shape (S, J, N).
    spreads: pseudo-values of the variance, shape (S, J, N); (S, 1, N) where each sample has seeds
        of its own. Means over many points are what they are for: at a single point the corrected
        variance can come out below 0.
    plug_in: the variance around the mean of these very replicas, so too low: uncorrected.
    components: the variance by its source; None unless there are two samples and two seeds.
    gram: of a squared loss, f_sj . f_s'j' of each pair of replicas, averaged over the points, shape
        (S, J, S, J): all that the components depend on. None for other losses, and where each
        sample has seeds of its own.
    """

    losses: Floats
    spreads: Floats
    plug_in: float
    components: Components | None
    gram: Floats | None = None

    @property
    def crossed(self) -> bool:
        """Whether samples share their seeds, as far as there is more than one on each."""
        return self.spreads.shape == self.losses.shape

    def table(self, quantity: Quantity) -> Floats:
        """The values whose mean is the quantity, by sample, seed and point, shape (S, J, N).

        Where each sample has seeds of its own, its mean over them, shape (S, 1, N): only samples
        are independent of one another.
        """
        losses = self.losses if self.crossed else self.losses.mean(1, keepdims=True)
        if quantity == "bias_noise":
            return losses - self.spreads
        return {"total": losses, "variance": self.spreads}[quantity]

    @property
    def total(self) -> float:
        """Mean loss of one replica at one test point."""
        return float(self.losses.mean())

    @property
    def variance(self) -> float:
        """The part of the total that differs from one retraining to the next, corrected."""
        return float(self.spreads.mean())

    @property
    def bias_noise(self) -> float:
        """What stays with the centre of infinitely many retrainings, and the noise in y."""
        return self.total - self.variance


def cross_entropy(z: ArrayLike, y: ArrayLike, *, crossed: bool = False) -> Decomposition:
    """Split the cross-entropy -log p_y, in nats, p = softmax(z).

    Centre p_bar proportional to exp(E log p); bias_noise = -log p_bar_y; variance =
    E KL(p_bar || p) (Heskes 1998, "Bias/variance decompositions for likelihood-based estimators";
    Yang et al. 2020, "Rethinking bias-variance trade-off for generalization of neural networks").
    What the correction leaves is of second order in 1/S and 1/J; docs/measuring.md has figures.
    The components follow the law of total variance for Bregman divergences (Gruber and Buettner
    2023): sample = E_s phi(E_j z) - phi(E z), seed alike, interaction the rest.

    z: logits, shape (S, J, N, C), finite. y: class numbers 0 to C - 1, shape (N,). crossed: whether
    the J seeds are the same on each sample; else each sample has its own.
    Raises SteadfitError for shapes or labels that do not fit, for fewer than two replicas (samples,
    where each has its own seeds), and for a value that is not finite.

    >>> z = np.random.default_rng(0).normal(size=(5, 2, 100, 3))
    >>> parts = cross_entropy(z, np.zeros(100, dtype=int))
    >>> f"{parts.total:.3f} = {parts.bias_noise:.3f} + {parts.variance:.3f} nats"
    '1.461 = 1.162 + 0.299 nats'
    """
    logits, labels = logits_and_labels(z, y)

    def coordinates(block: Floats, points: slice) -> tuple[Floats, Floats, Floats]:
        cells = log_sum_exp(block)
        return block, cells, cells - block[:, :, labels[points], np.arange(block.shape[-1])]

    return decompose(logits, coordinates, log_sum_exp, crossed)


def squared_error(f: ArrayLike, y: ArrayLike, *, crossed: bool = False) -> Decomposition:
    """Split the squared error |f - y|^2, summed over outputs, in the square of y's unit.

    variance = E |f - E f|^2 and bias_noise = |E f - y|^2 with the noise in y (Geman, Bienenstock
    and Doursat 1992), both unbiased. With the two-way mean squares, summed over outputs and
    averaged over points, the components are sample = (MS_A - MS_AB)/J, seed = (MS_B - MS_AB)/S and
    interaction = MS_AB; where each sample has seeds of its own, sample = (MS_A - MS_within)/J and
    seed = MS_within.

    f: predictions, shape (S, J, N, K), finite. y: numbers, shape (N, K), finite. crossed: as in
    `cross_entropy`.
    Raises SteadfitError as `cross_entropy` does.

    >>> f = np.array([0.0, 1.0, 2.0, 3.0]).reshape(4, 1, 1, 1)
    >>> parts = squared_error(f, [[1.5]])
    >>> round(parts.total, 4), round(parts.variance, 4), round(parts.bias_noise, 4)
    (1.25, 1.6667, -0.4167)
    """
    predictions, numbers = np.asarray(f), np.asarray(y)
    if predictions.ndim != 4 or numbers.shape != predictions.shape[2:]:
        raise SteadfitError(
            "Predictions in the shape (samples, seeds, points, outputs) and targets in the shape "
            f"(points, outputs) were expected, but {predictions.shape} and {numbers.shape} found."
        )
    if not np.isfinite(numbers).all():
        raise SteadfitError("A target of the test points is not finite. Leave that point out.")

    def coordinates(block: Floats, points: slice) -> tuple[Floats, Floats, Floats]:
        residuals = block - numbers[points].T
        losses = square(residuals)
        return residuals, losses, losses

    return decompose(predictions, coordinates, square, crossed)


def brier(z: ArrayLike, y: ArrayLike, *, crossed: bool = False) -> Decomposition:
    """Split the Brier score sum_k (p_k - [y = k])^2, between 0 and 2, p = softmax(z).

    It is `squared_error` of the probabilities (Brier 1950), so bounded where confident logits make
    the cross-entropy's variance grow without end. Arguments and errors as in `cross_entropy`.

    >>> z = np.zeros((3, 1, 10, 2))
    >>> parts = brier(z, np.zeros(10, dtype=int))
    >>> parts.total, parts.variance
    (0.5, 0.0)
    """
    logits, labels = logits_and_labels(z, y)

    def coordinates(block: Floats, points: slice) -> tuple[Floats, Floats, Floats]:
        residuals = softmax(block) - one_hot(labels[points], block.shape[-2])
        losses = square(residuals)
        return residuals, losses, losses

    return decompose(logits, coordinates, square, crossed)


def kohavi_wolpert(z: ArrayLike, y: ArrayLike, *, crossed: bool = False) -> Decomposition:
    """Split the 0-1 error, as a share of points, the predicted class being argmax z.

    With P_k the share of retrainings that predict class k, variance = (1 - sum_k P_k^2)/2 and
    bias_noise = sum_k (P_k - [y = k])^2 / 2 (Kohavi and Wolpert 1996, with their correction for few
    replicas, here on the grid). Half the squared error of one-hot predictions: unbiased,
    and with intervals, neither of which the split around the most frequent class has (`zero_one`).
    Arguments and errors as in `cross_entropy`.

    >>> z = np.array([[2.0, 1.0], [1.0, 2.0]]).reshape(2, 1, 1, 2)  # two replicas that disagree
    >>> parts = kohavi_wolpert(z, [0])
    >>> round(parts.total, 6), round(parts.variance, 6), round(abs(parts.bias_noise), 6)
    (0.5, 0.5, 0.0)
    """
    logits, labels = logits_and_labels(z, y)

    def coordinates(block: Floats, points: slice) -> tuple[Floats, Floats, Floats]:
        classes = block.shape[-2]
        chosen = one_hot(block.argmax(-2), classes)
        residuals = (chosen - one_hot(labels[points], classes)) / np.sqrt(2)
        losses = square(residuals)
        return residuals, losses, losses

    return decompose(logits, coordinates, square, crossed)


def decompose(
    outputs: NDArray[np.floating], coordinates: Coordinates, potential: Potential, crossed: bool
) -> Decomposition:
    """Run the jackknife over blocks of points, so that memory stays small.

    coordinates: from a block of outputs, shape (S, J, C, n), and its place to f, of the same shape,
    phi(f) and the losses, both of shape (S, J, n).
    """
    samples, seeds, count, width = outputs.shape
    if (samples * seeds if crossed else samples) < 2:
        raise SteadfitError(
            "A variance needs at least two replicas, on two samples where each has seeds of its "
            "own, and one was found. Train on more samples."
        )
    if count == 0:
        raise SteadfitError("There are no test points to measure on. At least one is needed.")
    split = jackknife.split_crossed if crossed else jackknife.split_nested
    losses = np.empty((samples, seeds, count))
    spreads = np.empty((samples, seeds if crossed else 1, count))
    plug_in, sample, seed = np.empty((3, count))
    gram = np.zeros((samples * seeds,) * 2) if potential is square and crossed else None
    step = max(1, BLOCK // (samples * seeds * width))
    for start in range(0, count, step):
        points = slice(start, start + step)
        block = outputs[:, :, points].swapaxes(2, 3).astype(np.float64, order="C")
        if not np.isfinite(block).all():
            s, j, _, n = np.argwhere(~np.isfinite(block))[0]
            raise SteadfitError(
                f"The prediction of the replica of sample {s} and seed {j} for test point "
                f"{start + n} is not finite. Its training diverged: leave the arm out."
            )
        f, cells, losses[:, :, points] = coordinates(block, points)
        if gram is not None:
            flat = f.reshape(samples * seeds, -1)
            gram += flat @ flat.T / count
        parts = split(f, cells, potential)
        spreads[:, :, points] = parts.spreads
        plug_in[points], sample[points], seed[points] = parts.plug_in, parts.sample, parts.seed
    components = None
    if samples > 1 and seeds > 1:
        main = float(sample.mean()), float(seed.mean())
        components = Components(*main, float(spreads.mean()) - sum(main) if crossed else None)
    shape = samples, seeds, samples, seeds
    products = None if gram is None else gram.reshape(shape)
    return Decomposition(losses, spreads, float(plug_in.mean()), components, products)
