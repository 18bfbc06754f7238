"""What the replicas on drawn samples show of one arm: its losses split, and their ensemble."""

import numpy as np

from steadfit.analysis.comparison import Change, mean_change
from steadfit.analysis.decomposition import Decomposition, Quantity
from steadfit.analysis.ensembles import averaged
from steadfit.analysis.evidence import ArmEvidence, Evidence
from steadfit.analysis.intervals import Estimate, interval, paired_interval
from steadfit.analysis.result import Figure, Interval, Parts, VarianceAnalysis
from steadfit.analysis.sources import source_intervals
from steadfit.analysis.terms import Loss
from steadfit.analysis.zero_one import zero_one


def variance_of(evidence: Evidence, arm: ArmEvidence) -> VarianceAnalysis | None:
    """None where no samples were drawn for the arm.

    Everything here is of the same replicas at the same points, so that the parts of a loss add up.
    """
    found = evidence.decompositions.get(arm.name)
    if found is None:
        return None
    first = evidence.arms[0].name
    baseline = evidence.decompositions.get(first, {}) if arm.name != first else {}
    samples = evidence.sampling.samples if evidence.sampling else 0
    return VarianceAnalysis(
        losses={loss: _parts(evidence, arm, loss, one) for loss, one in found.items()},
        intervals={loss: _intervals(evidence, loss, one) for loss, one in found.items()},
        changes={
            loss: _shown(paired_interval(one, baseline[loss], "variance", level=evidence.level))
            for loss, one in found.items()
            if loss in baseline and samples > 2 and loss is not Loss.ZERO_ONE
        },
        components=found[evidence.losses[0]].components,
        ensemble=_ensemble(evidence, arm),
    )


def _parts(evidence: Evidence, arm: ArmEvidence, loss: Loss, found: Decomposition) -> Parts:
    """Of ZERO_ONE the error, and what of it is disagreement of the replicas."""
    if loss is not Loss.ZERO_ONE:
        return Parts(found.total, found.bias_noise, found.variance)
    assert arm.drawn is not None
    assert evidence.drawn_points is not None
    predictions = arm.drawn.reshape(-1, 1, *arm.drawn.shape[2:])
    split = zero_one(predictions, evidence.drawn_points.y)
    return Parts(split.error, split.error - split.net_variance, split.net_variance)


def _intervals(evidence: Evidence, loss: Loss, found: Decomposition) -> dict[Figure, Interval]:
    """Of the total, of its two parts, and of the variance's sources, as far as the design allows.

    For ZERO_ONE of the total alone: its parts are Domingos's, `found` is Kohavi and Wolpert's.
    """
    sampling = evidence.sampling
    assert sampling is not None
    quantities: tuple[Quantity, ...] = ("total", "bias_noise", "variance")
    only_total = loss is Loss.ZERO_ONE or sampling.samples < 3
    of: dict[Figure, Estimate] = {
        quantity: interval(found, quantity, level=evidence.level)
        for quantity in quantities[: 1 if only_total else 3]
    }
    if found.gram is not None and sampling.crossed and not only_total:
        of |= source_intervals(found.gram, level=evidence.level)
    return {name: _shown(one) for name, one in of.items()}


def _ensemble(evidence: Evidence, arm: ArmEvidence) -> dict[str, Change]:
    """What averaging the replicas changes in each measure, against a single one of them.

    Nothing where the points are of one group, which has no interval.
    """
    points, drawn = evidence.drawn_points, arm.drawn
    assert points is not None
    assert drawn is not None
    units = len(points) if points.groups is None else len(np.unique(points.groups))
    if units < 2:
        return {}
    singles = drawn.reshape(-1, *drawn.shape[2:])
    together = averaged(singles, points)[None]
    folds = np.zeros(singles.shape[:2], np.int64)
    found = {}
    for name in evidence.told:
        of = evidence.measure(name).of
        differences = of(together, points) - of(singles, points)
        found[name] = mean_change(differences, folds, points.groups, evidence.level)
    return found


def _shown(found: Estimate) -> Interval:
    return Interval(found.value, found.low, found.high)
