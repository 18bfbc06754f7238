"""The figures of a study, one function each; they stand alone in a notebook as in the page.

Each arm is a row with its name above and its figure at the right, so that long names and narrow
screens both have room. Colours are those of `palette.LIGHT`.
"""

import html
import math
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from steadfit.report import wording
from steadfit.report.palette import LIGHT
from steadfit.study.result import ArmResult, Interval, StudyResult

ROW = 52  # pixels an arm takes
NAME = 26  # characters of an arm's name in a figure; the table has it whole
WRITTEN = 12  # classes up to which a confusion matrix has its figures written in
NAMED = 30  # classes up to which it has their names at its sides
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"


def parts(result: StudyResult) -> go.Figure:
    """Each arm's loss as a bar: bias+noise, then variance.

    The mark below a bar's end is the change's interval, laid from the arm's total; the dotted line
    is the first arm's total.
    """
    arms = [arm for arm in result.arms if result.loss in arm.losses]
    rows = _rows(arms)
    of = [arm.losses[result.loss] for arm in arms]
    words = wording.LOSSES[result.loss]
    decimals = wording.loss_decimals(result, result.loss)
    figure = _figure(len(arms), f"{words.name}, {words.unit}")
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
        (arm, row) for arm, row in zip(arms, rows, strict=True) if result.loss in arm.changes
    ]
    figure.add_scatter(
        x=[arm.losses[result.loss].total for arm, _ in changed],
        y=[row - 0.27 for _, row in changed],
        mode="markers",
        marker={"size": 5, "color": LIGHT["ink"]},
        error_x=_whiskers([arm.changes[result.loss] for arm, _ in changed]),
        hoverinfo="skip",
        showlegend=False,
    )
    totals = [part.total for part in of]
    reach = 1.1 * _reach([*totals, *(_high_end(arm, result) for arm, _ in changed)], 3 * totals[0])
    figure.add_vline(
        x=totals[0], line={"color": LIGHT["muted"], "width": 1, "dash": "dot"}, layer="below"
    )
    figure.update_layout(barmode="relative")
    figure.update_xaxes(range=[min(0.0, *(part.variance for part in of)), reach])
    _name_rows(figure, arms, [wording.number(total, decimals) for total in totals])
    return figure


def changes(result: StudyResult) -> go.Figure:
    """Each arm's paired change of the loss and of its variance, with intervals, against 0."""
    loss = result.loss
    arms = [arm for arm in result.arms if loss in arm.changes]
    rows = _rows(arms)
    words = wording.LOSSES[loss]
    decimals = wording.loss_decimals(result, loss)
    figure = _figure(len(arms), f"change of the {words.name}, {words.unit}")
    drawn = (
        (words.name, [arm.changes[loss] for arm in arms], 0.0, "ink", "circle"),
        (
            "its variance alone",
            [
                arm.variance_changes.get(loss, Interval(math.nan, math.nan, math.nan))
                for arm in arms
            ],
            -0.22,
            "variance",
            "diamond-open",
        ),
    )
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
    limit = 1.5 * abs(result.arms[0].losses[loss].total)
    left, right = _reach([0.0, *(-end for end in ends)], limit), _reach([0.0, *ends], limit)
    left, right = 1.1 * max(left, right / 4), 1.1 * max(right, left / 4)  # 0 is never at the edge
    figure.update_xaxes(range=[-left, right], zeroline=True)
    _name_rows(figure, arms, [arm.verdict for arm in arms])
    return figure


def components(result: StudyResult) -> go.Figure:
    """Each arm's variance by what was drawn anew: the sample, the seed, or only both together."""
    arms = [arm for arm in result.arms if arm.components is not None]
    rows = _rows(arms)
    figure = _figure(len(arms), f"part of the variance, {wording.LOSSES[result.loss].unit}")
    marks = (
        ("sample", "better", "circle"),
        ("seed", "variance", "diamond"),
        ("interaction", "muted", "x"),
    )
    for name, role, symbol in marks:
        values = [getattr(arm.components, name) for arm in arms]
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
    all_of = [getattr(arm.components, name) for arm in arms for name, *_ in marks]
    figure.update_xaxes(
        range=[1.05 * min(0.0, *all_of), 1.05 * max(all_of)], zeroline=True, nticks=6
    )
    _name_rows(figure, arms, [""] * len(arms))
    return figure


