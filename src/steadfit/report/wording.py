"""What things are called: measures, words, harmless names, and the first lines that are shown."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any

from steadfit.analysis.terms import Loss, Verdict
from steadfit.errors import counted
from steadfit.foreign_text import printable as printable
from steadfit.report.numbers import UNKNOWN, decimals_for, number, percent, quantity

if TYPE_CHECKING:  # a table is to be shown without torch, which the study needs
    from steadfit.analysis.result import Analysis
    from steadfit.study.result import DataFacts, StudyResult


@dataclass(frozen=True)
class Words:
    """A measure as it is called in a table, and its unit. percent: whether it is shown so."""

    name: str
    unit: str
    percent: bool = False


_SHARE = "percent of the test points"
_WORDS: dict[str, Words] = {
    "cross_entropy": Words("cross-entropy", "nats"),
    "brier": Words("Brier score", "squared probabilities"),
    "error": Words("error", _SHARE, percent=True),
    "balanced_error": Words("balanced error", "percent, the mean over the classes", percent=True),
    "f1": Words("1 − F1", "percent, the mean over the classes", percent=True),
    "auc": Words("1 − AUC", "percent, the mean over the classes", percent=True),
    "binary_cross_entropy": Words("binary cross-entropy", "nats, the mean over the labels"),
    "binary_brier": Words("Brier score", "squared probabilities, the mean over the labels"),
    "hamming": Words("Hamming loss", "percent of the labels", percent=True),
    "exact_match": Words("1 − exact match", _SHARE, percent=True),
    "macro_f1": Words("1 − macro F1", "percent, the mean over the labels", percent=True),
    "micro_f1": Words("1 − micro F1", "percent, of all labels together", percent=True),
    "squared": Words("squared error", "squared units of the target, summed over outputs"),
    "rmse": Words("RMSE", "units of the target"),
    "mae": Words("MAE", "units of the target"),
    "mase": Words("MASE", "errors of the naive forecast"),
    "pinball": Words("pinball loss", "units of the target, the mean over the quantiles"),
}
VERDICTS: dict[Verdict, str] = {
    Verdict.BASELINE: "",
    Verdict.BETTER: "better",
    Verdict.PROBABLY_BETTER: "probably better",
    Verdict.CANNOT_TELL: "cannot tell",
    Verdict.WORSE: "worse",
    Verdict.NOT_TRAINED: "not trained",
    Verdict.FAILED: "failed",
}
TEST_POINTS = {"tokens": "next tokens tested"}  # by what is learned, where they are no examples
ERRORS = {"error": "errors", "hamming": "wrong labels"}  # measures that are shares of these
HARD_TO_READ = ("squared", "pinball")  # of numbers: a sum over outputs, a mean over quantiles
LONGEST_TITLE = 40  # characters of an axis on a phone
BLANKS = {" ": "␣", "\n": "↵", "\t": "⇥"}


def words_of(measure: str) -> Words:
    """What a measure is called; a person's own has its name.

    >>> words_of("auc").name, words_of("rank").name
    ('1 − AUC', 'rank')
    """
    return _WORDS.get(measure) or Words(printable(measure), "its own units")


def axis_title(words: Words) -> str:
    """A measure and its unit, or the measure alone where a phone has no room for both.

    >>> axis_title(words_of("brier")), axis_title(words_of("squared"))
    ('Brier score, squared probabilities', 'squared error')
    """
    title = f"{words.name}, {words.unit}"
    return title if len(title) <= LONGEST_TITLE else words.name


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


def listed(names: Sequence[str]) -> str:
    """Names in a sentence.

    >>> listed(["dropout=0.5", "l2=0.001", "smaller"])
    'dropout=0.5, l2=0.001 and smaller'
    """
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]


def measure_decimals(found: Analysis, measure: str) -> int:
    """The decimals of a measure's column: three digits of the first total, two of the intervals.

    One number for all arms, so that a column can be read down. An arm far off (a loss of 250
    beside 0.148) does not take the digits away from the others.
    """
    scale = scale_of(measure)
    totals = [scale * arm.totals[measure] for arm in found.arms if measure in arm.totals]
    halves = [
        scale * (arm.changes[measure].high - arm.changes[measure].low) / 2
        for arm in found.arms
        if measure in arm.changes
    ]
    halves = [half for half in halves if math.isfinite(half) and half > 0]
    of_total = decimals_for(totals[0], 3) if totals else 3
    of_interval = decimals_for(median(halves), 2) if halves else 0
    return max(of_total, min(of_interval, of_total + 2))


def parts_decimals(found: Analysis, loss: Loss) -> int:
    """The decimals of a split loss: three digits of the first total."""
    scale = scale_of(loss)
    totals = [
        scale * arm.variance.losses[loss].total
        for arm in found.arms
        if arm.variance and loss in arm.variance.losses
    ]
    return decimals_for(totals[0], 3) if totals else 3


def scale_of(measure: str) -> float:
    """100 for what is shown in percent."""
    return 100.0 if words_of(measure).percent else 1.0


def error_decimals(found: Analysis, error: str = "error") -> int:
    """The decimals of the error in percent: one, or two where the first arm is below 5%."""
    errors = [arm.totals[error] for arm in found.arms if error in arm.totals]
    return 2 if errors and errors[0] < 0.05 else 1


def total(totals: Mapping[str, float], measure: str, found: Analysis) -> str:
    """A measure of an arm or a reference with its column's decimals; a dash where it has none."""
    if measure not in totals:
        return UNKNOWN
    of_errors = measure in ERRORS
    decimals = error_decimals(found, measure) if of_errors else measure_decimals(found, measure)
    return number(scale_of(measure) * totals[measure], decimals)


