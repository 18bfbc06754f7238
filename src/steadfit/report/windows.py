"""A kernel at each of its places on an image: convolution, padding and stride, step by step."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
import torch
from torch.nn.functional import conv2d, pad

from steadfit.report.palette import LIGHT
from steadfit.report.tiles import Tiles

WRITTEN = 12  # places of a side up to which the values are written in


def window_steps(
    image: Sequence[Sequence[float]],
    kernel: Sequence[Sequence[float]],
    padding: int = 0,
    stride: int = 1,
    most: int = 25,
) -> go.Figure:
    """The image with the kernel's window at each place, and the sum that comes out below it.

    image: (height, width). kernel: (height, width); cross-correlated, as deep-learning libraries
    do it. padding: zeros on each side, drawn pale. most: places shown, from the first on.

    >>> figure = window_steps([[1, 2], [3, 4]], [[1, 0], [0, 1]])
    >>> figure.layout.annotations[0].text
    '5'
    """
    x = torch.tensor(image, dtype=torch.float64)
    weight = torch.tensor(kernel, dtype=torch.float64)
    sums = conv2d(x[None, None], weight[None, None], padding=padding, stride=stride)[0, 0].numpy()
    padded = pad(x, (padding,) * 4).numpy()
    inside = pad(torch.ones_like(x), (padding,) * 4).numpy()
    height, width = padded.shape
    places = list(np.ndindex(*sums.shape))[:most]
    tiles = Tiles(len(places), height / width, lines=1, most=min(5, sums.shape[1]))
    figure = tiles.frame()
    for place, (row, column) in enumerate(places):
        figure.add_heatmap(
            z=inside,
            text=[[f"{value:g}" for value in values] for values in padded],
            texttemplate="%{text}" if max(height, width) <= WRITTEN else None,
            textfont={"size": 10, "color": LIGHT["ink"]},
            zmin=0,
            zmax=1,
            colorscale=[[0, LIGHT["paper"]], [1, LIGHT["tint"]]],
            showscale=False,
            hoverinfo="skip",
            xgap=1,
            ygap=1,
            **tiles.placed(place, padded.shape),
        )
        _outline(figure, tiles, place, (row * stride, column * stride), weight.shape, padded.shape)
        tiles.write(figure, place, f"{sums[row, column]:g}")
    return figure


def _outline(
    figure: go.Figure,
    tiles: Tiles,
    place: int,
    start: tuple[int, int],
    window: Sequence[int],
    shape: Sequence[int],
) -> None:
    """A frame around the window that begins at this row and column."""
    left, top = tiles.corner(place)
    down, across = tiles.tall / shape[0], 1 / shape[1]
    figure.add_shape(
        type="rect",
        x0=left + start[1] * across,
        x1=left + (start[1] + window[1]) * across,
        y0=top + start[0] * down,
        y1=top + (start[0] + window[0]) * down,
        line={"color": LIGHT["variance"], "width": 2.5},
    )
