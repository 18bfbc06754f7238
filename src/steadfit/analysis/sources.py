"""How sure it is where the variance comes from: samples, seeds, or both together."""

from typing import Literal

import numpy as np

from steadfit.analysis.intervals import Estimate, Spread, student
from steadfit.analysis.jackknife import Floats
from steadfit.errors import SteadfitError


def source_intervals(
    gram: Floats, *, level: float = 0.95
) -> dict[Literal["sample", "seed", "interaction"], Estimate]:
    """The confidence intervals of a squared loss's variance by its source, for these test points.

    Delete-one jackknives over samples and over seeds (Efron and Stein 1981) of `Components`, their
    variances added, which counts what samples and seeds do together twice and so errs towards
    length. Student's t with Satterthwaite's degrees of freedom.

    gram: `Decomposition.gram`, shape (S, J, S, J). level: of confidence. Raises SteadfitError for
    fewer than three samples or seeds.

    >>> from steadfit.analysis.decomposition import squared_error
    >>> f = np.random.default_rng(0).normal(size=(8, 1, 400, 1)).repeat(3, axis=1)  # seeds agree
    >>> found = source_intervals(squared_error(f, np.zeros((400, 1)), crossed=True).gram)
    >>> f"{found['sample'].value:.1f} and {abs(found['seed'].value):.1f}"
    '1.0 and 0.0'
    """
    samples, seeds = gram.shape[:2]
    if min(samples, seeds) < 3:
        raise SteadfitError(
            "Intervals of the variance's sources need 3 samples and 3 seeds on each, but "
            f"{samples} and {seeds} found. Train on more."
        )
    whole = _sources(gram)
    left_out = (
        np.array([_sources(_without(gram, axis, i)) for i in range(gram.shape[axis])])
        for axis in (0, 1)
    )
    of_samples, of_seeds = ((len(each) - 1) * each.var(0) for each in left_out)
    degrees = samples - 1, seeds - 1, 1
    spreads = [Spread((a, b, 0.0), degrees) for a, b in zip(of_samples, of_seeds, strict=True)]
    sample, seed, interaction = (
        student(float(value), own, level) for value, own in zip(whole, spreads, strict=True)
    )
    return {"sample": sample, "seed": seed, "interaction": interaction}


def _without(gram: Floats, axis: int, index: int) -> Floats:
    """Without one sample (axis 0) or one seed (axis 1)."""
    return np.delete(np.delete(gram, index, axis), index, axis + 2)


def _sources(gram: Floats) -> Floats:
    """sample, seed and interaction, each the unbiased (MS_A - MS_AB)/J, (MS_B - MS_AB)/S, MS_AB.

    Means of f . f' over pairs of replicas that are one, that share a sample only, that share a seed
    only, and that share neither.
    """
    samples, seeds = gram.shape[:2]
    one = np.einsum("sjsj->", gram)
    same_sample = np.einsum("sjsk->", gram) - one
    same_seed = np.einsum("sjtj->", gram) - one
    neither = gram.sum() - same_sample - same_seed - one
    grid = samples * seeds
    one, same_sample = one / grid, same_sample / (grid * (seeds - 1))
    same_seed = same_seed / (grid * (samples - 1))
    neither /= grid * (samples - 1) * (seeds - 1)
    return np.array([same_sample - neither, same_seed - neither,
                     one - same_sample - same_seed + neither])  # fmt: skip
