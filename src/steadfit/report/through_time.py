"""Figures of a recurrent network: its gates from step to step, and how far back gradients reach.

Each stands alone in a notebook: `gates(result.model, data.x[[0]]).show()`. Colours are those of
`palette.LIGHT`. In the maps blue is open and orange shut for a gate, and above and below zero for
all else.
"""

from collections.abc import Mapping, Sequence
from itertools import cycle

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots
from torch import Tensor

from steadfit.data import Ragged
from steadfit.nn import Recurrent
from steadfit.report import unrolled
from steadfit.report.frame import frame, label
from steadfit.report.inside import TWO_SIDED, colour_scale
from steadfit.report.palette import LIGHT
from steadfit.training import TrainedModel

UNITS = 32  # of a layer, shown a row each
STEPS = 200  # shown of a sequence, from the first on
WORDS = 40  # steps up to which the words stand below
LINE, MAP, GAP = 110, 64, 24  # pixels of the lines, of a map, and above each for its name
NAMED = 20  # pixels of a line of the legend
FLOOR = 1e-8  # of a gradient's norm, below which nothing is told apart
ROLES = ("better", "variance", "worse", "muted", "ink")
DASHES = ("solid", "dash", "dot")


def gates(model: TrainedModel, x: Ragged, number: int = 0, place: int = 0) -> go.Figure:
    """A network's gates over the steps of one sequence: their means, and each unit by itself.

    x: unprepared sequences, of which the first is shown. number: which of the network's recurrent
    layers, from the input on. place: its direction, 1 for the one that reads backwards.
    Above the gates are the values of a series, below them the words of a text.
    Raises SteadfitError where there is no recurrent layer.
    """
    layer = unrolled.recurrent_layers(model)[number]
    values = unrolled.gate_values(layer, unrolled.entering(model, x, layer), place)
    row = next(iter(x.rows()))
    if x.tokens:
        return _panels(layer, values, words=[x.tokens[k] for k in row])
    return _panels(layer, values, series=row)


def layer_gates(layer: Recurrent, x: Tensor, place: int = 0) -> go.Figure:
    """`gates` of a layer by itself, of any cell, your own too.

    x: what enters the layer, one sequence, shape (steps, channels). place: as in
    `unrolled.gate_values`.
    """
    return _panels(layer, unrolled.gate_values(layer, x, place), series=x.detach().numpy())


def gradient_reach(norms: Mapping[str, np.ndarray]) -> go.Figure:
    """The gradient's norm against the time lag, a line a name, the median over sequences.

    norms: what `unrolled.gradient_by_lag` gives, by the name of the cell or the model. The scale is
    logarithmic; what is below 1e-8 is drawn there.
    """
    figure = frame(0, "steps back from the last")
    looks = cycle([(role, dash) for dash in DASHES for role in ROLES])
    least = 1.0
    for (name, norms_NL), (role, dash) in zip(norms.items(), looks, strict=False):
        measured = norms_NL[:, ~np.isnan(norms_NL).all(0)]
        line = np.nanmedian(measured, axis=0).clip(FLOOR)
        least = min(least, *line.tolist())
        figure.add_scatter(
            y=line,
            mode="lines",
            name=label(name, 30),
            line={"color": LIGHT[role], "width": 2, "dash": dash},
            hovertemplate=f"{label(name, 30)}, %{{x}} back: %{{y:.2g}}<extra></extra>",
        )
    above = NAMED * len(norms)  # a name a line has room on any screen, and hides no title
    margin = {"l": 64, "r": 8, "t": above + 12, "b": 48}
    figure.update_layout(height=above + 340, margin=margin, showlegend=True)
    figure.update_layout(legend={"orientation": "v", "y": 1, "yanchor": "bottom"})
    figure.update_yaxes(
        visible=True,
        type="log",
        title_text="gradient norm, 1 at the last step",
        gridcolor=LIGHT["rule"],
        dtick=1 if least < 0.1 else None,  # powers of ten alone, where two or more are there
    )
    figure.update_xaxes(showgrid=False, rangemode="tozero")
    return figure


