"""A study's design in sentences: what its figures stand for, and what would narrow them.

Nothing here computes: the figures come from the analysis.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from steadfit.analysis.terms import Scheme
from steadfit.report.voice import Voice

if TYPE_CHECKING:
    from steadfit.analysis.evidence import Sampling
    from steadfit.analysis.result import Analysis


def what_narrows(sampling: Sampling, voice: Voice) -> str:
    samples = voice.setting("samples")
    if sampling.scheme is not Scheme.BOTH:
        return f"More samples narrow the intervals ({samples}, or {voice.setting('precision')})."
    more = f"more samples narrow the part due to seeds ({samples}), more data the rest"
    if sampling.seeds > 1:
        return f"M{more[1:]}."
    return (
        f"Two seeds on each sample ({voice.setting('seeds', 2)}) show more closely what another "
        f"training set would change, which shortens most intervals; {more}."
    )


def what_it_stands_for(sampling: Sampling, voice: Voice) -> str:
    if sampling.scheme is Scheme.WHOLE:
        return (
            f"Variance is over {sampling.samples} retrainings on all the training data, with a "
            "seed for each: what another training sample would change is not in it. Changes and "
            "their intervals stand for training on these data."
        )
    drawn = "each drawn from the training data with replacement, as many as there are"
    how = {
        Scheme.BOTH: drawn,
        Scheme.BOOTSTRAP: f"{drawn} "
        "(it holds about 63% of the distinct examples: changes and their intervals stand for such "
        "samples, and on all the training data a small one can have the other sign; "
        f"{voice.setting('scheme', 'both')} measures it there)",
        Scheme.SUBSAMPLE: "each a random half of the training data, so the figures are for that "
        "size",
        Scheme.DISJOINT: "disjoint parts of the training data, so the figures are for the parts' "
        "size",
    }[sampling.scheme]
    seeds = (
        f"the same {sampling.seeds} seeds on each"
        if sampling.crossed
        else f"{sampling.seeds} seeds for each"
        if sampling.seeds > 1
        else f"a seed for each ({voice.setting('seeds', 2)} tells the two apart)"
    )
    text = f"Variance is over {sampling.samples} training samples, {how}, and {seeds}."
    if sampling.scheme is Scheme.BOTH:
        text += (
            f" Totals and changes are of {sampling.whole} retrainings on all the training data; "
            "the intervals are for the mean change over training sets of this size, the word "
            "“here” for training on these data alone."
        )
    return text


def about_precision(found: Analysis, voice: Voice) -> str:
    from steadfit.analysis.precision import MOST, Reached  # by way of SciPy, which takes a while

    plan = found.precision
    assert plan is not None
    if plan.reached is Reached.NO_CHANGES:
        return "There is no change whose precision could be chosen."
    if plan.reached is Reached.YES:
        return (
            f"The {plan.samples} training samples were chosen by the spread of the first "
            f"{plan.pilot} (Stein's two-stage rule), so that no interval is longer than "
            f"±{plan.wanted:g}."
        )
    why = f"it would take more than {MOST} training samples"
    if plan.reached is Reached.FLOOR:
        stays, helps = _what_stays(found.sampling, voice)
        why = f"{stays} leave ±{plan.floor:.3g} alone; {helps}"
    return (
        f"A precision of ±{plan.wanted:g} was asked for, but {why}. The study stayed with "
        f"{plan.pilot} samples, and its longest interval is ±{plan.reach:.3g}."
    )


def _what_stays(sampling: Sampling, voice: Voice) -> tuple[str, str]:
    """What more samples do not take away from an interval, and what does."""
    if sampling.scheme is Scheme.BOTH:
        return (
            "the test points and what another training set would change",
            f"more data help, or {voice.setting('scheme', 'whole')}, which asks about training on "
            "these data only",
        )
    if sampling.crossed:
        return (
            "the test points and the seeds that all samples share",
            "more test points help, and seeds of the samples' own",
        )
    return "the test points", "more of them help"
