"""Small charts of lines and marks as SVG, which a page shows without a script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from steadfit.report import numbers

WIDTH, HEIGHT = 1000, 240  # in the chart's own units; a page stretches it
MOST_POINTS = 1000  # of a line, beyond which more hide one another
FEW_TIMES = 20  # the largest value in units of the least, beyond which the axis is logarithmic


@dataclass(frozen=True)
class Line:
    """name: in the legend, "" for none. role: of its colour in `palette`. path: SVG path data."""

    name: str
    role: str
    path: str


@dataclass(frozen=True)
class Chart:
    """title: what it is of. x, y: what stands at the ends of the axes, the lower one first."""

    title: str
    lines: tuple[Line, ...]
    x: tuple[str, str]
    y: tuple[str, str]
    marks: bool = False


def lines(
    title: str,
    values: Mapping[str, tuple[str, Sequence[float] | np.ndarray]],
    x: tuple[str, str],
    logarithmic: bool = False,
) -> Chart:
    """Lines over the same steps, on one scale.

    values: by name the role of a line's colour, and its value at each step; steps that are not
    finite lift the pen. logarithmic: where the values are above 0 and far apart.
    """
    found = {name: np.asarray(each, np.float64) for name, (_, each) in values.items()}
    known = np.concatenate(list(found.values()))
    known = known[np.isfinite(known)]
    low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 0.0)
    ends = (numbers.quantity(low), numbers.quantity(high))
    if logarithmic and low > 0 and high > FEW_TIMES * low:
        found = {name: np.log(each) for name, each in found.items()}
        low, high = float(np.log(low)), float(np.log(high))
    drawn = (
        Line(name, values[name][0], _path(np.arange(len(each)), _placed(each, low, high)))
        for name, each in found.items()
    )
    return Chart(title, tuple(drawn), x, ends)


def predicted(title: str, truth: np.ndarray, told: np.ndarray) -> Chart:
    """A mark a test point, predicted over true, and the line on which both are alike."""
    every = -(-len(truth) // MOST_POINTS)
    truth, told = truth[::every].astype(np.float64), told[::every].astype(np.float64)
    low, high = float(min(truth.min(), told.min())), float(max(truth.max(), told.max()))
    ends = (numbers.quantity(low), numbers.quantity(high))
    across, up = WIDTH - _placed(truth, low, high) * WIDTH / HEIGHT, _placed(told, low, high)
    marks = "".join(f"M{x:.0f} {y:.0f}h0" for x, y in zip(across, up, strict=True))
    alike = Line("", "muted", f"M0 {HEIGHT}L{WIDTH} 0")
    return Chart(title, (alike, Line("", "better", marks)), ends, ends, marks=True)


def _placed(values: np.ndarray, low: float, high: float) -> np.ndarray:
    """Heights in the chart, counted from its top; the middle where all values are one."""
    if not high > low:
        return np.where(np.isfinite(values), HEIGHT / 2, np.nan)
    return HEIGHT * (1 - (values - low) / (high - low))


def _path(steps: np.ndarray, heights: np.ndarray) -> str:
    """A line through these heights; steps without one lift the pen."""
    across = steps * (WIDTH / max(1, len(steps) - 1))
    every = -(-len(steps) // MOST_POINTS)
    parts, down = [], False
    for x, y in zip(across[::every], heights[::every], strict=True):
        if np.isfinite(y):
            parts.append(f"{'L' if down else 'M'}{x:.0f} {y:.1f}" + ("" if down else "h0"))
        down = bool(np.isfinite(y))
    return "".join(parts)
