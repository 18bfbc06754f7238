"""The arms in sentences: their words, what limits the undecided ones, and which is the best."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from steadfit.analysis.terms import Limit, Verdict
from steadfit.errors import counted
from steadfit.report import numbers, wording
from steadfit.report.voice import Voice
from steadfit.report.wording import listed

if TYPE_CHECKING:
    from steadfit.analysis.comparison import Change
    from steadfit.analysis.result import Analysis, ArmAnalysis

_SMALL = 0.04  # of a change and its interval, below which whole percents say little
TOLD = (Verdict.BETTER, Verdict.PROBABLY_BETTER, Verdict.WORSE)


def about_arms(found: Analysis, voice: Voice) -> Iterator[str]:
    """Each arm's word with its change; then those that got none, and what would decide them."""
    others = found.arms[1:]
    yield from (_about(arm, found) for arm in others if arm.verdict in TOLD)
    if found.baseline.totals:
        for limit in Limit:
            undecided = [
                arm for arm in others if arm.verdict is Verdict.CANNOT_TELL and arm.limit is limit
            ]
            if undecided:
                yield f"{_cannot_tell(undecided)} {_what_helps(limit, undecided, found, voice)}"
    untrained = [arm.name for arm in others if arm.verdict is Verdict.NOT_TRAINED]
    if untrained:
        yield not_trained(untrained, voice)


def not_trained(names: Sequence[str], voice: Voice) -> str:
    """Of arms without a word."""
    alone = len(names) == 1
    return (
        f"{listed(names)} had not learned when training ended: the training loss was still "
        f"falling, or no better than guessing. {'It gets' if alone else 'They get'} no word. Train "
        f"longer ({voice.training('epochs')})."
    )


def handed_over(found: Analysis) -> str:
    """Which arm, and why; with significantly more errors than the baseline it says so."""
    if found.best == found.baseline.name:
        return "The baseline is handed over: no arm is better by a standard error."
    return f"Handed over: {_chosen(found)}"


def best(found: Analysis) -> str:
    """Which arm is best, where nothing is handed over."""
    if found.best == found.baseline.name:
        return f"No arm is better than {found.best} by a standard error."
    return f"The best arm: {_chosen(found)}"


def _chosen(found: Analysis) -> str:
    arm = found.arm(found.best)
    text = (
        f"{arm.name}, the best of those that are better by a standard error. It was chosen on "
        "these test points, so its figure is slightly optimistic."
    )
    error = wording.error_of(arm.changes)
    if error is not None and error != found.decides and arm.changes[error].low > 0:
        text += (
            f" But it makes more {wording.ERRORS[error]} than the baseline: "
            f"{_points(arm.changes[error])} in {wording.words_of(error).unit}."
        )
    return text


def _about(arm: ArmAnalysis, found: Analysis) -> str:
    measure = arm.judged_by
    change, words = arm.changes[measure], wording.words_of(measure)
    way = "lowers" if change.value < 0 else "raises"
    base = found.baseline.totals[measure]
    sure = "probably " if arm.verdict is Verdict.PROBABLY_BETTER else ""
    share = _share(abs(change.value), change, base, measure)
    text = f"{arm.name} {sure}{way} the {words.name} by {share} ({_range(change, base, measure)}"
    text += f", chance better {numbers.chance(change.chance_better)})"
    if measure != found.decides:
        decided = wording.words_of(found.decides).name
        text += (
            f"; the {words.name} decides, as five test points carry "
            f"{arm.changes[found.decides].heaviest:.0%} of the change of the {decided}"
        )
    if arm.other_sets is not None:
        text += f". Over other training sets of this size: {_other_sets(arm.other_sets, base)}"
    return text + "."


def _other_sets(change: Change, base: float) -> str:
    return f"{numbers.relative(change, base)}, chance better {numbers.chance(change.chance_better)}"


def _range(change: Change, base: float, measure: str) -> str:
    """The ends of the interval, as shares of the baseline; signs as of a lowering or a raising."""
    ends = sorted((change.low, change.high), key=abs)
    sign = -1 if change.value < 0 else 1
    low, high = (_share(sign * end, change, base, measure) for end in ends)
    return f"95% interval {low} to {high}"


def _share(part: float, change: Change, base: float, measure: str) -> str:
    """A part of a change as a share of the baseline, of two digits where all of it is small; as it
    is where the baseline is no measure."""
    if base <= 0:
        return _amount(part, measure)
    widest = max(abs(change.value), abs(change.high - change.low)) / base
    decimals = 0 if widest >= _SMALL else numbers.decimals_for(100 * widest, 2)
    return numbers.percent(part / base, decimals)


def _amount(value: float, measure: str) -> str:
    scale = wording.scale_of(measure)
    return f"{scale * value:.3g}{'%' if scale > 1 else ''}".replace("-", "−")


def _points(change: Change) -> str:
    value, low, high = (
        numbers.number(100 * part, 1, sign=True) for part in (change.value, change.low, change.high)
    )
    return f"{value} [{low}, {high}]"


def _cannot_tell(arms: Sequence[ArmAnalysis]) -> str:
    return f"Cannot tell for {listed([arm.name for arm in arms])}."


def _what_helps(limit: Limit, arms: Sequence[ArmAnalysis], found: Analysis, voice: Voice) -> str:
    """What makes the intervals of these arms long, and what halves them."""
    alone = len(arms) == 1
    intervals, them = ("its interval", "it") if alone else ("their intervals", "them")
    if limit is Limit.POINTS:
        return (
            f"The number of test points ({found.points:,}) limits {intervals}: more repetitions "
            f"would help little, four times the data halve {them}."
        )
    what = "repetitions" if found.comparing.folds > 1 else "retrainings"
    most = 4 * max(arm.repetitions for arm in arms)
    return (
        f"The number of {what} limits {intervals}: {counted(most, what)} an arm about halve {them} "
        f"({voice.setting('repetitions', most)})."
    )


def by_another_measure(found: Analysis) -> str:
    """Whose chance and word are not by the measure that decides, in a sentence; "" if there is
    none."""
    others = [arm for arm in found.arms if arm.judged_by not in ("", found.decides)]
    if not others:
        return ""
    by = wording.words_of(others[0].judged_by).name
    names = wording.listed([wording.printable(arm.name) for arm in others])
    return f"Chance and word of {names} are by the {by}."
