"""From evidence to what it shows: each arm's measures, changes with intervals, and its verdict."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from steadfit.analysis.comparison import Change, change
from steadfit.analysis.deciding import Decision, Looks, best, decide
from steadfit.analysis.ensembles import ensemble_of
from steadfit.analysis.evidence import ArmEvidence, Evidence
from steadfit.analysis.other_sets import over_other_sets
from steadfit.analysis.result import Analysis, ArmAnalysis, ReferenceAnalysis
from steadfit.analysis.terms import Limit, Verdict
from steadfit.analysis.variance import variance_of

HEAVY = 0.25  # of a change, carried by five points: a bounded measure decides then


def analyse(evidence: Evidence) -> Analysis:
    """What each arm showed, against the first, the baseline.

    Where the points have groups, intervals are over groups. An arm with a failed replica has
    failed. Words are those of `deciding`; a joined arm is a family of its own.

    >>> from steadfit.analysis.evidence import Comparing
    >>> from steadfit.analysis.measures import Points
    >>> from steadfit.analysis.terms import Route
    >>> rng = np.random.default_rng(0)
    >>> points, folds = Points(np.zeros((200, 1))), np.arange(200)[None] % 5
    >>> arms = [
    ...     ArmEvidence(name, rng.normal(scale=scale, size=(1, 200, 1)))
    ...     for name, scale in (("baseline", 1.0), ("calmer", 0.5))
    ... ]
    >>> comparing = Comparing(5, (1,), Route.NO_TEST_SET)
    >>> found = analyse(Evidence(tuple(arms), points, folds, comparing, "squared"))
    >>> [str(arm.verdict) for arm in found.arms], found.best
    (['baseline', 'better'], 'calmer')
    """
    judged = _judged(evidence)
    arms = tuple(_arm(arm, judged.get(arm.name), evidence) for arm in evidence.arms)
    chosen = _best(arms, evidence.decides)
    return Analysis(
        decides=evidence.decides,
        level=evidence.level,
        comparing=evidence.comparing,
        points=len(evidence.points),
        arms=arms,
        best=chosen,
        references=_references(evidence, chosen),
        ensembles=tuple(
            made
            for arm in evidence.arms
            if arm.name in (chosen, arms[0].name)
            and (made := ensemble_of(evidence, arm)) is not None
        ),
        sampling=evidence.sampling if evidence.decompositions else None,
    )


def decisions_of(evidence: Evidence) -> Mapping[str, Decision]:
    """The decision on each arm that can be compared, by name."""
    return {name: one.decision for name, one in _judged(evidence).items()}


class _Judged(NamedTuple):
    """A decision, and the measure that it is by."""

    measure: str
    decision: Decision


def _judged(evidence: Evidence) -> Mapping[str, _Judged]:
    baseline, looks = evidence.arms[0], Looks(evidence.comparing.looks)
    if not _comparable(baseline):
        return {}
    found: dict[str, _Judged] = {}
    for joined in (False, True):
        family = [arm for arm in evidence.arms[1:] if _comparable(arm) and arm.joined is joined]
        measures = [_judged_by(arm, evidence) for arm in family]
        pairs = [
            (evidence.losses_of(arm, measure), evidence.losses_of(baseline, measure))
            for arm, measure in zip(family, measures, strict=True)
        ]
        made = map(_Judged, measures, decide(pairs, looks, evidence.level))
        found |= {arm.name: one for arm, one in zip(family, made, strict=True)}
    return found


def _comparable(arm: ArmEvidence) -> bool:
    """Whether an arm has what a word can be given on."""
    return arm.tested is not None and arm.trained


def _judged_by(arm: ArmEvidence, evidence: Evidence) -> str:
    """The deciding measure; a bounded one where a few points carry the change at the first look."""
    bounded = evidence.measure(evidence.decides).bounded
    if not bounded:
        return evidence.decides
    first = evidence.comparing.looks[0]
    seen = change(
        evidence.losses_of(arm, evidence.decides).first(first),
        evidence.losses_of(evidence.arms[0], evidence.decides),
    )
    return bounded if seen.heaviest > HEAVY else evidence.decides


def _best(arms: Sequence[ArmAnalysis], decides: str) -> str:
    finished = [arm for arm in arms if arm.totals]
    if not arms[0].totals:
        return finished[0].name if finished else arms[0].name
    worded = [arm for arm in arms[1:] if arm.judged_by]
    chosen = best(
        [arm.changes[arm.judged_by] for arm in worded],
        [arm.changes[decides].value for arm in worded],
    )
    return arms[0].name if chosen is None else worded[chosen].name


def _arm(arm: ArmEvidence, judged: _Judged | None, evidence: Evidence) -> ArmAnalysis:
    facts, failed = dict(arm.facts), dict(arm.failed)
    if arm.tested is None:
        return ArmAnalysis(arm.name, Verdict.FAILED, facts=facts, failed=failed)
    baseline = evidence.arms[0]
    compared = arm is not baseline and baseline.tested is not None
    tables = {name: evidence.losses_of(arm, name) for name in evidence.told}
    changes: dict[str, Change] = {}
    if compared:
        changes = {
            name: change(own, evidence.losses_of(baseline, name), evidence.level)
            for name, own in tables.items()
        }
    word = Verdict.BASELINE if arm is baseline else Verdict.CANNOT_TELL
    if not arm.trained:
        word = Verdict.NOT_TRAINED
    elif judged is not None:
        word = judged.decision.word
    decides = evidence.decides
    return ArmAnalysis(
        name=arm.name,
        verdict=word,
        repetitions=len(arm.tested),
        totals={name: own.mean for name, own in tables.items()},
        changes=changes,
        judged_by=judged.measure if judged else "",
        limit=_limit(changes[decides]) if decides in changes else None,
        other_sets=over_other_sets(evidence, arm, changes[decides]) if compared else None,
        variance=variance_of(evidence, arm),
        facts=facts,
        failed=failed,
    )


def _limit(found: Change) -> Limit:
    return Limit.POINTS if found.points >= found.retrainings else Limit.RETRAININGS


def _references(evidence: Evidence, name: str) -> tuple[ReferenceAnalysis, ...]:
    """Each rival beside the arm handed over, on as many repetitions as both have."""
    arm = next(one for one in evidence.arms if one.name == name)
    found = []
    for reference in evidence.references:
        if reference.tested is None:
            continue
        tables = {measure: evidence.losses_of(reference, measure) for measure in evidence.told}
        against: dict[str, Change] = {}
        if arm.tested is not None:
            for measure, own in tables.items():
                theirs = evidence.losses_of(arm, measure)
                both = min(len(own.values), len(theirs.values))
                against[measure] = change(theirs.first(both), own, evidence.level)
        totals = {measure: own.mean for measure, own in tables.items()}
        found.append(ReferenceAnalysis(reference.name, totals, against))
    return tuple(found)


def mean_facts(facts: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """The mean of each figure over replicas, 0 where one has none, by name in order."""
    names = sorted(set[str]().union(*facts))
    return {name: float(np.mean([each.get(name, 0.0) for each in facts])) for name in names}
