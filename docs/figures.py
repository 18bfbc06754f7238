"""The pages' figures, each drawn from real objects by the product's own functions.

The directive `drawn` calls them by the names in `FIGURES` when the pages are built.
"""

import json
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import plotly.graph_objects as go
import torch

from steadfit.analysis.result import Interval
from steadfit.api import fit as fit_table
from steadfit.cells import find, svg
from steadfit.data import Split, read, split
from steadfit.recipe import Recipe
from steadfit.report import inside, plot_forecast
from steadfit.report.along import SOURCES, along
from steadfit.report.frame import frame
from steadfit.report.geometry import TwoWeights, penalty_geometry
from steadfit.report.palette import LIGHT
from steadfit.report.windows import window_steps
from steadfit.study.result import StudyResult
from steadfit.training import TrainedModel, fit, trained_model

HERE = Path(__file__).parent
LECTURE = HERE / "lecture"
IMAGE = [
    [1, 20, 20, 20, 1],
    [20, 1, 1, 1, 20],
    [20, 1, 1, 1, 20],
    [1, 20, 1, 20, 1],
    [1, 1, 20, 1, 1],
]
EDGE = [[1, 0, -1]] * 3
SHOWN = 5  # the test image whose feature maps are shown


def penalties() -> go.Figure:
    """Figure 1: two pixels of the digits that tell a six from all else."""
    digits = read("digits")
    pixels = digits.x[:, 0, [5, 5], [6, 4]].numpy().astype(float)
    y = (digits.y == 6).numpy().astype(float)
    standard = (pixels - pixels.mean(0)) / pixels.std(0)
    problem = TwoWeights(standard, (y - y.mean()) / y.std())
    return penalty_geometry(problem, l1=0.3, l2=0.3)


@cache
def digits() -> Split:
    """The digits, a fifth of them held out."""
    return split(read("digits"))


@cache
def net() -> TrainedModel:
    """The net of the lecture's table, a few epochs on the digits."""
    recipe = Recipe().training_with(epochs=5)
    everything = torch.arange(len(digits().train))
    replica = fit(recipe, digits().train, everything, digits().test, 0)
    return trained_model(recipe, digits().train, [replica])


def of_layer(layer: str) -> Callable[[], go.Figure]:
    """The feature maps of one test image."""
    return lambda: inside.feature_maps(net(), digits().test.x[SHOWN], layer)


def residual_norms() -> go.Figure:
    """The gradient's norm by layer before training, as `benchmarks/residual.py` measured it."""
    measured = json.loads((LECTURE / "residual.json").read_text())
    figure = frame(0, "convolution, from the input on")
    for row in measured["nets"]:
        if row["norm"] != "none":
            continue
        norms = row["gradient_norms"]
        plain = row["model"] == "plain"
        figure.add_scatter(
            x=np.arange(1, len(norms) + 1),
            y=norms,
            mode="lines",
            name="plain" if plain else "residual",
            legendgroup=row["model"],
            showlegend=row["depth"] == measured["nets"][0]["depth"],
            line={"color": LIGHT["variance" if plain else "better"], "width": 1.5},
            hovertemplate=f"{row['model']} {row['depth']}: %{{y:.2g}}<extra></extra>",
        )
        figure.add_annotation(
            x=len(norms),
            y=np.log10(norms[-1]),
            text=str(row["depth"]),
            xanchor="left",
            showarrow=False,
            font={"size": 11, "color": LIGHT["muted"]},
        )
    figure.update_layout(height=360, margin={"l": 60, "r": 30, "t": 34, "b": 44})
    figure.update_yaxes(
        visible=True,
        type="log",
        title_text="gradient norm",
        gridcolor=LIGHT["rule"],
        exponentformat="power",
        dtick=2,
    )
    figure.update_xaxes(showgrid=False)
    return figure


def published(name: str) -> StudyResult:
    """The `study.json` of the command that the page shows."""
    return StudyResult.read(HERE / "published" / f"{name}.json")


