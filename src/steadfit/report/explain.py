"""What an analysis says in sentences: the only prose on a study's figures.

Each sentence is true by itself. Nothing here computes: the figures come from the analysis.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from steadfit.analysis.per_token import per_token
from steadfit.analysis.terms import Failure, Loss, Verdict
from steadfit.errors import counted
from steadfit.report import wording
from steadfit.report.explain_design import about_precision, what_it_stands_for, what_narrows
from steadfit.report.voice import Voice

if TYPE_CHECKING:
    from steadfit.analysis.result import (
        Analysis,
        ArmAnalysis,
        Interval,
        Parts,
        ScaledErrors,
        TokenLosses,
    )
    from steadfit.study.result import StudyResult

FAILURES = {
    Failure.DIVERGED: "the loss, a gradient or a prediction was not finite. Use a lower learning "
    "rate, or clip the gradient",
    Failure.MEMORY: "there was too little memory. Use fewer processes, a smaller batch or a "
    "smaller model",
    Failure.SAMPLE: "the training sample could not be used, most often because it has too few "
    "groups to hold some out. Use data of more groups, or leave this arm out",
}
HALVED = (
    "and the gradients of the parts added up: each step is still that of a whole batch. Only batch "
    "normalisation saw the parts"
)


def explain(analysis: Analysis, voice: Voice) -> tuple[str, ...]:
    """The verdict in sentences, for a reader at the command line or in Python.

    Example: `print(*explain(study.result.analysis, PYTHON), sep="\\n")`.
    """
    return tuple(_sentences(analysis, voice))


def explain_study(result: StudyResult, voice: Voice) -> tuple[str, ...]:
    """What `explain` says, and what a study did beside its analysis."""
    said = explain(result.analysis, voice)
    if result.not_joined:
        said += (
            f"Left out of the joined arm: {_listed(result.not_joined)}, which set what another "
            "remedy in it sets.",
        )
    if not result.model.members:
        said += (
            f"There is no model, because training {result.model.arm} on all the training data "
            "failed.",
        )
    return said


def _sentences(found: Analysis, voice: Voice) -> Iterator[str]:
    baseline, loss = found.baseline, found.decides
    if not baseline.losses:
        yield f"Nothing can be compared, because {_failed(baseline)}."
    else:
        yield how_much_is_variance(baseline, loss)
        if baseline.components is not None:
            yield _where_it_comes_from(baseline)
    others = found.arms[1:]
    silent = (Verdict.CANNOT_TELL, Verdict.FAILED)
    yield from (_about(arm, loss) for arm in others if arm.verdict not in silent)
    undecided = [arm.name for arm in others if arm.verdict is Verdict.CANNOT_TELL]
    if undecided and baseline.losses:
        yield (
            f"Cannot tell for {_listed(undecided)}: inconclusive after correcting for the number "
            "of remedies tested."
        )
    here = any(arm.verdict in (Verdict.BETTER_HERE, Verdict.WORSE_HERE) for arm in others)
    if baseline.losses and (undecided or here):
        yield what_narrows(found.sampling, voice)
    for arm in others:
        if arm.verdict is Verdict.FAILED:
            text = _failed(arm)
            yield f"{text[0].upper()}{text[1:]}."
    yield from _about_memory(found.arms)
    yield _handed_over(found)
    yield what_it_stands_for(found.sampling, voice)
    if found.precision is not None:
        yield about_precision(found, voice)
    if found.scaled_errors is not None:
        yield against_naive(found.scaled_errors, found.best)
    if found.token_losses is not None:
        yield of_tokens(found.token_losses)


def how_much_is_variance(arm: ArmAnalysis, loss: Loss) -> str:
    parts = arm.losses[loss]
    share = max(parts.variance / parts.total, 0.0) if parts.total > 0 else 0.0
    limit = "Variance-limited" if share >= 0.5 else "Not variance-limited"
    text = f"{limit}: {share:.0%} of the baseline's {wording.LOSSES[loss].name} is variance."
    if Loss.ZERO_ONE in arm.losses:
        text += " " + _errors_from_variance(arm.losses[Loss.ZERO_ONE])
    return text


def _errors_from_variance(error: Parts) -> str:
    points = 100 * error.variance
    if points < 0:  # Domingos's net variance: disagreement where most are wrong helps
        return (
            f"{100 * error.total:.1f}% errors. A majority vote of the retrainings would make "
            f"{-points:.1f} points more."
        )
    return (
        f"Of the {100 * error.total:.1f}% errors, {points:.1f} points are disagreement between "
        "retrainings."
    )


def _where_it_comes_from(arm: ArmAnalysis) -> str:
    found = arm.components
    assert found is not None
    # An unbiased estimate can be below zero; the table shows it as it is, a share in words cannot.
    parts = found.sample, found.seed, found.interaction or 0.0
    sample, seed, both = (max(part, 0.0) for part in parts)
    total = sample + seed + both
    if total <= 0:
        return "The retrainings hardly differ, so the variance has no source to name."
    text = f"Of the variance, {sample / total:.0%} comes with the training sample"
    if found.interaction is None:
        return f"{text} and {seed / total:.0%} with the seed."
    return (
        f"{text}, {seed / total:.0%} with the seed, and {both / total:.0%} with the two together."
    )


def _about(arm: ArmAnalysis, loss: Loss) -> str:
    change, words = arm.changes[loss], wording.LOSSES[loss]
    way = "lowers" if change.value < 0 else "raises"
    unit = " nats" if loss is Loss.CROSS_ENTROPY else ""
    text = f"{arm.name} {way} the {words.name} by {_figure(abs(change.value))}{unit}"
    only_here = arm.verdict in (Verdict.BETTER_HERE, Verdict.WORSE_HERE)
    if only_here and loss in arm.changes_here:
        text += (
            f" when trained on these data ({_signed(arm.changes_here[loss])}); for other training "
            f"sets of this size that is not shown ({_signed(change)})"
        )
    else:
        text += f" ({_amounts(change)})"
    if loss in arm.variance_changes:
        part = arm.variance_changes[loss].value
        rest = change.value - part
        text += f"; {_figure(part, '+')} of the change is variance, {_figure(rest, '+')} bias+noise"
    return text + "."


def _amounts(change: Interval) -> str:
    """The interval of a change whose sign is said in words."""
    low, high = sorted((abs(change.low), abs(change.high)))
    return f"95% interval {_figure(low)} to {_figure(high)}"


def _signed(change: Interval) -> str:
    return f"95% interval of the change {_figure(change.low, '+')} to {_figure(change.high, '+')}"


def _figure(value: float, sign: str = "") -> str:
    return f"{value:{sign}.3g}".replace("-", "−")


def _failed(arm: ArmAnalysis) -> str:
    """Why an arm has no figures, without the sentence's end."""
    why = "; ".join(
        f"in {counted(count, 'retrainings')} {FAILURES[failure]}"
        for failure, count in arm.failed.items()
    )
    return f"{arm.name} failed: {why}" if why else f"{arm.name} failed"