def _panels(
    layer: Recurrent,
    values: Mapping[str, np.ndarray],
    series: np.ndarray | None = None,
    words: Sequence[str] = (),
) -> go.Figure:
    """The series, the means, then a map a value: panels below one another, named in colour."""
    _, *others = layer.cell.states
    shown = {name: v[:STEPS] for name, v in values.items() if name not in others}
    opening = unrolled.gates(layer.cell)
    meant = [name for name in shown if name in opening] or list(shown)
    roles = dict(zip(meant, cycle(ROLES), strict=False))
    figure = _empty([*([MAP] if series is not None else []), LINE, *[MAP] * len(shown)])
    row = 1
    if series is not None:
        _name(figure, row, "the series", "ink")
        for channel, role in zip(series[:STEPS].T[: len(ROLES)], ROLES, strict=False):
            _line(figure, row, channel, role)
        row += 1
    _name(figure, row, "means over the units", "ink")
    for name, role in roles.items():
        _line(figure, row, shown[name].mean(1), role)
    if opening:
        figure.update_yaxes(row=row, range=[0, 1])
    for name, value in shown.items():
        row += 1
        _map(figure, row, value.T[:UNITS], name in opening)
        _name(figure, row, f"{name}, by unit", roles.get(name, "ink"))
    _label_steps(figure, row, len(next(iter(values.values()))), words)
    return figure


def _label_steps(figure: go.Figure, row: int, steps: int, words: Sequence[str]) -> None:
    """Steps, or a text's words, below the last panel alone."""
    figure.update_xaxes(showticklabels=False)
    if not 0 < steps == len(words) <= WORDS:
        cut = f" (the first {STEPS} of {steps:,})" if steps > STEPS else ""
        figure.update_xaxes(row=row, showticklabels=True, title_text=f"step{cut}")
        return
    figure.update_xaxes(
        row=row,
        showticklabels=True,
        tickvals=list(range(steps)),
        ticktext=[label(word, 12) for word in words],
        tickangle=-60,
        tickfont_size=10,
        automargin=True,
    )


def _empty(heights: Sequence[int]) -> go.Figure:
    """Panels of these heights in pixels, one below the other, with room for a name above each."""
    tall = sum(heights) + GAP * (len(heights) - 1)
    figure = make_subplots(
        rows=len(heights),
        cols=1,
        row_heights=list(heights),
        vertical_spacing=GAP / tall,
        figure=frame(0, ""),
    )
    margin = {"l": 36, "r": 8, "t": GAP, "b": 48}
    figure.update_layout(height=tall + GAP + 48, margin=margin, showlegend=False)
    quiet = {"color": LIGHT["muted"], "size": 11}
    plain = {"showgrid": False, "zeroline": False, "fixedrange": True, "ticks": ""}
    figure.update_xaxes(tickfont=quiet, title_font=quiet, title_standoff=4, **plain)
    figure.update_yaxes(tickfont=quiet, nticks=4, visible=True, **plain)
    return figure


def _name(figure: go.Figure, row: int, text: str, role: str) -> None:
    """A panel's name above its left end, in the colour of its line."""
    figure.add_annotation(
        text=label(text, 60),
        x=0,
        y=1,
        xref="x domain",
        yref="y domain",
        xanchor="left",
        yanchor="bottom",
        showarrow=False,
        font={"color": LIGHT[role], "size": 12},
        row=row,
        col=1,
    )


def _line(figure: go.Figure, row: int, values: np.ndarray, role: str) -> None:
    line = {"color": LIGHT[role], "width": 1.5}
    hover = "step %{x}: %{y:.3g}<extra></extra>"
    figure.add_scatter(y=values, mode="lines", line=line, hovertemplate=hover, row=row, col=1)
    figure.update_xaxes(row=row, range=[-0.5, len(values) - 0.5])


def _map(figure: go.Figure, row: int, values: np.ndarray, gate: bool) -> None:
    """A row a unit, from 0 to 1 for a gate, else as far below 0 as above."""
    reach = 1.0 if gate else max(float(np.abs(values).max()), FLOOR)
    figure.add_heatmap(
        z=values,
        zmin=0 if gate else -reach,
        zmax=reach,
        colorscale=colour_scale(TWO_SIDED),
        showscale=False,
        hovertemplate="unit %{y}, step %{x}: %{z:.2f}<extra></extra>",
        row=row,
        col=1,
    )
    figure.update_yaxes(showticklabels=False, row=row)
