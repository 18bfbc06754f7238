"""Multilayer perceptron: linear layers with an activation between."""

from steadfit.errors import SteadfitError
from steadfit.models.blocks import Norm, Width, activated, dropped, scaled
from steadfit.models.layers import (
    Depth,
    Flatten,
    Function,
    Layer,
    Linear,
    Residual,
    Shape,
)
from steadfit.recipe import Share

HIDDEN = 256


def mlp(
    shape: Shape,
    outputs: int,
    *,
    width: Width = 1.0,
    depth: Depth = 2,
    dropout: Share = 0.0,
    input_dropout: Share = 0.0,
    residual: bool = False,
    norm: Norm = "none",
    activation: Function = "relu",
) -> tuple[Layer, ...]:
    """Linear layers with an activation between.

    width: each hidden layer has this times 256 units.
    depth: number of hidden layers.
    dropout: share of the hidden units switched off in training.
    input_dropout: share of the inputs set to their mean in training.
    residual: every hidden layer after the first adds its input to its output, y = F(x) + x.
    norm: "batch" normalises each hidden layer before its activation.
    activation: relu, tanh, sigmoid, gelu or silu.
    """
    if residual and depth < 2:
        raise SteadfitError(
            f"mlp: residual needs two hidden layers of one size, got depth {depth}. Set depth to "
            "2 or more."
        )
    units = scaled(HIDDEN, width)
    layers: list[Layer] = [Flatten(), *dropped(input_dropout)]
    for place in range(depth):
        hidden = activated(Linear(units), norm, activation) + dropped(dropout)
        layers += [Residual(tuple(hidden))] if residual and place else hidden
    return (*layers, Linear(outputs))
