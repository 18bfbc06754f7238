"""The residual net for time series (Wang, Yan and Oates 2017)."""

from steadfit.kinds import Text
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
LONG, SHORTENED = 2048, 1024  # steps: of what is shortened, and to about how many


def stem_stride(shape: Shape) -> int:
    """The steps by which the first convolution over series of this shape moves; 1 where they are
    short enough to be taken whole.

    >>> stem_stride((1, 2048)), stem_stride((1, 20_000))
    (1, 20)
    """
    if len(shape) < 2 or isinstance(shape, Text) or shape[1] <= LONG:
        return 1
    return -(-shape[1] // SHORTENED)


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

    Series of more than 2,048 steps are shortened to about 1,024 first, by a convolution with as
    many channels as the first block: its stride is the longest series' steps over 1,024, its kernel
    twice that (`stem_stride`). Time and memory then hardly grow with the length.

    width: multiplies the channels (64, 128, 128), and those of an embedding.
    dropout: share of the inputs of each block's last convolution and of the linear layer switched
        off in training.
    norm: "batch" normalises each convolution before its activation; "none" does not.
    activation: relu, tanh, sigmoid, gelu or silu.
    embedding: channels of each token's vector, for texts.
    """
    layers = embedded(shape, scaled(embedding, width), "resnet1d")
    if (stride := stem_stride(shape)) > 1:
        stem = Conv(scaled(CHANNELS[0], width), 2 * stride, pad=stride, stride=stride, init="he")
        layers += activated(stem, norm, activation)
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
