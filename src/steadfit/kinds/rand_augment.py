"""RandAugment (Cubuk et al. 2020, "RandAugment: practical automated data augmentation")."""

import torch
from torch import Tensor

from steadfit.errors import SteadfitError
from steadfit.libraries import library

_TRANSFORMS = "torchvision.transforms.v2"


def check_rand_augment() -> None:
    """Raise SteadfitError where torchvision, which does it, cannot be loaded."""
    library(_TRANSFORMS, "RandAugment")


def rand_augment(x: Tensor, magnitude: int, generator: torch.Generator) -> Tensor:
    """Each image changed by two operations of torchvision's `RandAugment`, drawn for it.

    x: uint8, shape (batch, 1 or 3, height, width). magnitude: from 0 to 30. The same state of the
    generator gives the same result. Raises SteadfitError for images of other numbers, and without
    torchvision.
    """
    if x.dtype != torch.uint8:
        raise SteadfitError(
            f"RandAugment takes images of bytes, from 0 to 255, got {x.dtype}. Leave it out, "
            "or give images as uint8."
        )
    change = library(_TRANSFORMS, "RandAugment").RandAugment(
        num_ops=2, magnitude=magnitude, num_magnitude_bins=31
    )
    seed = int(torch.randint(2**31, (), generator=generator))
    with torch.random.fork_rng(devices=[]):  # torchvision draws from the current generator
        torch.manual_seed(seed)
        return torch.stack([change(image) for image in x])
