"""The variance of a loss on a grid of samples and seeds, corrected for few replicas.

Each loss here is a convex potential phi of a prediction f plus a term linear in f, so for a new
sample and a new seed its variance part is V = E phi(f) - phi(E f) (see `decomposition`). The first
term is a mean over replicas. The second, at the mean of few replicas, comes out too high: for a
squared loss and R independent replicas the plug-in V is (R - 1)/R of the truth.

**The correction.** With f_sj = mu + a_s + b_j + c_sj (the two-way random-effects model) and
covariances A, B and C of the three effects, the mean over S x J replicas has covariance
A/S + B/J + C/(S J), hence, to second order,

    E phi(mean) = phi(mu) + alpha/S + beta/J + gamma/(S J).

A delete-one jackknife (Quenouille 1956) over samples removes alpha and gamma, one over seeds
removes beta. Their product, with phi_-s at the mean without sample s, phi_-j without seed j and
phi_-sj without both, has the pseudo-values

    t_sj = S J phi - (S-1) J phi_-s - S (J-1) phi_-j + (S-1)(J-1) phi_-sj,    phi(mu) ~ mean t_sj.

For a squared loss this is exact: mean t_sj is the mean of f_sj . f_s'j' over all pairs of replicas
that share neither sample nor seed, so unbiased for |mu|^2, and V is the sum of the three
mean-squares components (Searle, Casella and McCulloch 1992, "Variance components", chapter 4). The
jackknife over the R = S J cells would take replicas for independent, and leave A/S and B/J in.
With one seed (or one sample) it is the ordinary jackknife over samples (seeds).

**Where each sample has seeds of its own** (nested, not crossed) there is no b_j: the mean over
replicas has covariance A/S + C/(S J), C now of all that a seed brings, and the jackknife over
samples alone, t_s = S phi - (S-1) phi_-s, removes both. For a squared loss mean t_s is the mean of
f_sj . f_s'j' over all pairs of replicas on different samples.

What a first-order jackknife leaves is of order 1/S^2. For confident logits that shows: with a
deviation of 5 between retrainings, V from five samples is 3% too low. So up to `FEW_SAMPLES` the
second-order jackknife (Schucany, Gray and Owen 1971, "On bias reduction in estimation"), which also
leaves out pairs of samples, shifts t_s; 1% is left. For a squared loss the shift is 0.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Potential = Callable[[Floats], Floats]

FEW_SAMPLES = 10  # with more, the first order is within 1%, and pairs are many


@dataclass(frozen=True, eq=False)
class Split:
    """The variance at n points. Where a level has no second sample or seed, its value is not used.

    spreads: phi(f_sj) - t_sj, shape (S, J, n), or mean_j phi(f_sj) - t_s, shape (S, 1, n), where
        each sample has seeds of its own; the mean is V.
    plug_in: mean phi(f) - phi(mean f), shape (n,).
    sample: E_s phi(E_j f) - phi(E f), the part of V due to samples alone, shape (n,).
    seed: E_j phi(E_s f) - phi(E f), the part due to seeds alone, shape (n,); where each sample has
        its own, all of the rest, V - sample.
    """

    spreads: Floats
    plug_in: Floats
    sample: Floats
    seed: Floats


def split_crossed(f: Floats, cells: Floats, potential: Potential) -> Split:
    """Corrected and plug-in variance of a potential on the crossed grid, and its two main effects.

    f: predictions, shape (S, J, K, n), the points last so that sums over the K classes or outputs
    run over contiguous memory. potential: phi, from (..., K, n) to (..., n). cells: phi(f), which
    the caller knows already, shape (S, J, n).

    >>> f = np.array([0.0, 1.0, 2.0, 3.0]).reshape(4, 1, 1, 1)
    >>> parts = split_crossed(f, f[:, :, 0] ** 2, lambda f: (f**2).sum(-2))
    >>> float(parts.spreads.mean()), float(parts.plug_in[0])  # divided by R - 1 and by R
    (1.6666666666666667, 1.25)
    """
    samples, seeds = f.shape[:2]
    row_sums, column_sums = f.sum(1, keepdims=True), f.sum(0, keepdims=True)
    sums = row_sums.sum(0, keepdims=True)

    def weighted(rest: Floats, s: int, j: int) -> Floats:
        """s j phi at the mean over s samples and j seeds; nothing where none are left."""
        return s * j * potential(rest / (s * j)) if s * j else np.zeros(1)

    whole = weighted(sums, samples, seeds)
    centre = (
        whole
        - weighted(sums - row_sums, samples - 1, seeds)
        - weighted(sums - column_sums, samples, seeds - 1)
        + weighted(sums - row_sums - column_sums + f, samples - 1, seeds - 1)
    )
    centre_mean = centre.mean((0, 1))
    return Split(
        spreads=cells - centre,
        plug_in=cells.mean((0, 1)) - whole[0, 0] / (samples * seeds),
        sample=_mean_potential(f, cells, potential, axis=1) - centre_mean,
        seed=_mean_potential(f, cells, potential, axis=0) - centre_mean,
    )


def split_nested(f: Floats, cells: Floats, potential: Potential) -> Split:
    """The same where each sample has J seeds of its own; arguments as in `split_crossed`.

    >>> f = np.array([[0.0, 1.0], [4.0, 5.0]]).reshape(2, 2, 1, 1)
    >>> parts = split_nested(f, f[:, :, 0] ** 2, lambda f: (f**2).sum(-2))
    >>> float(parts.sample[0]), float(parts.seed[0])  # (MS_A - MS_within) / 2 and MS_within
    (7.75, 0.5)
    """
    samples = len(f)
    row_means = f.mean(1, keepdims=True)
    mean = row_means.mean(0, keepdims=True)
    at_mean = potential(mean)
    left_out = potential((samples * mean - row_means) / (samples - 1))
    centre = samples * at_mean - (samples - 1) * left_out
    if 3 <= samples <= FEW_SAMPLES:
        centre = centre + _second_order(row_means, at_mean, left_out, potential)
    spreads = cells.mean(1, keepdims=True) - centre
    whole = spreads.mean((0, 1))
    sample = whole - (cells.mean((0, 1)) - _mean_potential(f, cells, potential, axis=1))
    return Split(
        spreads=spreads,
        plug_in=cells.mean((0, 1)) - at_mean[0, 0],
        sample=sample,
        seed=whole - sample,
    )


def _second_order(
    row_means: Floats, at_mean: Floats, left_out: Floats, potential: Potential
) -> Floats:
    """The second-order jackknife of phi(mu) less the first-order one, shape (n,)."""
    n, total = len(row_means), row_means.sum(0)
    pairs = [
        potential((total - row_means[one] - row_means[other]) / (n - 2))
        for one, other in combinations(range(n), 2)
    ]
    whole, without_one, without_two = at_mean[0, 0], left_out.mean((0, 1)), np.mean(pairs, (0, 1))
    first = n * whole - (n - 1) * without_one
    second = (n**2 * whole - 2 * (n - 1) ** 2 * without_one + (n - 2) ** 2 * without_two) / 2
    return second - first


def _mean_potential(f: Floats, cells: Floats, potential: Potential, axis: int) -> Floats:
    """phi at the expectation along one axis, by the jackknife, averaged over the other; (n,)."""
    n = f.shape[axis]
    sums = f.sum(axis, keepdims=True)
    value = n * potential(sums / n)
    if n == 2:  # without one of two, the other is left
        value = value - cells
    elif n > 2:
        value = value - (n - 1) * potential((sums - f) / (n - 1))
    return value.mean((0, 1))
