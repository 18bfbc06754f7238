"""Test points as small pictures inside the page."""

import base64
import io
from collections.abc import Sequence

import numpy as np

WIDTH, HEIGHT = 120, 60  # of the picture of a series, in its own units
MOST_CHANNELS, MOST_STEPS = 6, 400


def data_uris(images: np.ndarray, low: float, high: float) -> list[str]:
    """Each image as a `data:image/png` address, one pixel a pixel.

    images: shape (images, channels, height, width). Three channels are red, green and blue; any
        other number is averaged to grey.
    low, high: the values shown black and white, alike for all images, in the images' units.
    """
    scale = 255 / (high - low) if high > low else 0.0
    levels = ((images.astype(np.float64) - low) * scale).round().clip(0, 255)
    if images.shape[1] == 3:
        return [_png(level.transpose(1, 2, 0)) for level in levels]
    return [_png(level.mean(axis=0)) for level in levels]


def line_uris(series: Sequence[np.ndarray], low: np.ndarray, high: np.ndarray) -> list[str]:
    """Each series as a `data:image/svg+xml` address: a line a channel, its scale alike for all.

    series: each of shape (steps, channels). low, high: the least and the largest value of each
    channel, shape (channels,). At most `MOST_CHANNELS` are drawn, and `MOST_STEPS` of the steps.
    """
    steps = max(map(len, series), default=1)
    return [_svg(one[:, :MOST_CHANNELS], low, high, steps) for one in series]


def _svg(one: np.ndarray, low: np.ndarray, high: np.ndarray, steps: int) -> str:
    """A line a channel; `steps` steps fill the width."""
    every = max(1, -(-len(one) // MOST_STEPS))
    x = np.arange(len(one))[::every] * (WIDTH / max(1, steps - 1))
    lines = []
    for channel, values in enumerate(one[::every].T.astype(np.float64)):
        reach = high[channel] - low[channel]
        y = HEIGHT * (1 - (values - low[channel]) / (reach if reach > 0 else 1.0))
        path = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))
        hue = 360 * channel // MOST_CHANNELS + 210
        lines.append(
            f'<polyline points="{path}" fill="none" stroke="hsl({hue % 360} 55% 50%)"'
            ' stroke-width="1.2"/>'
        )
    text = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="-2 -2 {WIDTH + 4} {HEIGHT + 4}">'
        f"{''.join(lines)}</svg>"
    )
    return "data:image/svg+xml;base64," + base64.b64encode(text.encode()).decode()


def _png(levels: np.ndarray) -> str:
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(levels.astype(np.uint8)).save(file, "png", optimize=True)
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()
