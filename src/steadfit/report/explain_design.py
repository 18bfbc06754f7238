"""A study's design in sentences: how arms are compared and why so, what the variance stands for.

Nothing here computes: the figures come from the analysis.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from steadfit.analysis.terms import Route, Scheme
from steadfit.errors import counted
from steadfit.report import numbers, wording
from steadfit.report.voice import Voice

if TYPE_CHECKING:
    from steadfit.analysis.evidence import Sampling
    from steadfit.analysis.result import Analysis
    from steadfit.study.rounds import Expectation

WHY = {
    Route.NO_TEST_SET: "as the data have no test set of their own",
    Route.FEW_TEST_POINTS: "as the data's own test set has fewer than 2,000 points",
    Route.TEST_SET: "as it has 2,000 points or more",
    Route.ASKED: "as asked for",
    Route.STEPS: "as each step of a text is a test point",
}


def before_training(expected: Expectation) -> tuple[str, ...]:
    """What the rivals give, and the smallest change that the design can show."""
    words, scale = wording.words_of(expected.decides), wording.scale_of(expected.decides)
    said = []
    for name, totals in expected.references.items():
        value = numbers.quantity(scale * totals[expected.decides])
        beside = "".join(
            f", {wording.in_words(totals[one], one)}"
            for one in wording.beside(totals, expected.decides)
        )
        said.append(f"Reference: {name}, {words.name} {value}{'%' * words.percent}{beside}.")
    if expected.smallest is not None:
        least = numbers.quantity(scale * expected.smallest)
        said.append(
            f"With {expected.points:,} test points and {counted(expected.arms, 'arms')} beside the "
            f"baseline, changes of the {words.name} from about {least}{'%' * words.percent} on can "
            "be shown."
        )
    return tuple(said)


def how_compared(found: Analysis, voice: Voice) -> str:
    """The design of the comparison, why it was chosen, and what chances and words mean."""
    folds, why = found.comparing.folds, WHY[found.comparing.route]
    if folds > 1:
        how = (
            f"Arms are compared by {folds}-fold cross-fitting, {why} "
            f"({voice.setting('folds', 1)} tests on one side): each example is tested by what was "
            "trained on the other folds."
        )
    else:
        how = (
            f"Arms are compared by retrainings on all the training data, on the test side, {why} "
            f"({voice.setting('folds', 5)} cross-fits)."
        )
    if len(found.arms) == 1:
        return how
    return (
        f"{how} Words and intervals are for training on these data. Chance better is the "
        "one-sided confidence level, as if nothing had been known before; better is corrected for "
        "the number of arms and looks."
    )


def what_it_stands_for(sampling: Sampling, voice: Voice) -> str:
    """Which samples the variance is over, and at which points."""
    at = f"tested on {counted(sampling.points, 'points')}"
    if sampling.scheme is Scheme.WHOLE:
        return (
            f"Variance is over {sampling.samples} retrainings on the same {sampling.train:,} "
            f"examples, with a seed for each, {at}: what another training sample would change is "
            "not in it."
        )
    how = {
        Scheme.BOOTSTRAP: f"each of {sampling.train:,} examples drawn with replacement (about 63% "
        "of the distinct ones)",
        Scheme.SUBSAMPLE: f"each a random half of {sampling.train:,} examples, so the figures are "
        "for that size",
        Scheme.DISJOINT: f"disjoint parts of {sampling.train:,} examples, so the figures are for "
        "the parts' size",
    }[sampling.scheme]
    seeds = (
        f"the same {sampling.seeds} seeds on each"
        if sampling.crossed
        else f"{sampling.seeds} seeds for each"
        if sampling.seeds > 1
        else f"a seed for each ({voice.setting('seeds', 2)} tells the two apart)"
    )
    return f"Variance is over {sampling.samples} training samples, {how}, and {seeds}, {at}."
