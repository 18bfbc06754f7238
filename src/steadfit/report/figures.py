"""The figures of a study's arms, one function each; they stand alone in a notebook as in the page.

Each arm is a row with its name above and its figure at the right, so that long names and narrow
screens both have room. Colours are those of `palette.LIGHT`.

Example: `parts(study.result.analysis).show()`.
"""

import dataclasses
import math
from collections.abc import Iterable, Sequence

import plotly.graph_objects as go

from steadfit.analysis.comparison import Change
from steadfit.analysis.result import (
    Analysis,
    ArmAnalysis,
    EnsembleAnalysis,
    Interval,
    VarianceAnalysis,
)
from steadfit.report import numbers, wording
from steadfit.report.frame import frame, label
from steadfit.report.palette import LIGHT

NAME = 26  # characters of an arm's name in a figure; the table has it whole


def parts(found: Analysis) -> go.Figure:
    """The loss of each arm's replicas on drawn samples as a bar: bias+noise, then variance."""
    arms = [arm for arm in found.arms if arm.variance]
    rows = _rows(arms)
    loss = next(iter(_variance(arms[0]).losses))
    of = [_variance(arm).losses[loss] for arm in arms]
    words, scale = wording.words_of(loss), wording.scale_of(loss)
    decimals = wording.parts_decimals(found, loss)
    figure = frame(len(arms), wording.axis_title(words))
    for name, role in (("bias+noise", "bias"), ("variance", "variance")):
        values = [scale * getattr(part, name.replace("+", "_")) for part in of]
        figure.add_bar(
            x=values,
            y=rows,
            orientation="h",
            width=0.3,
            name=name,
            marker={"color": LIGHT[role], "line_width": 0},
            customdata=[numbers.number(value, decimals) for value in values],
            hovertemplate=f"{name} %{{customdata}}<extra></extra>",
        )
    totals = [scale * part.total for part in of]
    reach = 1.1 * _reach(totals, 3 * totals[0])
    figure.update_layout(barmode="relative")
    figure.update_xaxes(range=[min(0.0, *(scale * part.variance for part in of)), reach])
    _name_rows(figure, arms, [numbers.number(total, decimals) for total in totals])
    return figure


def changes(found: Analysis) -> go.Figure:
    """Each arm's paired change of the deciding measure with its interval, against 0: a forest plot.

    In percent of the baseline, whose total is more than 0.
    """
    measure = found.decides
    compared = [arm for arm in found.arms if measure in arm.changes]
    arms = [*compared, *found.ensembles]
    rows = _rows(arms)
    words, base = wording.words_of(measure), found.baseline.totals[measure]
    unit, share = ("percent of the baseline", 100 / base) if base > 0 else (words.unit, 1.0)
    figure = frame(len(arms), f"change of the {words.name}, {unit}")
    intervals = [_scaled(arm.changes[measure], share) for arm in arms]
    figure.add_scatter(
        x=[interval.value for interval in intervals],
        y=rows,
        mode="markers",
        name=words.name,
        marker={"color": LIGHT["ink"], "size": 9, "line_width": 1.5},
        error_x=_whiskers(intervals),
        customdata=[numbers.interval(interval, 1) for interval in intervals],
        hovertemplate=f"{words.name} %{{customdata}}<extra></extra>",
        showlegend=False,
    )
    _best_reference(figure, found, share)
    ends = [end for one in intervals for end in (one.low, one.high)]
    limit = 150.0 if base > 0 else max(map(abs, ends))
    left, right = _reach([0.0, *(-end for end in ends)], limit), _reach([0.0, *ends], limit)
    left, right = 1.1 * max(left, right / 4), 1.1 * max(right, left / 4)  # 0 is never at the edge
    figure.update_xaxes(range=[-left, right], zeroline=True)
    words_of = [wording.VERDICTS[arm.verdict] for arm in compared]
    _name_rows(figure, arms, [*words_of, *["average"] * len(found.ensembles)])
    return figure


