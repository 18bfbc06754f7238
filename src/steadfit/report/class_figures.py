"""How sure an arm is and how often it is right, and how often it finds each class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from steadfit.analysis import points
from steadfit.report import numbers
from steadfit.report.frame import frame, label
from steadfit.report.palette import LIGHT
from steadfit.report.sections import Grid

MOST_CLASSES = 50  # of the table of classes


def reliability(found: Mapping[str, np.ndarray]) -> go.Figure:
    """Accuracy against confidence, an arm a curve; on the line both agree.

    found: by arm, rows as of `points.reliability`. The baseline is grey, the other arm blue.
    """
    figure = frame(0, "confidence")
    figure.add_scatter(
        x=[0, 1], y=[0, 1], mode="lines", line={"color": LIGHT["muted"], "width": 1},
        hoverinfo="skip", showlegend=False,
    )  # fmt: skip
    for (name, rows), role in zip(found.items(), ("bias", "better"), strict=False):
        figure.add_scatter(
            x=rows[:, 0],
            y=rows[:, 1],
            mode="lines+markers",
            name=label(name, 26),
            line={"color": LIGHT[role], "width": 1.5},
            marker={"color": LIGHT[role], "size": 7},
            customdata=[f"{count:,.0f} predictions" for count in rows[:, 2]],
            hovertemplate="confidence %{x:.2f}, accuracy %{y:.2f}, %{customdata}<extra></extra>",
        )
    figure.update_layout(height=380, margin={"l": 56, "r": 16, "t": 34, "b": 48})
    figure.update_xaxes(range=[-0.02, 1.02])
    figure.update_yaxes(
        visible=True, title_text="accuracy", gridcolor=LIGHT["rule"], range=[-0.02, 1.02]
    )
    return figure


def recalls(logits_RNK: np.ndarray, y_N: np.ndarray, classes: Sequence[str]) -> Grid:
    """Of the test points of each class the share that is found, with its 95% Wilson interval.

    A point counts as found by the share of the repetitions that find it.
    """
    hits_N = (logits_RNK.argmax(-1) == y_N).mean(0)
    rows = []
    for number, name in enumerate(classes):
        of_class = hits_N[y_N == number]
        if len(of_class):
            share = float(of_class.mean())
            low, high = (numbers.percent(end, 1) for end in points.wilson(share, len(of_class)))
            cells = numbers.percent(share, 1), f"{low} to {high}"
            rows.append((name, f"{len(of_class):,}", *cells))
    return Grid(("class", "test points", "found", "95% interval"), tuple(rows))
