"""Random masks of the recurrent layers, all drawn here.

`torch.rand` is drawn rather than Bernoulli numbers, because it is what vmap and torch.compile can
draw too.
"""

from collections.abc import Sequence

import torch
from torch import Tensor


def kept(
    like: Tensor, shape: Sequence[int], rate: float, generator: torch.Generator | None
) -> Tensor:
    """Dropout's mask: 0 with probability rate, else 1 / (1 - rate), so that its mean is 1."""
    share = 1 - rate or 1.0  # at a rate of 1 nothing is kept, and nothing is divided by zero
    return (_uniform(like, shape, generator) >= rate).to(like.dtype) / share


def held(
    like: Tensor, shape: Sequence[int], rate: float, generator: torch.Generator | None
) -> Tensor:
    """Zoneout's mask: 1, keep the old value, with probability rate, else 0."""
    return (_uniform(like, shape, generator) < rate).to(like.dtype)


def _uniform(like: Tensor, shape: Sequence[int], generator: torch.Generator | None) -> Tensor:
    # float32 whatever the default is, so that a seed draws the same masks
    return torch.rand(shape, generator=generator, device=like.device, dtype=torch.float32)
