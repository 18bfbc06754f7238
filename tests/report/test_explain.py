"""The sentences say no more than the figures, each reader is told his own settings."""

import re
from dataclasses import replace

import pytest

from report.made import REFERENCES, arm, change, judged, reference, totals
from steadfit.analysis.decomposition import Components
from steadfit.analysis.evidence import Comparing, Sampling
from steadfit.analysis.result import (
    Analysis,
    ArmAnalysis,
    Parts,
    ScaledErrors,
    TokenLosses,
    VarianceAnalysis,
)
from steadfit.analysis.terms import Failure, Limit, Loss, Route, Scheme, Verdict
from steadfit.report.explain import FAILURES, against_naive, explain, explain_study
from steadfit.report.explain_arms import about_arms, handed_over
from steadfit.report.explain_design import WHY, how_compared, what_it_stands_for
from steadfit.report.explain_references import about_references
from steadfit.report.explain_variance import about_variance
from steadfit.report.voice import COMMAND_LINE, PYTHON
from steadfit.report.wording import VERDICTS, words_of
from steadfit.study.result import StudyResult


def told(found: Analysis) -> str:
    return " ".join(explain(found, COMMAND_LINE))


def with_arms(result: StudyResult, *arms: ArmAnalysis, **also) -> Analysis:
    return judged(result, arms=arms, **also).analysis


class TestArms:
    """`explain_arms`"""

    def test_each_word_is_said_with_its_change_interval_and_chance(self, digits: StudyResult):
        text = list(about_arms(digits.analysis, PYTHON))
        assert text[0] == (
            "dropout=0.5 lowers the cross-entropy by 20% (95% interval 3% to 37%, chance better "
            ">99%)."
        )
        assert text[1].startswith("augment=1 probably lowers the cross-entropy by 14%")
        assert "smaller raises the cross-entropy by 34% (95% interval 17% to 51%" in text[2]

    def test_an_interval_over_zero_keeps_its_signs(self, digits: StudyResult):
        one = digits.analysis.arm("augment=1")
        (text, *_) = about_arms(with_arms(digits, digits.analysis.baseline, one), PYTHON)
        assert "95% interval −3% to 31%" in text

    def test_the_undecided_are_told_what_halves_their_intervals(self, digits: StudyResult):
        baseline, one = digits.analysis.baseline, digits.analysis.arm("l2=0.001")
        (text,) = about_arms(with_arms(digits, baseline, one), COMMAND_LINE)
        assert text == (
            "Cannot tell for l2=0.001. The number of test points (1,797) limits its interval: "
            "more repetitions would help little, four times the data halve it."
        )
        one = replace(one, limit=Limit.RETRAININGS)
        (text,) = about_arms(with_arms(digits, baseline, one), COMMAND_LINE)
        assert text == (
            "Cannot tell for l2=0.001. The number of repetitions limits its interval: 8 "
            "repetitions an arm about halve it (--repetitions 8)."
        )

    def test_arms_with_another_limit_have_a_sentence_of_their_own(self, digits: StudyResult):
        baseline, one = digits.analysis.baseline, digits.analysis.arm("l2=0.001")
        arms = (
            one,
            replace(one, name="clip=1", limit=Limit.RETRAININGS, repetitions=3),
            replace(one, name="smaller=0.5"),
        )
        texts = list(about_arms(with_arms(digits, baseline, *arms), PYTHON))
        assert [text.partition(" limits ")[0] for text in texts] == [
            "Cannot tell for l2=0.001 and smaller=0.5. The number of test points (1,797)",
            "Cannot tell for clip=1. The number of repetitions",
        ]
        assert "four times the data halve them." in texts[0]
        assert "12 repetitions an arm about halve it (repetitions=12)." in texts[1]

    def test_an_arm_that_has_not_learned_gets_no_word(self, digits: StudyResult):
        one = arm("augment=1", 0.03, Verdict.NOT_TRAINED)
        found = with_arms(digits, digits.analysis.baseline, one, best="baseline")
        (text,) = about_arms(found, COMMAND_LINE)
        assert text.startswith("augment=1 had not learned when training ended")
        assert "augment=1 lowers" not in told(found)
        baseline = replace(digits.analysis.baseline, verdict=Verdict.NOT_TRAINED)
        assert "baseline had not learned" in told(with_arms(digits, baseline, best="baseline"))

    def test_the_measure_that_decided_in_the_place_of_another_is_named(self, digits: StudyResult):
        one = digits.analysis.arm("dropout=0.5")
        own = replace(one.changes["cross_entropy"], heaviest=0.41)
        one = replace(one, judged_by="brier", changes={**one.changes, "cross_entropy": own})
        (text,) = about_arms(with_arms(digits, digits.analysis.baseline, one), PYTHON)
        assert "lowers the Brier score by 20%" in text
        assert "five test points carry 41% of the change of the cross-entropy" in text

    def test_other_training_sets_are_said_where_asked_for(self, digits: StudyResult):
        one = replace(digits.analysis.arm("dropout=0.5"), other_sets=change(-0.01, 0.02, 0.84))
        (text,) = about_arms(with_arms(digits, digits.analysis.baseline, one), PYTHON)
        assert text.endswith(
            "Over other training sets of this size: −20% [−60, +20], chance better 84%."
        )

    def test_a_baseline_without_loss_is_told_in_its_unit(self, digits: StudyResult):
        baseline = replace(digits.analysis.baseline, totals=totals(0.0, 0.0))
        one = digits.analysis.arm("smaller")
        (text,) = about_arms(with_arms(digits, baseline, one, best="baseline"), PYTHON)
        assert "by 0.017" in text
        assert "%" not in text.partition("(")[0]

    def test_what_is_handed_over_and_why(self, digits: StudyResult):
        assert handed_over(digits.analysis).startswith("Handed over: dropout=0.5, the best of")
        assert "slightly optimistic" in handed_over(digits.analysis)
        text = handed_over(replace(digits.analysis, best="baseline"))
        assert text == "The baseline is handed over: no arm is better by a standard error."

    @pytest.mark.parametrize(("low", "said"), [(0.001, True), (-0.001, False)])
    def test_significantly_more_errors_of_the_arm_handed_over_are_said(
        self, digits: StudyResult, low: float, said: bool
    ):
        one = digits.analysis.arm("dropout=0.5")
        errors = replace(change(0.027, 0.0), low=low, high=0.054)
        one = replace(one, changes={**one.changes, "error": errors})
        text = handed_over(with_arms(digits, digits.analysis.baseline, one))
        assert ("makes more errors than the baseline: +2.7 [+0.1, +5.4]" in text) == said


