"""The sentences say no more than the figures, each reader is told his own settings."""

import re

import pytest

from steadfit.analysis.analyse import best_arm
from steadfit.analysis.decomposition import Components
from steadfit.analysis.evidence import Sampling
from steadfit.analysis.result import (
    Analysis,
    ArmAnalysis,
    Interval,
    Parts,
    ScaledErrors,
    TokenLosses,
)
from steadfit.analysis.terms import Failure, Loss, Scheme, Verdict
from steadfit.report.explain import FAILURES, explain
from steadfit.report.sections import SCHEMES
from steadfit.report.voice import COMMAND_LINE, PYTHON
from steadfit.report.wording import VERDICTS

USUAL = Sampling(5, whole=5)


def analysis(*arms: ArmAnalysis, sampling: Sampling = USUAL, **also) -> Analysis:
    return Analysis(
        Loss.CROSS_ENTROPY, 0.95, sampling, 99, arms, best_arm(arms, Loss.CROSS_ENTROPY), **also
    )


def baseline(variance: float, error_variance: float, components: Components) -> ArmAnalysis:
    losses = {
        Loss.CROSS_ENTROPY: Parts(0.5, 0.5 - variance, variance),
        Loss.ZERO_ONE: Parts(0.2, 0.2 - error_variance, error_variance),
    }
    return ArmAnalysis("baseline", Verdict.BASELINE, losses, {}, {}, components)


def said(
    variance: float,
    error_variance: float,
    components: Components,
    scheme: Scheme = Scheme.BOOTSTRAP,
    seeds: int = 1,
    crossed: bool = False,
) -> str:
    sampling = Sampling(7, seeds, scheme=scheme, crossed=crossed)
    found = analysis(baseline(variance, error_variance, components), sampling=sampling)
    return " ".join(explain(found, COMMAND_LINE))


def test_shares_of_the_variance_are_those_of_its_components():
    text = said(0.3, 0.05, Components(0.15, 0.09, 0.06))
    assert "Variance-limited: 60% of" in text
    assert "5.0 points are disagreement" in text
    assert "50% comes with the training sample, 30% with the seed, and 20% with" in text


def test_estimates_below_zero_are_not_told_as_shares():
    text = said(-0.001, -0.014, Components(0.03, -0.005, 0.01))
    assert "Not variance-limited: 0% of" in text
    assert "A majority vote of the retrainings would make 1.4 points more." in text
    assert "75% comes with the training sample, 0% with the seed, and 25% with" in text


def test_without_any_variance_no_source_is_named():
    assert "no source to name" in said(0.0, 0.0, Components(-0.1, 0.0, 0.0))


@pytest.mark.parametrize("scheme", Scheme)
def test_what_the_figures_stand_for_is_said_of_every_scheme(scheme: Scheme):
    text = said(0.3, 0.05, Components(0.15, 0.09, 0.06), scheme)
    assert "Variance is over 7 " in text
    assert scheme in SCHEMES
    assert ("stand for training on these data" in text) == (scheme is Scheme.WHOLE)


def test_where_the_variance_comes_from_is_said_as_far_as_the_design_tells():
    text = said(0.3, 0.05, Components(0.15, 0.09, 0.06), Scheme.BOTH, 3)
    assert "50% comes with the training sample, 30% with the seed, and 20% with the two" in text
    text = said(0.3, 0.05, Components(0.15, 0.15, None), Scheme.BOTH, 2)
    assert "50% comes with the training sample and 50% with the seed." in text
    assert "2 seeds for each." in text
    text = said(0.3, 0.05, Components(0.15, 0.09, 0.06), Scheme.BOTH, 3, crossed=True)
    assert "the same 3 seeds on each." in text


LOSSES = {Loss.CROSS_ENTROPY: Parts(0.5, 0.3, 0.2)}
BETTER, UNSURE = Interval(-0.1, -0.15, -0.05), Interval(-0.1, -0.3, 0.1)


def arm(name: str, verdict: Verdict, change: Interval, **also) -> ArmAnalysis:
    changes, here = {Loss.CROSS_ENTROPY: change}, {Loss.CROSS_ENTROPY: BETTER}
    return ArmAnalysis(name, verdict, LOSSES, changes, {}, changes_here=here, **also)


ARMS = (
    arm("baseline", Verdict.BASELINE, UNSURE),
    arm("l2", Verdict.BETTER_HERE, UNSURE),
    arm("clip", Verdict.BETTER, BETTER),
)


def test_what_only_these_data_show_is_said_with_both_intervals():
    text = explain(analysis(*ARMS), COMMAND_LINE)
    assert (
        "l2 lowers the cross-entropy by 0.1 nats when trained on these data (95% interval of the "
        "change −0.15 to −0.05); for other training sets of this size that is not shown (95% "
        "interval of the change −0.3 to +0.1)."
    ) in text
    assert "clip lowers the cross-entropy by 0.1 nats (95% interval 0.05 to 0.15)." in text
    assert best_arm(ARMS, Loss.CROSS_ENTROPY) == "l2"
    assert any("--seeds 2" in one and "shortens most intervals" in one for one in text)
    text = explain(analysis(*ARMS, sampling=Sampling(5, 2, 5)), COMMAND_LINE)
    assert not any("--seeds 2" in one for one in text), "it has two"


def everything(sampling: Sampling) -> Analysis:
    """An analysis that has something to say of each kind."""
    arms = (
        *ARMS,
        arm("dropout=0.5", Verdict.CANNOT_TELL, UNSURE, facts={"halvings": 1.0}),
        *(ArmAnalysis(why, Verdict.FAILED, {}, {}, {}, failed={why: 3}) for why in Failure),
    )
    scores = ScaledErrors(3, 2, 1, 0.5, 1.25, 1.0)
    return analysis(
        *arms,
        sampling=sampling,
        scaled_errors=scores,
        token_losses=TokenLosses("characters", 1200, {"baseline": 0.6931471805599453}),
    )


@pytest.mark.parametrize("scheme", Scheme)
def test_flags_are_for_the_command_line_alone(scheme: Scheme):
    found = everything(Sampling(5, whole=5 * (scheme is Scheme.BOTH), scheme=scheme))
    in_python, on_command_line = (
        " ".join(explain(found, voice)) for voice in (PYTHON, COMMAND_LINE)
    )
    assert not re.search(r"--\w", in_python)
    flags = re.findall(r"--(\w+)(?: (\w+))?", on_command_line)
    assert bool(flags) == (scheme is not Scheme.WHOLE or "samples" in in_python)
    for name, _ in flags:
        assert name in in_python


def test_each_failure_is_said_with_what_to_do():
    text = explain(everything(Sampling(5, whole=5)), PYTHON)
    for why in Failure:
        assert any(
            one.lower().startswith(f"{why} failed: in 3 retrainings")
            and FAILURES[why] in one
            and ". " in one
            for one in text
        ), why


def test_forecasts_and_tokens_are_told_in_their_units():
    text = " ".join(explain(everything(Sampling(5, whole=5)), PYTHON))
    assert "(MASE) over 3 steps: 0.500 of l2, 1.250 of the naive forecast, 1.000 of the" in text
    assert "Left out, as nothing changes there: 1 series." in text
    assert "Over all 1,200 characters held out: baseline 1.000 bits a character." in text


def test_every_verdict_has_a_word():
    assert set(VERDICTS) == set(Verdict)
    assert VERDICTS[Verdict.CANNOT_TELL] == "cannot tell"
