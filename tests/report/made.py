"""What studies made by hand are made of."""

import dataclasses

import numpy as np
import torch

from steadfit.analysis.comparison import Change
from steadfit.analysis.decomposition import Components
from steadfit.analysis.evidence import Comparing, Sampling
from steadfit.analysis.result import (
    Analysis,
    ArmAnalysis,
    Interval,
    Parts,
    ReferenceAnalysis,
    VarianceAnalysis,
)
from steadfit.analysis.terms import Failure, Limit, Loss, Route, Scheme, Verdict
from steadfit.data import Dataset, Schema
from steadfit.kinds import kind_of
from steadfit.recipe import Recipe
from steadfit.study.folder import About, Run
from steadfit.study.result import (
    SCHEMA,
    DataFacts,
    ModelFacts,
    RemedyFacts,
    StudyResult,
    TrainedArm,
)
from steadfit.study.store import Finished
from steadfit.study.tested import ArmReplicas, Tested
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


BASE = 0.05  # the baseline's cross-entropy
FOLDS, REPETITIONS, POINTS = 5, 2, 200
CHANCES = {
    Verdict.BETTER: 0.9996,
    Verdict.PROBABLY_BETTER: 0.961,
    Verdict.CANNOT_TELL: 0.44,
    Verdict.WORSE: 0.0004,
}
FACTS = {
    "epochs": 30.0,
    "steps": 1350.0,
    "clipped": 0.12,
    "gradient_norm": 0.0473,
    "zero_weights": 0.0,
    "images_per_second": 5400.0,
}


def change(value: float, half: float, chance: float = 0.5, limited_by: str = "points") -> Change:
    """A change with an interval of this half length, most of whose variance is of one kind."""
    error = half / 2
    parts = (0.9, 0.1) if limited_by == "points" else (0.1, 0.9)
    points, retrainings = (share * error**2 for share in parts)
    ends = value - half, value + half
    return Change(value, *ends, error, 9.0, chance, points, retrainings, 0.07)


def totals(loss: float, error: float, measure: str = "cross_entropy") -> dict[str, float]:
    """Every measure of an arm with this deciding one."""
    if measure == "squared":
        return {"squared": loss, "rmse": loss**0.5, "mae": loss**0.5 / 1.25}
    return {
        "cross_entropy": loss,
        "brier": loss / 3,
        "error": error,
        "balanced_error": 1.1 * error,
        "f1": 1.05 * error,
        "auc": error / 10,
    }


def arm(
    name: str,
    loss: float,
    verdict: Verdict = Verdict.BETTER,
    *,
    error: float = 0.0117,
    parts: tuple[float, float] | None = None,
    measure: str = "cross_entropy",
) -> ArmAnalysis:
    """An arm whose figures hang together: the change is against `BASE` and an error of 1.17%.

    parts: bias+noise and variance of its replicas on drawn samples, where there are some.
    """
    first = verdict is Verdict.BASELINE
    own, base = totals(loss, error, measure), totals(BASE, 0.0117, measure)
    changes = {
        one: change(own[one] - base[one], 0.17 * base[one], CHANCES.get(verdict, 0.5))
        for one in own
    }
    return ArmAnalysis(
        name=name,
        verdict=verdict,
        repetitions=REPETITIONS,
        totals=own,
        changes={} if first else changes,
        judged_by=measure if verdict in CHANCES else "",
        limit=None if first else Limit.POINTS,
        variance=varied(*parts, measure, first) if parts else None,
        facts=FACTS,
    )


def varied(
    bias_noise: float, variance: float, measure: str = "cross_entropy", first: bool = True
) -> VarianceAnalysis:
    """What replicas on drawn samples showed: parts that add up, and a change against 0.087."""
    loss, total = Loss(measure), bias_noise + variance
    losses = {loss: Parts(total, bias_noise, variance)}
    if loss is not Loss.SQUARED:
        losses[Loss.BRIER] = Parts(total / 3, bias_noise / 3, variance / 3)
        wrong = total / 4.77
        losses[Loss.ZERO_ONE] = Parts(wrong, bias_noise / 4, wrong - bias_noise / 4)
    found = variance - 0.087
    changes = {loss: Interval(found, found - 0.0137, found + 0.0137)}
    return VarianceAnalysis(
        losses=losses,
        changes={} if first else changes,
        components=Components(variance * 0.5, variance * 0.3, variance * 0.2),
        ensemble={measure: change(-0.8 * variance, 0.01)},
    )


def reference(name: str, loss: float, error: float, against: Change) -> ReferenceAnalysis:
    """A rival; against: what the best arm changes of the deciding measure."""
    return ReferenceAnalysis(name, totals(loss, error), {"cross_entropy": against})


REFERENCES = (
    reference("class frequencies", 2.302, 0.899, change(-2.26, 0.01, 1.0)),
    reference("logistic regression", 0.121, 0.032, change(-0.08, 0.02, 1.0)),
)


def failed(name: str) -> ArmAnalysis:
    """An arm of which no replica is left."""
    return ArmAnalysis(name, Verdict.FAILED, failed={Failure.DIVERGED: 10})


def trained(name: str, recipe: Recipe | None = None) -> TrainedArm:
    """What was trained of an arm of this name."""
    parts = [part.partition("=") for part in name.split("+")] if name != "baseline" else []
    remedies = tuple(RemedyFacts(word, _strength(value)) for word, _, value in parts)
    settings = (recipe or Recipe()).model_dump(mode="json")
    keys = tuple(
        tuple(f"{name}-{repetition}-{fold}" for fold in range(FOLDS))
        for repetition in range(REPETITIONS)
    )
    return TrainedArm(name, remedies, settings, 113_000, keys)