def figure(value: float, measure: str) -> str:
    """A lone figure of a measure, in percent where it is shown so."""
    return percent(value, 1) if words_of(measure).percent else quantity(value)


def capital(text: str) -> str:
    """With its first letter large, the others as they are."""
    return f"{text[:1].upper()}{text[1:]}"


def level(found: Analysis) -> str:
    """The confidence level in percent: "95%"."""
    return f"{100 * found.level:g}%"


def error_of(totals: Iterable[str]) -> str | None:
    """The measure that is a share of wrong answers, told beside the loss; None of numbers.

    totals: the measures that there are.
    """
    known = {*totals}
    return next((one for one in ERRORS if one in known), None)


def errors_of(found: Analysis) -> str | None:
    """`error_of` a study: of any of its arms."""
    return error_of(name for arm in found.arms for name in arm.totals)


def beside(totals: Iterable[str], decides: str) -> tuple[str, ...]:
    """The measures told beside the one that decides, as people read them: the share of errors; of
    numbers the MAE and, of forecasts, the MASE.

    totals: the measures that there are.

    >>> beside(["cross_entropy", "error"], "cross_entropy"), beside(["squared", "mae"], "squared")
    (('error',), ('mae',))
    """
    known = {*totals}
    readable = ("mae", "mase") if decides in HARD_TO_READ else tuple(ERRORS)
    return tuple(one for one in readable if one in known and one != decides)


def told(found: Analysis) -> tuple[str, ...]:
    """The measures that a table of the arms has: one that people read, and the one that decides."""
    known = {name: 0 for arm in found.arms for name in arm.totals}
    return (*beside(known, found.decides)[:1], *([found.decides] if found.decides in known else []))


def units(found: Analysis) -> str:
    """What the columns of `told` are in, in sentences; a share of errors says it itself."""
    named = [words_of(one) for one in told(found) if one == found.decides or one not in ERRORS]
    return " ".join(f"{capital(one.name)} in {one.unit}." for one in named)


def in_words(value: float, measure: str) -> str:
    """A measure's figure in a list: "3.1% errors", "MAE 12.3"."""
    if measure in ERRORS:
        return f"{percent(value, 1)} {ERRORS[measure]}"
    return f"{words_of(measure).name} {figure(value, measure)}"


def heading(measure: str) -> str:
    """Of a measure's column: "error %"."""
    words = words_of(measure)
    return f"{words.name} %" if words.percent else words.name


def sizes(result: StudyResult) -> str:
    """The first line of all that is shown: the data, its sizes and the model."""
    first = result.arms[0]
    return sizes_of(result.data, first.settings, first.parameters)


def sizes_of(data: DataFacts, settings: Mapping[str, Any], parameters: int) -> str:
    """`sizes` of one model."""
    model = settings.get("model")
    apart = TEST_POINTS.get(data.task)
    parts = [
        printable(data.name),
        f"{data.examples:,} {_examples(data)}",
        f"{len(data.classes)} classes" if data.classes else "",
        counted(len(data.labels), "labels") if data.labels else "",
        f"{data.test:,} {apart or 'tested'}",
        f"{model['name']}, {parameters:,} weights" if model else "",
    ]
    return " · ".join(part for part in parts if part)


def design(result: StudyResult) -> str:
    """The second line: how arms are compared, how often, and how many replicas that took."""
    found = result.analysis
    folds, longest = found.comparing.folds, max(arm.repetitions for arm in found.arms)
    how = f"{folds}-fold cross-fitting" if folds > 1 else "a test set"
    replicas = {key for arm in result.arms for key in arm.keys}
    often = counted(longest, "repetitions" if folds > 1 else "retrainings")
    return (
        f"{counted(len(found.arms), 'arms')} · {how}, up to {often} an arm · "
        f"{len(replicas):,} trainings"
    )


_OF_KIND = {"tables": "rows of {}"}  # kinds that the shape of an example does not tell


def _examples(data: DataFacts) -> str:
    """Images of channels × height × width, series or windows of channels × steps, or texts; rows
    of a table."""
    if data.kind in _OF_KIND:
        return _OF_KIND[data.kind].format(counted(data.shape[0], "columns"))
    if len(data.shape) == 3:
        return "images " + "×".join(map(str, data.shape))
    if len(data.shape) == 1:
        return f"texts of up to {data.shape[0]:,} tokens"
    channels, steps = data.shape
    size = counted(steps, "steps") + (f" × {channels}" if channels > 1 else "")
    if data.horizon:
        return f"windows of {size} to forecast {counted(data.horizon, 'steps')}"
    return f"series of up to {size}"
