"""Layers before they are modules; a model of this package is a list of them."""

from steadfit.models.layers.base import Count, Depth, Layer, Shape, Window, times
from steadfit.models.layers.forecasting import Stacks
from steadfit.models.layers.plain import (
    FUNCTIONS,
    Activation,
    Dropout,
    Flatten,
    Function,
    GlobalPool,
    Pool,
    ZeroPad,
)
from steadfit.models.layers.residual import Residual
from steadfit.models.layers.sequence import (
    CellName,
    Embedding,
    LayerNorm,
    Over,
    PoolSteps,
    Recurrence,
    Scores,
)
from steadfit.models.layers.weighted import BatchNorm, Conv, Linear

__all__ = [
    "FUNCTIONS",
    "Activation",
    "BatchNorm",
    "CellName",
    "Conv",
    "Count",
    "Depth",
    "Dropout",
    "Embedding",
    "Flatten",
    "Function",
    "GlobalPool",
    "Layer",
    "LayerNorm",
    "Linear",
    "Over",
    "Pool",
    "PoolSteps",
    "Recurrence",
    "Residual",
    "Scores",
    "Shape",
    "Stacks",
    "Window",
    "ZeroPad",
    "times",
]
