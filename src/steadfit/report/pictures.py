"""Test points as small pictures inside the page."""

import base64
import io

import numpy as np


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


def _png(levels: np.ndarray) -> str:
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(levels.astype(np.uint8)).save(file, "png", optimize=True)
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()
