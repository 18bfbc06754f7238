"""The models by name, and their settings, which are their builders' keyword arguments."""

import inspect
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import get_type_hints

from pydantic import TypeAdapter, ValidationError
from torch import nn

from steadfit import errors
from steadfit.errors import SteadfitError
from steadfit.models import chain
from steadfit.models.convnet import convnet
from steadfit.models.layers import Layer, Shape
from steadfit.models.lenet5 import lenet5
from steadfit.models.mlp import mlp
from steadfit.recipe import Model, Scalar

Builder = Callable[..., tuple[Layer, ...]]

MODELS: Mapping[str, Builder] = MappingProxyType(
    {builder.__name__: builder for builder in (convnet, lenet5, mlp)}
)


def settings(name: str) -> Mapping[str, Scalar]:
    """A model's settings by name, with their defaults. Raises SteadfitError for an unknown model.

    >>> settings("mlp")["depth"]
    2
    """
    parameters = inspect.signature(_builder(name)).parameters.values()
    return {p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY}


def complete(model: Model) -> Model:
    """The same model with every setting written out, in the order of their names.

    Raises SteadfitError for an unknown model or setting, or a value of a wrong type or range.

    >>> complete(Model(name="mlp", settings={"depth": 3})).settings["width"]
    1.0
    """
    known = settings(model.name)
    hints = get_type_hints(_builder(model.name), include_extras=True)
    found: dict[str, Scalar] = dict(known)
    for name, value in model.settings.items():
        if name not in known:
            raise errors.unknown(f"setting of {model.name}", name, known)
        try:
            found[name] = TypeAdapter(hints[name]).validate_python(value, strict=True)
        except ValidationError as error:
            raise SteadfitError(
                f"{model.name}: {name}: {error.errors()[0]['msg'].lower()}, got {value!r}."
            ) from None
    return Model(name=model.name, settings=dict(sorted(found.items())))


def layers(model: Model, shape: Shape, outputs: int) -> tuple[Layer, ...]:
    """The model's layers for examples of this shape. Raises SteadfitError as `complete`."""
    return _builder(model.name)(shape, outputs, **complete(model).settings)


def build(model: Model, shape: Shape, outputs: int) -> nn.Sequential:
    """The model as a torch module, its weights drawn from torch's current generator.

    shape: of one example; (channels, height, width) for images.
    outputs: how many numbers the model gives for an example.
    The module takes (examples, *shape) float32 and returns (examples, outputs).
    Raises SteadfitError for unknown settings, and where a layer does not fit the shape.

    >>> build(Model(name="convnet"), (1, 28, 28), 10)(torch.zeros(2, 1, 28, 28)).shape
    torch.Size([2, 10])
    """
    return chain.build(layers(model, shape, outputs), shape)


def count(module: nn.Module) -> int:
    """How many numbers training changes.

    >>> count(nn.Linear(2, 3))
    9
    """
    return sum(p.numel() for p in module.parameters() if p.requires_grad)


def _builder(name: str) -> Builder:
    if name not in MODELS:
        raise errors.unknown("model", name, MODELS)
    return MODELS[name]
