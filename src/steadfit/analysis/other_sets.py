"""What a change would be over other training sets of the same size, as far as one data set tells.

The change found is for training on these very data. Over other sets of their size its variance has
one part more, Var delta(D), which is seen in the replicas on drawn samples alone: the variance
between samples of the mean change, less what seeds bring there, less what sample and point bring
together, divided by the number of points. The last was left in before, and was then counted twice:
it is in the points' part of the interval too, since every data set has test points of its own. What
comes out below 0 is taken for 0. No number of replicas lowers it: one data set says only so much of
others (Nadeau and Bengio 2003, "Inference for the generalization error", on the same trouble in
cross-validation).
"""

import numpy as np

from steadfit.analysis.clusters import group_means
from steadfit.analysis.comparison import Change, student_change
from steadfit.analysis.evidence import ArmEvidence, Evidence
from steadfit.analysis.intervals import mean_squares
from steadfit.analysis.jackknife import Floats


def over_other_sets(evidence: Evidence, arm: ArmEvidence, found: Change) -> Change | None:
    """The change of the deciding measure with its interval over other training sets.

    None where that is not asked, or no samples were drawn for the arm and the baseline.
    """
    baseline, points = evidence.arms[0], evidence.drawn_points
    if (
        not evidence.comparing.other_sets
        or arm.drawn is None
        or baseline.drawn is None
        or points is None
    ):
        return None
    assert arm.tested is not None  # it has a change
    measure = evidence.measure(evidence.decides)
    own, theirs = (
        measure.of(one.reshape(-1, *one.shape[2:]), points).reshape(one.shape[:3])
        for one in (arm.drawn, baseline.drawn)
    )
    table = own - theirs
    if points.groups is not None:
        table = group_means(table, points.groups)
    one_retraining = found.retrainings * evidence.comparing.folds * len(arm.tested)
    training_set = between_sets(table, one_retraining, arm.crossed)
    total = found.points + found.retrainings + training_set
    if not training_set:
        return found
    now = (found.points + found.retrainings) ** 2 / found.degrees
    degrees = total**2 / (now + training_set**2 / (len(table) - 1))
    return student_change(found, total, degrees, evidence.level)


def between_sets(table: Floats, one_retraining: float, crossed: bool) -> float:
    """The variance of a change from training set to training set, 0 where it comes out below.

    table: the change by drawn sample, seed and point, shape (S, J, M). one_retraining: the variance
    that a seed brings to the mean over all points; used where each sample has one seed.

    >>> between_sets(np.arange(5.0).reshape(5, 1, 1).repeat(3, 2), 0.0, crossed=False)
    2.5
    """
    seeds, points = table.shape[1:]
    values = table.mean(1)  # by sample and point
    means = values.mean(1)
    together = float(mean_squares(values)[2]) / points
    if seeds == 1:
        return max(0.0, float(means.var(ddof=1)) - together - one_retraining)
    by_replica = table.mean(2)
    by_seed = mean_squares(by_replica)[2] if crossed else by_replica.var(1, ddof=1).mean()
    inside = table - table.mean((1, 2), keepdims=True)
    inside = inside - inside.mean(1, keepdims=True) - inside.mean(2, keepdims=True)
    of_seed = float(np.square(inside).sum()) / (len(table) * (seeds - 1) * max(points - 1, 1))
    together = max(0.0, together - of_seed / seeds / points)
    return max(0.0, float(means.var(ddof=1) - by_seed / seeds) - together)
