"""LeNet-5 (LeCun, Bottou, Bengio and Haffner 1998, "Gradient-based learning applied to document
recognition", section II.B; lecture 25, 6.7)."""

from steadfit.models.blocks import Norm, Pooling, Width, activated, dropped, scaled
from steadfit.models.layers import (
    Conv,
    Flatten,
    Function,
    Layer,
    Linear,
    Pool,
    Shape,
    ZeroPad,
)
from steadfit.recipe import Share

SIDE = 32  # LeCun centred 28 x 28 digits in a field of 32 x 32


def lenet5(
    shape: Shape,
    outputs: int,
    *,
    width: Width = 1.0,
    dropout: Share = 0.0,
    norm: Norm = "none",
    activation: Function = "relu",
    pooling: Pooling = "max",
) -> tuple[Layer, ...]:
    """LeNet-5: two convolutions of 5x5 with pooling, then linear layers of 120 and 84 units.

    As in 1998: the sizes, and zeros around images smaller than 32x32. Otherwise than in 1998:
    the second convolution sees all channels of the first (the paper's table I left some out),
    pooling has no weights, the output layer is linear. A larger image makes the layer of 120
    larger, as each of its units sees the whole image.

    width: multiplies the channels (6, 16) and units (120, 84).
    dropout: share of the inputs of each hidden and output linear layer switched off in training.
    norm: "batch" normalises each layer but the last before its activation.
    activation: relu; the paper's is tanh.
    pooling: max; the paper's is average.
    """
    pad = [ZeroPad(SIDE)] if any(n < SIDE for n in shape[1:]) else []
    drop = dropped(dropout)
    return (
        *pad,
        *activated(Conv(scaled(6, width), 5), norm, activation),
        Pool(2, kind=pooling),
        *activated(Conv(scaled(16, width), 5), norm, activation),
        Pool(2, kind=pooling),
        Flatten(),
        *drop,
        *activated(Linear(scaled(120, width)), norm, activation),
        *drop,
        *activated(Linear(scaled(84, width)), norm, activation),
        *drop,
        Linear(outputs),
    )
