"""Random numbers in float32, whatever torch's default type is."""

from collections.abc import Sequence

import torch
from torch import Tensor

from steadfit.recipe import Augmentation


def uniform(shape: Sequence[int], generator: torch.Generator) -> Tensor:
    """Numbers from 0 to below 1, on the generator's device."""
    return torch.rand(shape, generator=generator, device=generator.device, dtype=torch.float32)


def noise(values: Tensor, settings: Augmentation, generator: torch.Generator) -> Tensor:
    """Gaussian noise of the settings' standard deviation, one number for each value."""
    shape, device = values.shape, generator.device
    drawn = torch.randn(shape, generator=generator, device=device, dtype=torch.float32)
    return settings.noise * drawn.to(values)