def _about_memory(arms: Sequence[ArmAnalysis]) -> Iterator[str]:
    halved = {arm.name: arm.facts["halvings"] for arm in arms if "halvings" in arm.facts}
    if halved:
        yield (
            f"Memory was too small for the batches of {_listed(list(halved))}: they were halved, "
            f"{max(halved.values()):.2g} times in an arm's mean at most, {HALVED}."
        )


def _handed_over(found: Analysis) -> str:
    if found.best == found.baseline.name:
        return "No remedy was shown to be better, so the model handed over is the baseline."
    return (
        f"Best: {found.best}. It was chosen on these test points, so its figure is slightly "
        "optimistic."
    )


def against_naive(found: ScaledErrors, arm: str) -> str:
    if found.arm is None or found.naive is None:
        return "No series changes on the training side, so forecasts have no scaled error."
    values = {arm: found.arm, "the naive forecast": found.naive}
    if found.seasonal is not None:
        values[f"the seasonal naive forecast ({found.season} steps)"] = found.seasonal
    listed = ", ".join(f"{value:.3f} of {who}" for who, value in values.items())
    sentence = (
        f"Mean absolute scaled error (MASE) over {found.horizon} steps: {listed}. One unit is the "
        f"error of the {'seasonal ' if found.season > 1 else ''}naive forecast of one step on the "
        "training side."
    )
    if found.constant:
        sentence += f" Left out, as nothing changes there: {counted(found.constant, 'series')}."
    return sentence


def of_tokens(found: TokenLosses) -> str:
    values = "; ".join(f"{arm} {per_token(loss, found.unit)}" for arm, loss in found.losses.items())
    return f"Over all {found.tokens:,} {found.unit} held out: {values}."


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else ", ".join(names[:-1]) + " and " + names[-1]
