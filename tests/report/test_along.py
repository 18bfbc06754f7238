"""Curves along a remedy's strengths: the right arms, in order, with their own intervals."""

import dataclasses

import pytest

from report.made import judged
from steadfit.analysis.result import Interval, Parts, VarianceAnalysis
from steadfit.analysis.terms import Loss
from steadfit.errors import SteadfitError
from steadfit.report.along import SOURCES, along
from steadfit.study.result import StudyResult


@pytest.fixture
def widths(digits: StudyResult) -> StudyResult:
    """A baseline, twice as wide and half as wide, and an arm of something else."""
    names = {"baseline": 3.0, "width=2": 2.0, "width=0.5": 4.0, "dropout=0.5": 1.0}
    arms = [
        dataclasses.replace(
            digits.analysis.baseline,
            name=name,
            variance=VarianceAnalysis(
                {Loss.BRIER: Parts(2 * value, value, value)},
                {Loss.BRIER: {"variance": Interval(value, value - 1, value + 2)}},
            ),
        )
        for name, value in names.items()
    ]
    return judged(digits, arms=tuple(arms))


def test_the_arms_of_one_remedy_in_order_of_strength(widths: StudyResult):
    figure = along(widths, "width", quantities=["variance"], loss="brier", unit=64)
    (curve,) = figure.data
    assert curve.x == (32, 64, 128)
    assert curve.y == (4, 3, 2)
    assert curve.error_y.array == (2, 2, 2)
    assert curve.error_y.arrayminus == (1, 1, 1)
    assert figure.layout.yaxis.title.text == "Brier score, squared probabilities"


def test_what_there_is_not_is_a_sentence(widths: StudyResult):
    with pytest.raises(SteadfitError, match=r"got depth\. Run the study with"):
        along(widths, "depth")
    for name in ("cell=lstm", "residual"):
        other = dataclasses.replace(widths.analysis.baseline, name=name)
        named = judged(widths, arms=(*widths.analysis.arms, other))
        with pytest.raises(SteadfitError, match="must be that of an arm with a strength"):
            along(named, name.partition("=")[0])
    with pytest.raises(SteadfitError, match=r'no arm "baselin". Did you mean "baseline"'):
        widths.arm("baselin")
    with pytest.raises(SteadfitError, match="no interval of the Brier score's sample"):
        along(widths, "width", quantities=SOURCES, loss="brier")
