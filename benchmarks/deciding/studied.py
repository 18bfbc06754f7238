"""Studies of the nets of `nets`, judged look by look, and what is true of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from fresh_sets import BASELINE, FOLDS, TOLD, FreshSet
from small_nets import Arm

from steadfit.analysis.analyse import analyse, decisions_of
from steadfit.analysis.comparison import Change
from steadfit.analysis.evidence import ArmEvidence, Comparing, Evidence
from steadfit.analysis.jackknife import Floats
from steadfit.analysis.measures import Points
from steadfit.analysis.result import Analysis
from steadfit.analysis.terms import Loss, Route, Verdict

LOOKS = (1, 2, 3)
COMPARING = Comparing(FOLDS, LOOKS, Route.NO_TEST_SET)
DECIDES, BOUNDED = TOLD
NULLS = tuple(Arm(f"null {number}", seed=number) for number in range(1, 7))
NULL, JOINED = NULLS[0].name, NULLS[-1].name
OTHERS = (
    Arm("l2", l2=3e-3),
    Arm("dropout", dropout=0.15),
    Arm("noise", noise=0.4),
    Arm("floor", floor=0.01),
    Arm("smaller", width=0.25),
    Arm("hurried", epochs=0.4),
)
ARMS = (NULL, *(arm.name for arm in OTHERS))


def evidence(of: FreshSet, repetitions: Mapping[str, int], joined: str = "") -> Evidence:
    """What the arms have shown after so many repetitions of each."""
    arms = tuple(
        ArmEvidence(name, of.logits[name][:count], joined=name == joined)
        for name, count in repetitions.items()
    )
    folds = of.folds[: max(repetitions.values())]
    losses = (Loss.CROSS_ENTROPY,)
    return Evidence(arms, Points(of.y), folds, COMPARING, DECIDES, TOLD, losses)


def study(of: FreshSet, names: Sequence[str], joined: str = "") -> Analysis:
    """The study of these arms, look by look. joined: the arm that stands for those found better,
    joined, where there are two."""
    taken = _looked(of, {BASELINE.name: 1}, names)
    found = analyse(evidence(of, taken))
    if joined and sum(arm.verdict is Verdict.BETTER for arm in found.arms) >= 2:
        found = analyse(evidence(of, _looked(of, taken, [joined], joined), joined))
    return found


def _looked(
    of: FreshSet, taken: Mapping[str, int], names: Sequence[str], joined: str = ""
) -> dict[str, int]:
    """The repetitions of each arm, once none goes on."""
    found, active = dict(taken), list(names)
    for look in LOOKS:
        found |= dict.fromkeys(active, look)
        found[BASELINE.name] = max(found.values())
        decisions = decisions_of(evidence(of, found, joined))
        active = [name for name in active if decisions[name].goes_on]
        if not active:
            break
    return found


@dataclass(frozen=True, eq=False)
class Truth:
    """Of each set, shape (S,), and the variance with which it is known."""

    values: Floats
    variance: float


def truth(seen: Floats) -> Truth:
    """From changes on fresh points, (sets, further repetitions): the best linear predictor of each
    set's own, between what was seen of it and the mean over all."""
    of_sets = seen.mean(1)
    noise = float(seen.var(1, ddof=1).mean()) / seen.shape[1]
    between = max(0.0, float(of_sets.var(ddof=1)) - noise)
    weight = between / (between + noise) if between else 0.0
    return Truth(of_sets.mean() + weight * (of_sets - of_sets.mean()), weight * noise)


@dataclass(frozen=True, eq=False)
class Studied:
    """All sets of one net and size. ended: the study of all arms, of each. after: of each number of
    repetitions, the analysis of all arms with as many."""

    net: str
    size: int
    sets: Sequence[FreshSet]

    @cached_property
    def ended(self) -> Sequence[Analysis]:
        return [study(one, ARMS) for one in self.sets]

    @cached_property
    def after(self) -> Mapping[int, Sequence[Analysis]]:
        names = (BASELINE.name, *ARMS)
        return {
            count: [analyse(evidence(one, dict.fromkeys(names, count))) for one in self.sets]
            for count in LOOKS
        }

    def truth(self, name: str, measure: str = DECIDES) -> Truth:
        if name not in self.sets[0].seen[measure]:
            return Truth(np.zeros(len(self.sets)), 0.0)
        seen = [one.seen[measure] for one in self.sets]
        return truth(np.stack([of[name] - of[BASELINE.name] for of in seen]))

    def judged(self, name: str) -> tuple[list[Change], Floats]:
        """As the studies ended, the changes by the measure that gave the word, and what is true."""
        of_arm = [found.arm(name) for found in self.ended]
        true = {measure: self.truth(name, measure).values for measure in TOLD}
        values = [true[one.judged_by][number] for number, one in enumerate(of_arm)]
        return [one.changes[one.judged_by] for one in of_arm], np.array(values)

    def changes(self, name: str, count: int) -> list[Change]:
        return [found.arm(name).changes[DECIDES] for found in self.after[count]]
