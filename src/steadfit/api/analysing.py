"""`analyse`: arms compared by predictions or scores that were made elsewhere."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import ArrayLike

from steadfit.analysis.analyse import analyse as analysis_of
from steadfit.analysis.predictions import evidence_of
from steadfit.analysis.result import Analysis
from steadfit.analysis.scores import Score, ScoreAnalysis, analyse_scores
from steadfit.api.judging import MeasureLike, judging
from steadfit.errors import SteadfitError
from steadfit.report.comparisons import comparison, score_comparison
from steadfit.report.text import as_text
from steadfit.report.voice import PYTHON, Voice

ARM, SEED, SCORE, SET = "arm", "seed", "score", "data_set"


@dataclass(frozen=True, eq=False)
class Comparison:
    """What predictions or scores show. `print(comparison)` shows the table and the sentences."""

    analysis: Analysis | ScoreAnalysis
    voice: Voice = PYTHON

    def __rich__(self) -> Any:
        if isinstance(self.analysis, ScoreAnalysis):
            return score_comparison(self.analysis)
        return comparison(self.analysis, self.voice)

    def __repr__(self) -> str:
        return f"<Comparison of {len(_arms(self.analysis))} arms>"

    def __str__(self) -> str:
        return as_text(self)


def analyse(
    predictions: Mapping[str, ArrayLike] | None = None,
    y: ArrayLike | None = None,
    *,
    classes: Sequence[object] | None = None,
    folds: ArrayLike | None = None,
    groups: ArrayLike | None = None,
    decide_by: MeasureLike | None = None,
    measures: Sequence[MeasureLike] = (),
    scores: Any = None,
    paired: bool = False,
    higher_is_better: bool = True,
) -> Comparison:
    """Compare arms by predictions of retrainings, or by their scores; nothing is trained.

    predictions, y, classes, folds, groups, decide_by: as in
    `steadfit.analysis.predictions.evidence_of`; the first arm is the baseline. decide_by may be a
    measure of your own, and measures are others, told besides (`steadfit.api.judging.judging`).
    scores: instead of predictions, a table with the columns arm, seed, score and perhaps data_set:
        a DataFrame, or a sequence of mappings. paired, higher_is_better: of these, as in
        `steadfit.analysis.scores.analyse_scores`.
    Raises SteadfitError for what does not fit together.

    >>> import numpy as np
    >>> rng, y = np.random.default_rng(0), np.arange(300) % 2
    >>> def shares(skill):
    ...     p = 1 / (1 + np.exp(-skill * (2 * y - 1) + rng.normal(size=(3, 300))))
    ...     return np.stack([1 - p, p], -1)
    >>> found = analyse({"baseline": shares(0.5), "larger": shares(2.0)}, y)
    >>> str(found.analysis.arms[1].verdict)
    'better'
    """
    if (scores is None) == (predictions is None):
        raise SteadfitError("Give either predictions and y, or scores.")
    if scores is not None:
        return Comparison(analyse_scores(_scores(scores), paired, higher_is_better))
    assert predictions is not None
    if y is None:
        raise SteadfitError("y must be what is right at each point, got none.")
    decides, brought = judging(decide_by, measures)
    evidence = evidence_of(
        predictions, y, classes=classes, folds=folds, groups=groups, decide_by=decides, own=brought
    )
    return Comparison(analysis_of(evidence))


def _arms(analysis: Analysis | ScoreAnalysis) -> Sequence[object]:
    if isinstance(analysis, ScoreAnalysis):
        return (analysis.baseline, *analysis.changes)
    return analysis.arms


def _scores(table: Any) -> list[Score]:
    """Rows of a table, by their columns' names."""
    rows: Iterable[Mapping[str, Any]] = (
        table.to_dict("records") if hasattr(table, "to_dict") else list(table)
    )
    found = []
    for row in rows:
        missing = [name for name in (ARM, SEED, SCORE) if name not in row]
        if missing:
            raise SteadfitError(
                f"scores must have the columns {ARM}, {SEED} and {SCORE}, got "
                f"{', '.join(map(str, row))}. Rename them."
            )
        try:
            value = float(row[SCORE])
        except (TypeError, ValueError):
            raise SteadfitError(f"score must be a number, got {row[SCORE]!r}.") from None
        found.append(Score(str(row[ARM]), str(row[SEED]), value, str(row.get(SET, ""))))
    return found
