"""Figures of forecasts: over what came true, and of what is to come."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from steadfit.data import Dataset
from steadfit.errors import SteadfitError
from steadfit.formats.calendars import Ticks
from steadfit.report.end_to_end import begin_of, end_to_end
from steadfit.report.frame import frame, label
from steadfit.report.palette import LIGHT


def over_truth(test: Dataset, forecasts_RNO: np.ndarray) -> go.Figure:
    """The first target of up to four series: what came true, and the forecasts end to end.

    test, forecasts_RNO: as `end_to_end` takes them. The axis has the times that the data have,
    dates among them. Raises SteadfitError for data that are no forecast.
    """
    figure = frame(0, "step")
    series, begin = list(end_to_end(test, forecasts_RNO)), begin_of(test)
    for row, one in enumerate(series):
        _add(figure, row, label(one.name, 30), one.times, one.truth, one.told)
        _style_axis(figure, row, begin)
    figure.update_layout(
        height=260 * len(series) + 60,
        margin={"l": 56, "r": 8, "t": 30, "b": 44},
        grid={"rows": len(series), "columns": 1, "pattern": "independent", "ygap": 0.25},
    )
    return figure


def plot_forecast(
    found: Mapping[str, np.ndarray], times: Iterable[object], values: Iterable[float]
) -> go.Figure:
    """The next steps of one series after its last values, with intervals, over its times.

    found: what `TrainedModel.forecast` gives of one series; its first target is drawn. times,
    values: of the known steps to show before them, as many as are wanted.
    Raises SteadfitError for several series, and without values.

    >>> months = ["2024-01", "2024-02"]
    >>> found = {"input": np.array(["a"]), "time": np.array(["2024-03-01"]), "step": np.array([1]),
    ...          "prediction_y": np.array([3.0])}
    >>> [line.name for line in plot_forecast(found, months, [1.0, 2.0]).data]
    ['known', 'forecast']
    """
    times, values = list(times), list(values)
    if not values:
        raise SteadfitError("values must be of one known step at least, got none.")
    if len(series := np.unique(found["input"])) != 1:
        raise SteadfitError(
            f"found must be of one series, got {len(series)}. Take the rows of one input."
        )
    target = next(name for name in found if name.startswith("prediction_"))
    target = target.removeprefix("prediction_")
    ahead = found.get("time", len(values) + found["step"] - 1)
    figure = frame(0, "time" if "time" in found else "step")
    shades = ({"fillcolor": LIGHT["rule"]}, {"fillcolor": LIGHT["band"]})
    for shade, (what, low, high) in zip(shades, _bands(found, target), strict=False):
        edge = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip", "showlegend": False}
        figure.add_scatter(x=ahead, y=low, **edge)
        fill = {"fill": "tonexty", "showlegend": True, **shade}
        figure.add_scatter(x=ahead, y=high, **{**edge, **fill}, name=what)
    # from the last known value on, so that no gap stands between the lines
    joined = ([times[-1], *ahead], [values[-1], *found[f"prediction_{target}"]])
    for name, (x, y), role in (("known", (times, values), "ink"), ("forecast", joined, "better")):
        line = {"color": LIGHT[role], "width": 1.5}
        hover = "%{x}: %{y:.4g}<extra>%{fullData.name}</extra>"
        figure.add_scatter(x=x, y=y, mode="lines", name=name, line=line, hovertemplate=hover)
    quiet = {"color": LIGHT["muted"], "size": 12}
    figure.update_yaxes(
        visible=True,
        range=None,
        gridcolor=LIGHT["rule"],
        zeroline=False,
        title={"text": label(target, 30), "font": quiet},
    )
    figure.update_layout(height=360, margin={"l": 56, "r": 8, "t": 30, "b": 44})
    return figure


def _bands(
    found: Mapping[str, np.ndarray], target: str
) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """The intervals, the widest first; of quantiles the outermost two."""
    for level in (95, 80):
        if f"low_{level}_{target}" in found:
            yield f"{level}%", found[f"low_{level}_{target}"], found[f"high_{level}_{target}"]
    names = [name for name in found if re.fullmatch(rf"quantile_[^_]+_{re.escape(target)}", name)]
    if names:
        low, high = (name.split("_")[1] for name in (names[0], names[-1]))
        yield f"{low} to {high}", found[names[0]], found[names[-1]]


def _add(
    figure: go.Figure,
    row: int,
    name: str,
    times: Sequence[object] | np.ndarray,
    truth: np.ndarray,
    told_RT: np.ndarray,
) -> None:
    """One series in its own panel."""
    place = {"xaxis": f"x{row + 1}", "yaxis": f"y{row + 1}"} if row else {}
    mean = told_RT.mean(0)
    spread = told_RT.std(0, ddof=min(1, len(told_RT) - 1))
    edge = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip", "showlegend": False}
    figure.add_scatter(x=times, y=mean - spread, **edge, **place)
    fill = {"fill": "tonexty", "fillcolor": LIGHT["rule"]}
    figure.add_scatter(x=times, y=mean + spread, **edge, **fill, **place)
    hover = "%{x}: %{y:.4g}<extra>%{fullData.name}</extra>"
    for words, values, role in (("truth", truth, "ink"), ("forecast", mean, "better")):
        figure.add_scatter(
            x=times,
            y=values,
            mode="lines",
            name=words,
            legendgroup=words,
            showlegend=row == 0,
            line={"color": LIGHT[role], "width": 1.5},
            hovertemplate=hover,
            **place,
        )
    axis = {"gridcolor": LIGHT["rule"], "zeroline": False, "fixedrange": True, "automargin": True}
    quiet = {"color": LIGHT["muted"], "size": 12}
    title = {"text": name, "font": quiet}
    figure.layout[f"yaxis{row + 1 if row else ''}"] = {**axis, "title": title, "tickfont": quiet}


def _style_axis(figure: go.Figure, row: int, begin: Ticks | None) -> None:
    """The axis of time: dates, the data's own numbers, or steps."""
    quiet = {"color": LIGHT["muted"], "size": 12}
    figure.layout[f"xaxis{row + 1 if row else ''}"] = {
        "showgrid": False,
        "fixedrange": True,
        "tickfont": quiet,
        "type": "date" if begin is not None and begin.calendar else "linear",
        "title": {"text": "step" if begin is None else "time", "font": quiet},
    }
