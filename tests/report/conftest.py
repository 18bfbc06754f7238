"""Studies made by hand: as a real one looks, and as the worst one could."""

import dataclasses
import math

import numpy as np
import pytest
import torch

from report.made import (
    ABOUT,
    HOSTILE,
    POINTS,
    REFERENCES,
    Case,
    arm,
    change,
    class_case,
    failed,
    folds_of,
    replicas_of,
    scaled,
    study,
)
from steadfit.analysis.result import ArmAnalysis
from steadfit.analysis.terms import Limit, Verdict
from steadfit.data import Dataset, Schema
from steadfit.kinds import Images
from steadfit.recipe import Recipe
from steadfit.study.folder import Run
from steadfit.study.result import StudyResult
from steadfit.study.tested import Tested
from steadfit.tasks import Numbers


@pytest.fixture
def digits() -> StudyResult:
    """A usual study: an arm of every word, one that failed, two joined, two reference models."""
    plain = Recipe()
    dropout = plain.model_with(dropout=0.5)
    l2 = {"penalties": {"l2": 0.001}}
    return study(
        (
            arm("baseline", 0.050, Verdict.BASELINE, parts=(0.061, 0.087)),
            arm("dropout=0.5", 0.040, error=0.0122, parts=(0.058, 0.038)),
            arm("augment=1", 0.043, Verdict.PROBABLY_BETTER, error=0.0114),
            arm("l2=0.001", 0.0505, Verdict.CANNOT_TELL),
            arm("smaller", 0.067, Verdict.WORSE, error=0.0184),
            failed("l1=10.0"),
            arm("dropout=0.5+l2=0.001", 0.0405, error=0.0122),
        ),
        recipes={
            "dropout=0.5": dropout,
            "l2=0.001": plain.training_with(**l2),
            "smaller": plain.model_with(width=16),
            "dropout=0.5+l2=0.001": dropout.training_with(**l2),
        },
        references=REFERENCES,
    )


@pytest.fixture
def numbers() -> StudyResult:
    """A regression of large units."""
    return study(
        (
            scaled(arm("baseline", 0.050, Verdict.BASELINE, parts=(0.06, 0.02), measure="squared")),
            scaled(arm("dropout=0.5", 0.040, parts=(0.05, 0.01), measure="squared")),
        ),
        measure="squared",
        classes=(),
        name="houses.csv",
    )


@pytest.fixture
def hostile() -> StudyResult:
    """Every name that a person could have given to hurt the page or the terminal."""
    arms = tuple(
        arm(name, 0.045 - 0.002 * i, parts=(0.06, 0.05)) for i, name in enumerate(HOSTILE[1:])
    )
    return study(
        (arm(HOSTILE[0], 0.050, Verdict.BASELINE, parts=(0.061, 0.087)), *arms),
        classes=HOSTILE[:8],
        name=HOSTILE[0],
        best=HOSTILE[1],
    )


@pytest.fixture
def unknown() -> StudyResult:
    """As little knowledge as there can be: an interval without an end, no variance, no word."""
    first = arm("baseline", 0.15, Verdict.BASELINE)
    first = dataclasses.replace(first, totals={"cross_entropy": 0.15})
    endless = dataclasses.replace(change(0.05, 1.0), low=-math.inf, high=math.inf)
    second = ArmAnalysis(
        "clip",
        Verdict.CANNOT_TELL,
        1,
        {"cross_entropy": 0.2},
        {"cross_entropy": endless},
        "cross_entropy",
        Limit.RETRAININGS,
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
    return class_case(hostile, ids=tuple(HOSTILE[i % len(HOSTILE)] for i in range(POINTS)))


@pytest.fixture
def numbers_case(numbers: StudyResult) -> Case:
    rng = np.random.default_rng(2)
    y = rng.normal(200_000, 50_000, (60, 2)).astype(np.float32)
    data = Dataset(
        "houses.csv",
        torch.from_numpy(rng.random((60, 1, 8, 8), dtype=np.float32)),
        torch.from_numpy(y),
        Schema(Images(1, 8, 8), Numbers(2)),
    )
    tested = Tested(data, folds_of(60))
    return Run(numbers, tested, replicas_of(numbers, tested, y, 9_000.0), about=ABOUT)
