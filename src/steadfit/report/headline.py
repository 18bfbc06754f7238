"""The page's title: the figure that people read, how much of the loss is variance, what helps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from steadfit.analysis.terms import Verdict
from steadfit.report import numbers, wording
from steadfit.report.explain_references import better_reference

if TYPE_CHECKING:
    from steadfit.analysis.result import Analysis

SURE = {Verdict.BETTER: "", Verdict.PROBABLY_BETTER: "probably "}


def headline(found: Analysis) -> str:
    """One sentence: the baseline's figures, the share of the loss that is variance, what helps."""
    first, best = found.baseline, found.arm(found.best)
    if not first.totals:
        name = wording.printable(first.name)
        return f"{name} failed, so there is nothing to compare the others with."
    words = wording.words_of(found.decides).name
    read = _title(first.totals, found.decides)
    alone = read == (found.decides,)
    figures = (
        f"{wording.words_of(one).name} {wording.figure(first.totals[one], one)}" for one in read
    )
    text = wording.capital(", ".join(figures))
    if first.variance is not None:
        split = next(iter(first.variance.losses.values()))
        share = split.variance / split.total if split.total > 0 else 0.0
        shown = numbers.percent(min(max(share, 0), 1))
        of_it = f", about {shown} of it variance"
        text += of_it if alone else f"; about {shown} of the {words} is variance"
    rival = better_reference(found)
    better = f"; {wording.printable(rival.name)} is better" if rival is not None else ""
    if best is first:
        none = "; no arm is better by a standard error" if len(found.arms) > 1 else ""
        return f"{text}{none}{better}."
    base = first.totals[found.decides]
    share = -best.changes[found.decides].value / base if base > 0 else 0.0
    fall = f" by {numbers.percent(share, 0 if share >= 0.01 else 1)}" if base > 0 else ""
    lowers = f"{SURE.get(best.verdict, 'perhaps ')}lowers {'it' if alone else f'the {words}'}"
    still = f"{better} still" if better else ""
    return f"{text}; {wording.printable(best.name)} {lowers}{fall}{still}."


def _title(totals: Mapping[str, float], decides: str) -> tuple[str, ...]:
    """The measures that a title gives: of numbers those in the target's units."""
    if decides in wording.HARD_TO_READ:
        return wording.beside(totals, decides) or (decides,)
    return (decides,)