class TestReferences:
    """`explain_references`"""

    def test_the_strongest_reference_comes_first_in_the_verdict(self, digits: StudyResult):
        first, *_ = explain(digits.analysis, PYTHON)
        assert first == (
            "The best arm, dropout=0.5, is better than logistic regression: cross-entropy "
            "0.0400 against 0.121, error 1.2% against 3.2%."
        )

    @pytest.mark.parametrize(
        ("against", "said"),
        [
            (change(0.01, 0.02), "These data do not tell logistic regression from the best arm"),
            (change(0.03, 0.02), "Logistic regression is better than the best arm, dropout=0.5"),
        ],
    )
    def test_a_reference_that_is_not_beaten_is_said_to_be(
        self, digits: StudyResult, against, said: str
    ):
        rival = reference("logistic regression", 0.035, 0.01, against)
        first, *_ = explain(replace(digits.analysis, references=(REFERENCES[0], rival)), PYTHON)
        assert first.startswith(said)

    def test_a_loss_above_guessing_is_said_loudly_and_first(self, digits: StudyResult):
        guess = reference("class frequencies", 0.039, 0.5, change(0.001, 0.0005))
        first, second = about_references(replace(digits.analysis, references=(guess,)))
        assert first == (
            "Worse than guessing: the cross-entropy of dropout=0.5 is 0.0400, that of class "
            "frequencies 0.0390."
        )
        assert second.startswith("Class frequencies is better than the best arm")

    def test_a_reference_that_could_not_be_fitted_is_said_to_be_left_out(self, digits: StudyResult):
        known = [replace(digits.arms[0], name=one.name) for one in digits.analysis.references]
        failed = replace(digits.arms[0], name="ridge regression")
        texts = explain_study(replace(digits, references=(*known, failed)), PYTHON)
        assert [text for text in texts if "left out" in text] == [
            "The reference ridge regression is left out, because it could not be fitted; a fit on "
            "the same data says why."
        ]

    def test_without_references_nothing_is_said(self, digits: StudyResult):
        assert list(about_references(replace(digits.analysis, references=()))) == []


