"""Figures as people read them: units named, digits alike down a column, names made harmless."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any

from steadfit.analysis.terms import Loss, Scheme, Verdict
from steadfit.errors import counted
from steadfit.foreign_text import printable as printable

if TYPE_CHECKING:  # a table is to be shown without torch, which the study needs
    from steadfit.analysis.result import Analysis, ArmAnalysis, Interval
    from steadfit.study.result import DataFacts, StudyResult


@dataclass(frozen=True)
class LossWords:
    """A loss as it is called in a table, and its unit."""

    name: str
    unit: str


LOSSES: dict[Loss, LossWords] = {
    Loss.CROSS_ENTROPY: LossWords("cross-entropy", "nats"),
    Loss.BRIER: LossWords("Brier score", "squared probabilities"),
    Loss.ZERO_ONE: LossWords("error", "share of the test points"),
    Loss.SQUARED: LossWords("squared error", "squared units of the target, summed over outputs"),
}
VERDICTS: dict[Verdict, str] = {
    Verdict.BASELINE: "",
    Verdict.BETTER: "better",
    Verdict.BETTER_HERE: "better here",
    Verdict.CANNOT_TELL: "cannot tell",
    Verdict.WORSE_HERE: "worse here",
    Verdict.WORSE: "worse",
    Verdict.FAILED: "failed",
}
TEST_POINTS = {"tokens": "next tokens"}  # by what is learned, where they are no examples
UNKNOWN = "–"
BLANKS = {" ": "␣", "\n": "↵", "\t": "⇥"}
NO_BREAK = "\N{NO-BREAK SPACE}"


def visible(token: str) -> str:
    r"""A class's name, or a blank token's sign.

    >>> visible("cat"), visible(" "), visible("\n")
    ('cat', '␣', '↵')
    """
    return BLANKS.get(token, printable(token))


def shortened(text: str, length: int) -> str:
    """At most this many characters, the middle left out: both ends tell names apart.

    >>> shortened("dropout=0.5+l2=0.001+smaller", 15)
    'dropout…smaller'
    """
    if len(text) <= length:
        return text
    head = length // 2
    return f"{text[:head]}…{text[len(text) - (length - 1 - head) :]}"


def number(value: float, decimals: int, sign: bool = False) -> str:
    """A figure with this many decimals, a true minus sign and commas at the thousands.

    >>> number(-0.0516, 3), number(0.0516, 3, sign=True), number(float("inf"), 3)
    ('−0.052', '+0.052', '∞')
    """
    if math.isnan(value):
        return UNKNOWN
    if math.isinf(value):
        text = "inf" if value > 0 else "-inf"
    elif abs(value) >= 1e7:
        text = f"{value:.2e}"
    else:
        text = f"{value:,.{decimals}f}"
    if sign and value > 0:
        text = "+" + text
    return text.replace("-", "−").replace("inf", "∞")


def quantity(value: float) -> str:
    """A lone figure with three significant digits.

    >>> quantity(1234.5), quantity(0.04567), quantity(30.0)
    ('1,234', '0.0457', '30')
    """
    if math.isfinite(value) and value == round(value):
        return number(value, 0)
    return number(value, decimals_for(value, 3))


def percent(share: float, decimals: int = 0) -> str:
    """A share as a percentage, without the sign being lost.

    >>> percent(0.587), percent(0.0312, 1)
    ('59%', '3.1%')
    """
    text = number(100 * share, decimals)
    return text if text == UNKNOWN else text + "%"


def decimals_for(value: float, digits: int) -> int:
    """How many decimals show this many significant digits of the value, from 0 to 8.

    >>> decimals_for(0.148, 3), decimals_for(1234.5, 3)
    (3, 0)
    """
    if not math.isfinite(value) or value == 0:
        return digits
    return min(max(digits - 1 - math.floor(math.log10(abs(value))), 0), 8)


def loss_decimals(found: Analysis, loss: Loss) -> int:
    """The decimals of one loss's column: three digits of the first total, two of the intervals.

    One number for all arms, so that a column can be read down. An arm far off (a loss of 250
    beside 0.148) does not take the digits away from the others.
    """
    totals = [arm.losses[loss].total for arm in found.arms if loss in arm.losses]
    halves = [
        (arm.changes[loss].high - arm.changes[loss].low) / 2
        for arm in found.arms
        if loss in arm.changes
    ]
    halves = [half for half in halves if math.isfinite(half) and half > 0]
    of_total = decimals_for(totals[0], 3) if totals else 3
    of_interval = decimals_for(median(halves), 2) if halves else 0
    return max(of_total, min(of_interval, of_total + 2))


def error_decimals(found: Analysis) -> int:
    """The decimals of the error in percent: one, or two where the first arm is below 1%."""
    errors = [arm.losses[Loss.ZERO_ONE].total for arm in found.arms if Loss.ZERO_ONE in arm.losses]
    return 2 if errors and errors[0] < 0.01 else 1


def interval(change: Interval, decimals: int, scale: float = 1.0) -> str:
    """A change with its interval, times the scale.

    >>> from steadfit.analysis.result import Interval
    >>> interval(Interval(-0.052, -0.066, -0.039), 3)
    '−0.052 [−0.066, −0.039]'
    """
    value, low, high = (
        number(scale * part, decimals, sign=True)
        for part in (change.value, change.low, change.high)
    )
    return f"{value} [{low}, {high}]"


def level(found: Analysis) -> str:
    """The confidence level in percent: "95%"."""
    return f"{100 * found.level:g}%"


def has_errors(found: Analysis) -> bool:
    """Whether the study is one of classes, with an error in percent beside the loss."""
    return any(Loss.ZERO_ONE in arm.losses for arm in found.arms)


def cells(
    arms: Iterable[ArmAnalysis], figure: Callable[[ArmAnalysis], str], loss: Loss
) -> tuple[str, ...]:
    """A column: the figure of each arm, a dash where the arm has no such loss."""
    return tuple(figure(arm) if loss in arm.losses else UNKNOWN for arm in arms)


def sizes(result: StudyResult) -> str:
    """The first line of all that is shown: the data, its sizes and the model."""
    first = result.arms[0]
    return sizes_of(result.data, first.settings, first.parameters)


def sizes_of(data: DataFacts, settings: Mapping[str, Any], parameters: int) -> str:
    """`sizes` of one model."""
    model = settings.get("model", {})
    apart = TEST_POINTS.get(data.task)
    parts = [
        printable(data.name),
        f"{data.train + (0 if apart else data.test):,} {_examples(data)}",
        f"{len(data.classes)} classes" if data.classes else "",
        f"{data.test:,} {apart} to test" if apart else f"{data.train:,} train, {data.test:,} test",
        f"{model.get('name', 'a model')}, {parameters:,} weights",
    ]
    return " · ".join(part for part in parts if part)


def design(found: Analysis) -> str:
    """The second line: the design, multiplied out."""
    arms, plan = len(found.arms), found.sampling
    drawn = f"{counted(plan.samples, 'training samples')} × {counted(plan.seeds, 'seeds')}"
    if plan.scheme is Scheme.WHOLE:
        drawn = f"{plan.samples} on all training data"
    each = f"({drawn} + {plan.whole:,} on all training data)" if plan.whole else drawn
    replicas = arms * (plan.samples * plan.seeds + plan.whole)
    return f"{counted(arms, 'arms')} × {each} = {replicas:,} replicas"


def _examples(data: DataFacts) -> str:
    """Images of channels × height × width, series or windows of channels × steps, or texts."""
    if len(data.shape) == 3:
        return "images " + "×".join(map(str, data.shape))
    if len(data.shape) == 1:
        return f"texts of up to {data.shape[0]:,} tokens"
    channels, steps = data.shape
    size = counted(steps, "steps") + (f" × {channels}" if channels > 1 else "")
    if data.horizon:
        return f"windows of {size} to forecast {counted(data.horizon, 'steps')}"
    return f"series of up to {size}"
