"""A bag of words: what a text says as the sum of what its words say."""

from typing import Annotated

from pydantic import Field

from steadfit.errors import SteadfitError
from steadfit.kinds import Text
from steadfit.models.blocks import Width, dropped, scaled
from steadfit.models.layers import Count, Embedding, Flatten, Layer, Linear, PoolSteps, Shape
from steadfit.recipe import Share


def bag(
    shape: Shape,
    outputs: int,
    *,
    embedding: Count = 64,
    width: Width = 1.0,
    dropout: Share = 0.0,
    pairs: Annotated[int, Field(ge=0, le=2**24)] = 0,
) -> tuple[Layer, ...]:
    """A vector for each token, their sum over the root of their number, a linear layer: of texts,
    without the order of their words. As fastText (Joulin et al. 2017), which takes the mean.

    embedding: channels of each token's vector.
    width: multiplies these channels.
    dropout: share of the channels of the sum switched off in training.
    pairs: vectors that pairs of neighbouring tokens share by a hash, added to the sum; 0 for none.
    """
    if not isinstance(shape, Text):
        raise SteadfitError("bag takes texts, got other examples. For series use recurrent.")
    sums = (Embedding(scaled(embedding, width), pairs=pairs), PoolSteps("root"), Flatten())
    return (*sums, *dropped(dropout), Linear(outputs))
