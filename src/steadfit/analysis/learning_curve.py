"""Would more data help? One arm's loss at shares of the training data, and at twice of it.

The loss at n examples is taken to follow a power law with a floor, L(n) = a + b n^-c (Hestness et
al. 2017, "Deep learning scaling is predictable, empirically"). Each doubling then changes it by the
same factor 2^-c less: with r1 the fall from a quarter of the data to half of it, and r2 that from
half to all, twice the data lower it by r2 * min(r2 / r1, 1). Its interval is from each point's
influence on that figure (the delta method), and says nothing of whether the law goes on.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from steadfit.analysis.comparison import Change, PointLosses, mean_change
from steadfit.analysis.evidence import ArmEvidence, Evidence
from steadfit.analysis.jackknife import Floats
from steadfit.analysis.result import CurvePoint, LearningCurve

SHARES = (0.25, 0.5)  # of the training data, beside all of it


@dataclass(frozen=True, eq=False)
class AtShare:
    """What replicas on a share of the training data predicted, at all test points.

    examples: that each was trained on, a mean. tested: logits or numbers, shape (R, N, C or K).
    """

    share: float
    examples: float
    tested: np.ndarray


def learning_curve(
    evidence: Evidence, arm: ArmEvidence, shares: Sequence[AtShare], examples: float
) -> LearningCurve:
    """The curve of an arm, whose replicas on all the training data had so many examples.

    shares: in the order of `SHARES`; the first repetitions of the arm are compared with them.
    """
    whole = evidence.losses_of(arm, evidence.decides)
    at_shares = [
        evidence.measure(evidence.decides).of(one.tested, evidence.points).astype(np.float64)
        for one in shares
    ]
    count = min(len(whole.values), *map(len, at_shares))
    all_of_it = whole.first(count)
    points = []
    for one, values in zip(shares, at_shares, strict=True):
        totals = {
            name: float(evidence.measure(name).of(one.tested, evidence.points).mean())
            for name in evidence.told
        }
        gain = _change(all_of_it.values - values[:count], all_of_it, evidence.level)
        points.append(CurvePoint(one.share, one.examples, totals, gain))
    totals = {name: evidence.losses_of(arm, name).first(count).mean for name in evidence.told}
    points.append(CurvePoint(1.0, examples, totals, None))
    first, second = (np.asarray(values[:count]) for values in at_shares)
    doubled = _doubled(first - second, second - all_of_it.values)
    more = None if doubled is None else _change(doubled, all_of_it, evidence.level)
    return LearningCurve(arm.name, tuple(points), more)


def _doubled(first: Floats, second: Floats) -> Floats | None:
    """What twice the data would change, linearised, by repetition and point.

    first, second: the falls from a quarter to half, and from half to all. None where the loss did
    not fall both times, so that there is no law to go on with.

    >>> found = _doubled(np.full((1, 4), 0.4), np.full((1, 4), 0.2))
    >>> float(found.mean())
    -0.1
    """
    r1, r2 = first.mean(), second.mean()
    if r1 <= 0 or r2 <= 0:
        return None
    factor = r2 / r1
    if factor >= 1:
        return -second
    return -factor * r2 - 2 * factor * (second - r2) + factor**2 * (first - r1)


def _change(values: Floats, like: PointLosses, level: float) -> Change:
    return mean_change(values, like.folds, like.groups, level)
