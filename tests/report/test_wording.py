"""Digits: the same down a column, enough for the intervals, no more than was measured."""

import dataclasses

import pytest

from report.made import change
from steadfit.report import numbers, wording
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
    first = dataclasses.replace(first, totals={"cross_entropy": total})
    second = dataclasses.replace(second, changes={"cross_entropy": change(0.0, half)})
    result = dataclasses.replace(digits.analysis, arms=(first, second))
    assert wording.measure_decimals(result, "cross_entropy") == decimals


def test_an_arm_far_off_takes_no_digits_from_the_others(digits: StudyResult):
    far = dataclasses.replace(digits.analysis.arms[1], totals={"cross_entropy": 2500.0})
    result = dataclasses.replace(digits.analysis, arms=(*digits.analysis.arms, far))
    usual = wording.measure_decimals(digits.analysis, "cross_entropy")
    assert wording.measure_decimals(result, "cross_entropy") == usual


@pytest.mark.parametrize(("error", "decimals"), [(0.0499, 2), (0.0501, 1)])
def test_small_errors_have_two_decimals(digits: StudyResult, error: float, decimals: int):
    first = dataclasses.replace(digits.analysis.arms[0], totals={"error": error})
    assert wording.error_decimals(dataclasses.replace(digits.analysis, arms=(first,))) == decimals


@pytest.mark.parametrize(
    ("value", "half", "base", "shown"),
    [
        (-0.014, 0.016, 0.05, "−28% [−60, +4]"),
        (-0.0001, 0.0004, 0.05, "−0.2% [−1.0, +0.6]"),  # one more digit where all is small
        (0.01, 0.02, 0.0, "–"),  # in percent of nothing
    ],
)
def test_changes_are_in_percent_of_the_baseline(value: float, half: float, base: float, shown: str):
    assert numbers.relative(change(value, half), base) == shown


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