def _best_reference(figure: go.Figure, found: Analysis, share: float) -> None:
    """The strongest reference model as a dotted line, where there is one."""
    measure = found.decides
    rival = found.strongest_reference
    if rival is None:
        return
    place = share * (rival.totals[measure] - found.baseline.totals[measure])
    figure.add_vline(x=place, line={"color": LIGHT["variance"], "width": 1.5, "dash": "dot"})


def _scaled(change: Change, factor: float) -> Interval:
    return Interval(factor * change.value, factor * change.low, factor * change.high)


def _variance(arm: ArmAnalysis) -> VarianceAnalysis:
    assert arm.variance is not None
    return arm.variance


def components(found: Analysis) -> go.Figure:
    """Each arm's variance by what was drawn anew: the sample, the seed, or only both together."""
    arms = [arm for arm in found.arms if sources(arm)]
    rows = _rows(arms)
    loss = next(iter(_variance(arms[0]).losses))
    figure = frame(len(arms), f"part of the variance, {wording.words_of(loss).unit}")
    marks = {
        "sample": ("better", "circle"),
        "seed": ("variance", "diamond"),
        "interaction": ("muted", "x"),
    }
    split = [sources(arm) for arm in arms]
    for name in split[0]:
        role, symbol = marks[name]
        values = [own[name] for own in split]
        figure.add_scatter(
            x=values,
            y=rows,
            mode="markers",
            name=name,
            marker={"color": LIGHT[role], "size": 10, "symbol": symbol},
            customdata=[numbers.quantity(value) for value in values],
            hovertemplate=f"{name} %{{customdata}}<extra></extra>",
        )
    for row in rows:
        figure.add_hline(y=row, line={"color": LIGHT["rule"], "width": 1}, layer="below")
    all_of = [value for own in split for value in own.values()]
    least, most = 1.05 * min(0.0, *all_of), 1.05 * max(0.0, *all_of)
    figure.update_xaxes(  # 0 is never at the edge, where its label would be cut
        range=[min(least, -0.03 * most), most], zeroline=True, nticks=6
    )
    _name_rows(figure, arms, [""] * len(arms))
    return figure


def sources(arm: ArmAnalysis) -> dict[str, float]:
    """An arm's variance by source, of those that its design tells apart."""
    if arm.variance is None or arm.variance.components is None:
        return {}
    parts = dataclasses.asdict(arm.variance.components)
    return {name: value for name, value in parts.items() if value is not None}


def _rows(arms: Sequence[ArmAnalysis | EnsembleAnalysis]) -> list[int]:
    """Heights of the arms' rows, the first on top."""
    return list(range(len(arms) - 1, -1, -1))


def _name_rows(
    figure: go.Figure, arms: Sequence[ArmAnalysis | EnsembleAnalysis], ends: Iterable[str]
) -> None:
    """Each row's name above its left end, and a figure or a word above its right end."""
    for arm, row, end in zip(arms, _rows(arms), ends, strict=True):
        figure.add_annotation(_above(row), text=label(arm.name, NAME), x=0, xanchor="left")
        figure.add_annotation(
            _above(row), text=end, x=1, xanchor="right", font={"color": LIGHT["muted"]}
        )


def _above(row: int) -> dict[str, object]:
    return {
        "xref": "paper",
        "y": row + 0.15,
        "yanchor": "bottom",
        "showarrow": False,
        "bgcolor": LIGHT["paper"],
    }


def _whiskers(intervals: Sequence[Interval]) -> dict[str, object]:
    """Plotly's error bars for intervals; none where an end is not finite."""
    return {
        "type": "data",
        "symmetric": False,
        "array": [_finite(one.high - one.value) for one in intervals],
        "arrayminus": [_finite(one.value - one.low) for one in intervals],
        "color": LIGHT["ink"],
        "thickness": 1.5,
        "width": 4,
    }


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _reach(values: Iterable[float], limit: float) -> float:
    """How far an axis goes: to the highest value, but never past the limit.

    One arm far beyond the others would leave them no room; the table has its figures.
    """
    return min(max(value for value in values if math.isfinite(value)), limit)
