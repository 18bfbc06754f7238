"""The residual net for time series (Wang, Yan and Oates 2017)."""

from steadfit.models.blocks import Norm, Width, activated, averaged, dropped, embedded, scaled
from steadfit.models.layers import (
    Activation,
    BatchNorm,
    Conv,
    Count,
    Function,
    Layer,
    Residual,
    Shape,
)
from steadfit.recipe import Share

CHANNELS, KERNELS = (64, 128, 128), (8, 5, 3)


def resnet1d(
    shape: Shape,
    outputs: int,
    *,
    width: Width = 1.0,
    dropout: Share = 0.0,
    norm: Norm = "batch",
    activation: Function = "relu",
    embedding: Count = 64,
) -> tuple[Layer, ...]:
    """Three residual blocks of three convolutions over time, the mean over the steps, a linear
    layer. Where the channels change, the shortcut is a convolution of one step.

    width: multiplies the channels (64, 128, 128), and those of an embedding.
    dropout: share of the inputs of each block's last convolution and of the linear layer switched
        off in training.
    norm: "batch" normalises each convolution before its activation; "none" does not.
    activation: relu, tanh, sigmoid, gelu or silu.
    embedding: channels of each token's vector, for texts.
    """
    layers = embedded(shape, scaled(embedding, width), "resnet1d")
    before = 0
    for base in CHANNELS:
        channels = scaled(base, width)
        first, second, third = (
            activated(Conv(channels, kernel, pad="same", init="he"), norm, activation)
            for kernel in KERNELS
        )
        branch = (*first, *second, *dropped(dropout), *third[:-1])
        path = activated(Conv(channels, 1, init="he"), norm, activation)[:-1]
        shortcut = tuple(path) if channels != before else _unchanged(norm)
        layers += [Residual(branch, shortcut), Activation(activation)]
        before = channels
    return (*layers, *averaged(outputs, dropout))


def _unchanged(norm: Norm) -> tuple[Layer, ...]:
    """A shortcut between equal channels, which the paper normalises too."""
    return (BatchNorm(),) if norm == "batch" else ()
