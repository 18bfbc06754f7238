"""The variance in sentences: how much of an arm's error it is, where it comes from, what averaging
retrainings would bring."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from steadfit.analysis.terms import Loss
from steadfit.report import numbers, wording
from steadfit.report.explain_design import what_it_stands_for
from steadfit.report.voice import Voice

if TYPE_CHECKING:
    from steadfit.analysis.result import Analysis, ArmAnalysis, Parts, VarianceAnalysis


def about_variance(found: Analysis, voice: Voice) -> Iterator[str]:
    """Of the baseline and the best arm, as far as their variance was measured."""
    if found.sampling is None:
        return
    baseline, best = found.baseline, found.arm(found.best)
    for arm in dict.fromkeys((baseline.name, best.name)):
        one = found.arm(arm)
        if one.variance is not None:
            yield how_much_is_variance(one, one.variance)
            yield from _ensemble(one, one.variance, found)
    if baseline.variance is not None and baseline.variance.components is not None:
        yield _where_it_comes_from(baseline.variance)
    yield what_it_stands_for(found.sampling, voice)


def how_much_is_variance(arm: ArmAnalysis, found: VarianceAnalysis) -> str:
    loss, parts = next(iter(found.losses.items()))
    share = max(parts.variance / parts.total, 0.0) if parts.total > 0 else 0.0
    limit = "variance-limited" if share >= 0.5 else "not variance-limited"
    text = f"{arm.name} is {limit}: {share:.0%} of its {wording.words_of(loss).name} is variance."
    if loss is not Loss.ZERO_ONE and Loss.ZERO_ONE in found.losses:
        text += " " + _errors_from_variance(found.losses[Loss.ZERO_ONE])
    return text


def _errors_from_variance(error: Parts) -> str:
    points = 100 * error.variance
    if points < 0:  # Domingos's net variance: disagreement where most are wrong helps
        return (
            f"{100 * error.total:.1f}% errors on drawn samples. A majority vote of the "
            f"retrainings would make {-points:.1f} points more."
        )
    return (
        f"Of the {100 * error.total:.1f}% errors on drawn samples, {points:.1f} points are "
        "disagreement between retrainings."
    )


def _ensemble(arm: ArmAnalysis, found: VarianceAnalysis, of: Analysis) -> Iterator[str]:
    change = found.ensemble.get(of.decides)
    sampling = of.sampling
    if change is None or sampling is None:
        return
    words, scale = wording.words_of(of.decides), wording.scale_of(of.decides)
    way = "lowers" if change.value < 0 else "raises"
    sign = -1 if change.value < 0 else 1
    least, most = sorted(sign * scale * end for end in (change.low, change.high))
    unit = "%" if words.percent else f" {words.unit}" if words.unit == "nats" else ""
    count = sampling.samples * sampling.seeds
    yield (
        f"Averaging {count} retrainings of {arm.name} on drawn samples {way} the {words.name} by "
        f"{numbers.quantity(abs(scale * change.value))}{unit} [{numbers.quantity(least)}, "
        f"{numbers.quantity(most)}] against one of them."
    )


def _where_it_comes_from(found: VarianceAnalysis) -> str:
    components = found.components
    assert components is not None
    # An unbiased estimate can be below zero; the table shows it as it is, a share in words cannot.
    parts = components.sample, components.seed, components.interaction or 0.0
    sample, seed, both = (max(part, 0.0) for part in parts)
    total = sample + seed + both
    if total <= 0:
        return "The retrainings hardly differ, so the variance has no source to name."
    text = f"Of the variance, {sample / total:.0%} comes with the training sample"
    if components.interaction is None:
        return f"{text} and {seed / total:.0%} with the seed."
    return (
        f"{text}, {seed / total:.0%} with the seed, and {both / total:.0%} with the two together."
    )
