"""What averaging an arm's retrainings gives: its loss is what their bias and noise leave."""

import numpy as np

from steadfit.analysis.comparison import mean_change
from steadfit.analysis.evidence import ArmEvidence, Evidence
from steadfit.analysis.jackknife import Floats
from steadfit.analysis.measures import Points
from steadfit.analysis.result import EnsembleAnalysis


def averaged(outputs: np.ndarray, points: Points) -> Floats:
    """The mean over the first axis, as a model of several networks predicts: of log-probabilities,
    the centre of the cross-entropy's decomposition, of log odds, likewise, or of numbers."""
    single = outputs.astype(np.float64)
    if points.of_classes:
        single = single - np.logaddexp.reduce(single, axis=-1, keepdims=True)
    return single.mean(0)


def ensemble_of(evidence: Evidence, arm: ArmEvidence) -> EnsembleAnalysis | None:
    """The repetitions of an arm, averaged at each test point, beside the baseline's single ones.

    None for an arm of one repetition, and where the arm or the baseline failed.
    """
    baseline = evidence.arms[0]
    if arm.tested is None or baseline.tested is None or len(arm.tested) < 2:
        return None
    together = averaged(arm.tested, evidence.points)[None]
    totals, changes = {}, {}
    for name in evidence.told:
        values = evidence.measure(name).of(together, evidence.points)
        single = evidence.losses_of(baseline, name)
        totals[name] = float(values.mean())
        differences, folds = values - single.values, single.folds
        if evidence.comparing.folds > 1:  # those of the repetitions depend on one another
            differences, folds = differences.mean(0, keepdims=True), folds[:1]
        changes[name] = mean_change(differences, folds, single.groups, evidence.level)
    return EnsembleAnalysis(arm.name, len(arm.tested), totals, changes)
