"""The convolutional net of the lecture's table (lecture 25, 6.8)."""

from typing import Annotated

from pydantic import Field

from steadfit.models.blocks import Norm, Pooling, Width, activated, dropped, scaled
from steadfit.models.layers import (
    Conv,
    Flatten,
    Function,
    Layer,
    Linear,
    Pool,
    Residual,
    Shape,
)
from steadfit.recipe import Share

CHANNELS, GROWTH, UNITS = 20, 2.5, 500
Stages = Annotated[int, Field(ge=1, le=20)]  # each halves the image


def convnet(
    shape: Shape,
    outputs: int,
    *,
    width: Width = 1.0,
    depth: Stages = 2,
    dropout: Share = 0.0,
    residual: bool = False,
    norm: Norm = "none",
    activation: Function = "relu",
    pooling: Pooling = "max",
) -> tuple[Layer, ...]:
    """Stages of a 5x5 convolution, activation and pooling by 2, then linear layers.

    width: multiplies the channels (20, 50) and the units (500).
    depth: number of stages; the n-th has 20 * 2.5^(n-1) channels and halves the image.
    dropout: share of the inputs of both linear layers switched off in training.
    residual: each stage adds its input to its activations before pooling, y = F(x) + x; the
        channels that the input lacks count as zeros, so there is no further weight.
    norm: "batch" normalises each layer but the last before its activation.
    activation: relu, tanh, sigmoid, gelu or silu.
    pooling: max or average.
    """
    drop = dropped(dropout)
    layers: list[Layer] = []
    for stage in range(depth):
        channels = scaled(round(CHANNELS * GROWTH**stage), width)
        conv = activated(Conv(channels, 5, pad=2), norm, activation)
        layers += [Residual(tuple(conv))] if residual else conv
        layers.append(Pool(2, kind=pooling))
    return (
        *layers,
        Flatten(),
        *drop,
        *activated(Linear(scaled(UNITS, width)), norm, activation),
        *drop,
        Linear(outputs),
    )
