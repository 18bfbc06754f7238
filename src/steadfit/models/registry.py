"""The models by name, and their settings, which are their builders' keyword arguments."""

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from types import MappingProxyType

import torch
from pydantic import TypeAdapter, ValidationError
from torch import nn

from steadfit import errors
from steadfit.errors import SteadfitError
from steadfit.kinds import Text, Window
from steadfit.models.bag import bag
from steadfit.models.conv1d import conv1d
from steadfit.models.conv_recurrent import conv_recurrent
from steadfit.models.convnet import convnet
from steadfit.models.language import language
from steadfit.models.layers import Embedding, Layer, Shape, chain
from steadfit.models.lenet5 import lenet5
from steadfit.models.linear import linear
from steadfit.models.listed import is_list, listed, parse
from steadfit.models.mlp import mlp
from steadfit.models.nhits import nhits
from steadfit.models.own import adapted
from steadfit.models.recurrent import recurrent
from steadfit.models.resnet import plain, resnet
from steadfit.models.resnet1d import resnet1d
from steadfit.models.table_resnet import table_resnet
from steadfit.nn import Relative, Rising
from steadfit.recipe import Model, Scalar

Builder = Callable[..., tuple[Layer, ...]]

MODELS: Mapping[str, Builder] = MappingProxyType(
    {
        builder.__name__: builder
        for builder in (
            convnet,
            lenet5,
            linear,
            mlp,
            table_resnet,
            plain,
            resnet,
            bag,
            recurrent,
            conv1d,
            resnet1d,
            conv_recurrent,
            nhits,
            language,
        )
    }
)


def settings(model: Model | str) -> Mapping[str, Scalar]:
    """A model's settings by name, with their defaults. Raises SteadfitError for an unknown model.

    >>> settings("mlp")["depth"]
    2
    """
    known = Model(name=model) if isinstance(model, str) else model
    return {setting.name: setting.default for setting in _settings(known)}


def complete(model: Model) -> Model:
    """The same model with every setting written out, in the order of their names, so that equal
    models have equal hashes; a layer list is written in its one canonical form.

    Raises SteadfitError for an unknown model or setting, or a value of a wrong type or range.

    >>> complete(Model(name="mlp", settings={"depth": 3})).settings["width"]
    1.0
    """
    known = {setting.name: setting for setting in _settings(model)}
    found = {setting.name: setting.default for setting in known.values()}
    name = "; ".join(map(str, parse(model.name))) if is_list(model.name) else model.name
    for word, value in model.settings.items():
        if word not in known:
            raise errors.unknown(f"setting of {name}", word, known)
        try:
            found[word] = TypeAdapter(known[word].annotation).validate_python(value, strict=True)
        except ValidationError as error:
            raise SteadfitError(
                f"{name}: {word}: {error.errors()[0]['msg'].lower()}, got {value!r}."
            ) from None
    return Model(name=name, settings=dict(sorted(found.items())), network=model.network)


def layers(model: Model, shape: Shape, outputs: int) -> tuple[Layer, ...]:
    """The model's layers for examples of this shape. Raises SteadfitError as `build`."""
    found = _builder(model.name)(shape, outputs, **complete(model).settings)
    if isinstance(shape, Text) and not isinstance(found[0], Embedding):
        raise SteadfitError(
            f"{model.name} does not take texts, because it has no embedding. Use "
            "recurrent, bag, conv1d, resnet1d or conv_recurrent."
        )
    return found


def build(model: Model, shape: Shape, outputs: int) -> nn.Module:
    """The model as a torch module, its weights drawn from torch's current generator.

    shape: of one example as the network sees it (`Kind.network_shape`): (channels, height, width)
        for images, (channels, steps) for series, a `Text` for texts, (features,) for tables. Of a
        `Window` of a series the forecast is relative to it (`steadfit.nn.Relative`).
    outputs: how many numbers the model gives for an example.
    The module takes images and tables as (examples, *shape) float32, series and texts as a
    `steadfit.nn.Padded`, and returns (examples, outputs); `language` gives a `Padded` of them, one
    row a step.
    Raises SteadfitError for unknown settings, and where a layer does not fit the shape.

    >>> build(Model(name="convnet"), (1, 28, 28), 10).conv2
    Conv2d(20, 50, kernel_size=(5, 5), stride=(1, 1), padding=(2, 2))
    """
    with _float32():
        if model.network is not None:
            network = adapted(model.network, complete(model).settings, shape, outputs)
        else:
            network = chain.build(layers(model, shape, outputs), shape)
        if isinstance(shape, Window):
            if shape.quantiles:
                network = Rising(network, shape.quantiles, outputs)
            answers = max(1, len(shape.quantiles))
            return Relative(
                network, shape.seasons, shape.targets, answers, shape.beside, shape.logs
            )
        return network


@contextmanager
def _float32() -> Iterator[None]:
    """torch's default type is float32 here, and afterwards what the host program has set."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float32)
    try:
        yield
    finally:
        torch.set_default_dtype(before)


def parameters(model: Model, shape: Shape, outputs: int) -> int:
    """How many numbers training changes of the module that `build` builds, without building it.

    >>> parameters(Model(name="flatten; linear 10"), (1, 28, 28), 10)
    7850
    """
    if model.network is not None:
        return count(build(model, shape, outputs))
    steps = chain.steps(layers(model, shape, outputs), shape)
    return sum(layer.parameters(before) for layer, before, _ in steps)


def largest(model: Model, shape: Shape, outputs: int) -> int:
    """The most values that a layer gives for one example, without building it; of a network of
    one's own, that it gives in the end.

    >>> largest(Model(name="zeropad 32; flatten; linear 10"), (1, 28, 28), 10)
    1024
    """
    if model.network is not None:
        return outputs
    steps = chain.steps(layers(model, shape, outputs), shape)
    return max(layer.largest(before) for layer, before, _ in steps)


def count(module: nn.Module) -> int:
    """How many numbers training changes.

    >>> count(nn.Linear(2, 3))
    9
    """
    return sum(p.numel() for p in module.parameters() if p.requires_grad)


def _settings(model: Model) -> Sequence[inspect.Parameter]:
    if model.network is not None:
        return model.network.parameters
    parameters = inspect.signature(_builder(model.name)).parameters.values()
    return [p for p in parameters if p.kind is p.KEYWORD_ONLY]


def _builder(name: str) -> Builder:
    if is_list(name):
        return partial(listed, parse(name))
    if name not in MODELS:
        raise errors.unknown("model", name, MODELS)
    return MODELS[name]
