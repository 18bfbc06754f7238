"""Batches changed by a person's own function."""

from typing import Any

from torch import Tensor

from steadfit.errors import OwnCodeError
from steadfit.own_code import function_of


def own_change(code: Any, batch: Tensor) -> Tensor:
    """What the function makes of a prepared batch; it gets a copy.

    Raises OwnCodeError for what it raises, and for anything but a batch of the same shape.
    """
    function = function_of(code, "augmentation.own")
    changed = function(batch.clone())
    if not isinstance(changed, Tensor) or changed.shape != batch.shape:
        got = tuple(changed.shape) if isinstance(changed, Tensor) else type(changed).__name__
        raise OwnCodeError(
            f"{function.name} must give a batch of the shape that it got, {tuple(batch.shape)}, "
            f"got {got}."
        )
    return changed.to(batch.dtype)
