"""Studies made by hand: as a real one looks, and as the worst one could."""

import dataclasses
import math

import numpy as np
import pytest
import torch

from report.made import (
    ABOUT,
    HOSTILE,
    Case,
    arm,
    class_case,
    failed,
    replicas_of,
    scaled,
    study,
)
from steadfit.analysis.result import ArmAnalysis, Interval, Parts
from steadfit.analysis.terms import Loss, Verdict
from steadfit.data import Dataset, Schema
from steadfit.kinds import Images
from steadfit.recipe import Recipe
from steadfit.study.folder import Run
from steadfit.study.result import StudyResult
from steadfit.tasks import Numbers


@pytest.fixture
def digits() -> StudyResult:
    """A usual study: one remedy that helps, one that harms, one that failed, two joined."""
    plain = Recipe()
    dropout = plain.model_with(dropout=0.5)
    l2 = {"penalties": {"l2": 0.001}}
    return study(
        (
            arm("baseline", 0.087, verdict=Verdict.BASELINE),
            arm("dropout=0.5", 0.038, 0.058),
            arm("l2=0.001", 0.080, verdict=Verdict.CANNOT_TELL),
            arm("smaller", 0.070, 0.109, Verdict.WORSE),
            failed("l1=10.0"),
            arm("dropout=0.5+l2=0.001", 0.039, 0.059),
        ),
        recipes={
            "dropout=0.5": dropout,
            "l2=0.001": plain.training_with(**l2),
            "smaller": plain.model_with(width=16),
            "dropout=0.5+l2=0.001": dropout.training_with(**l2),
        },
    )


@pytest.fixture
def numbers() -> StudyResult:
    """A regression of large units."""
    return study(
        (
            scaled(arm("baseline", 0.087, verdict=Verdict.BASELINE, loss=Loss.SQUARED)),
            scaled(arm("dropout=0.5", 0.038, 0.058, loss=Loss.SQUARED)),
        ),
        loss=Loss.SQUARED,
        classes=(),
        name="houses.csv",
    )


@pytest.fixture
def hostile() -> StudyResult:
    """Every name that a person could have given to hurt the page or the terminal."""
    arms = tuple(arm(name, 0.06 - 0.005 * i) for i, name in enumerate(HOSTILE[1:]))
    return study(
        (arm(HOSTILE[0], 0.087, verdict=Verdict.BASELINE), *arms),
        classes=HOSTILE,
        name=HOSTILE[0],
        best=HOSTILE[1],
    )


@pytest.fixture
def unknown() -> StudyResult:
    """One replica's worth of knowledge: intervals without an end, nothing known of the parts."""
    nan, inf = math.nan, math.inf
    first = arm("baseline", 0.087, verdict=Verdict.BASELINE)
    second = ArmAnalysis(
        "clip",
        Verdict.CANNOT_TELL,
        {Loss.CROSS_ENTROPY: Parts(0.2, nan, nan)},
        {Loss.CROSS_ENTROPY: Interval(0.052, -inf, inf)},
        {},
    )
    return study((first, second), best="baseline", classes=("cat", "dog"))


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
    return Run(numbers, test, replicas_of(numbers, y, 9_000.0), about=ABOUT)
