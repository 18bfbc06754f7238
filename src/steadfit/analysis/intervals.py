"""Confidence intervals for a decomposition's figures and for the change between two arms.

**What is generalised over**: new samples drawn as the study draws them, new seeds and new test
points. An interval says where the figure would lie if all three were drawn again infinitely often.
Changes on all the training data, which a study shows by default, have those of `arm_loss`.

**How.** Every figure is the mean of a table of (pseudo-)values by sample, seed and point, and so is
its change between two arms on the same grid: the paired differences. Where each sample has seeds of
its own, the table holds the means over them, as of a single seed: only samples are independent.
With the two-way mean squares MS_A (samples), MS_B (seeds), MS_AB of that table averaged over
points, the variance of its mean is

    W = MS_A/(S J)  +  MS_B/(S J)  +  P,

the samples, the seeds, and the finite test set. What samples and seeds do together is in both mean
squares, so that W is MS_AB/(S J) too large on average. Taking that off, and 0 where the rest is
negative, leaves out the seeds' part, and its few degrees of freedom with it, whenever MS_B came out
small by chance: with two seeds that is often, and the intervals then hold the truth too seldom
(MacKinnon, Nielsen and Webb 2024, "Jackknife inference with two-way clustering", treat the same
trouble in regressions). With a seed of its own for each sample nothing is counted twice.

P is the variance over points of the mean over replicas, divided by N, less what of it is noise of
the few replicas and so already in the first two parts (three-way random effects: readers and cases
in studies of diagnostic imaging have the same shape, Hillis 2014, "A marginal-mean ANOVA approach
for analyzing multireader multicase radiological imaging data"). The estimate has Student's t
distribution with Satterthwaite's degrees of freedom, W^2 / sum(part^2 / its own degrees): S - 1,
J - 1 and N - 1.

**The variance is not a plain mean**: leaving a sample out changes the centre of the others. Its
delete-one pseudo-values (Efron and Stein 1981) are those of the table with each deviation of a
sample times (S - 1)/(S - 2), of a seed times (J - 1)/(J - 2), exactly so for a squared loss with
one seed; with several of its own on each sample the interval errs towards length. So three
samples are needed, and *with two crossed seeds the seeds' own part of a variance's uncertainty
cannot be seen*: the interval then holds for these two seeds. Three seeds show it, and so do seeds
of the samples' own, since the samples' part then holds the seeds'.

A bootstrap over replicas is not used: it repeats replicas, at distance zero from themselves.
`benchmarks/coverage.py` measures how often these intervals hold the truth; docs/measuring.md has
its table.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from steadfit.analysis.decomposition import Decomposition, Quantity
from steadfit.analysis.jackknife import Floats
from steadfit.analysis.terms import Verdict
from steadfit.errors import SteadfitError


@dataclass(frozen=True)
class Estimate:
    """A figure with its confidence interval, all in the figure's unit but the last two.

    dof: degrees of freedom of Student's t. p_value: two-sided, of the figure being 0.
    """

    value: float
    low: float
    high: float
    standard_error: float
    dof: float
    p_value: float


@dataclass(frozen=True)
class Spread:
    """The variance of a figure by its source: samples, seeds, test points.

    parts: their variances, in the figure's unit squared. degrees: of freedom of each.
    """

    parts: tuple[float, float, float]
    degrees: tuple[float, float, float]

    @property
    def error(self) -> float:
        """The standard error."""
        return float(np.sqrt(sum(self.parts)))

    @property
    def dof(self) -> float:
        """Satterthwaite's degrees of freedom; those of the samples where nothing spreads."""
        if self.error == 0.0:
            return self.degrees[0]
        shares = np.array(self.parts) ** 2 / np.array(self.degrees)
        return float(sum(self.parts) ** 2 / shares.sum())

    def reach(self, level: float) -> float:
        """Half the length of the confidence interval."""
        from scipy.special import stdtrit  # here, so that a figure alone does not load SciPy

        return float(stdtrit(self.dof, 0.5 + level / 2)) * self.error

    def with_samples(self, factor: float) -> "Spread":
        """The spread if there were `factor` times as many samples, as far as these can tell."""
        samples, seeds, points = self.parts
        return replace(self, parts=(samples / factor, seeds, points))


def interval(arm: Decomposition, quantity: Quantity = "total", *, level: float = 0.95) -> Estimate:
    """The confidence interval of one arm's total, variance or bias_noise.

    Raises SteadfitError for too few replicas: two samples or seeds are needed, and three for a
    variance.

    >>> from steadfit.analysis.decomposition import squared_error
    >>> f = np.array([1.0, 2.0, 3.0]).reshape(3, 1, 1, 1).repeat(50, axis=2)
    >>> found = interval(squared_error(f, np.zeros((50, 1))))
    >>> round(found.value, 3), round(found.standard_error, 3), round(found.dof, 3)
    (4.667, 2.333, 2.0)
    """
    table = arm.table(quantity)
    return _estimate(table, spread(table, quantity), level)


def paired_interval(
    arm: Decomposition,
    baseline: Decomposition,
    quantity: Quantity = "total",
    *,
    level: float = 0.95,
    pilot: int | None = None,
) -> Estimate:
    """The confidence interval of the change arm - baseline of total, variance or bias_noise.

    Below 0: the arm has less of it. Both arms are of the same samples, seeds and test points in the
    same order. The interval is for this one arm; `holm` is for the verdicts on several.
    pilot: where the number of samples was chosen by the spread of the first `pilot` of them, that
    spread alone gives the interval's length (`precision`).
    Raises SteadfitError as `interval` does, and for grids of different shapes.

    >>> from steadfit.analysis.decomposition import squared_error
    >>> f, y = np.random.default_rng(0).normal(size=(5, 2, 100, 1)), np.zeros((100, 1))
    >>> change = paired_interval(squared_error(f / 2, y), squared_error(f, y))
    >>> change.high < 0
    True
    """
    table = paired(arm, baseline, quantity)
    seen = spread(table[:pilot], quantity)
    return _estimate(table, seen.with_samples(len(table) / len(table[:pilot])), level)


