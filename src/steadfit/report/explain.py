"""What an analysis says in sentences: the only prose on a study's figures.

Each sentence is true by itself. Nothing here computes: the figures come from the analysis.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from steadfit.analysis.per_token import bits_each, per_token
from steadfit.analysis.terms import Failure, Verdict
from steadfit.errors import counted
from steadfit.report import explain_arms, explain_design, explain_variance, numbers
from steadfit.report.explain_references import about_references, better_reference
from steadfit.report.learning_curve import about_more_data
from steadfit.report.voice import Voice
from steadfit.report.wording import listed

if TYPE_CHECKING:
    from steadfit.analysis.result import Analysis, ArmAnalysis, ScaledErrors, TokenLosses
    from steadfit.study.result import StudyResult

FAILURES = {
    Failure.DIVERGED: "the loss, a gradient or a prediction was not finite. Use a lower learning "
    "rate, or clip the gradient",
    Failure.MEMORY: "there was too little memory. Use fewer processes, a smaller batch or a "
    "smaller model",
    Failure.SAMPLE: "the training sample could not be used, most often because it has too few "
    "groups to hold some out. Use data of more groups, or leave this arm out",
    Failure.CODE: "its own code raised an error, or gave what are no predictions. Fix it: its "
    "first training went well, so look for what other samples have",
}
HALVED = (
    "and the gradients of the parts added up: each step is still that of a whole batch. Only batch "
    "normalisation saw the parts"
)


def explain(analysis: Analysis, voice: Voice) -> tuple[str, ...]:
    """The verdict in sentences, for a reader at the command line or in Python.

    Example: `print(*explain(study.result.analysis, PYTHON), sep="\\n")`.
    """
    return tuple(_sentences(analysis, voice, explain_arms.handed_over))


def explain_study(result: StudyResult, voice: Voice) -> tuple[str, ...]:
    """What `explain` says, and what a study did beside its analysis."""
    about_best = explain_arms.handed_over if result.model else explain_arms.best
    said = _sentences(result.analysis, voice, about_best)
    return (*_about_race(result), *said, *_about_the_run(result), *_about_model(result, voice))


def _about_race(result: StudyResult) -> Iterator[str]:
    if result.race:
        count = len(result.race.racers) - 1
        yield (
            f"{result.race.winner} won a race of {counted(count, 'candidates')} in "
            f"{result.race.trainings} trainings. The figures are from other folds and seeds, which "
            "chose nothing."
        )


def _about_the_run(result: StudyResult) -> Iterator[str]:
    """What could not be done as it was meant."""
    fitted = {reference.name for reference in result.analysis.references}
    for one in result.references:
        if one.name not in fitted:
            yield (
                f"The reference {one.name} is left out, because it could not be fitted; a fit on "
                "the same data says why."
            )
    if result.repeats is False:
        arms = result.not_repeated or (result.arms[0].name,)
        yield (
            f"The seed does not decide all: the first training of {listed(arms)}, "
            "done twice, gave other predictions. The intervals stand, but this study cannot be "
            "repeated bit for bit."
        )
    if result.not_joined:
        yield (
            f"Left out of the joined arm: {listed(result.not_joined)}, which set what another "
            "remedy in it sets."
        )


def _about_model(result: StudyResult, voice: Voice) -> Iterator[str]:
    if result.model is None:
        return
    rival = better_reference(result.analysis)
    if rival is not None and not result.model.reference:
        asked = voice.setting("hand_over", "reference")
        yield f"To have {rival.name} handed over instead, give {asked}."
    if result.model.reference:
        yield f"The model handed over is the reference {result.model.reference}, as asked for."
    elif not result.model.members:
        yield (
            f"There is no model, because training {result.model.arm} on all the training data "
            "failed."
        )


def _sentences(
    found: Analysis, voice: Voice, about_best: Callable[[Analysis], str]
) -> Iterator[str]:
    baseline, others = found.baseline, found.arms[1:]
    yield from about_references(found)
    if not baseline.totals:
        yield f"Nothing can be compared, because {_failed(baseline)}."
    elif baseline.verdict is Verdict.NOT_TRAINED:
        yield explain_arms.not_trained([baseline.name], voice)
    yield from explain_arms.about_arms(found, voice)
    for arm in others:
        if arm.verdict is Verdict.FAILED:
            yield f"{_failed(arm)}."
    yield from _about_labels(found.arms)
    yield from _about_memory(found.arms)
    yield about_best(found)
    yield from explain_variance.about_variance(found, voice)
    yield from about_more_data(found)
    yield explain_design.how_compared(found, voice)
    if found.scaled_errors is not None:
        yield against_naive(found.scaled_errors, found.best)
    if found.token_losses is not None:
        yield of_tokens(found.token_losses)


def _failed(arm: ArmAnalysis) -> str:
    """Why an arm has no figures, without the sentence's end."""
    why = "; ".join(
        f"in {counted(count, 'retrainings')} {FAILURES[failure]}"
        for failure, count in arm.failed.items()
    )
    return f"{arm.name} failed: {why}" if why else f"{arm.name} failed"