def variance(parts: Parts, error: Parts, components: Components) -> VarianceAnalysis:
    losses = {Loss.CROSS_ENTROPY: parts, Loss.ZERO_ONE: error}
    return VarianceAnalysis(losses, components=components)


def said_of_variance(
    digits: StudyResult, share: float, of_errors: float, components: Components
) -> str:
    found = variance(
        Parts(0.5, 0.5 - share, share), Parts(0.2, 0.2 - of_errors, of_errors), components
    )
    baseline = replace(digits.analysis.baseline, variance=found)
    return " ".join(about_variance(with_arms(digits, baseline, best="baseline"), COMMAND_LINE))


class TestVariance:
    """`explain_variance`"""

    def test_shares_of_the_variance_are_those_of_its_components(self, digits: StudyResult):
        text = said_of_variance(digits, 0.3, 0.05, Components(0.15, 0.09, 0.06))
        assert "baseline is variance-limited: 60% of its cross-entropy is variance." in text
        assert "Of the 20.0% errors on drawn samples, 5.0 points are disagreement" in text
        assert "50% comes with the training sample, 30% with the seed, and 20% with the" in text

    def test_estimates_below_zero_are_not_told_as_shares(self, digits: StudyResult):
        text = said_of_variance(digits, -0.001, -0.014, Components(0.03, -0.005, 0.01))
        assert "not variance-limited: 0% of" in text
        assert "A majority vote of the retrainings would make 1.4 points more." in text
        assert "75% comes with the training sample, 0% with the seed, and 25% with" in text

    def test_without_any_variance_no_source_is_named(self, digits: StudyResult):
        text = said_of_variance(digits, 0.0, 0.0, Components(-0.1, 0.0, 0.0))
        assert "no source to name" in text

    def test_sources_that_are_not_told_apart_are_two(self, digits: StudyResult):
        text = said_of_variance(digits, 0.3, 0.05, Components(0.15, 0.15, None))
        assert "50% comes with the training sample and 50% with the seed." in text

    def test_both_arms_are_told_with_their_ensembles(self, digits: StudyResult):
        text = " ".join(about_variance(digits.analysis, PYTHON))
        assert "dropout=0.5 is not variance-limited: 40% of" in text
        assert (
            "Averaging 10 retrainings of baseline on drawn samples lowers the cross-entropy by "
            "0.0696 nats [0.0596, 0.0796] against one of them."
        ) in text

    def test_without_drawn_samples_nothing_is_said(self, digits: StudyResult):
        assert list(about_variance(replace(digits.analysis, sampling=None), PYTHON)) == []


class TestDesign:
    """`explain_design`"""

    @pytest.mark.parametrize("route", Route)
    def test_the_route_is_said_with_its_reason(self, digits: StudyResult, route: Route):
        found = replace(digits.analysis, comparing=Comparing(5, (1, 2, 3), route))
        text = how_compared(found, COMMAND_LINE)
        assert text.startswith(f"Arms are compared by 5-fold cross-fitting, {WHY[route]}")
        assert "--folds 1" in text
        one_side = replace(found, comparing=Comparing(1, (3, 5, 8), route))
        text = how_compared(one_side, COMMAND_LINE)
        assert f"retrainings on all the training data, on the test side, {WHY[route]}" in text
        assert "--folds 5" in text

    def test_what_chance_better_means_is_said_where_arms_are_compared(self, digits: StudyResult):
        assert "one-sided confidence level" in how_compared(digits.analysis, PYTHON)
        alone = with_arms(digits, digits.analysis.baseline, best="baseline")
        assert "confidence level" not in how_compared(alone, PYTHON)

    @pytest.mark.parametrize(
        ("sampling", "said"),
        [
            (Sampling(5, 1, train=900, points=100), "5 training samples, each of 900 examples"),
            (Sampling(5, 1, train=900, points=100), "a seed for each (--seeds 2 tells the two"),
            (Sampling(5, 2, train=900, points=100), "and 2 seeds for each, tested on 100 points"),
            (Sampling(5, 3, crossed=True), "and the same 3 seeds on each"),
            (Sampling(5, 1, Scheme.SUBSAMPLE, train=900), "each a random half of 900 examples"),
            (Sampling(5, 1, Scheme.DISJOINT, train=900), "disjoint parts of 900 examples"),
            (Sampling(5, 1, Scheme.WHOLE, train=900), "5 retrainings on the same 900 examples"),
        ],
    )
    def test_what_the_variance_is_over_is_said_of_every_scheme(self, sampling: Sampling, said: str):
        text = what_it_stands_for(sampling, COMMAND_LINE)
        assert text.startswith("Variance is over 5 ")
        assert said in text


