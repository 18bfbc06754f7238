"""Predictions and scores that were made elsewhere: their table and sentences."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from steadfit.analysis.deciding import PROBABLY, WORSE
from steadfit.analysis.scores import MORE, ScoreAnalysis, ScoreChange
from steadfit.analysis.terms import Verdict
from steadfit.errors import counted
from steadfit.report import numbers, wording
from steadfit.report.explain_arms import about_arms
from steadfit.report.tables import Summary, table

if TYPE_CHECKING:
    from steadfit.analysis.result import Analysis
    from steadfit.report.voice import Voice


def comparison(found: Analysis, voice: Voice) -> Summary:
    """The table of arms compared by their predictions, and what it says in sentences."""

    def parts(width: int) -> Iterable[Text | Table]:
        yield table(found, width, best="← best")
        yield Text()
        for sentence in (*about_arms(found, voice), _how(found)):
            yield Text(wording.printable(sentence))

    return Summary(parts)


def _how(found: Analysis) -> str:
    folds = found.comparing.folds
    how = f"replicas of {folds} folds" if folds > 1 else "retrainings"
    return (
        f"Compared in pairs at {found.points:,} points, by {how} as they were given. Intervals are "
        "for training on these data."
    )


def score_comparison(found: ScoreAnalysis) -> Summary:
    """The table of arms compared by their scores, and what it says in sentences."""

    def parts(width: int) -> Iterable[Text | Table]:
        yield _scores(found)
        yield Text()
        for sentence in _sentences(found):
            yield Text(wording.printable(sentence))

    return Summary(parts)


def _scores(found: ScoreAnalysis) -> Table:
    made = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for place, heading in enumerate(("arm", "seeds", "score", "change (95%)", "chance better", "")):
        made.add_column(heading, justify="left" if place in (0, 5) else "right", no_wrap=place > 0)
    made.add_row(
        wording.printable(found.baseline),
        str(found.seeds),
        numbers.quantity(found.mean),
        "",
        "",
        "",
    )
    for one in found.changes:
        ends = f"[{numbers.quantity(one.low)}, {numbers.quantity(one.high)}]"
        made.add_row(
            wording.printable(one.arm),
            str(one.seeds),
            numbers.quantity(one.mean),
            f"{numbers.quantity(one.value)} {ends}",
            numbers.chance(_chance_better(one, found)),
            _word(one, found),
        )
    return made


def _chance_better(one: ScoreChange, found: ScoreAnalysis) -> float:
    return one.chance_higher if found.higher_is_better else 1 - one.chance_higher


def _word(one: ScoreChange, found: ScoreAnalysis) -> str:
    return wording.VERDICTS[_verdict(one, found)]


def _verdict(one: ScoreChange, found: ScoreAnalysis) -> Verdict:
    chance = _chance_better(one, found)
    if one.better:
        return Verdict.BETTER
    if chance >= PROBABLY:
        return Verdict.PROBABLY_BETTER
    return Verdict.WORSE if chance <= WORSE else Verdict.CANNOT_TELL


def _sentences(found: ScoreAnalysis) -> Iterable[str]:
    for one in found.changes:
        if _verdict(one, found) in (Verdict.CANNOT_TELL, Verdict.PROBABLY_BETTER):
            yield (
                f"{one.arm}: {counted(MORE, 'seeds')} more an arm would make its interval "
                f"{one.with_more:.0%} as long."
            )
    pairs = "in pairs of one seed" if found.paired else "without pairs"
    yield (
        f"Compared {pairs}, a score a training. Chance better is the one-sided confidence level; "
        "better is corrected for the number of arms. What another test set would change is not in "
        "the intervals."
    )
