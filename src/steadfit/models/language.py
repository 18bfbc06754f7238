"""A language model: gated layers that say at every step of a text what comes next."""

from steadfit.errors import SteadfitError
from steadfit.kinds import Text
from steadfit.models.blocks import Width, dropped, scaled
from steadfit.models.layers import (
    CellName,
    Count,
    Depth,
    Embedding,
    Layer,
    Recurrence,
    Scores,
    Shape,
)
from steadfit.models.recurrent import StepNorm, stacked
from steadfit.recipe import Share


def language(
    shape: Shape,
    outputs: int,
    *,
    cell: CellName = "gru",
    hidden: Count = 256,
    depth: Depth = 1,
    width: Width = 1.0,
    residual: bool = False,
    dropout: Share = 0.0,
    recurrent_dropout: Share = 0.0,
    zoneout: Share = 0.0,
    weight_drop: Share = 0.0,
    embedding_dropout: Share = 0.0,
    norm: StepNorm = "none",
    embedding: Count = 64,
    tied: bool = False,
) -> tuple[Layer, ...]:
    """An embedding, recurrent layers from left to right, a score for each token at every step.

    cell: a name of `steadfit.cells.CELLS`.
    hidden: units of each layer.
    depth: number of recurrent layers.
    width: multiplies the units, and the channels of the embedding.
    residual: every layer after the first adds its input to its output, y = F(x) + x.
    dropout: share of what goes from layer to layer, and to the last one, switched off in training.
    recurrent_dropout: share of the state that recurrent products do without, one mask a window.
    zoneout: share of the units that keep their old state at a step.
    weight_drop: share of the recurrent weights set to zero, one mask a window.
    embedding_dropout: share of the tokens that are zero wherever they stand, one mask a window.
    norm: "layer" normalises what each recurrent layer gives, over its units.
    embedding: channels of each token's vector; where tied, as many as units.
    tied: the scores' weights are the tokens' vectors.
    """
    if not isinstance(shape, Text):
        raise SteadfitError("language takes texts, got other examples. For series use recurrent.")
    units = Recurrence(
        cell,
        scaled(hidden, width),
        recurrent_dropout=recurrent_dropout,
        zoneout=zoneout,
        weight_drop=weight_drop,
    )
    channels = units.hidden if tied else scaled(embedding, width)
    layers = stacked(units, depth, residual, dropout, norm)
    end = [*dropped(dropout), Scores(outputs, tied)]
    # tied vectors are scores too, and large ones would begin very sure
    vectors = Embedding(channels, embedding_dropout, deviation=0.1 if tied else 1.0)
    return (vectors, *layers, *end)