def curves(
    name: str, curves: Sequence[Mapping[str, Sequence[float]]], reach: tuple[float, float]
) -> go.Figure:
    """All replicas' losses by epoch: training in grey, validation in colour.

    curves: one mapping a replica, as `Replica.curves`. reach: lowest and highest loss shown, so
    that the arms' figures share one scale; logarithmic where both are above 0.
    """
    figure = _figure(0, "epoch")
    for curve, role in (("train_loss", "bias"), ("validation_loss", "better")):
        epochs: list[int | None] = []
        values: list[float | None] = []
        for replica in curves:
            values += [*replica.get(curve, ()), None]  # None lifts the pen between two replicas
            epochs += [*range(1, len(replica.get(curve, ())) + 1), None]
        figure.add_scatter(
            x=epochs,
            y=values,
            mode="lines",
            name=curve.replace("_", " "),
            line={"color": LIGHT[role], "width": 1},
            opacity=0.7,
            hovertemplate="epoch %{x}: %{y:.3g}<extra>%{fullData.name}</extra>",
        )
    low, high = reach
    logarithmic = low > 0
    figure.update_layout(
        height=210,
        margin={"l": 44, "r": 8, "t": 30, "b": 40},
        showlegend=False,
        title={"text": _label(name, 40), "font_size": 13, "x": 0, "xref": "paper", "y": 0.97},
    )
    figure.update_yaxes(
        visible=True,
        type="log" if logarithmic else "linear",
        range=[math.log10(low), math.log10(high)] if logarithmic else [low, high],
        tickvals=_decades(low, high) if logarithmic else None,
        tickformat="~g",
        ticks="",
        gridcolor=LIGHT["rule"],
    )
    figure.update_xaxes(showgrid=False, rangemode="tozero", nticks=5)
    return figure


def confusion(shares_KK: np.ndarray, classes: Sequence[str]) -> go.Figure:
    """Which class is taken for which, in percent of the true class; only mistakes are coloured.

    shares_KK: as `points.confusion`, rows the true class. Up to 12 classes have their figures
    written in, up to 30 their names at the sides; the others say them when pointed at.
    """
    count = len(classes)
    places = list(range(count))
    names = [_label(name, 14) for name in classes]
    mistakes = shares_KK.copy()
    np.fill_diagonal(mistakes, np.nan)
    hovered = [
        (name, zip(names, row, strict=True)) for name, row in zip(names, shares_KK, strict=True)
    ]
    named = count <= NAMED
    figure = _figure(0, "predicted")
    figure.add_heatmap(
        z=100 * mistakes,
        x=places,
        y=places,
        text=[[html.escape(_cell(share)) for share in row] for row in mistakes],
        texttemplate="%{text}" if count <= WRITTEN else None,
        customdata=[
            [f"{true} taken for {taken}: {wording.percent(share, 1)}" for taken, share in row]
            for true, row in hovered
        ],
        hovertemplate="%{customdata}<extra></extra>",
        colorscale=[[0, LIGHT["tint"]], [1, LIGHT["mistake"]]],
        textfont={"color": LIGHT["ink"]},
        zmin=0,
        showscale=False,
        xgap=int(named),
        ygap=int(named),
        hoverongaps=False,
    )
    if count <= WRITTEN:
        figure.add_scatter(
            x=places,
            y=places,
            text=[_cell(share) for share in np.diagonal(shares_KK)],
            mode="text",
            textfont={"color": LIGHT["muted"]},
            hoverinfo="skip",
        )
    ticks = {"tickvals": places, "ticktext": names, "showgrid": False, "ticks": ""}
    figure.update_xaxes(
        side="top", showticklabels=named, automargin=True, title_standoff=8, **ticks
    )
    figure.update_yaxes(
        visible=True, autorange="reversed", title_text="true", showticklabels=named, **ticks
    )
    figure.update_layout(
        height=min(max(46 * count, 220), 560) + 70,
        margin={"l": 30, "r": 8, "t": 70, "b": 10},
        showlegend=False,
    )
    return figure


