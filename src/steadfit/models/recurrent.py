"""Gated layers over series and texts."""

from typing import Literal

from steadfit.errors import SteadfitError
from steadfit.models.blocks import Width, dropped, embedded, scaled
from steadfit.models.layers import (
    CellName,
    Count,
    Depth,
    Flatten,
    Layer,
    LayerNorm,
    Linear,
    Over,
    PoolSteps,
    Recurrence,
    Residual,
    Shape,
)
from steadfit.recipe import Share

StepNorm = Literal["none", "layer"]


def recurrent(
    shape: Shape,
    outputs: int,
    *,
    cell: CellName = "gru",
    hidden: Count = 64,
    depth: Depth = 1,
    width: Width = 1.0,
    bidirectional: bool = False,
    residual: bool = False,
    dropout: Share = 0.0,
    recurrent_dropout: Share = 0.0,
    zoneout: Share = 0.0,
    weight_drop: Share = 0.0,
    norm: StepNorm = "none",
    pooling: Over = "mean",
    embedding: Count = 64,
) -> tuple[Layer, ...]:
    """Recurrent layers, pooling over the steps, a linear layer.

    cell: a name of `steadfit.cells.CELLS`.
    hidden: units of each layer, in each direction.
    depth: number of recurrent layers.
    width: multiplies the units, and the channels of an embedding.
    bidirectional: each layer also reads from the end to the beginning, with weights of its own.
    residual: every layer after the first adds its input to its output, y = F(x) + x.
    dropout: share of what goes from layer to layer, and to the last one, switched off in training.
    recurrent_dropout: share of the state that recurrent products do without, one mask a sequence.
    zoneout: share of the units that keep their old state at a step.
    weight_drop: share of the recurrent weights set to zero, one mask a batch.
    norm: "layer" normalises what each recurrent layer gives, over its units.
    pooling: "last", what is known at the end; "mean" or "max" over the steps; or "attention", a
        mean with learned weights.
    embedding: channels of each token's vector, for texts.
    """
    units = Recurrence(
        cell, scaled(hidden, width), bidirectional, recurrent_dropout, zoneout, weight_drop
    )
    layers = embedded(shape, scaled(embedding, width), "recurrent")
    layers += stacked(units, depth, residual, dropout, norm)
    pool = PoolSteps(pooling, 2 if bidirectional else 1)
    return (*layers, pool, Flatten(), *dropped(dropout), Linear(outputs))


def stacked(
    units: Recurrence, depth: int, residual: bool, dropout: float, norm: StepNorm
) -> list[Layer]:
    """`depth` recurrent layers, with what stands between them.

    Raises SteadfitError for a residual connection around a single layer.
    """
    if residual and depth < 2:
        raise SteadfitError(
            f"residual needs two recurrent layers of one size, got depth {depth}. Set depth to 2 "
            "or more."
        )
    layers: list[Layer] = []
    for place in range(depth):
        drop = dropped(dropout) if place else []
        branch: list[Layer] = [*drop, units]
        layers += [Residual(tuple(branch))] if residual and place else branch
        if norm == "layer":
            layers.append(LayerNorm())
    return layers
