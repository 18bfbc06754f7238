"""Digits: the same down a column, enough for the intervals, no more than was measured."""

import dataclasses

import pytest

from steadfit.analysis.result import Interval, Parts
from steadfit.report import wording
from steadfit.study.result import StudyResult


@pytest.mark.parametrize(
    ("total", "half", "decimals"),
    [
        (0.148, 0.0137, 3),  # as in the product's own table
        (0.148, 0.0012, 4),  # a narrow interval asks for one more
        (0.148, 0.00000012, 5),  # but never for more than two more
        (0.148, 0.5, 3),
        (148_000.0, 13_700.0, 0),
        (0.00148, 0.0001, 5),
    ],
)
def test_decimals_follow_the_total_and_the_intervals(
    digits: StudyResult, total: float, half: float, decimals: int
):
    first, second, *_ = digits.analysis.arms
    first = dataclasses.replace(first, losses={"cross_entropy": Parts(total, 0.0, total)})
    second = dataclasses.replace(second, changes={"cross_entropy": Interval(0.0, -half, half)})
    result = dataclasses.replace(digits.analysis, arms=(first, second))
    assert wording.loss_decimals(result, "cross_entropy") == decimals


def test_an_arm_far_off_takes_no_digits_from_the_others(digits: StudyResult):
    far = dataclasses.replace(
        digits.analysis.arms[1], losses={"cross_entropy": Parts(2500.0, 0.0, 2500.0)}
    )
    result = dataclasses.replace(digits.analysis, arms=(*digits.analysis.arms, far))
    assert wording.loss_decimals(result, "cross_entropy") == 3


def test_errors_below_one_percent_have_two_decimals(digits: StudyResult):
    first = dataclasses.replace(
        digits.analysis.arms[0], losses={"zero_one": Parts(0.0062, 0.0, 0.0062)}
    )
    assert wording.error_decimals(digits.analysis) == 1
    assert wording.error_decimals(dataclasses.replace(digits.analysis, arms=(first,))) == 2


@pytest.mark.parametrize(
    ("shape", "horizon", "examples"),
    [
        ((1, 8, 8), 0, "1,797 images 1×8×8"),
        ((3, 30), 0, "1,797 series of up to 30 steps × 3"),
        ((1, 30), 0, "1,797 series of up to 30 steps"),
        ((12,), 0, "1,797 texts of up to 12 tokens"),
        ((3, 48), 24, "1,797 windows of 48 steps × 3 to forecast 24 steps"),
        ((1, 48), 1, "1,797 windows of 48 steps to forecast 1 step"),
    ],
)
def test_the_head_says_what_an_example_is(
    digits: StudyResult, shape: tuple[int, ...], horizon: int, examples: str
):
    facts = dataclasses.replace(digits.data, shape=shape, horizon=horizon)
    head = wording.sizes(dataclasses.replace(digits, data=facts))
    assert head.split(" · ")[1] == examples
