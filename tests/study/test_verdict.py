"""The verdict's words say no more than the figures, also where an estimate is below zero."""

from typing import get_args

import pytest

from steadfit.analysis.decomposition import Components
from steadfit.data.samples import Scheme
from steadfit.recipe import Recipe
from steadfit.report.sections import SCHEMES
from steadfit.study.design import Design
from steadfit.study.result import ArmResult, Interval, Parts, Verdict
from steadfit.study.verdict import best_arm, joined_remedy, sentences


def said(
    variance: float,
    error_variance: float,
    components: Components,
    scheme: str = "bootstrap",
    seeds: int = 1,
    crossed: bool = False,
) -> str:
    baseline = ArmResult(
        name="baseline",
        recipe=Recipe(),
        parameters=1,
        verdict="baseline",
        losses={
            "cross_entropy": Parts(0.5, 0.5 - variance, variance),
            "zero_one": Parts(0.2, 0.2 - error_variance, error_variance),
        },
        changes={},
        variance_changes={},
        components=components,
        facts={},
    )
    design = Design(7, seeds, scheme, crossed=crossed)
    return " ".join(sentences([baseline], design, "cross_entropy", "baseline"))


def test_shares_of_the_variance_are_those_of_its_components():
    text = said(0.3, 0.05, Components(0.15, 0.09, 0.06))
    assert "Variance-limited: 60% of" in text
    assert "5.0 points are disagreement" in text
    assert "50% comes with the training sample, 30% with the seed, and 20% with" in text


def test_estimates_below_zero_are_not_told_as_shares():
    text = said(-0.001, -0.014, Components(0.03, -0.005, 0.01))
    assert "Not variance-limited: 0% of" in text
    assert "1.4 points more would be made if" in text
    assert "75% comes with the training sample, 0% with the seed, and 25% with" in text


def test_without_any_variance_no_source_is_named():
    assert "no source to be named" in said(0.0, 0.0, Components(-0.1, 0.0, 0.0))


@pytest.mark.parametrize("scheme", ["both", *get_args(Scheme)])
def test_what_the_figures_stand_for_is_said_of_every_scheme(scheme: str):
    text = said(0.3, 0.05, Components(0.15, 0.09, 0.06), scheme)
    assert "Variance is over 7 " in text
    assert scheme in SCHEMES
    assert ("stand for training on these data" in text) == (scheme == "whole")


def test_where_the_variance_comes_from_is_said_as_far_as_the_design_tells():
    text = said(0.3, 0.05, Components(0.15, 0.09, 0.06), "both", 3)
    assert "50% comes with the training sample, 30% with the seed, and 20% with the two" in text
    text = said(0.3, 0.05, Components(0.15, 0.15, None), "both", 2)
    assert "50% comes with the training sample and 50% with the seed." in text
    assert "2 seeds for each." in text
    text = said(0.3, 0.05, Components(0.15, 0.09, 0.06), "both", 3, crossed=True)
    assert "the same 3 seeds on each." in text


def test_what_only_these_data_show_is_said_with_both_intervals():
    losses = {"cross_entropy": Parts(0.5, 0.3, 0.2)}
    better, unsure = Interval(-0.1, -0.15, -0.05), Interval(-0.1, -0.3, 0.1)

    def arm(name: str, verdict: Verdict, change: Interval) -> ArmResult:
        own = {"cross_entropy": change}
        here = {"cross_entropy": better}
        known = losses, own, {}, None, {}
        return ArmResult(name, Recipe(), 1, verdict, *known, changes_here=here)

    arms = [
        arm("baseline", "baseline", unsure),
        arm("l2", "better here", unsure),
        arm("clip", "better", better),
    ]
    text = sentences(arms, Design(), "cross_entropy", "l2")
    assert (
        "l2 lowers the cross-entropy by 0.1 nats when trained on these data (95% interval of the "
        "change −0.15 to −0.05); over training sets of this size, all arms considered, that is not "
        "shown (95% interval of the change −0.3 to +0.1)."
    ) in text
    assert "clip lowers the cross-entropy by 0.1 nats (95% interval 0.05 to 0.15)." in text
    assert best_arm(arms, "cross_entropy") == "l2"
    assert joined_remedy(arms, "cross_entropy") == "l2+clip"
    assert any("--seeds 2" in one and "shortens most intervals" in one for one in text)
    text = sentences(arms, Design(seeds=2), "cross_entropy", "l2")
    assert not any("--seeds 2" in one for one in text), "it has two"
