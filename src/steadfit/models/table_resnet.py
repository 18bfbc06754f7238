"""The residual net for tables (Gorishniy et al. 2021, "Revisiting deep learning models for tabular
data", 3.2)."""

from steadfit.models.blocks import Norm, Width, dropped, scaled
from steadfit.models.layers import (
    Activation,
    BatchNorm,
    Depth,
    Flatten,
    Function,
    Layer,
    Linear,
    Residual,
    Shape,
)
from steadfit.recipe import Share

UNITS, WIDER = 128, 2  # of a block, and of its hidden layer as a multiple of that


def table_resnet(
    shape: Shape,
    outputs: int,
    *,
    width: Width = 1.0,
    depth: Depth = 2,
    dropout: Share = 0.0,
    input_dropout: Share = 0.0,
    norm: Norm = "batch",
    activation: Function = "relu",
) -> tuple[Layer, ...]:
    """A linear layer, residual blocks y = x + linear(relu(linear(normalise(x)))), and a linear
    layer on what is normalised and activated once more.

    width: each block has this times 128 units, and twice as many between its two linear layers.
    depth: number of blocks.
    dropout: share of the units switched off in training after the first linear layer of a block.
    input_dropout: share of the inputs set to their mean in training.
    norm: "batch" normalises what goes into each block and into the last layer; "none" does not.
    activation: relu, tanh, sigmoid, gelu or silu.
    """
    units = scaled(UNITS, width)
    normed: list[Layer] = [BatchNorm()] if norm == "batch" else []
    block = (
        *normed,
        Linear(WIDER * units),
        Activation(activation),
        *dropped(dropout),
        Linear(units),
    )
    return (
        Flatten(),
        *dropped(input_dropout),
        Linear(units),
        *(Residual(block) for _ in range(depth)),
        *normed,
        Activation(activation),
        Linear(outputs),
    )
