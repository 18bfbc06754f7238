"""Would more data help? The learning curve in a sentence and as a figure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from steadfit.report import numbers, wording

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from steadfit.analysis.result import Analysis, LearningCurve

PARTS = {0.25: "a quarter", 0.5: "half", 1.0: "all"}


def about_more_data(found: Analysis) -> Iterator[str]:
    """What shares of the data give, and what twice of it would."""
    curve, measure = found.learning_curve, found.decides
    if curve is None:
        return
    if not curve.points:
        yield (
            f"{curve.arm} has no learning curve, because a training on a part of the data failed."
        )
        return
    each = [
        f"{wording.figure(point.totals[measure], measure)} from {PARTS[point.share]} "
        f"({point.examples:,.0f} examples)"
        for point in curve.points
    ]
    yield (
        f"Learning curve of {curve.arm}: {wording.words_of(measure).name} {wording.listed(each)}. "
        f"{_doubled(curve, measure)}"
    )


def _doubled(curve: LearningCurve, measure: str) -> str:
    if curve.doubled is None:
        return "It does not fall steadily, so that nothing can be said of more data."
    lower, least, most = (
        wording.figure(-value, measure)
        for value in (curve.doubled.value, curve.doubled.high, curve.doubled.low)
    )
    return f"If it goes on so, twice the data lower it by {lower} [{least}, {most}]."


def curve_figure(found: Analysis) -> go.Figure:
    """The deciding measure by training examples; dotted, its continuation to twice the data.

    Whiskers: the interval of the distance to the figure from all the data. Raises ValueError where
    the analysis has no curve.
    """
    from steadfit.report.frame import frame
    from steadfit.report.palette import LIGHT

    curve, measure = found.learning_curve, found.decides
    if curve is None or not curve.points:
        raise ValueError("The analysis must have a learning curve.")
    words, scale = wording.words_of(measure), wording.scale_of(measure)
    points = [(one.examples, one.totals[measure], one.to_all) for one in curve.points]
    figure = frame(0, "training examples")
    if curve.doubled is not None:
        examples, whole, _ = points[-1]
        points.append((2 * examples, whole + curve.doubled.value, curve.doubled))
    sizes = [size for size, _, _ in points]
    values = [scale * value for _, value, _ in points]
    half = [scale * (change.high - change.low) / 2 if change else 0.0 for _, _, change in points]
    figure.add_scatter(
        x=sizes, y=values, mode="lines", showlegend=False, hoverinfo="skip",
        line={"color": LIGHT["better"], "width": 1.5, "dash": "dot" if curve.doubled else "solid"},
    )  # fmt: skip
    measured = len(curve.points)
    figure.add_scatter(
        x=sizes, y=values, mode="markers", showlegend=False,
        error_y={"type": "data", "array": half, "color": LIGHT["ink"], "thickness": 1.5},
        marker={
            "color": LIGHT["better"],
            "size": 9,
            "symbol": ["circle"] * measured + ["circle-open"] * (len(points) - measured),
        },
        customdata=[numbers.quantity(value) for value in values],
        hovertemplate=f"%{{x:,}} examples: {words.name} %{{customdata}}<extra></extra>",
    )  # fmt: skip
    figure.update_layout(height=340, margin={"l": 64, "r": 16, "t": 16, "b": 48})
    figure.update_xaxes(type="log", tickvals=sizes, ticktext=[f"{size:,.0f}" for size in sizes])
    figure.update_yaxes(
        visible=True, title_text=wording.axis_title(words), gridcolor=LIGHT["rule"],
        rangemode="tozero",
    )  # fmt: skip
    return figure
