"""Models: a recipe and a data shape make a torch module."""

from steadfit.models.listed import is_list
from steadfit.models.own import OwnNetwork
from steadfit.models.pretrained import Pretrained, carried, is_pretrained, pretrained
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
from steadfit.models.usual import (
    usual_of_pretrained,
    usual_settings,
    usual_steps,
    usual_training,
)

__all__ = [
    "MODELS",
    "OwnNetwork",
    "Pretrained",
    "Row",
    "build",
    "carried",
    "complete",
    "count",
    "is_list",
    "is_pretrained",
    "largest",
    "parameters",
    "pretrained",
    "settings",
    "shapes",
    "usual_of_pretrained",
    "usual_settings",
    "usual_steps",
    "usual_training",
]
