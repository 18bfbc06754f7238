"""Models: a recipe and a data shape make a torch module."""

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

__all__ = [
    "MODELS",
    "Row",
    "build",
    "complete",
    "count",
    "largest",
    "parameters",
    "settings",
    "shapes",
]
