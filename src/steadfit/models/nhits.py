"""N-HiTS: stacks that see the window, and draw the forecast, more and more finely."""

from typing import Annotated

from pydantic import Field

from steadfit.errors import SteadfitError
from steadfit.kinds import Window
from steadfit.models.blocks import Width, dropped, scaled
from steadfit.models.layers import Depth, Layer, Shape, Stacks, times
from steadfit.recipe import Share

UNITS = 128


def nhits(
    shape: Shape,
    outputs: int,
    *,
    stacks: Annotated[int, Field(ge=1, le=10)] = 3,
    width: Width = 1.0,
    depth: Depth = 2,
    dropout: Share = 0.0,
    input_dropout: Share = 0.0,
) -> tuple[Layer, ...]:
    """Stacks that see the window, and draw the forecast, more and more finely.

    N-HiTS (Challu et al. 2023, "N-HiTS: Neural hierarchical interpolation for time series
    forecasting") with one block a stack. What is to be forecast is pooled: the last stack sees and
    forecasts every step, the one before it the larger of two and every second, then four, and so
    on. Each sees what the ones before have not explained. Other columns each stack sees as they
    are. Of series that are not forecast, the outputs are taken for the steps of one.

    stacks: number of stacks.
    width: the hidden layers of a stack have this times 128 units.
    depth: hidden layers of a stack.
    dropout: share of the hidden units switched off in training.
    input_dropout: share of the inputs set to their mean in training.
    """
    if len(shape) != 2:
        raise SteadfitError(
            f"nhits takes series, got an example of {times(shape)}. For images use convnet or "
            "resnet, for tables mlp."
        )
    pooled, answers, targets = tuple(range(shape[0])), 1, 1
    if isinstance(shape, Window):
        pooled, answers, targets = shape.targets, max(1, len(shape.quantiles)), len(shape.targets)
    horizon = outputs // (answers * targets)
    layer = Stacks(stacks, scaled(UNITS, width), depth, pooled, answers, horizon, targets, dropout)
    return (*dropped(input_dropout), layer)
