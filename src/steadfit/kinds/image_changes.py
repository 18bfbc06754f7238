"""Random changes of a batch of images, drawn from an explicit generator.

What comes into an image from beyond the border repeats the pixel at the border. Shifts are by whole
pixels unless there is rotation or a cut too, which interpolate bilinearly.
"""

import math
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import affine_grid, grid_sample

from steadfit.kinds.random import uniform
from steadfit.kinds.values import Mixture
from steadfit.recipe import Augmentation

_LOG_RATIO = math.log(4 / 3)  # of a cut's sides, at most


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
    """Rotation about the centre, with shift, flip and cut, in one bilinear resampling."""
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
    if settings.crop:
        kept, centre = _cut(batch, settings.crop, generator)
        turned = theta[:, :, :2]
        moved = theta[:, :, 2:] + turned @ centre.to(x)[:, :, None]
        theta = torch.cat([turned * kept.to(x)[:, None, :], moved], dim=2)
    grid = affine_grid(theta, list(x.shape), align_corners=False)
    warped = grid_sample(x, grid, padding_mode="border", align_corners=False)
    return warped.contiguous(memory_format=torch.channels_last)


class _Cut(NamedTuple):
    """Of each image, which part is kept: shares of its width and height, and where the middle of
    this part lies, both sides of the image being from -1 to 1; shape (batch, 2) each."""

    kept: Tensor
    centre: Tensor


def _cut(batch: int, most: float, generator: torch.Generator) -> _Cut:
    """As Szegedy et al. 2015, "Going deeper with convolutions", section 6: an even draw of the area
    and of the logarithm of the ratio of the sides. most: of the area, that is cut away."""
    area = 1 - most * uniform((batch,), generator)
    ratio = torch.exp(_LOG_RATIO * (2 * uniform((batch,), generator) - 1))
    kept = torch.stack([(area * ratio).sqrt(), (area / ratio).sqrt()], dim=1).clamp_max(1)
    return _Cut(kept, (1 - kept) * (2 * uniform((batch, 2), generator) - 1))


def coloured(x: Tensor, settings: Augmentation, generator: torch.Generator) -> Tensor:
    """Other light: brightness by up to `settings.colour` deviations; contrast, about the image's
    mean, and saturation, about each place's mean over the channels, by up to this share."""

    def around_zero() -> Tensor:
        return settings.colour * (2 * uniform((len(x), 1, 1, 1), generator) - 1).to(x)

    light, contrast, saturation = around_zero(), 1 + around_zero(), 1 + around_zero()
    grey = x.mean(1, keepdim=True)
    x = grey + saturation * (x - grey)
    mean = x.mean((1, 2, 3), keepdim=True)
    return mean + light + contrast * (x - mean)


def mixed(x: Tensor, settings: Augmentation, generator: torch.Generator) -> Mixture:
    """Mixup (Zhang et al. 2018, "mixup: beyond empirical risk minimization") or CutMix (Yun et al.
    2019); where both are set, a coin decides for the batch.

    The shares are drawn from Beta(a, a), a being the setting's value, one an image.
    """
    seed = int(torch.randint(2**31, (), generator=generator))
    rng = np.random.default_rng(seed)
    cut = bool(settings.cutmix) and (not settings.mixup or rng.random() < 0.5)
    strength = settings.cutmix if cut else settings.mixup
    share = torch.from_numpy(rng.beta(strength, strength, len(x))).to(x)
    other = torch.from_numpy(rng.permutation(len(x))).to(x.device)
    if not cut:
        own = share[:, None, None, None]
        return Mixture(own * x + (1 - own) * x[other], other, share)
    boxes = _boxes(1 - share.cpu().double().numpy(), x.shape[2:], rng).to(x.device)
    return Mixture(torch.where(boxes[:, None], x[other], x), other, 1 - boxes.to(x).mean((1, 2)))


def _boxes(areas: np.ndarray, sides: torch.Size, rng: np.random.Generator) -> Tensor:
    """A box in each image, of this share of its area, cut off at the border; bool, (batch, height,
    width), true inside."""
    inside = []
    for side in sides:
        half = np.sqrt(areas) * side / 2
        middle = rng.uniform(0, side, len(areas))
        places = np.arange(side) + 0.5
        inside.append(np.abs(places - middle[:, None]) < half[:, None])
    return torch.from_numpy(inside[0][:, :, None] & inside[1][:, None, :])


def _coins(batch: int, generator: torch.Generator) -> Tensor:
    return uniform((batch,), generator) < 0.5
