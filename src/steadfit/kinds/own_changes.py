"""Batches changed by a person's own function."""

import inspect
from typing import Any

from torch import Tensor

from steadfit.errors import OwnCodeError
from steadfit.kinds.preparation import RESERVED
from steadfit.kinds.ragged import Ragged
from steadfit.own_code import function_of


def own_change(code: Any, batch: Tensor, lengths: Tensor | None = None) -> Tensor:
    """What the function makes of a prepared batch; it gets a copy.

    lengths: the true lengths of sequences, int64, (batch,), which go to a function that has a
    parameter of that name.

    Raises OwnCodeError for what it raises, and for anything but a batch of the same shape.
    """
    function = function_of(code, "augmentation.own")
    named = lengths is not None and "lengths" in inspect.signature(function.what).parameters
    given = {"lengths": lengths} if named else {}
    changed = function(batch.clone(), **given)
    if not isinstance(changed, Tensor) or changed.shape != batch.shape:
        got = tuple(changed.shape) if isinstance(changed, Tensor) else type(changed).__name__
        raise OwnCodeError(
            f"{function.name} must give a batch of the shape that it got, {tuple(batch.shape)}, "
            f"got {got}."
        )
    return changed.to(batch.dtype)


def own_change_of_sequences(code: Any, batch: Ragged) -> Ragged:
    """`own_change` of series (batch, steps, channels), or of texts' token numbers (batch, steps),
    0 beyond a sequence's end.

    Raises OwnCodeError, too, for token numbers that the vocabulary does not have.
    """
    changed = own_change(code, batch.padded(), batch.lengths)[batch.mask()]
    if not changed.is_floating_point():
        known = len(batch.tokens) + RESERVED
        low, high = int(changed.min()), int(changed.max())
        if low < 0 or high >= known:
            raise OwnCodeError(
                f"{function_of(code, 'augmentation.own').name} must give token numbers from 0 to "
                f"{known - 1:,}, got {low if low < 0 else high:,}."
            )
    return batch.with_values(changed)