@pytest.fixture
def everything(digits: StudyResult) -> Analysis:
    """An analysis that has something to say of each kind."""
    arms = (
        *digits.analysis.arms[:4],
        replace(digits.analysis.arm("smaller"), facts={"halvings": 1.0}),
        arm("clip", 0.05, Verdict.NOT_TRAINED),
        *(ArmAnalysis(why, Verdict.FAILED, failed={why: 3}) for why in Failure),
    )
    return with_arms(
        digits,
        *arms,
        scaled_errors=ScaledErrors(3, 2, 1, 0.5, 1.25, 1.0),
        token_losses=TokenLosses("characters", 1200, {"baseline": 0.6931471805599453}),
    )


@pytest.mark.parametrize("limit", Limit)
def test_flags_are_for_the_command_line_alone(everything: Analysis, limit: Limit):
    arms = tuple(replace(one, limit=limit) for one in everything.arms)
    found = replace(everything, arms=arms)
    in_python, on_command_line = (
        " ".join(explain(found, voice)) for voice in (PYTHON, COMMAND_LINE)
    )
    assert not re.search(r"--\w", in_python)
    flags = set(re.findall(r"--(\w+)", on_command_line))
    assert flags >= {"folds", "epochs"}
    assert ("repetitions" in flags) == (limit is Limit.RETRAININGS)
    assert all(name in in_python for name in flags)


def test_each_failure_is_said_with_what_to_do(everything: Analysis):
    text = explain(everything, PYTHON)
    for why in Failure:
        assert any(
            one.lower().startswith(f"{why} failed: in 3 retrainings")
            and FAILURES[why] in one
            and ". " in one
            for one in text
        ), why


def test_a_baseline_that_failed_leaves_nothing_to_compare(digits: StudyResult):
    failed = ArmAnalysis("baseline", Verdict.FAILED, failed={Failure.DIVERGED: 5})
    text = told(with_arms(digits, failed, best="baseline", references=(), sampling=None))
    assert text.startswith("Nothing can be compared, because baseline failed: in 5 retrainings")
    assert "lowers" not in text


def test_forecasts_and_tokens_are_told_in_their_units(everything: Analysis):
    text = told(everything)
    assert "(MASE) over 3 steps: 0.500 of dropout=0.5, 1.250 of the naive forecast" in text
    assert "Left out, as nothing changes there: 1 series." in text
    assert "Over all 1,200 characters held out: baseline 0.6931 nats a character, 1.0" in text


def test_every_verdict_and_every_measure_has_a_word():
    from steadfit.analysis import measures

    assert set(VERDICTS) == set(Verdict)
    assert set(Loss) <= set(measures.MEASURES)
    assert all(words_of(name).unit for name in measures.MEASURES)


def test_a_forecasts_error_is_told_in_the_targets_units():
    few, many = (ScaledErrors(12, 12, 0, 0.6, 1.7, 1.1, 21.4, windows) for windows in (2, 40))
    assert "a step forecast by the model is off by 21.4 in the 2 forecasts tested." in (
        against_naive(few, "the model")
    )
    assert "So few forecasts say little" in against_naive(few, "the model")
    assert "say little" not in against_naive(many, "the model")
    assert "off by" not in against_naive(ScaledErrors(3, 2, 1, 0.5, 1.25, 1.0), "the model")
