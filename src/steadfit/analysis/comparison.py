"""How much better one arm is than another on the same test points, and how sure that is.

**What is compared.** Each repetition predicts every test point once: by cross-fitting, where each
of K folds is predicted by a replica trained on the others, or (K = 1) by one replica trained on all
the training data. Folds, seeds and points are the same in both arms, so that the change is the mean
over points of the paired differences d[r, i].

**The model.** d[r, i] = mean + point i + replica (r, k) + noise, with variances P, T and C. The
mean over R repetitions and N points then has the variance

    (P + C/R) / N  +  T / (K R).

The first is s^2 of the points' means over repetitions, divided by N. T is what the replicas' means
(a fold's mean, each) differ by, less what their points make them differ by: the mean square between
the folds of a repetition less that within folds, divided by the points of a fold; with K = 1, where
all replicas have the same points, the mean square between repetitions less the residual one. What
comes out below 0 is taken for 0.

**The interval.** Student's t with Satterthwaite's degrees of freedom. T is a difference of two mean
squares, of which the first is by far the less sure, so that T's standard error is that of the first
alone, also where the difference is taken for 0. With T's own square in its place there are too many
degrees of freedom: with one repetition of five folds, 95% intervals then hold the truth in 91% of
studies, and a one-sided level of 0.25% is exceeded in up to 1.2%.

Losses often have a long tail: a few points carry the change, and Student's interval then misses the
truth on one side. Johnson's correction (Johnson 1978, "Modified t tests and confidence intervals
for asymmetrical populations", Journal of the American Statistical Association 73), t + g (1 + 2
t^2)/6 with g the skewness of the mean, takes that out to first order. It is for the middle: beyond
`REACH` standard errors t^2 is that of the end, and g counts as `MOST_SKEW` at most, so that the
corrected statistic rises with t and an interval does not run away.

**Chance better** is the one-sided confidence level of a change below 0: the probability of that if
nothing had been known of the change before (a flat prior).
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from steadfit.analysis.clusters import group_means
from steadfit.analysis.jackknife import Floats
from steadfit.errors import SteadfitError

REACH = 2.0
MOST_SKEW = 0.7
ALIKE = 0.8  # usual for two networks trained on the same examples
HEAVIEST = 5  # test points whose share of a change is told


@dataclass(frozen=True, eq=False)
class PointLosses:
    """What each repetition of one arm loses at each test point.

    values: shape (R, N). folds: which replica of its repetition predicted a point, counted from 0,
    int64, shape (R, N). groups: of points that belong together, int64, shape (N,), or None.
    """

    values: Floats
    folds: NDArray[np.integer]
    groups: NDArray[np.integer] | None = None

    def __post_init__(self) -> None:
        if self.values.ndim != 2 or self.values.shape != self.folds.shape:
            raise SteadfitError(
                "Losses and folds must have the same shape (repetitions, points), got "
                f"{self.values.shape} and {self.folds.shape}."
            )

    @property
    def mean(self) -> float:
        """Over repetitions and points."""
        return float(self.values.mean())

    def first(self, repetitions: int) -> "PointLosses":
        """The same of the first repetitions."""
        return PointLosses(self.values[:repetitions], self.folds[:repetitions], self.groups)


@dataclass(frozen=True)
class Change:
    """A mean difference of an arm from the baseline, in the unit of what is measured.

    low, high: the confidence interval. error: the standard error. degrees: of freedom.
    chance_better: that the difference is below 0. points, retrainings: the variance of the mean
    that is due to the test points and to the replicas. heaviest: the share of all differences,
    without their signs, that the `HEAVIEST` points with the largest ones have.
    """

    value: float
    low: float
    high: float
    error: float
    degrees: float
    chance_better: float
    points: float
    retrainings: float
    heaviest: float

    def shorter(self, factor: float) -> float:
        """The interval's length with `factor` times the repetitions, as a share of what it is."""
        from scipy.special import stdtrit

        if self.error == 0.0:
            return 1.0
        error = np.sqrt(self.points + self.retrainings / factor)
        now, then = stdtrit([self.degrees, self.degrees * factor], 0.975)
        return float(error * then / (self.error * now))


def change(arm: PointLosses, baseline: PointLosses, level: float = 0.95) -> Change:
    """The change arm - baseline. The baseline may have more repetitions: the first ones count.

    Raises SteadfitError where the two do not have the same points and folds, for fewer than two
    points (or groups), and for a single replica in all, which cannot tell what retraining changes.

    >>> rng = np.random.default_rng(0)
    >>> folds = np.arange(200)[None] % 5
    >>> base = PointLosses(rng.normal(1.0, 0.1, (1, 200)), folds)
    >>> found = change(PointLosses(base.values - 0.1, folds), base)
    >>> round(found.value, 6), found.chance_better > 0.999
    (-0.1, True)
    """
    baseline = baseline.first(len(arm.values))
    if arm.values.shape != baseline.values.shape or (arm.folds != baseline.folds).any():
        raise SteadfitError(
            "Two arms must have the same test points and folds to be compared in pairs, got "
            f"{arm.values.shape} and {baseline.values.shape} repetitions and points."
        )
    return mean_change(arm.values - baseline.values, arm.folds, arm.groups, level)


