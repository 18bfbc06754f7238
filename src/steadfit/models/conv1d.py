"""The fully convolutional net for time series (Wang, Yan and Oates 2017)."""

from steadfit.models.blocks import Norm, Width, activated, averaged, dropped, embedded, scaled
from steadfit.models.layers import Conv, Count, Function, Layer, Shape
from steadfit.recipe import Share

LAYERS = ((128, 8), (256, 5), (128, 3))  # channels and kernel of each


def conv1d(
    shape: Shape,
    outputs: int,
    *,
    width: Width = 1.0,
    dropout: Share = 0.0,
    norm: Norm = "batch",
    activation: Function = "relu",
    embedding: Count = 64,
) -> tuple[Layer, ...]:
    """Three convolutions over time that keep its length, the mean over the steps, a linear layer.

    width: multiplies the channels (128, 256, 128), and those of an embedding.
    dropout: share of the inputs of the second and third convolution and of the linear layer
        switched off in training.
    norm: "batch" normalises each convolution before its activation; "none" does not.
    activation: relu, tanh, sigmoid, gelu or silu.
    embedding: channels of each token's vector, for texts.
    """
    layers = embedded(shape, scaled(embedding, width), "conv1d")
    for place, (channels, kernel) in enumerate(LAYERS):
        conv = Conv(scaled(channels, width), kernel, pad="same", init="he")
        layers += [*(dropped(dropout) if place else []), *activated(conv, norm, activation)]
    return (*layers, *averaged(outputs, dropout))
