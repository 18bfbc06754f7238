"""Two weights, their loss, and the two penalties (lecture 25, figure 1)."""

from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
import torch

from steadfit.report.frame import frame
from steadfit.report.palette import LIGHT
from steadfit.training.optimizer import SGD, Group
from steadfit.training.penalties import add_l2_gradient, shrink_l1

STEPS = 600  # of gradient descent; ample for two weights that are not nearly one
CONTOURS = 6
GRID = 161  # points of a side on which the loss is computed


@dataclass(frozen=True)
class TwoWeights:
    """The mean squared error of a linear model with two weights and no bias.

    x: inputs, shape (points, 2). y: targets, shape (points,).
    """

    x: np.ndarray
    y: np.ndarray

    def loss(self, w_2: np.ndarray) -> np.ndarray:
        """The mean squared error, for weights of any shape (..., 2)."""
        return ((w_2 @ self.x.T - self.y) ** 2).mean(-1)

    def extent(self, w_2: np.ndarray) -> float:
        """How far from zero the contour through these weights reaches, along either axis."""
        least = self.fit()
        spread = np.diag(np.linalg.inv(self.x.T @ self.x / len(self.x)))
        half_widths = np.sqrt((self.loss(w_2) - self.loss(least)) * spread)
        return float((np.abs(least) + half_widths).max())

    def fit(self, l1: float = 0.0, l2: float = 0.0) -> np.ndarray:
        """The weights of least loss plus l1 * sum |w| plus l2 * sum w^2.

        By gradient descent in float64, with the penalties as in any training of steadfit's.

        >>> problem = TwoWeights(np.eye(2), np.array([1.0, 0.2]))
        >>> problem.fit(l1=0.5).round(6).tolist()
        [0.5, 0.0]
        """
        x, y = torch.from_numpy(self.x).double(), torch.from_numpy(self.y).double()
        w = torch.nn.Parameter(torch.zeros(2, dtype=torch.float64))
        curvature = 2 * torch.linalg.eigvalsh(x.T @ x / len(x))[-1] + 2 * l2
        optimizer = SGD([Group((w,), 0.0)])
        for _ in range(STEPS):
            w.grad = None
            (x @ w - y).square().mean().backward()
            add_l2_gradient([w], l2)
            optimizer.step(1 / float(curvature))
            shrink_l1([w], l1, optimizer.step_size)
        return w.detach().numpy()


def penalty_geometry(problem: TwoWeights, l1: float, l2: float) -> go.Figure:
    """Contours of the loss, the ball of each penalty, and the solution where they touch.

    l1, l2: the two strengths. The diamond holds all weights whose sum |w| is at most that of the
    L1 solution, the disc all whose sum w^2 is at most that of the L2 solution.
    """
    free, lasso, ridge = problem.fit(), problem.fit(l1=l1), problem.fit(l2=l2)
    reach = 1.08 * max(
        np.abs(lasso).sum(), np.linalg.norm(ridge), *(problem.extent(w) for w in (lasso, ridge))
    )
    figure = frame(0, "")
    panels = ((lasso, _diamond(np.abs(lasso).sum()), ""), (ridge, _disc(ridge), "2"))
    for solution, ball, axis in panels:
        for trace in _contours(problem, solution, reach):
            figure.add_trace(trace.update(xaxis=f"x{axis}", yaxis=f"y{axis}"))
        figure.add_scatter(
            x=ball[:, 0],
            y=ball[:, 1],
            mode="lines",
            fill="toself",
            fillcolor="rgba(132, 146, 160, 0.25)",
            line={"color": LIGHT["bias"], "width": 1.5},
            hoverinfo="skip",
            xaxis=f"x{axis}",
            yaxis=f"y{axis}",
        )
        for point, name, role in ((free, "least loss", "better"), (solution, "", "variance")):
            figure.add_scatter(
                x=point[:1],
                y=point[1:],
                mode="markers+text",
                text=[name],
                textposition="top center",
                textfont={"color": LIGHT["muted"], "size": 11},
                marker={"color": LIGHT[role], "size": 9},
                hovertemplate="w = (%{x:.3f}, %{y:.3f})<extra></extra>",
                xaxis=f"x{axis}",
                yaxis=f"y{axis}",
            )
    _lay_out(figure, reach, (f"L1, λ = {l1:g}", f"L2, λ = {l2:g}"))
    return figure


def _contours(problem: TwoWeights, solution: np.ndarray, reach: float) -> list[go.Contour]:
    """The loss in grey lines, and in colour the line through the solution."""
    side = np.linspace(-reach, reach, GRID)
    losses = problem.loss(np.stack(np.meshgrid(side, side), -1))
    least, touched = float(losses.min()), float(problem.loss(solution))
    shared = {"x": side, "y": side, "z": losses, "showscale": False, "hoverinfo": "skip"}
    step = (float(losses.max()) - least) / (CONTOURS + 1)
    lines = {"coloring": "none", "start": least + step, "end": losses.max(), "size": step}
    through = {"coloring": "none", "start": touched, "end": touched, "size": 1}
    return [
        go.Contour(contours=lines, line={"color": LIGHT["rule"], "width": 1}, **shared),
        go.Contour(contours=through, line={"color": LIGHT["variance"], "width": 1.5}, **shared),
    ]


def _diamond(radius: float) -> np.ndarray:
    return radius * np.array([[1, 0], [0, 1], [-1, 0], [0, -1], [1, 0]])


def _disc(on_it: np.ndarray) -> np.ndarray:
    angles = np.linspace(0, 2 * np.pi, 121)
    return np.linalg.norm(on_it) * np.stack([np.cos(angles), np.sin(angles)], 1)


def _lay_out(figure: go.Figure, reach: float, titles: tuple[str, str]) -> None:
    """Two panels side by side, with the weights' axes through 0."""
    axis = {
        "range": [-reach, reach],
        "zeroline": True,
        "zerolinecolor": LIGHT["muted"],
        "zerolinewidth": 1,
        "showgrid": False,
        "visible": True,
        "fixedrange": True,
        "tickfont": {"color": LIGHT["muted"]},
        "nticks": 5,
        "constrain": "domain",
    }
    title = {"font": {"color": LIGHT["muted"], "size": 12}}
    figure.update_layout(
        height=340,
        showlegend=False,
        margin={"l": 36, "r": 8, "t": 30, "b": 40},
        xaxis={**axis, "domain": [0, 0.47], "title": {**title, "text": "w₁", "standoff": 4}},
        xaxis2={**axis, "domain": [0.53, 1], "title": {**title, "text": "w₁", "standoff": 4}},
        yaxis={**axis, "scaleanchor": "x", "title": {**title, "text": "w₂", "standoff": 0}},
        yaxis2={**axis, "scaleanchor": "x2", "anchor": "x2"},
    )
    for text, axis_name in zip(titles, ("x", "x2"), strict=True):
        figure.add_annotation(
            text=text,
            x=0,
            y=1.02,
            xref=axis_name,
            yref="paper",
            showarrow=False,
            yanchor="bottom",
        )