def _about_labels(arms: Sequence[ArmAnalysis]) -> Iterator[str]:
    named = [arm.name for arm in arms if arm.facts.get("labels")]
    if named:
        one = len(named) == 1
        yield (
            f"{listed(named)} {'names' if one else 'name'} classes without probabilities, so all "
            "arms are compared by their errors alone."
        )


def _about_memory(arms: Sequence[ArmAnalysis]) -> Iterator[str]:
    halved = {arm.name: arm.facts["halvings"] for arm in arms if "halvings" in arm.facts}
    if halved:
        yield (
            f"Memory was too small for the batches of {listed(list(halved))}: they were halved, "
            f"{max(halved.values()):.2g} times in an arm's mean at most, {HALVED}."
        )


_FEW_WINDOWS = 5


def against_naive(found: ScaledErrors, arm: str) -> str:
    if found.arm is None or found.naive is None:
        return "No series changes on the training side, so forecasts have no scaled error."
    values = {arm: found.arm, "the naive forecast": found.naive}
    if found.seasonal is not None:
        values[f"the seasonal naive forecast ({found.season} steps)"] = found.seasonal
    each = ", ".join(f"{value:.3f} of {who}" for who, value in values.items())
    sentence = (
        f"Mean absolute scaled error (MASE) over {found.horizon} steps: {each}. One unit is the "
        f"error of the {'seasonal ' if found.season > 1 else ''}naive forecast of one step on the "
        "training side."
    )
    if found.absolute is not None:
        tested = f" in the {counted(found.windows, 'forecasts')} tested" if found.windows else ""
        off = numbers.quantity(found.absolute)
        sentence = f"On average a step forecast by {arm} is off by {off}{tested}. {sentence}"
    if found.windows is not None and found.windows < _FEW_WINDOWS:
        sentence += " So few forecasts say little; a shorter horizon tests more."
    if found.constant:
        sentence += f" Left out, as nothing changes there: {counted(found.constant, 'series')}."
    return sentence


def of_tokens(found: TokenLosses) -> str:
    one = found.unit.removesuffix("s")
    values = "; ".join(
        f"{arm} {loss:.4f} nats a {one}, {as_compared(found, loss)}"
        for arm, loss in found.losses.items()
    )
    return f"Over all {found.tokens:,} {found.unit} held out: {values}."


def as_compared(found: TokenLosses, loss: float) -> str:
    """A loss in nats a token as people compare it: by characters and bytes where these are known,
    whatever a token is."""
    if not found.characters or not found.utf8_bytes:
        return per_token(loss, found.unit)
    character, byte = (
        bits_each(loss, found.tokens, things) for things in (found.characters, found.utf8_bytes)
    )
    return f"{character:.3f} bits a character, {byte:.3f} a byte"