def paired(arm: Decomposition, baseline: Decomposition, quantity: Quantity) -> Floats:
    """The table of differences arm - baseline, shape (S, J, N), whose mean is the change."""
    if arm.losses.shape != baseline.losses.shape or arm.crossed != baseline.crossed:
        raise SteadfitError(
            "Two arms are compared in pairs, on the same samples, seeds and test points, but the "
            f"arm has {arm.losses.shape} of them and the baseline {baseline.losses.shape}, "
            f"crossed: {arm.crossed} and {baseline.crossed}."
        )
    return arm.table(quantity) - baseline.table(quantity)


def holm(p_values: Sequence[float]) -> tuple[float, ...]:
    """The p-values adjusted for being several (Holm 1979), in the order given.

    An adjusted p below alpha is significant, and the chance of even one false verdict among all
    stays below alpha, however the arms depend on one another. (Dunnett's test, a little sharper,
    asks for one common number of degrees of freedom, which paired arms do not have.)

    >>> holm([0.01, 0.04, 0.03])
    (0.03, 0.06, 0.06)
    """
    p = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(p, kind="stable")
    scaled = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(scaled, 1.0)
    return tuple(adjusted.tolist())


def verdicts(changes: Sequence[Estimate], *, alpha: float = 0.05) -> tuple[Verdict, ...]:
    """The word for each arm, by `holm` over all arms compared with the one baseline.

    changes: each arm's `paired_interval` of the total: a loss, so that less is better. An arm whose
    own interval leaves out 0 can still be CANNOT_TELL when many arms were tried.

    >>> less = Estimate(-0.20, -0.31, -0.09, standard_error=0.04, dof=4.0, p_value=0.007)
    >>> more = Estimate(0.10, -0.01, 0.21, standard_error=0.04, dof=4.0, p_value=0.067)
    >>> [str(verdict) for verdict in verdicts([less, more])]
    ['better', 'cannot_tell']
    """
    adjusted = holm([change.p_value for change in changes])
    return tuple(
        Verdict.CANNOT_TELL if p >= alpha else Verdict.BETTER if change.value < 0 else Verdict.WORSE
        for p, change in zip(adjusted, changes, strict=True)
    )


def spread(table: Floats, quantity: Quantity) -> Spread:
    """How far the mean of a table of shape (S, J, N) is from what it stands for.

    Raises SteadfitError for too few samples or seeds.
    """
    samples, seeds, points = table.shape
    needed = 3 if quantity == "variance" else 2
    if max(samples, seeds) < needed:
        raise SteadfitError(
            f"An interval for the {quantity} needs {needed} samples or seeds, but "
            f"{max(samples, seeds)} found. Train on more samples."
        )
    degrees = max(samples - 1, 1), max(seeds - 1, 1), max(points - 1, 1)
    return Spread(_variance_parts(table, quantity), degrees)


def _estimate(table: Floats, found: Spread, level: float) -> Estimate:
    """Student's t interval of the mean of a table."""
    return student(float(table.mean()), found, level)


def student(value: float, found: Spread, level: float) -> Estimate:
    """Student's t interval of a figure that spreads so."""
    from scipy.special import stdtr

    error = found.error
    reach = found.reach(level)
    p_value = 2 * float(stdtr(found.dof, -abs(value) / error)) if error else float(value == 0.0)
    return Estimate(value, value - reach, value + reach, error, found.dof, p_value)


def _variance_parts(table: Floats, quantity: Quantity) -> tuple[float, float, float]:
    """The variance of a table's mean that is due to samples, to seeds, and to test points."""
    samples, seeds, points = table.shape
    stretch = [1.0, 1.0]
    if quantity == "variance":  # delete-one pseudo-values; two levels say nothing
        stretch = [(n - 1) / (n - 2) if n > 2 else 0.0 for n in (samples, seeds)]

    def replica_parts(values: Floats) -> Floats:
        """Samples', seeds' and their joint part of values of shape (S, J, ...): first axis."""
        a, b, both = mean_squares(values)
        first, second = np.square(stretch)
        return np.stack([a * first, b * second, both * second]) / (samples * seeds)

    of_samples, of_seeds, _ = replica_parts(table.mean(2))
    noise = replica_parts(table).mean(1)  # of the replicas, at one point; unbiased: joint part once
    between = table.mean((0, 1)).var(ddof=1) if points > 1 else 0.0
    at_points = max(0.0, float(between - (noise[0] + noise[1] - noise[2]))) / points
    return float(of_samples), float(of_seeds), at_points


def mean_squares(values: Floats) -> tuple[Floats, Floats, Floats]:
    """Two-way mean squares MS_A, MS_B, MS_AB along the first two axes; 0 without freedom."""
    samples, seeds = values.shape[:2]
    rows, columns = values.mean(1, keepdims=True), values.mean(0, keepdims=True)
    mean = rows.mean(0, keepdims=True)
    sums = (
        seeds * np.square(rows - mean).sum((0, 1)),
        samples * np.square(columns - mean).sum((0, 1)),
        np.square(values - rows - columns + mean).sum((0, 1)),
    )
    freedom = samples - 1, seeds - 1, (samples - 1) * (seeds - 1)
    a, b, ab = (total / max(degrees, 1) for total, degrees in zip(sums, freedom, strict=True))
    return a, b, ab
