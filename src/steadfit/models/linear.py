"""A linear model: each output a weighted sum of the inputs."""

from steadfit.models.blocks import dropped
from steadfit.models.layers import Flatten, Layer, Linear, Shape
from steadfit.recipe import Share


def linear(shape: Shape, outputs: int, *, input_dropout: Share = 0.0) -> tuple[Layer, ...]:
    """Each output is a weighted sum of the inputs: logistic or linear regression.

    input_dropout: share of the inputs set to their mean in training.
    """
    return (Flatten(), *dropped(input_dropout), Linear(outputs))
