"""Places for pictures side by side in one figure."""

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from steadfit.report.frame import frame
from steadfit.report.palette import LIGHT

WIDTH = 640  # pixels, for which heights are reckoned
GAP = 0.12  # between tiles, as a share of a tile
LINE = 0.27  # a line of text, likewise


@dataclass(frozen=True)
class Tiles:
    """Places for pictures side by side, each one unit wide.

    count: pictures, or stacks of pictures. tall: a picture's height in units of its width.
    layers: pictures in a stack. lines: of text below each stack. most: stacks in a row.
    """

    count: int
    tall: float
    layers: int = 1
    lines: int = 0
    most: int = 10

    @property
    def columns(self) -> int:
        return min(self.count, self.most)

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of it all."""
        rows = -(-self.count // self.columns)
        return self.columns * (1 + GAP) - GAP, rows * self._pitch

    def corner(self, place: int, layer: int = 0) -> tuple[float, float]:
        """The upper left corner of a picture; the second number grows downwards."""
        left = (place % self.columns) * (1 + GAP)
        return left, (place // self.columns) * self._pitch + layer * (self.tall + GAP)

    def frame(self) -> go.Figure:
        """An empty figure with room for them."""
        wide, high = self.size
        figure = frame(0, "")
        figure.update_layout(
            height=round(WIDTH / max(wide, 6) * high) + 8,
            margin={"l": 4, "r": 4, "t": 4, "b": 4},
            showlegend=False,
        )
        figure.update_xaxes(visible=False, range=[0, wide], constrain="domain")
        figure.update_yaxes(range=[high, 0], scaleanchor="x", constrain="domain")
        return figure

    def placed(self, place: int, shape: Sequence[int], layer: int = 0) -> dict[str, float]:
        """Where plotly has the middles of the pixels of a picture of this height and width."""
        left, top = self.corner(place, layer)
        down, across = self.tall / shape[0], 1 / shape[1]
        return {"x0": left + across / 2, "dx": across, "y0": top + down / 2, "dy": down}

    def write(self, figure: go.Figure, place: int, text: str) -> None:
        """A text below a stack of pictures."""
        left, top = self.corner(place, self.layers - 1)
        figure.add_annotation(
            x=left + 0.5,
            y=top + self.tall,
            text=text,
            yanchor="top",
            showarrow=False,
            font={"size": 11, "color": LIGHT["muted"]},
        )

    @property
    def _pitch(self) -> float:
        """From one row of stacks to the next."""
        return self.layers * (self.tall + GAP) + self.lines * LINE