def predicted(
    y_N: np.ndarray, means_N: np.ndarray, spreads_N: np.ndarray, name: str = "true value"
) -> go.Figure:
    """Predicted against true numbers: the mean over replicas, bars one standard deviation."""
    figure = _figure(0, name)
    ends = [float(min(y_N.min(), means_N.min())), float(max(y_N.max(), means_N.max()))]
    figure.add_scatter(
        x=ends, y=ends, mode="lines", line={"color": LIGHT["muted"], "width": 1}, hoverinfo="skip"
    )
    figure.add_scatter(
        x=y_N,
        y=means_N,
        mode="markers",
        marker={"color": LIGHT["better"], "size": 5, "opacity": 0.7},
        error_y={"array": spreads_N, "color": LIGHT["bias"], "thickness": 1, "width": 0},
        hovertemplate="true %{x:.4g}, predicted %{y:.4g}<extra></extra>",
    )
    figure.update_layout(height=420, showlegend=False, margin={"l": 56, "r": 8, "t": 8, "b": 44})
    figure.update_yaxes(visible=True, title_text="predicted", gridcolor=LIGHT["rule"])
    return figure


def _figure(rows: int, x_title: str) -> go.Figure:
    """An empty figure in the page's manner; with rows, one line of figure an arm."""
    figure = go.Figure()
    figure.update_layout(
        template="none",
        height=rows * ROW + 92,
        margin={"l": 8, "r": 8, "t": 34, "b": 48},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"family": FONT, "size": 13, "color": LIGHT["ink"]},
        hoverlabel={
            "bgcolor": LIGHT["tint"],
            "font_color": LIGHT["ink"],
            "bordercolor": LIGHT["rule"],
        },
        legend={"orientation": "h", "x": 0, "y": 1, "yanchor": "bottom", "traceorder": "normal"},
        dragmode=False,
    )
    figure.update_xaxes(
        title={"text": x_title, "font": {"color": LIGHT["muted"], "size": 12}},
        tickfont_color=LIGHT["muted"],
        gridcolor=LIGHT["rule"],
        zeroline=False,
        zerolinecolor=LIGHT["ink"],
        zerolinewidth=1.5,
        fixedrange=True,
        automargin=False,
    )
    figure.update_yaxes(
        visible=False,
        range=[-0.5, rows - 0.35] if rows else None,
        tickfont_color=LIGHT["muted"],
        title_font={"color": LIGHT["muted"], "size": 12},
        zeroline=False,
        fixedrange=True,
        automargin=True,
    )
    return figure


def _rows(arms: Sequence[ArmResult]) -> list[int]:
    """Heights of the arms' rows, the first on top."""
    return list(range(len(arms) - 1, -1, -1))


def _name_rows(figure: go.Figure, arms: Sequence[ArmResult], ends: Iterable[str]) -> None:
    """Each row's name above its left end, and a figure or a word above its right end."""
    for arm, row, end in zip(arms, _rows(arms), ends, strict=True):
        figure.add_annotation(_above(row), text=_label(arm.name, NAME), x=0, xanchor="left")
        figure.add_annotation(
            _above(row), text=end, x=1, xanchor="right", font={"color": LIGHT["muted"]}
        )


def _above(row: int) -> dict[str, object]:
    return {"xref": "paper", "y": row + 0.15, "yanchor": "bottom", "showarrow": False}


def _label(name: str, length: int) -> str:
    """A name for plotly, which reads tags and entities in its labels."""
    return html.escape(wording.shortened(wording.printable(name), length), quote=False)


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


def _high_end(arm: ArmResult, result: StudyResult) -> float:
    change = arm.changes[result.loss]
    return arm.losses[result.loss].total + change.high - change.value


def _reach(values: Iterable[float], limit: float) -> float:
    """How far an axis goes: to the highest value, but never past the limit.

    One arm far beyond the others would leave them no room; the table has its figures.
    """
    return min(max(value for value in values if math.isfinite(value)), limit)


def _decades(low: float, high: float) -> list[float]:
    """1 and 3 times the powers of ten from low to high."""
    exponents = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    ticks = [step * 10.0**exponent for exponent in exponents for step in (1, 3)]
    return [tick for tick in ticks if low <= tick <= high]


def _cell(share: float) -> str:
    """A share in a cell of the matrix: blank for none, "<1" for what rounds to none."""
    if not share > 0:
        return ""
    text = f"{100 * share:.0f}"
    return "<1" if text == "0" else text
