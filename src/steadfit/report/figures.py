"""The figures of a study's arms, one function each; they stand alone in a notebook as in the page.

Each arm is a row with its name above and its figure at the right, so that long names and narrow
screens both have room. Colours are those of `palette.LIGHT`.

Example: `parts(study.result.analysis).show()`.
"""

import dataclasses
import math
from collections.abc import Iterable, Sequence

import plotly.graph_objects as go

from steadfit.analysis.result import Analysis, ArmAnalysis, Interval
from steadfit.report import wording
from steadfit.report.frame import frame, label
from steadfit.report.palette import LIGHT

NAME = 26  # characters of an arm's name in a figure; the table has it whole


def parts(found: Analysis) -> go.Figure:
    """Each arm's loss as a bar: bias+noise, then variance.

    The mark below a bar's end is the change's interval, laid from the arm's total; the dotted line
    is the first arm's total.
    """
    arms = [arm for arm in found.arms if found.decides in arm.losses]
    rows = _rows(arms)
    of = [arm.losses[found.decides] for arm in arms]
    words = wording.LOSSES[found.decides]
    decimals = wording.loss_decimals(found, found.decides)
    figure = frame(len(arms), f"{words.name}, {words.unit}")
    for name, role in (("bias+noise", "bias"), ("variance", "variance")):
        values = [getattr(part, name.replace("+", "_")) for part in of]
        figure.add_bar(
            x=values,
            y=rows,
            orientation="h",
            width=0.3,
            name=name,
            marker={"color": LIGHT[role], "line_width": 0},
            customdata=[wording.number(value, decimals) for value in values],
            hovertemplate=f"{name} %{{customdata}}<extra></extra>",
        )
    changed = [
        (arm, row) for arm, row in zip(arms, rows, strict=True) if found.decides in arm.changes
    ]
    figure.add_scatter(
        x=[arm.losses[found.decides].total for arm, _ in changed],
        y=[row - 0.27 for _, row in changed],
        mode="markers",
        marker={"size": 5, "color": LIGHT["ink"]},
        error_x=_whiskers([arm.changes[found.decides] for arm, _ in changed]),
        hoverinfo="skip",
        showlegend=False,
    )
    totals = [part.total for part in of]
    reach = 1.1 * _reach([*totals, *(_high_end(arm, found) for arm, _ in changed)], 3 * totals[0])
    figure.add_vline(
        x=totals[0], line={"color": LIGHT["muted"], "width": 1, "dash": "dot"}, layer="below"
    )
    figure.update_layout(barmode="relative")
    figure.update_xaxes(range=[min(0.0, *(part.variance for part in of)), reach])
    _name_rows(figure, arms, [wording.number(total, decimals) for total in totals])
    return figure


def changes(found: Analysis) -> go.Figure:
    """Each arm's paired change of the loss and of its variance, with intervals, against 0."""
    loss = found.decides
    arms = [arm for arm in found.arms if loss in arm.changes]
    rows = _rows(arms)
    words = wording.LOSSES[loss]
    decimals = wording.loss_decimals(found, loss)
    figure = frame(len(arms), f"change of the {words.name}, {words.unit}")
    drawn = [(words.name, [arm.changes[loss] for arm in arms], 0.0, "ink", "circle")]
    if all(loss in arm.variance_changes for arm in arms):
        of_variance = [arm.variance_changes[loss] for arm in arms]
        drawn.append(("its variance alone", of_variance, -0.22, "variance", "diamond-open"))
    for name, intervals, shift, role, symbol in drawn:
        figure.add_scatter(
            x=[interval.value for interval in intervals],
            y=[row + shift for row in rows],
            mode="markers",
            name=name,
            marker={"color": LIGHT[role], "size": 9, "symbol": symbol, "line_width": 1.5},
            error_x={**_whiskers(intervals), "color": LIGHT[role]},
            customdata=[wording.interval(interval, decimals) for interval in intervals],
            hovertemplate=f"{name} %{{customdata}}<extra></extra>",
        )
    ends = [end for _, all_of, *_ in drawn for one in all_of for end in (one.low, one.high)]
    limit = 1.5 * abs(found.arms[0].losses[loss].total)
    left, right = _reach([0.0, *(-end for end in ends)], limit), _reach([0.0, *ends], limit)
    left, right = 1.1 * max(left, right / 4), 1.1 * max(right, left / 4)  # 0 is never at the edge
    figure.update_xaxes(range=[-left, right], zeroline=True)
    _name_rows(figure, arms, [wording.VERDICTS[arm.verdict] for arm in arms])
    return figure


def components(found: Analysis) -> go.Figure:
    """Each arm's variance by what was drawn anew: the sample, the seed, or only both together."""
    arms = [arm for arm in found.arms if arm.components is not None]
    rows = _rows(arms)
    figure = frame(len(arms), f"part of the variance, {wording.LOSSES[found.decides].unit}")
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
            customdata=[wording.quantity(value) for value in values],
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
    parts = arm.components and dataclasses.asdict(arm.components)
    return {name: value for name, value in (parts or {}).items() if value is not None}


def _rows(arms: Sequence[ArmAnalysis]) -> list[int]:
    """Heights of the arms' rows, the first on top."""
    return list(range(len(arms) - 1, -1, -1))


def _name_rows(figure: go.Figure, arms: Sequence[ArmAnalysis], ends: Iterable[str]) -> None:
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


def _high_end(arm: ArmAnalysis, found: Analysis) -> float:
    change = arm.changes[found.decides]
    return arm.losses[found.decides].total + change.high - change.value


def _reach(values: Iterable[float], limit: float) -> float:
    """How far an axis goes: to the highest value, but never past the limit.

    One arm far beyond the others would leave them no room; the table has its figures.
    """
    return min(max(value for value in values if math.isfinite(value)), limit)
