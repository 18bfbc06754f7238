"""The kernel's places and sums, against sums by hand."""

import numpy as np
import pytest

from steadfit.report.windows import window_steps

RNG = np.random.default_rng(0)


@pytest.mark.parametrize(("padding", "stride"), [(0, 1), (1, 1), (0, 2), (1, 2), (2, 3)])
def test_every_sum_is_that_of_the_outlined_window(padding, stride):
    image, kernel = RNG.integers(-9, 10, (5, 6)), RNG.integers(-2, 3, (3, 2))
    figure = window_steps(image.tolist(), kernel.tolist(), padding, stride, most=100)
    padded = np.pad(image, padding)
    rows = (padded.shape[0] - 3) // stride + 1
    columns = (padded.shape[1] - 2) // stride + 1
    assert len(figure.data) == len(figure.layout.shapes) == rows * columns
    for tile, frame, note in zip(
        figure.data, figure.layout.shapes, figure.layout.annotations, strict=True
    ):
        left, top = tile.x0 - tile.dx / 2, tile.y0 - tile.dy / 2
        row, column = round((frame.y0 - top) / tile.dy), round((frame.x0 - left) / tile.dx)
        high, wide = round((frame.y1 - top) / tile.dy), round((frame.x1 - left) / tile.dx)
        window = padded[row:high, column:wide]
        assert window.shape == (3, 2)
        assert float(note.text) == (window * kernel).sum()
        assert np.array(tile.text, float).tolist() == padded.tolist()


def test_padding_is_drawn_otherwise_than_the_image():
    tile = window_steps([[1.0]], [[1.0] * 3] * 3, padding=1).data[0]
    assert np.argwhere(tile.z).tolist() == [[1, 1]]