def _strength(value: str) -> float | str | None:
    try:
        return float(value)
    except ValueError:
        return value or None


def study(
    arms: tuple[ArmAnalysis, ...],
    measure: str = "cross_entropy",
    classes: tuple[str, ...] = DIGITS,
    name: str = "digits",
    best: str = "dropout=0.5",
    recipes: dict[str, Recipe] | None = None,
    references: tuple[ReferenceAnalysis, ...] = (),
) -> StudyResult:
    """A study of these arms on 1,797 images of 8 by 8, compared on folds."""
    varied = any(one.variance for one in arms)
    return StudyResult(
        schema=SCHEMA,
        seed=0,
        data=DataFacts(
            name,
            (1, 8, 8),
            1797,
            1797,
            "classes" if classes else "numbers",
            classes,
            "cd" * 32,
            "ab" * 32,
        ),
        arms=tuple(trained(one.name, (recipes or {}).get(one.name)) for one in arms),
        analysis=Analysis(
            decides=measure,
            level=0.95,
            comparing=Comparing(FOLDS, (1, 2, 3), Route.NO_TEST_SET),
            points=1797,
            arms=arms,
            best=best,
            references=references,
            sampling=Sampling(5, 2, Scheme.BOOTSTRAP, False, 360, 1437) if varied else None,
        ),
        model=ModelFacts(best, ("key",)),
    )


def scaled(one: ArmAnalysis) -> ArmAnalysis:
    """The same in units a million times as large."""

    def times(found: Interval | Change) -> dict[str, float]:
        return {name: 1e6 * getattr(found, name) for name in ("value", "low", "high")}

    variance = one.variance
    if variance is not None:
        variance = dataclasses.replace(
            variance,
            losses={
                loss: Parts(*(1e6 * part for part in dataclasses.astuple(parts)))
                for loss, parts in variance.losses.items()
            },
            changes={
                loss: dataclasses.replace(found, **times(found))
                for loss, found in variance.changes.items()
            },
            components=None,
        )
    return dataclasses.replace(
        one,
        totals={name: 1e6 * value for name, value in one.totals.items()},
        changes={
            name: dataclasses.replace(found, error=1e6 * found.error, **times(found))
            for name, found in one.changes.items()
        },
        variance=variance,
    )


Case = Run
RUN = {"PyTorch": "2.13.0", "<b>": "</script><script>window.hurt=1</script>"}
NOTES = (
    "2 images were read as grey.",
    "1 exact duplicate; all copies are in the same fold.",
)
ABOUT = About(NOTES, RUN)


def judged(result: StudyResult, **changes) -> StudyResult:
    """The result with a changed analysis, whose arms were all trained."""
    analysis = dataclasses.replace(result.analysis, **changes)
    known = {one.name: one for one in result.arms}
    arms = tuple(known.get(one.name) or trained(one.name) for one in analysis.arms)
    return dataclasses.replace(result, analysis=analysis, arms=arms)


def folds_of(points: int) -> np.ndarray:
    """Which replica of each repetition predicts a point, at random."""
    rng = np.random.default_rng(3)
    return np.stack([rng.permutation(np.arange(points) % FOLDS) for _ in range(REPETITIONS)])


def replica(logits: np.ndarray, rng: np.random.Generator, validated: bool) -> Finished:
    """A replica with these logits and a training that went down, not smoothly."""
    epochs = np.arange(1, 16)
    loss = 2.3 * np.exp(-epochs / 4) + 0.02 + rng.uniform(0, 0.02, len(epochs))
    curves = {"train_loss": loss.tolist()}
    if validated:
        curves["validation_loss"] = (loss + 0.1).tolist()
    return Finished(logits.astype(np.float32), curves, {}, 1.5)


def replicas_of(
    result: StudyResult, tested: Tested, logits: np.ndarray, noise: float
) -> dict[str, ArmReplicas]:
    """An arm's replicas, whose logits scatter about these: of each repetition one a fold, and four
    on drawn samples where its variance was measured; none for an arm that failed."""
    rng = np.random.default_rng(0)

    def made(rows: np.ndarray, place: int) -> Finished:
        own = logits[rows] + rng.normal(0, noise, logits[rows].shape)
        return replica(own, rng, validated=place == 1)

    return {
        one.name: ArmReplicas(())
        if one.failed
        else ArmReplicas(
            tuple(tuple(made(row == fold, place) for fold in range(FOLDS)) for row in tested.folds),
            tuple((made(tested.sampled, place),) for _ in range(4)) if one.variance else (),
        )
        for place, one in enumerate(result.analysis.arms)
    }


def no_replicas(result: StudyResult) -> dict[str, ArmReplicas]:
    """Of arms whose replicas all failed."""
    return {one.name: ArmReplicas(()) for one in result.analysis.arms}


def class_case(result: StudyResult, channels: int = 1, ids: tuple[str, ...] = ()) -> Case:
    """The study with `POINTS` test images, some of them hard."""
    rng = np.random.default_rng(1)
    count = len(result.data.classes)
    y = rng.integers(0, count, POINTS)
    logits = 4.0 * np.eye(count)[y] * rng.uniform(0.2, 1.5, (POINTS, 1))
    x = torch.from_numpy(rng.integers(0, 256, (POINTS, channels, 8, 8), dtype=np.uint8))
    data = Dataset(
        result.data.name,
        x,
        torch.from_numpy(y),
        Schema(kind_of(x), Classes(result.data.classes)),
        ids=ids,
    )
    tested = Tested(data, folds_of(POINTS))
    return Run(result, tested, replicas_of(result, tested, logits, 0.9), about=ABOUT)
