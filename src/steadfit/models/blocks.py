"""What the models have in common: their settings' types, and the layers that come together."""

from dataclasses import replace
from typing import Annotated, Literal

from pydantic import Field

from steadfit.errors import SteadfitError
from steadfit.kinds import Text
from steadfit.models.layers import (
    Activation,
    BatchNorm,
    Conv,
    Dropout,
    Embedding,
    Flatten,
    Function,
    GlobalPool,
    Layer,
    Linear,
    Shape,
    times,
)

Width = Annotated[float, Field(gt=0, le=1000, allow_inf_nan=False)]
Norm = Literal["none", "batch"]
Pooling = Literal["max", "average"]


def scaled(count: int, width: float) -> int:
    """This many channels or units, times the width, and at least one.

    >>> scaled(20, 0.5), scaled(1, 0.25)
    (10, 1)
    """
    return max(1, round(count * width))


def activated(layer: Conv | Linear, norm: Norm, activation: Function) -> list[Layer]:
    """The layer, its normalisation if any, its activation.

    A layer that is normalised has no bias: its channel's mean is subtracted right after.
    """
    if norm == "batch":
        return [replace(layer, bias=False), BatchNorm(), Activation(activation)]
    return [layer, Activation(activation)]


def dropped(rate: float) -> list[Layer]:
    """Dropout at this rate; nothing at rate 0, so that the table shows what there is."""
    return [Dropout(rate)] if rate else []


def embedded(shape: Shape, channels: int, name: str) -> list[Layer]:
    """What a model for sequences begins with: an embedding for texts, nothing for series.

    Raises SteadfitError for what is no sequence.
    """
    if len(shape) != 2:
        raise SteadfitError(
            f"{name} takes series and texts, got an example of {times(shape)}. For images use "
            "convnet or resnet."
        )
    return [Embedding(channels)] if isinstance(shape, Text) else []


def averaged(outputs: int, dropout: float) -> list[Layer]:
    """What a convolutional net ends with: each channel's mean, then the outputs."""
    return [GlobalPool(), Flatten(), *dropped(dropout), Linear(outputs)]
