"""Figures of a study whose arms are one remedy at many strengths: each figure as a curve.

Example: `along(StudyResult.read(Path("runs/width/study.json")), "width").show()`.
"""

from collections.abc import Sequence

import plotly.graph_objects as go

from steadfit.analysis.result import Figure, Interval, VarianceAnalysis
from steadfit.analysis.terms import Loss
from steadfit.errors import SteadfitError
from steadfit.report import numbers, wording
from steadfit.report.frame import frame
from steadfit.report.palette import LIGHT
from steadfit.study.result import StudyResult

PARTS: tuple[Figure, ...] = ("total", "bias_noise", "variance")
SOURCES: tuple[Figure, ...] = ("sample", "seed", "interaction")
_LOOKS = {
    "total": ("ink", "circle"),
    "bias_noise": ("bias", "square"),
    "variance": ("variance", "diamond"),
    "sample": ("better", "circle"),
    "seed": ("variance", "diamond"),
    "interaction": ("muted", "x"),
}
HEIGHT = 380  # pixels


def along(
    result: StudyResult,
    remedy: str,
    *,
    baseline: float = 1.0,
    quantities: Sequence[Figure] = PARTS,
    loss: Loss | str | None = None,
    unit: float = 1.0,
    title: str = "",
) -> go.Figure:
    """The parts of a loss against a remedy's strength, on a logarithmic axis, with intervals.

    remedy: its name; arms of any other are left out. baseline: the strength that the baseline
    stands for. quantities: `PARTS`, or `SOURCES` for where the variance comes from, which takes
    three samples and three crossed seeds. loss: by default the first that is split. unit: what a
    strength of 1 is, in the axis's unit; title: of the axis, by default the remedy.

    Raises SteadfitError where no arm has the remedy, or none of the quantities' intervals.
    """
    points = _points(result, remedy, baseline)
    if len(points) < 2:
        raise SteadfitError(
            f"remedy must be that of an arm with a strength and with its variance measured, got "
            f"{remedy}. Run the study with the variance of all arms."
        )
    loss = Loss(loss) if loss else next(iter(points[0][1].losses))
    words = wording.words_of(loss)
    figure = frame(0, title or remedy)
    for quantity in quantities:
        drawn = [
            (unit * strength, arm.intervals[loss][quantity])
            for strength, arm in points
            if quantity in arm.intervals.get(loss, {})
        ]
        if not drawn:
            raise SteadfitError(
                f"The arms have no interval of the {words.name}'s {quantity}. Its sources take "
                "three samples and three crossed seeds, its parts three samples."
            )
        _curve(figure, quantity, drawn)
    strengths = [unit * strength for strength, _ in points]
    figure.update_layout(height=HEIGHT, margin={"l": 60, "r": 16, "t": 34, "b": 48})
    figure.update_xaxes(type="log", tickvals=strengths, showgrid=False)
    figure.update_yaxes(
        visible=True, title_text=wording.axis_title(words), gridcolor=LIGHT["rule"],
        rangemode="tozero", zeroline=True,
    )  # fmt: skip
    return figure


def _points(
    result: StudyResult, remedy: str, baseline: float
) -> list[tuple[float, VarianceAnalysis]]:
    """The variance of the arms of this remedy alone, by strength."""
    found = [(baseline, result.analysis.baseline.variance)]
    for arm in result.arms[1:]:
        alone = arm.remedies[0] if len(arm.remedies) == 1 else None
        if alone and alone.name == remedy and isinstance(alone.strength, int | float):
            found.append((float(alone.strength), result.analysis.arm(arm.name).variance))
    known = [(strength, one) for strength, one in found if one is not None]
    return sorted(known, key=lambda point: point[0])


def _curve(figure: go.Figure, quantity: Figure, drawn: Sequence[tuple[float, Interval]]) -> None:
    role, symbol = _LOOKS[quantity]
    name = quantity.replace("bias_noise", "bias+noise")
    intervals = [interval for _, interval in drawn]
    figure.add_scatter(
        x=[place for place, _ in drawn],
        y=[one.value for one in intervals],
        mode="lines+markers",
        name=name,
        line={"color": LIGHT[role], "width": 1.5},
        marker={"color": LIGHT[role], "size": 7, "symbol": symbol},
        error_y={
            "type": "data",
            "symmetric": False,
            "array": [one.high - one.value for one in intervals],
            "arrayminus": [one.value - one.low for one in intervals],
            "color": LIGHT[role],
            "thickness": 1,
            "width": 3,
        },
        customdata=[numbers.interval(one, 4) for one in intervals],
        hovertemplate=f"{name} %{{customdata}}<extra></extra>",
    )
