"""Convolutions that shorten a sequence, then a gated layer over what is left."""

from steadfit.models.blocks import Norm, Width, activated, dropped, embedded, scaled
from steadfit.models.layers import (
    CellName,
    Conv,
    Count,
    Depth,
    Flatten,
    Function,
    Layer,
    Linear,
    Over,
    PoolSteps,
    Recurrence,
    Shape,
)
from steadfit.recipe import Share

CHANNELS = 64


def conv_recurrent(
    shape: Shape,
    outputs: int,
    *,
    cell: CellName = "gru",
    hidden: Count = 64,
    depth: Depth = 2,
    width: Width = 1.0,
    bidirectional: bool = False,
    dropout: Share = 0.0,
    recurrent_dropout: Share = 0.0,
    zoneout: Share = 0.0,
    weight_drop: Share = 0.0,
    norm: Norm = "batch",
    activation: Function = "relu",
    pooling: Over = "mean",
    embedding: Count = 64,
) -> tuple[Layer, ...]:
    """Convolutions over 5 steps, each of which halves the length, a recurrent layer, pooling over
    what steps are left, a linear layer.

    cell: a name of `steadfit.cells.CELLS`.
    hidden: units of the recurrent layer, in each direction.
    depth: number of convolutions.
    width: multiplies the units, the 64 channels of each convolution, and those of an embedding.
    bidirectional: the recurrent layer also reads from the end to the beginning.
    dropout: share of the inputs of the recurrent and of the linear layer switched off in training.
    recurrent_dropout: share of the state that recurrent products do without, one mask a sequence.
    zoneout: share of the units that keep their old state at a step.
    weight_drop: share of the recurrent weights set to zero, one mask a batch.
    norm: "batch" normalises each convolution before its activation; "none" does not.
    activation: relu, tanh, sigmoid, gelu or silu.
    pooling: last, mean, max or attention, as in `recurrent`.
    embedding: channels of each token's vector, for texts.
    """
    layers = embedded(shape, scaled(embedding, width), "conv_recurrent")
    for _ in range(depth):
        conv = Conv(scaled(CHANNELS, width), 5, pad=2, stride=2, init="he")
        layers += activated(conv, norm, activation)
    units = Recurrence(
        cell, scaled(hidden, width), bidirectional, recurrent_dropout, zoneout, weight_drop
    )
    pool = PoolSteps(pooling, 2 if bidirectional else 1)
    layers += [*dropped(dropout), units, pool, Flatten(), *dropped(dropout), Linear(outputs)]
    return tuple(layers)
