"""The figures of replicas and their predictions, one function each, in `palette.LIGHT`."""

import html
import math
from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from steadfit.report import numbers
from steadfit.report.frame import frame, label
from steadfit.report.palette import LIGHT

WRITTEN = 12  # classes up to which a confusion matrix has its figures written in
NAMED = 30  # classes up to which it has their names at its sides


def curves(
    name: str,
    curves: Sequence[Mapping[str, Sequence[float]]],
    reach: tuple[float, float],
    rival: tuple[str, float] | None = None,
) -> go.Figure:
    """All replicas' losses by epoch: training in grey, validation in colour.

    curves: one mapping a replica, as `Replica.curves`. reach: lowest and highest loss shown, so
    that the arms' figures share one scale; logarithmic where it has room for two ticks. rival: a
    reference's name and its loss on the test points, a dashed line.
    """
    figure = frame(0, "epoch")
    last = max(len(losses) for replica in curves for losses in replica.values())
    for curve, role in (("train_loss", "bias"), ("validation_loss", "better")):
        epochs: list[int | None] = []
        values: list[float | None] = []
        for replica in curves:
            values += [*replica.get(curve, ()), None]  # None lifts the pen between two replicas
            epochs += [*range(1, len(replica.get(curve, ())) + 1), None]
        figure.add_scatter(
            x=epochs,
            y=values,
            mode="markers" if last == 1 else "lines",
            name=curve.replace("_", " "),
            line={"color": LIGHT[role], "width": 1},
            opacity=0.7,
            hovertemplate="epoch %{x}: %{y:.3g}<extra>%{fullData.name}</extra>",
        )
    if rival is not None:
        figure.add_scatter(
            x=[1, max(last, 2)],
            y=[rival[1]] * 2,
            mode="lines",
            name=label(rival[0], 40),
            line={"color": LIGHT["ink"], "width": 1, "dash": "dash"},
            hovertemplate="%{y:.3g} on the test points<extra>%{fullData.name}</extra>",
        )
    _style_losses(figure, reach, last)
    figure.update_layout(
        height=210,
        margin={"l": 44, "r": 8, "t": 30, "b": 40},
        showlegend=False,
        title={"text": label(name, 40), "font_size": 13, "x": 0, "xref": "paper", "y": 0.97},
    )
    return figure


def _style_losses(figure: go.Figure, reach: tuple[float, float], last: int) -> None:
    """The axes: losses on a logarithmic scale where it has room for two ticks, and whole epochs."""
    low, high = reach
    ticks = _decades(low, high) if low > 0 else []
    logarithmic = len(ticks) > 1
    figure.update_yaxes(
        visible=True,
        type="log" if logarithmic else "linear",
        range=[math.log10(low), math.log10(high)] if logarithmic else _proper(low, high),
        tickvals=ticks if logarithmic else None,
        nticks=5,
        tickformat="~g",
        ticks="",
        gridcolor=LIGHT["rule"],
    )
    figure.update_xaxes(showgrid=False, rangemode="tozero", dtick=_whole_step(last))


def confusion(shares_KK: np.ndarray, classes: Sequence[str]) -> go.Figure:
    """Which class is taken for which, in percent of the true class; only mistakes are coloured.

    shares_KK: as `points.confusion`, rows the true class. Up to 12 classes have their figures
    written in, up to 30 their names at the sides; the others say them when pointed at.
    """
    count = len(classes)
    places = list(range(count))
    names = [label(name, 14) for name in classes]
    mistakes = shares_KK.copy()
    np.fill_diagonal(mistakes, np.nan)
    hovered = [
        (name, zip(names, row, strict=True)) for name, row in zip(names, shares_KK, strict=True)
    ]
    named = count <= NAMED
    figure = frame(0, "predicted")
    figure.add_heatmap(
        z=100 * mistakes,
        x=places,
        y=places,
        text=[[html.escape(_cell(share)) for share in row] for row in mistakes],
        texttemplate="%{text}" if count <= WRITTEN else None,
        customdata=[
            [f"{true} taken for {taken}: {numbers.percent(share, 1)}" for taken, share in row]
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
        _write_right(figure, shares_KK)
    _style_classes(figure, names)
    return figure


def _write_right(figure: go.Figure, shares_KK: np.ndarray) -> None:
    """The shares that are right, which are not coloured."""
    places = list(range(len(shares_KK)))
    figure.add_scatter(
        x=places,
        y=places,
        text=[_cell(share) for share in np.diagonal(shares_KK)],
        mode="text",
        textfont={"color": LIGHT["muted"]},
        hoverinfo="skip",
    )


def _style_classes(figure: go.Figure, names: Sequence[str]) -> None:
    """Classes at both axes, named where there is room."""
    count, named = len(names), len(names) <= NAMED
    ticks = {
        "tickvals": list(range(count)),
        "ticktext": names,
        "showgrid": False,
        "ticks": "",
        "showticklabels": named,
    }
    figure.update_xaxes(side="top", automargin=True, title_standoff=8, **ticks)
    figure.update_yaxes(visible=True, autorange="reversed", title_text="true", **ticks)
    figure.update_layout(
        height=min(max(46 * count, 220), 560) + 70,
        margin={"l": 30, "r": 8, "t": 70, "b": 10},
        showlegend=False,
    )


def predicted(
    y_N: np.ndarray, means_N: np.ndarray, spreads_N: np.ndarray, name: str = "true value"
) -> go.Figure:
    """Predicted against true numbers: the mean over replicas, bars one standard deviation."""
    figure = frame(0, name)
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


def _whole_step(last: int) -> int:
    """From tick to tick, so that there are about five and each is a whole epoch.

    >>> [_whole_step(last) for last in (2, 20, 36, 400)]
    [1, 5, 10, 100]
    """
    power = 10 ** int(math.log10(max(last / 5, 1)))
    return next(step * power for step in (1, 2, 5, 10) if step * power * 5 >= last)


def _proper(low: float, high: float) -> list[float] | None:
    """A range, or plotly's own where it would have no length."""
    return [low, high] if low < high else None


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
