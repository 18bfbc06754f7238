"""Models: a recipe and a data shape make a torch module."""

from steadfit.models.listed import is_list
from steadfit.models.own import OwnNetwork
from steadfit.models.registry import (
    MODELS,
    build,
    complete,
    count,
    largest,
    parameters,
    settings,
)
from steadfit.models.table import Row, shapes
from steadfit.models.usual import usual_training

__all__ = [
    "MODELS",
    "OwnNetwork",
    "Row",
    "build",
    "complete",
    "count",
    "is_list",
    "largest",
    "parameters",
    "settings",
    "shapes",
    "usual_training",
]