def mean_change(
    differences: Floats,
    folds: NDArray[np.integer],
    groups: NDArray[np.integer] | None = None,
    level: float = 0.95,
) -> Change:
    """The mean of paired differences, shape (R, N), with its interval; the rest as in `change`."""
    at_points = differences.mean(0)
    value = float(at_points.mean())
    units = at_points if groups is None else group_means(at_points, groups)
    if len(units) < 2:
        raise SteadfitError(
            "A comparison needs at least 2 test points, or 2 groups of them, got "
            f"{len(units)}. Use more data."
        )
    points = float(units.var(ddof=1)) / len(units)
    replicas = _replicas(differences, folds, groups)
    total = points + replicas.part
    by_size = np.sort(np.abs(at_points))
    heaviest = float(by_size[-HEAVIEST:].sum() / by_size.sum()) if by_size[-1] > 0 else 0.0
    if total == 0.0:
        chance = 0.5 if value == 0.0 else float(value < 0)
        return Change(value, value, value, 0.0, replicas.freedom, chance, 0.0, 0.0, heaviest)
    freedom = len(units) - 1, replicas.freedom
    degrees = total**2 / (points**2 / freedom[0] + replicas.between**2 / freedom[1])
    degrees = max(degrees, float(min(freedom)))  # a sum has no fewer than its parts
    third = float(((units - units.mean()) ** 3).mean()) / len(units) ** 2  # cumulant of the mean
    skew = third / total**1.5
    error = float(np.sqrt(total))
    low, high = _interval(value, error, degrees, skew, level)
    chance = 1.0 - _cdf(degrees, _straightened(value / error, skew))
    return Change(value, low, high, error, degrees, chance, points, replicas.part, heaviest)


def student_change(found: Change, variance: float, degrees: float, level: float) -> Change:
    """The same change with another variance, by Student's t without a correction for skewness."""
    error = float(np.sqrt(variance))
    low, high = _interval(found.value, error, degrees, 0.0, level)
    chance = 1.0 - _cdf(degrees, found.value / error)
    return replace(found, low=low, high=high, error=error, degrees=degrees, chance_better=chance)


def smallest_change(losses: Floats, comparisons: int, power: float = 0.8) -> float:
    """About the smallest change that so many comparisons show, before anything is trained.

    losses: of one model at each point, shape (N,). The losses of two networks on the same points
    are taken to have a correlation of `ALIKE`; only the points' part of the variance is counted.
    One-sided level 5% over all comparisons.

    >>> round(smallest_change(np.array([0.0, 1.0] * 200), comparisons=5), 3)
    0.05
    """
    from scipy.special import ndtri

    reach = -float(ndtri(0.05 / max(comparisons, 1))) + float(ndtri(power))
    spread = losses.std(ddof=1) * np.sqrt(2 * (1 - ALIKE))
    return reach * float(spread / np.sqrt(len(losses)))


@dataclass(frozen=True)
class _Replicas:
    """part: of the mean's variance that is due to the replicas. between: the mean square it was
    taken from, as a variance of the mean. freedom: of `between`."""

    part: float
    between: float
    freedom: int


def _replicas(
    differences: Floats, folds: NDArray[np.integer], groups: NDArray[np.integer] | None
) -> _Replicas:
    repetitions = len(differences)
    replicas = int(folds.max()) + 1
    if replicas == 1:
        if repetitions < 2:
            raise SteadfitError(
                "A comparison needs at least 2 replicas of an arm, got 1. Use more repetitions."
            )
        means = differences.mean(1)
        residuals = differences - differences.mean(0) - means[:, None] + means.mean()
        within = _mean_square(residuals, groups) / (repetitions - 1)
        between, freedom = float(means.var(ddof=1)), repetitions - 1
    else:
        of_folds, of_points = [], []
        count = differences.shape[1] if groups is None else len(np.unique(groups))
        for row, fold in zip(differences, folds, strict=True):
            sizes = np.bincount(fold, minlength=replicas)
            means = np.bincount(fold, row, minlength=replicas) / sizes
            of_folds.append(means.var(ddof=1) / replicas)
            inside = _mean_square(row - means[fold], groups)
            of_points.append(inside * (count - 1) / max(count - replicas, 1))
        between, within = float(np.mean(of_folds)), float(np.mean(of_points))
        freedom = repetitions * (replicas - 1)
    part = max(0.0, between - within)
    return _Replicas(part / repetitions, between / repetitions, freedom)


def _mean_square(residuals: Floats, groups: NDArray[np.integer] | None) -> float:
    """What the points' residuals, the last axis, add to the variance of the mean over all points,
    summed over the others."""
    if groups is not None:
        residuals = group_means(residuals, groups)
    count = residuals.shape[-1]
    return float(np.square(residuals).sum() / count / max(count - 1, 1))


def _interval(
    value: float, error: float, degrees: float, skew: float, level: float
) -> tuple[float, float]:
    from scipy.special import stdtrit  # here, so that a figure alone does not load SciPy

    reach = float(stdtrit(degrees, 0.5 + level / 2))
    low, high = (value - error * _bent(end, skew) for end in (reach, -reach))
    return low, high


def _cdf(degrees: float, value: float) -> float:
    from scipy.special import stdtr

    return float(stdtr(degrees, value))


def _straightened(statistic: float, skew: float) -> float:
    """Johnson's correction of a studentised mean whose numerator has this skewness."""
    skew = _bounded(skew)
    return statistic + skew / 6 + skew / 3 * min(statistic**2, REACH**2)


def _bent(value: float, skew: float) -> float:
    """The inverse of `_straightened`."""
    skew = _bounded(skew)
    if abs(skew) < 1e-9:
        return value
    for end in (-REACH, REACH):
        beyond = value - _straightened(end, skew)
        if beyond * end > 0:
            return end + beyond
    return float((np.sqrt(1 - 4 * skew / 3 * (skew / 6 - value)) - 1) * 1.5 / skew)


def _bounded(skew: float) -> float:
    return min(max(skew, -MOST_SKEW), MOST_SKEW)
