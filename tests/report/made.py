"""What studies made by hand are made of."""

import dataclasses

import numpy as np
import torch

from steadfit.analysis.decomposition import Components
from steadfit.analysis.evidence import Sampling
from steadfit.analysis.result import Analysis, ArmAnalysis, Interval, Parts
from steadfit.analysis.terms import Failure, Loss, Scheme, Verdict
from steadfit.data import Dataset, Schema
from steadfit.kinds import kind_of
from steadfit.recipe import Recipe
from steadfit.study.folder import About, ArmReplicas, Run
from steadfit.study.result import (
    SCHEMA,
    DataFacts,
    ModelFacts,
    RemedyFacts,
    StudyResult,
    TrainedArm,
)
from steadfit.study.store import Finished
from steadfit.tasks import Classes

HOSTILE = (
    "<script>window.hurt=1</script>",
    "\"><img src=x onerror='window.hurt=1'>",
    "[red]{{ 7 * 7 }}[/red] %{x} ${y}",
    '" onload="window.hurt=1',
    "<a href='javascript:window.hurt=1'>javascript:window.hurt=1</a>",
    "שלום עולם",
    "🦆🦆 日本",
    "a\x1b[31mb\u202ec",
    "n" * 120,
    "</script><script>window.hurt=1</script>",
)
DIGITS = tuple("0123456789")


def arm(
    name: str,
    variance: float,
    bias_noise: float = 0.061,
    verdict: Verdict = Verdict.BETTER,
    loss: Loss = Loss.CROSS_ENTROPY,
) -> ArmAnalysis:
    """An arm whose figures hang together: the parts add up, the change is against 0.148."""
    total = bias_noise + variance
    change = total - 0.148
    parts: dict[Loss, Parts] = {loss: Parts(total, bias_noise, variance)}
    if loss is not Loss.SQUARED:
        parts[Loss.BRIER] = Parts(total / 3, bias_noise / 3, variance / 3)
        error = total / 4.77
        parts[Loss.ZERO_ONE] = Parts(error, bias_noise / 4, error - bias_noise / 4)
    changes: dict[Loss, Interval] = {
        each: Interval(
            change * parts[each].total / total, *_ends(change * parts[each].total / total)
        )
        for each in parts
    }
    first = verdict is Verdict.BASELINE
    return ArmAnalysis(
        name=name,
        verdict=verdict,
        losses=parts,
        changes={} if first else changes,
        variance_changes={} if first else changes,
        components=Components(variance * 0.5, variance * 0.3, variance * 0.2),
        facts={
            "epochs": 30.0,
            "steps": 1350.0,
            "clipped": 0.12,
            "gradient_norm": 0.0473,
            "zero_weights": 0.0,
            "images_per_second": 5400.0,
        },
    )


def failed(name: str) -> ArmAnalysis:
    """An arm of which no replica is left."""
    return ArmAnalysis(name, Verdict.FAILED, {}, {}, {}, failed={Failure.DIVERGED: 10})


def trained(name: str, recipe: Recipe | None = None) -> TrainedArm:
    """What was trained of an arm of this name."""
    parts = [part.partition("=") for part in name.split("+")] if name != "baseline" else []
    remedies = tuple(RemedyFacts(word, _strength(value)) for word, _, value in parts)
    settings = (recipe or Recipe()).model_dump(mode="json")
    return TrainedArm(name, remedies, settings, 113_000, (), ())


def _strength(value: str) -> float | str | None:
    try:
        return float(value)
    except ValueError:
        return value or None


def study(
    arms: tuple[ArmAnalysis, ...],
    loss: Loss = Loss.CROSS_ENTROPY,
    classes: tuple[str, ...] = DIGITS,
    name: str = "digits",
    best: str = "dropout=0.5",
    recipes: dict[str, Recipe] | None = None,
) -> StudyResult:
    """A study of these arms on 360 test images of 8 by 8."""
    return StudyResult(
        schema=SCHEMA,
        seed=0,
        data=DataFacts(
            name,
            (1, 8, 8),
            1437,
            360,
            "classes" if classes else "numbers",
            classes,
            "ab" * 32,
            "cd" * 32,
            "ef" * 32,
        ),
        arms=tuple(trained(one.name, (recipes or {}).get(one.name)) for one in arms),
        analysis=Analysis(
            loss, 0.95, Sampling(5, 2, scheme=Scheme.BOOTSTRAP, crossed=True), 360, arms, best
        ),
        model=ModelFacts(best, ("key",)),
    )


def _ends(change: float) -> tuple[float, float]:
    return change - 0.0137, change + 0.0137


def scaled(one: ArmAnalysis) -> ArmAnalysis:
    def times(number: float) -> float:
        return number * 1e6

    def intervals(of: dict[Loss, Interval]) -> dict[Loss, Interval]:
        return {key: Interval(*map(times, (c.value, c.low, c.high))) for key, c in of.items()}

    losses = {
        key: Parts(*map(times, (p.total, p.bias_noise, p.variance)))
        for key, p in one.losses.items()
    }
    return dataclasses.replace(
        one,
        losses=losses,
        changes=intervals(one.changes),
        variance_changes=intervals(one.variance_changes),
        components=None,
    )


Case = Run
RUN = {"PyTorch": "2.13.0", "<b>": "</script><script>window.hurt=1</script>"}
NOTES = (
    "2 images were read as grey.",
    "1 exact duplicate was taken out of the training side.",
)
ABOUT = About(NOTES, RUN)


def judged(result: StudyResult, **changes) -> StudyResult:
    """The result with a changed analysis, whose arms were all trained."""
    analysis = dataclasses.replace(result.analysis, **changes)
    known = {one.name: one for one in result.arms}
    arms = tuple(known.get(one.name) or trained(one.name) for one in analysis.arms)
    return dataclasses.replace(result, analysis=analysis, arms=arms)


def replica(logits: np.ndarray, rng: np.random.Generator, validated: bool) -> Finished:
    """A replica with these logits and a training that went down, not smoothly."""
    epochs = np.arange(1, 16)
    loss = 2.3 * np.exp(-epochs / 4) + 0.02 + rng.uniform(0, 0.02, len(epochs))
    curves = {"train_loss": loss.tolist()}
    if validated:
        curves["validation_loss"] = (loss + 0.1).tolist()
    return Finished(logits.astype(np.float32), curves, {}, 1.5)


def replicas_of(result: StudyResult, logits: np.ndarray, noise: float) -> dict[str, ArmReplicas]:
    """Four replicas an arm, whose logits scatter about these; none for an arm that failed."""
    rng = np.random.default_rng(0)
    return {
        one.name: ArmReplicas(
            tuple(
                replica(logits + rng.normal(0, noise, logits.shape), rng, validated=place == 1)
                for _ in range(4)
            )
        )
        for place, one in enumerate(result.analysis.arms)
        if not one.failed
    }


def class_case(result: StudyResult, channels: int = 1, ids: tuple[str, ...] = ()) -> Case:
    """The study with 60 test images, some of them hard."""
    rng = np.random.default_rng(1)
    count = len(result.data.classes)
    y = rng.integers(0, count, 60)
    logits = 4.0 * np.eye(count)[y] * rng.uniform(0.2, 1.5, (60, 1))
    x = torch.from_numpy(rng.integers(0, 256, (60, channels, 8, 8), dtype=np.uint8))
    test = Dataset(
        result.data.name,
        x,
        torch.from_numpy(y),
        Schema(kind_of(x), Classes(result.data.classes)),
        ids=ids,
    )
    return Run(result, test, replicas_of(result, logits, 0.9), about=ABOUT)
