"""Random changes of a batch of images, drawn from an explicit generator."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import overload

import torch
from torch import Tensor
from torch.nn.functional import affine_grid, grid_sample

from steadfit.data.dataset import Inputs
from steadfit.data.preparation import UNKNOWN
from steadfit.data.ragged import Ragged
from steadfit.errors import SteadfitError
from steadfit.recipe import Augmentation

_NOT_IMAGES = ("crop", "word_dropout")
_NOT_SERIES = ("shift", "flip", "rotation", "word_dropout")
_NOT_TEXTS = ("shift", "flip", "rotation", "noise", "crop")


@overload
def augment(x: Tensor, settings: Augmentation, generator: torch.Generator) -> Tensor: ...
@overload
def augment(x: Ragged, settings: Augmentation, generator: torch.Generator) -> Ragged: ...
def augment(x: Inputs, settings: Augmentation, generator: torch.Generator) -> Inputs:
    """Shift, flip, rotate and disturb each example of a batch by its own random amount.

    x: prepared images, float32, shape (batch, channels, height, width); or series or texts, for
        whose steps y has no targets of their own. x itself is left as it is.

    What comes into an image from beyond the border repeats the pixel at the border. Shifts are by
    whole pixels unless there is rotation too, which interpolates bilinearly. The same generator
    state gives the same result.

    Raises SteadfitError for changes that the kind of example does not have.

    >>> x = torch.arange(4.0).reshape(1, 1, 2, 2)
    >>> augment(x, Augmentation(), torch.Generator()) is x
    True
    """
    if isinstance(x, Ragged):
        return _sequences(x, settings, generator)
    _refuse(settings, _NOT_IMAGES, "images")
    if settings.rotation:
        x = _warp(x, settings, generator)
    elif settings.shift or settings.flip:
        x = _move(x, settings, generator)
    return x + _noise(x, settings, generator) if settings.noise else x


def _sequences(x: Ragged, settings: Augmentation, generator: torch.Generator) -> Ragged:
    _refuse(settings, _NOT_TEXTS if x.tokens else _NOT_SERIES, "texts" if x.tokens else "series")
    if settings.word_dropout:
        x = x.with_values(_dropped(x.values, settings.word_dropout, generator))
    if settings.crop:
        x = _cropped(x, settings.crop, generator)
    if settings.noise:
        x = x.with_values(x.values + _noise(x.values, settings, generator))
    return x


def _refuse(settings: Augmentation, absent: tuple[str, ...], what: str) -> None:
    asked = [name for name in absent if getattr(settings, name)]
    if asked:
        raise SteadfitError(
            f"These examples are {what}, which cannot be changed by {', '.join(asked)}. Leave it "
            "out."
        )


def _dropped(tokens: Tensor, share: float, generator: torch.Generator) -> Tensor:
    """Each token made unknown with this probability (Bowman et al. 2016, 3.1)."""
    drawn = _uniform(tokens.shape, generator)
    return torch.where(drawn.to(tokens.device) < share, UNKNOWN, tokens)


def _cropped(x: Ragged, share: float, generator: torch.Generator) -> Ragged:
    """A part of each series: what is cut away is drawn evenly up to the share, then its place."""
    most, place = _uniform((2, len(x)), generator).to(x.lengths.device)
    cut = (most * share * x.lengths).long()
    lengths = x.lengths - cut
    begin = x.starts + (place * (cut + 1)).long()
    steps = torch.arange(int(lengths.sum()), device=lengths.device)
    shift = (begin - (lengths.cumsum(0) - lengths)).repeat_interleave(lengths)
    return replace(x, values=x.values[steps + shift], lengths=lengths)


def _noise(values: Tensor, settings: Augmentation, generator: torch.Generator) -> Tensor:
    noise = _normal(values.shape, generator)
    return settings.noise * noise.to(values)


def _move(x: Tensor, settings: Augmentation, generator: torch.Generator) -> Tensor:
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


def _warp(x: Tensor, settings: Augmentation, generator: torch.Generator) -> Tensor:
    """Rotation about the centre, with shift and flip, in one bilinear resampling."""
    batch, _, height, width = x.shape

    def uniform(most: float) -> Tensor:
        return most * (2 * _uniform((batch,), generator) - 1)

    angle = uniform(math.radians(settings.rotation))
    across, down = uniform(2 * settings.shift), uniform(2 * settings.shift)  # the side is 2 long
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
    return _uniform((batch,), generator) < 0.5


def _uniform(shape: Sequence[int], generator: torch.Generator) -> Tensor:
    # float32 whatever torch's default is
    return torch.rand(shape, generator=generator, device=generator.device, dtype=torch.float32)


def _normal(shape: Sequence[int], generator: torch.Generator) -> Tensor:
    return torch.randn(shape, generator=generator, device=generator.device, dtype=torch.float32)
