"""From evidence to what it shows: each arm's losses, changes with intervals, and its verdict."""

from collections.abc import Mapping, Sequence

import numpy as np

from steadfit.analysis import arm_loss
from steadfit.analysis.arm_loss import ArmLoss
from steadfit.analysis.decomposition import Quantity
from steadfit.analysis.evidence import ArmEvidence, Evidence
from steadfit.analysis.intervals import Estimate, Spread, verdicts
from steadfit.analysis.result import Analysis, ArmAnalysis, Figure, Interval, Parts
from steadfit.analysis.sources import source_intervals
from steadfit.analysis.terms import Loss, Scheme, Verdict
from steadfit.analysis.zero_one import zero_one


def analyse(evidence: Evidence) -> Analysis:
    """What each arm showed, against the first, the baseline.

    Where the points have groups, intervals are over groups. An arm with a failed replica has
    failed. Verdicts are given by Holm's correction over all arms that are compared.

    >>> from steadfit.analysis.evidence import Points, Sampling
    >>> rng = np.random.default_rng(0)
    >>> points = Points(np.zeros((200, 1)), [Loss.SQUARED])
    >>> arms = [
    ...     ArmEvidence(name, points, rng.normal(scale=scale, size=(8, 1, 200, 1)))
    ...     for name, scale in (("baseline", 1.0), ("calmer", 0.5))
    ... ]
    >>> sampling = Sampling(samples=8, scheme=Scheme.BOOTSTRAP)
    >>> found = analyse(Evidence(tuple(arms), sampling, Loss.SQUARED))
    >>> [str(arm.verdict) for arm in found.arms], found.best
    (['baseline', 'better'], 'calmer')
    """
    words = _verdicts(evidence)
    found = tuple(_arm(arm, word, evidence) for arm, word in zip(evidence.arms, words, strict=True))
    return Analysis(
        decides=evidence.decides,
        level=evidence.level,
        sampling=evidence.sampling,
        points=len(evidence.arms[0].points.y),
        arms=found,
        best=best_arm(found, evidence.decides),
    )


def best_arm(arms: Sequence[ArmAnalysis], loss: Loss) -> str:
    """The arm with the least total among those found better; the baseline where there is none.

    The total decides, never the variance alone: a net that underfits has little variance too.
    """
    helping = [arm for arm in arms if arm.verdict.helps]
    if helping:
        return min(helping, key=lambda arm: arm.losses[loss].total).name
    finished = [arm for arm in arms if arm.losses]
    return arms[0].name if arms[0].losses or not finished else finished[0].name


def change_spreads(evidence: Evidence) -> tuple[Spread, ...]:
    """Of each arm's change of the deciding loss; failed arms left out."""
    loss, base = evidence.decides, evidence.arms[0].losses
    if not base:
        return ()
    return tuple(
        arm_loss.change_spread(arm.losses[loss], base[loss])
        for arm in evidence.arms[1:]
        if arm.losses
    )


def _verdicts(evidence: Evidence) -> list[Verdict]:
    """By the change's interval, and where that says nothing by the change here."""
    arms, loss, level = evidence.arms, evidence.decides, evidence.level
    words = [Verdict.CANNOT_TELL if arm.losses else Verdict.FAILED for arm in arms]
    if not arms[0].losses:
        return words
    words[0] = Verdict.BASELINE
    comparable = [place for place in range(1, len(arms)) if arms[place].losses]
    pairs = [(arms[place].losses[loss], arms[0].losses[loss]) for place in comparable]
    pilot = evidence.sampling.pilot
    changes = [arm_loss.change(*pair, "total", level, pilot) for pair in pairs]
    here = [arm_loss.change_here(*pair, level) for pair in pairs]
    said = list(verdicts(changes, alpha=1 - level))
    if evidence.sampling.scheme is Scheme.WHOLE:
        said = [word.here for word in said]
    elif evidence.sampling.whole:
        told = verdicts([one for one in here if one], alpha=1 - level)
        said = [
            other.here if word is Verdict.CANNOT_TELL else word
            for word, other in zip(said, told, strict=True)
        ]
    for place, word in zip(comparable, said, strict=True):
        words[place] = word
    return words


def _arm(arm: ArmEvidence, word: Verdict, evidence: Evidence) -> ArmAnalysis:
    baseline, sampling, level = evidence.arms[0], evidence.sampling, evidence.level
    pairs: dict[Loss, tuple[ArmLoss, ArmLoss]] = {}
    if arm is not baseline:
        pairs = {
            loss: (own, baseline.losses[loss])
            for loss, own in arm.losses.items()
            if loss in baseline.losses
        }
    here = {loss: arm_loss.change_here(*pair, level) for loss, pair in pairs.items()}
    return ArmAnalysis(
        name=arm.name,
        verdict=word,
        losses=_parts(arm),
        changes={
            loss: _shown(arm_loss.change(*pair, "total", level, sampling.pilot))
            for loss, pair in pairs.items()
        },
        variance_changes={
            loss: _shown(arm_loss.change(*pair, "variance", level))
            for loss, pair in pairs.items()
            if sampling.samples > 2 and loss is not Loss.ZERO_ONE  # Domingos's has no interval
        },
        components=arm.losses[evidence.decides].drawn.components if arm.losses else None,
        facts=dict(arm.facts),
        failed=dict(arm.failed),
        intervals={loss: _intervals(evidence, loss, own) for loss, own in arm.losses.items()},
        changes_here={loss: _shown(one) for loss, one in here.items() if one},
    )


def _parts(arm: ArmEvidence) -> dict[Loss, Parts]:
    """Each loss; of ZERO_ONE the error, and what of it is disagreement of the replicas."""
    found = {
        loss: Parts(own.total, own.bias_noise, own.variance) for loss, own in arm.losses.items()
    }
    if Loss.ZERO_ONE in found:
        assert arm.varying is not None
        predictions = arm.varying.reshape(-1, 1, *arm.varying.shape[2:])
        net = zero_one(predictions, arm.points.y).net_variance
        error = arm.losses[Loss.ZERO_ONE].total
        found[Loss.ZERO_ONE] = Parts(error, error - net, net)
    return found


def _intervals(evidence: Evidence, loss: Loss, found: ArmLoss) -> dict[Figure, Interval]:
    """Of the total, of its two parts, and of the variance's sources, as far as the design allows.

    For ZERO_ONE of the total alone: its parts are Domingos's, `found` is Kohavi and Wolpert's.
    """
    quantities: tuple[Quantity, ...] = ("total", "bias_noise", "variance")
    only_total = loss is Loss.ZERO_ONE or evidence.sampling.samples < 3
    of: dict[Figure, Estimate] = {
        quantity: arm_loss.interval(found, quantity, evidence.level)
        for quantity in quantities[: 1 if only_total else 3]
    }
    if found.drawn.gram is not None and evidence.sampling.crossed and not only_total:
        of |= source_intervals(found.drawn.gram, level=evidence.level)
    return {name: _shown(one) for name, one in of.items()}


def _shown(found: Estimate) -> Interval:
    return Interval(found.value, found.low, found.high)


def mean_facts(facts: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """The mean of each figure over replicas, 0 where one has none, by name in order."""
    names = sorted(set[str]().union(*facts))
    return {name: float(np.mean([each.get(name, 0.0) for each in facts])) for name in names}
