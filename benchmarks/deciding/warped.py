"""Warped digits: as many fresh images as one likes, drawn from one population.

An image is one of scikit-learn's 1,797 digits of 8 × 8 pixels, turned, zoomed and shifted at
random, with noise added. Images are drawn independently, so that a set of them is a sample of the
population, and another draw tells what is true of it.
"""

from typing import NamedTuple

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import Tensor
from torch.nn.functional import affine_grid, grid_sample

SIDE, CLASSES = 8, 10
ANGLE, ZOOM, SHIFT, NOISE = 0.2, 0.1, 0.1, 0.1  # radians, share, of half the side, of full ink
MEAN, DEVIATION = 0.3, 0.38  # of the ink


class Images(NamedTuple):
    """x: float32, shape (…, 8, 8), of mean 0 and deviation 1, about. y: the digits, int64, (…)."""

    x: Tensor
    y: Tensor


def generator(*numbers: int) -> torch.Generator:
    """One for each list of numbers: torch's own seeds differ in their last 32 bits only."""
    return torch.Generator().manual_seed(int(np.random.SeedSequence(numbers).generate_state(1)[0]))


def draw(*shape: int, seed: tuple[int, ...]) -> Images:
    """Fresh images in this shape; the same for the same seed."""
    count = torch.Size(shape).numel()
    random = generator(*seed)
    features, labels = map(np.asarray, load_digits(return_X_y=True))
    rows = torch.randint(len(labels), (count,), generator=random)
    ink = torch.from_numpy(features).float()[rows].view(-1, 1, SIDE, SIDE) / 16
    angle = ANGLE * _either_way(count, random)
    zoom = 1 + ZOOM * _either_way(count, random)
    there, across = zoom * angle.cos(), zoom * angle.sin()
    shifts = SHIFT * _either_way(count, random), SHIFT * _either_way(count, random)
    warp = torch.stack([there, -across, shifts[0], across, there, shifts[1]], 1).view(-1, 2, 3)
    seen = grid_sample(ink, affine_grid(warp, list(ink.shape), False), align_corners=False)
    x = (seen + NOISE * torch.randn(seen.shape, generator=random) - MEAN) / DEVIATION
    return Images(x.reshape(*shape, SIDE, SIDE), torch.from_numpy(labels)[rows].reshape(shape))


def _either_way(count: int, random: torch.Generator) -> Tensor:
    return 2 * torch.rand(count, generator=random) - 1
