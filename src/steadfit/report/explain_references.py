"""The reference models in sentences: said first, since they tell whether a network is worth it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from steadfit.report import wording

if TYPE_CHECKING:
    from steadfit.analysis.result import Analysis, ReferenceAnalysis

Totals = Mapping[str, float]


def about_references(found: Analysis) -> Iterator[str]:
    """The strongest rival against the arm handed over, and loudly what is worse than guessing.

    The first reference is the guess that is the same for all examples.
    """
    measure, best = found.decides, found.arm(found.best)
    strongest = found.strongest_reference
    if strongest is None or measure not in best.totals:
        return
    guessing = next(one for one in found.references if measure in one.totals)
    if best.totals[measure] >= guessing.totals[measure]:
        yield (
            f"Worse than guessing: the {wording.words_of(measure).name} of {best.name} is "
            f"{wording.figure(best.totals[measure], measure)}, that of {guessing.name} "
            f"{wording.figure(guessing.totals[measure], measure)}."
        )
    yield _against(strongest, found)


def better_reference(found: Analysis) -> ReferenceAnalysis | None:
    """The strongest rival, where it is better than the best arm by the 95% interval."""
    rival = found.strongest_reference
    if rival is None or found.decides not in rival.best_against:
        return None
    return rival if rival.best_against[found.decides].low > 0 else None


def _against(rival: ReferenceAnalysis, found: Analysis) -> str:
    measure, best = found.decides, found.arm(found.best)
    change, name = rival.best_against[measure], rival.name
    told = (measure, *wording.beside(rival.totals, measure))

    def figures(first: Totals, second: Totals) -> str:
        return ", ".join(
            f"{wording.words_of(one).name} {wording.figure(first[one], one)} against "
            f"{wording.figure(second[one], one)}"
            for one in told
        )

    if change.high < 0:
        both = figures(best.totals, rival.totals)
        return f"The best arm, {best.name}, is better than {name}: {both}."
    both = figures(rival.totals, best.totals)
    if better_reference(found) is rival:
        return f"{wording.capital(name)} is better than the best arm, {best.name}: {both}."
    return f"These data do not tell {name} from the best arm, {best.name}: {both}."
