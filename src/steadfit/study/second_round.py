"""The second round: the remedies that were found better, joined in one more arm."""

from collections.abc import Sequence

from steadfit.analysis.result import Analysis
from steadfit.analysis.terms import Verdict
from steadfit.errors import SteadfitError
from steadfit.remedies import Remedy
from steadfit.study.trials import Arm


def joined_arm(found: Analysis, arms: Sequence[Arm]) -> tuple[Arm | None, tuple[str, ...]]:
    """An arm of the single remedies found better, and the names of those left out of it.

    Of two that set the same, as of one remedy at two strengths, that with the lower loss is taken.
    None where there are not two to join.
    """
    baseline, measure = arms[0].learner, found.decides
    better = {arm.name for arm in found.arms if arm.verdict is Verdict.BETTER}
    helping = [arm for arm in arms if len(arm.remedies) == 1 and arm.name in better]
    chosen: list[Arm] = []
    left_out: list[str] = []
    for arm in sorted(helping, key=lambda arm: found.arm(arm.name).changes[measure].value):
        try:
            baseline.with_remedies(_remedies([*chosen, arm]))
        except SteadfitError:
            left_out.append(arm.name)
        else:
            chosen.append(arm)
    if len(chosen) < 2:
        return None, ()
    remedies = _remedies([arm for arm in helping if arm in chosen])
    return Arm(remedies, baseline.with_remedies(remedies)), tuple(left_out)


def _remedies(arms: Sequence[Arm]) -> tuple[Remedy, ...]:
    return tuple(remedy for arm in arms for remedy in arm.remedies)