def width() -> go.Figure:
    """Bias and variance by the width of one hidden layer, 64 units in the baseline."""
    return along(published("width"), "width", unit=64, title="hidden units")


def sources() -> go.Figure:
    """Where the variance comes from by the width of one hidden layer, 32 units in the baseline."""
    return along(
        published("sources"),
        "width",
        quantities=SOURCES,
        loss="brier",
        unit=32,
        title="hidden units",
    )


def remedies() -> go.Figure:
    """Each remedy's error as a share of that with L2: here with its interval, and as published."""
    result = json.loads((HERE / "published" / "remedies.json").read_text())
    there = {  # Srivastava et al. 2014, table 9, in the order of the study's arms
        "L2": 1.62,
        "L2 and L1": 1.60,
        "max-norm": 1.35,
        "dropout, L2": 1.25,
        "dropout, max-norm": 1.05,
    }
    with_l2 = result["error with L2"]
    rows = list(range(len(there) - 1, -1, -1))
    changes = [Interval(*ends) for ends in result["changes of the error"].values()]
    figure = frame(len(there), "error, as a share of that with L2")
    figure.add_scatter(
        x=[1 + change.value / with_l2 for change in changes],
        y=rows[1:],
        mode="markers",
        name="here",
        marker={"color": LIGHT["ink"], "size": 9},
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [(change.high - change.value) / with_l2 for change in changes],
            "arrayminus": [(change.value - change.low) / with_l2 for change in changes],
            "color": LIGHT["ink"],
            "thickness": 1.5,
            "width": 4,
        },
        hovertemplate="here %{x:.2f}<extra></extra>",
    )
    figure.add_scatter(
        x=[error / there["L2"] for error in there.values()],
        y=[row - 0.22 for row in rows],
        mode="markers",
        name="published",
        marker={"color": LIGHT["variance"], "size": 9, "symbol": "diamond-open", "line_width": 1.5},
        hovertemplate="published %{x:.2f}<extra></extra>",
    )
    figure.add_vline(x=1, line={"color": LIGHT["muted"], "width": 1, "dash": "dot"}, layer="below")
    figure.update_layout(margin={"l": 8, "r": 16})
    figure.update_yaxes(visible=True, tickvals=rows, ticktext=list(there), showgrid=False)
    return figure


def airline() -> go.Figure:
    """The page's figure, by the page's commands."""
    path = HERE / "data" / "Airline.csv"
    rows = [line.split(",") for line in path.read_text().splitlines()[-48:]]
    with TemporaryDirectory() as folder:
        fitted = fit_table(read(path, horizon=12), out=Path(folder) / "run", reference=False)
    found = fitted.model.forecast(path)
    return plot_forecast(found, [time for time, _ in rows], [float(value) for _, value in rows])


FIGURES: Mapping[str, Callable[[], go.Figure | str]] = {
    "penalties": penalties,
    "airline": airline,
    "lstm": lambda: svg(find("lstm")),
    "gru": lambda: svg(find("gru")),
    "gru_reset_after": lambda: svg(find("gru_reset_after")),
    "peephole_lstm": lambda: svg(find("peephole_lstm")),
    "mgu": lambda: svg(find("mgu")),
    "convolution": lambda: window_steps(IMAGE, EDGE),
    "padding": lambda: window_steps(IMAGE, EDGE, padding=1, most=10),
    "stride": lambda: window_steps(IMAGE, EDGE, stride=2),
    "filters": lambda: inside.first_filters(net()),
    "conv1": of_layer("conv1"),
    "relu1": of_layer("relu1"),
    "relu2": of_layer("relu2"),
    "saliency": lambda: inside.saliency(net(), digits().test.x[:8]),
    "grad_cam": lambda: inside.grad_cam(net(), digits().test.x[:8], "conv1"),
    "doubts": lambda: inside.nearest_decision(net(), digits().test.x),
    "residual_norms": residual_norms,
    "published_width": width,
    "published_sources": sources,
    "published_remedies": remedies,
}
