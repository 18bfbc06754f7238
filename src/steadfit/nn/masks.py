"""Random masks of the recurrent layers, all drawn here.

`torch.rand` is drawn rather than Bernoulli numbers, because it is what vmap and torch.compile can
draw too.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from steadfit.errors import SteadfitError


def kept(
    like: Tensor, shape: Sequence[int], rate: float, generator: torch.Generator | None
) -> Tensor:
    """Dropout's mask: 0 with probability rate, else 1 / (1 - rate), so that its mean is 1."""
    return (_uniform(like, shape, generator) >= rate).to(like.dtype) / (1 - rate)


def held(
    like: Tensor, shape: Sequence[int], rate: float, generator: torch.Generator | None
) -> Tensor:
    """Zoneout's mask: 1, keep the old value, with probability rate, else 0."""
    return (_uniform(like, shape, generator) < rate).to(like.dtype)


def check_rate(name: str, rate: float) -> float:
    """The rate as it is, if it is a probability below 1; else a SteadfitError."""
    if not 0 <= rate < 1:
        raise SteadfitError(f"{name} has to be at least 0 and less than 1, got {rate!r}.")
    return float(rate)


def _uniform(like: Tensor, shape: Sequence[int], generator: torch.Generator | None) -> Tensor:
    return torch.rand(shape, generator=generator, device=like.device)
