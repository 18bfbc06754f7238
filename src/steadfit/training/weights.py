"""Weights in safetensors files, which may come from others: bounded before memory is taken."""

from pathlib import Path

import numpy as np
import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor, nn

from steadfit.errors import SteadfitError
from steadfit.regular_files import read_regular

_SHIFT = "network.shift"  # of the `Rising` within a `Relative`
_LONGEST_HEADER = 4 * 2**20  # bytes; some 40,000 tensors


def read_weights(path: Path) -> dict[str, Tensor]:
    """The tensors of a file by name.

    Raises SteadfitError, with the reason alone, where it is not a complete safetensors file, or its
    header is longer than any network's of ours; OSError where it cannot be opened.
    """
    content = read_regular(path)
    header = int.from_bytes(content[:8], "little")
    if header > _LONGEST_HEADER:
        raise SteadfitError(f"{path.name} claims a header of {header:,} bytes")
    try:
        return safetensors.torch.load(content)
    except (SafetensorError, LookupError, ValueError, TypeError, RuntimeError) as error:
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise SteadfitError(f"{path.name} is not a complete safetensors file: {reason}") from None


def moved(weights: dict[str, Tensor], shift: np.ndarray) -> dict[str, Tensor]:
    """The same weights of a forecaster of quantiles with these moved (`steadfit.nn.Rising`)."""
    return {**weights, _SHIFT: torch.from_numpy(shift.astype(np.float32))}


def fill(module: nn.Module, weights: dict[str, Tensor]) -> None:
    """Give a module its weights.

    Raises SteadfitError, with the reason alone, for other names, shapes or types than it has, and
    for weights that are not finite.
    """
    tensors: dict[str, Tensor] = dict(module.state_dict())
    for name, own in tensors.items():
        given = weights.get(name, own)
        if given.dtype != own.dtype:
            raise SteadfitError(f"{name} must be {own.dtype}, got {given.dtype}")
        if not given.isfinite().all():
            raise SteadfitError(f"{name} must be finite, got NaN or infinity")
    try:
        module.load_state_dict(weights)
    except RuntimeError as error:
        first = str(error).splitlines()[0]
        raise SteadfitError(f"the weights are of another network: {first}") from None
