"""Random shifts, flips and rotations of a batch of images, drawn from an explicit generator.

What comes into an image from beyond the border repeats the pixel at the border. Shifts are by whole
pixels unless there is rotation too, which interpolates bilinearly.
"""

import math

import torch
from torch import Tensor
from torch.nn.functional import affine_grid, grid_sample

from steadfit.kinds.random import uniform
from steadfit.recipe import Augmentation


def moved(x: Tensor, settings: Augmentation, generator: torch.Generator) -> Tensor:
    """Whole-pixel shifts and flips: one gather of rows and columns per image."""
    batch, _, height, width = x.shape
    rows = _shifted(batch, height, settings.shift, generator).to(x.device)
    columns = _shifted(batch, width, settings.shift, generator)
    if settings.flip:
        columns = torch.where(_coins(batch, generator)[:, None], columns.flip(1), columns)
    columns = columns.to(x.device)
    images = torch.arange(batch, device=x.device)[:, None, None]
    moved = x.permute(0, 2, 3, 1)[images, rows[:, :, None], columns[:, None, :]]
    return moved.permute(0, 3, 1, 2)


def _shifted(batch: int, side: int, share: float, generator: torch.Generator) -> Tensor:
    """For each image, which row (or column) each row is taken from; shape (batch, side)."""
    most = round(share * side)
    shift = torch.randint(-most, most + 1, (batch, 1), generator=generator, device=generator.device)
    return (torch.arange(side, device=generator.device) + shift).clamp_(0, side - 1)


def warped(x: Tensor, settings: Augmentation, generator: torch.Generator) -> Tensor:
    """Rotation about the centre, with shift and flip, in one bilinear resampling."""
    batch, _, height, width = x.shape

    def around_zero(most: float) -> Tensor:
        return most * (2 * uniform((batch,), generator) - 1)

    angle = around_zero(math.radians(settings.rotation))
    across, down = (
        around_zero(2 * settings.shift),
        around_zero(2 * settings.shift),
    )  # the side is 2 long
    sign = 1 - 2 * _coins(batch, generator).float() if settings.flip else torch.ones_like(angle)
    cos, sin = angle.cos(), angle.sin()
    aspect = height / width  # an angle is an angle in pixels, not in shares of the sides
    theta = torch.stack(
        [
            torch.stack([sign * cos, -sign * sin * aspect, across], dim=1),
            torch.stack([sin / aspect, cos, down], dim=1),
        ],
        dim=1,
    ).to(x)
    grid = affine_grid(theta, list(x.shape), align_corners=False)
    warped = grid_sample(x, grid, padding_mode="border", align_corners=False)
    return warped.contiguous(memory_format=torch.channels_last)


def _coins(batch: int, generator: torch.Generator) -> Tensor:
    return uniform((batch,), generator) < 0.5
