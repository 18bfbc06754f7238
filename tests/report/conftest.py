"""Studies made by hand: as a real one looks, and as the worst one could."""

import dataclasses
import math

import numpy as np
import pytest
import torch

from steadfit.data import Dataset, Schema
from steadfit.kinds import Images, kind_of
from steadfit.recipe import Recipe
from steadfit.study.result import (
    ArmResult,
    Components,
    DataFacts,
    DesignFacts,
    Interval,
    Loss,
    Parts,
    StudyResult,
    Verdict,
)
from steadfit.tasks import Classes, Numbers
from steadfit.training.replica import Replica

HOSTILE = (
    "<script>window.hurt=1</script>",
    "\"><img src=x onerror='window.hurt=1'>",
    "[red]{{ 7 * 7 }}[/red] %{x} ${y}",
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
    verdict: Verdict = "better",
    recipe: Recipe | None = None,
    loss: Loss = "cross_entropy",
) -> ArmResult:
    """An arm whose figures hang together: the parts add up, the change is against 0.148."""
    total = bias_noise + variance
    change = total - 0.148
    parts: dict[Loss, Parts] = {loss: Parts(total, bias_noise, variance)}
    if loss != "squared":
        parts["brier"] = Parts(total / 3, bias_noise / 3, variance / 3)
        parts["zero_one"] = Parts(total / 4.77, bias_noise / 4, total / 4.77 - bias_noise / 4)
    changes: dict[Loss, Interval] = {
        each: Interval(
            change * parts[each].total / total, *_ends(change * parts[each].total / total)
        )
        for each in parts
    }
    first = verdict == "baseline"
    return ArmResult(
        name=name,
        recipe=recipe or Recipe(),
        parameters=113_000,
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


def failed(name: str) -> ArmResult:
    """An arm of which no replica is left."""
    return ArmResult(
        name,
        Recipe(),
        113_000,
        "failed",
        {},
        {},
        {},
        None,
        {},
        "the gradient was infinite at step 12 of epoch 1. Lower the learning rate.",
    )


def study(
    arms: tuple[ArmResult, ...],
    loss: Loss = "cross_entropy",
    classes: tuple[str, ...] = DIGITS,
    name: str = "digits",
    best: str = "dropout=0.5",
) -> StudyResult:
    """A study of these arms on 360 test images of 8 by 8."""
    return StudyResult(
        data=DataFacts(
            name,
            (1, 8, 8),
            1437,
            360,
            "classes" if classes else "numbers",
            classes,
            "ab" * 32,
            "cd" * 32,
            (
                "2 images were read as grey.",
                "1 exact duplicate was taken out of the training side.",
            ),
        ),
        design=DesignFacts(5, 2, "bootstrap", 0),
        loss=loss,
        level=0.95,
        arms=arms,
        best=best,
        sentences=(
            "Variance-limited: 59% of the baseline's cross-entropy is variance. Of the 3.1% "
            "errors, 1.9 points are disagreement between retrainings.",
            "Of the variance, 50% comes with the training sample, 30% with the seed, and 20% with "
            "the two together.",
            *(f"{arm.name} failed: {arm.failure}" for arm in arms if arm.failure),
            f"Best: {best}. It was chosen on these test points, which flatters it a little.",
        ),
    )


@pytest.fixture
def digits() -> StudyResult:
    """A usual study: one remedy that helps, one that harms, one that failed, two joined."""
    plain = Recipe()
    dropout = plain.model_with(dropout=0.5)
    return study(
        (
            arm("baseline", 0.087, verdict="baseline"),
            arm("dropout=0.5", 0.038, 0.058, recipe=dropout),
            arm(
                "l2=0.001",
                0.080,
                recipe=plain.training_with(penalties={"l2": 0.001}),
                verdict="no difference shown",
            ),
            arm("smaller", 0.070, 0.109, "worse", plain.model_with(width=16)),
            failed("l1=10.0"),
            arm(
                "dropout=0.5+l2=0.001",
                0.039,
                0.059,
                recipe=dropout.training_with(penalties={"l2": 0.001}),
            ),
        )
    )


@pytest.fixture
def numbers() -> StudyResult:
    """A regression of large units."""
    return study(
        (
            _scaled(arm("baseline", 0.087, verdict="baseline", loss="squared")),
            _scaled(arm("dropout=0.5", 0.038, 0.058, loss="squared")),
        ),
        loss="squared",
        classes=(),
        name="houses.csv",
    )


@pytest.fixture
def hostile() -> StudyResult:
    """Every name that a person could have given to hurt the page or the terminal."""
    arms = tuple(arm(name, 0.06 - 0.005 * i) for i, name in enumerate(HOSTILE[1:]))
    return study(
        (arm(HOSTILE[0], 0.087, verdict="baseline"), *arms),
        classes=HOSTILE[:8],
        name=HOSTILE[0],
        best=HOSTILE[1],
    )


@pytest.fixture
def unknown() -> StudyResult:
    """One replica's worth of knowledge: intervals without an end, nothing known of the parts."""
    nan, inf = math.nan, math.inf
    first = arm("baseline", 0.087, verdict="baseline")
    second = ArmResult(
        "clip",
        Recipe(),
        1,
        "no difference shown",
        {"cross_entropy": Parts(0.2, nan, nan)},
        {"cross_entropy": Interval(0.052, -inf, inf)},
        {},
        None,
        {},
    )
    return study((first, second), best="baseline", classes=("cat", "dog"))


def _ends(change: float) -> tuple[float, float]:
    return change - 0.0137, change + 0.0137


def _scaled(one: ArmResult) -> ArmResult:
    def times(number: float) -> float:
        return number * 1e6

    return ArmResult(
        one.name,
        one.recipe,
        one.parameters,
        one.verdict,
        {
            key: Parts(*map(times, (p.total, p.bias_noise, p.variance)))
            for key, p in one.losses.items()
        },
        {key: Interval(*map(times, (c.value, c.low, c.high))) for key, c in one.changes.items()},
        {
            key: Interval(*map(times, (c.value, c.low, c.high)))
            for key, c in one.variance_changes.items()
        },
        None,
        one.facts,
    )


Case = tuple[StudyResult, dict[str, list[Replica]], Dataset]


def replica(logits: np.ndarray, rng: np.random.Generator, validated: bool) -> Replica:
    """A replica with these logits and a training that went down, not smoothly."""
    epochs = np.arange(1, 16)
    loss = 2.3 * np.exp(-epochs / 4) + 0.02 + rng.uniform(0, 0.02, len(epochs))
    curves = {"train_loss": loss.tolist()}
    if validated:
        curves["validation_loss"] = (loss + 0.1).tolist()
    return Replica(logits.astype(np.float32), {}, {}, curves, {}, 1.5)


def replicas_of(result: StudyResult, logits: np.ndarray, noise: float) -> dict[str, list[Replica]]:
    """Four replicas an arm, whose logits scatter about these; none for an arm that failed."""
    rng = np.random.default_rng(0)
    return {
        one.name: [
            replica(logits + rng.normal(0, noise, logits.shape), rng, validated=place == 1)
            for _ in range(4)
        ]
        for place, one in enumerate(result.arms)
        if not one.failure
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
    return result, replicas_of(result, logits, 0.9), test


@pytest.fixture
def digits_case(digits: StudyResult) -> Case:
    return class_case(digits)


@pytest.fixture
def two_classes_case(unknown: StudyResult) -> Case:
    """Two classes, colour images, intervals without an end."""
    return class_case(unknown, channels=3)


@pytest.fixture
def hundred_classes_case(digits: StudyResult) -> Case:
    classes = tuple(f"kind {i}" for i in range(100))
    data = dataclasses.replace(digits.data, classes=classes)
    return class_case(dataclasses.replace(digits, data=data))


@pytest.fixture
def hostile_case(hostile: StudyResult) -> Case:
    return class_case(hostile, ids=tuple(HOSTILE[i % len(HOSTILE)] for i in range(60)))


@pytest.fixture
def numbers_case(numbers: StudyResult) -> Case:
    rng = np.random.default_rng(2)
    y = rng.normal(200_000, 50_000, (60, 2)).astype(np.float32)
    test = Dataset(
        "houses.csv",
        torch.from_numpy(rng.random((60, 1, 8, 8), dtype=np.float32)),
        torch.from_numpy(y),
        Schema(Images(1, 8, 8), Numbers(2)),
    )
    return numbers, replicas_of(numbers, y, 9_000.0), test
