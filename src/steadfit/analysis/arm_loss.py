"""One loss of one arm: its total, what of it is variance, and the change against the baseline.

**One data set, two kinds of replicas.** Replicas on drawn samples tell the variance, and what
another training sample changes. But a bootstrap sample holds only 63% of the distinct examples, and
remedies act differently there: a total or a change taken from such replicas is for other data than
those at hand (docs/calibration.md: at 500 images it gets dropout's sign wrong). Where a design has
retrainings on all the training data too (`Design.whole`), totals and changes are taken from those,
and bias_noise is what is left of that total.

**The interval of such a change** is for its mean over training sets of this size. With D the data,
the change found is delta(D) + the mean of W seeds' effects, so that its variance is

    Var delta(D)  +  v/W  +  P,

v that of one retraining on the whole, P the finite test set's part (`intervals`). Var delta(D) is
seen in the drawn samples alone: the variance between them less what seeds bring there: v again
where each sample has one seed, which is too little rather than too much, else the variance within
samples (MS_AB where seeds are crossed). Where that is below 0 it is taken for 0. No number of
replicas lowers it: one data set says only so much of others (Nadeau and Bengio 2003, "Inference for
the generalization error", on the same trouble in cross-validation). Without it, v/W + P, the
interval is for training on these very data: `here`.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from steadfit.analysis.clusters import by_group
from steadfit.analysis.decomposition import Decomposition, Quantity
from steadfit.analysis.intervals import (
    Estimate,
    Spread,
    mean_squares,
    paired,
    paired_interval,
    spread,
    student,
)
from steadfit.analysis.intervals import interval as drawn_interval
from steadfit.analysis.jackknife import Floats


@dataclass(frozen=True, eq=False)
class ArmLoss:
    """One loss of one arm: total = bias_noise + variance.

    drawn: of the replicas on drawn samples, S samples × J seeds.
    whole: of those on all the training data, W × 1; None where the design has none.
    """

    drawn: Decomposition
    whole: Decomposition | None = None

    @property
    def total(self) -> float:
        """Mean loss of one replica at one test point, on all the training data if there are such
        replicas."""
        return (self.whole or self.drawn).total

    @property
    def variance(self) -> float:
        """What of it differs from one drawn sample and seed to the next."""
        return self.drawn.variance

    @property
    def bias_noise(self) -> float:
        """The rest."""
        return self.total - self.variance

    def by_group(self, group: NDArray[np.integer]) -> "ArmLoss":
        """The same from one value a group of test points (`clusters.by_group`)."""
        return ArmLoss(by_group(self.drawn, group), self.whole and by_group(self.whole, group))


def interval(arm: ArmLoss, quantity: Quantity, level: float) -> Estimate:
    """The confidence interval of one arm's total, variance or bias_noise.

    Raises SteadfitError as `intervals.interval` does.
    """
    if arm.whole is None or quantity == "variance":
        return drawn_interval(arm.drawn, quantity, level=level)
    found = joined(arm.drawn.losses, arm.whole.losses, arm.drawn.crossed)
    if quantity == "total":
        return student(arm.total, found, level)
    variance = spread(arm.drawn.spreads, "variance")
    parts = np.add(found.parts, variance.parts).tolist()  # as if they shared no seeds
    return student(arm.bias_noise, Spread(tuple(parts), found.degrees), level)


def change(
    arm: ArmLoss,
    baseline: ArmLoss,
    quantity: Quantity,
    level: float,
    pilot: int | None = None,
) -> Estimate:
    """The confidence interval of the change arm - baseline of the total or variance, in pairs.

    pilot: as in `intervals.paired_interval`.
    """
    if quantity == "variance":
        return paired_interval(arm.drawn, baseline.drawn, quantity, level=level, pilot=pilot)
    table = paired(arm.whole or arm.drawn, baseline.whole or baseline.drawn, quantity)
    seen = change_spread(arm, baseline, pilot)
    return student(float(table.mean()), seen.with_samples(len(table) / len(table[:pilot])), level)


def change_spread(arm: ArmLoss, baseline: ArmLoss, pilot: int | None = None) -> Spread:
    """How far the change of the total is from what it stands for; of the first samples only."""
    table = paired(arm.drawn, baseline.drawn, "total")
    if arm.whole is None or baseline.whole is None:
        return spread(table[:pilot], "total")
    drawn = arm.drawn.losses - baseline.drawn.losses
    whole = paired(arm.whole, baseline.whole, "total")
    return joined(drawn[:pilot], whole[:pilot], arm.drawn.crossed)


def change_here(arm: ArmLoss, baseline: ArmLoss, level: float) -> Estimate | None:
    """The change of the total with its interval for training on these very data.

    None without retrainings on all of them.
    """
    if arm.whole is None or baseline.whole is None:
        return None
    return paired_interval(arm.whole, baseline.whole, "total", level=level)


def joined(drawn: Floats, whole: Floats, crossed: bool) -> Spread:
    """The spread of the mean of `whole`, shape (W, 1, N), over other training sets of its size.

    drawn: the same values by drawn sample, seed and point, shape (S, J, N). crossed: whether the
    seeds are the same on each sample. The parts are those of the retrainings' seeds, of the
    training set, and of the test points; the first alone falls with more replicas.

    >>> seeds, samples = np.zeros((5, 1, 3)), np.arange(5.0).reshape(5, 1, 1).repeat(3, 2)
    >>> joined(samples, seeds, crossed=False).parts
    (0.0, 2.5, 0.0)
    """
    again = spread(whole, "total")
    samples, seeds, _ = drawn.shape
    values = drawn.mean(2)
    of_samples, _, together = mean_squares(values)
    if seeds == 1:
        by_chance = again.parts[0] * len(whole)
    else:
        by_chance = together if crossed else values.var(1, ddof=1).mean()
    training_set = max(0.0, float(of_samples - by_chance) / seeds)
    first, _, points = again.parts
    return Spread((first, training_set, points), (again.degrees[0], samples - 1, again.degrees[2]))
