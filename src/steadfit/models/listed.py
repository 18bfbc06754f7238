"""A model written as a list of its layers: "conv 20 5 pad 2; relu; pool 2; flatten; linear 10"."""

import re
from collections import deque
from dataclasses import MISSING, fields, replace
from itertools import accumulate

from pydantic import ValidationError

from steadfit import errors
from steadfit.errors import SteadfitError
from steadfit.models.blocks import Width, dropped, scaled
from steadfit.models.layers import (
    FUNCTIONS,
    Activation,
    BatchNorm,
    Conv,
    Dropout,
    Flatten,
    GlobalPool,
    Layer,
    Linear,
    Pool,
    Residual,
    Shape,
    ZeroPad,
    chain,
    times,
)
from steadfit.recipe import Share

KINDS: dict[str, type[Layer]] = {
    kind.word: kind
    for kind in (BatchNorm, Conv, Dropout, Flatten, GlobalPool, Linear, Pool, Residual, ZeroPad)
}

DEEPEST = 20  # brackets within one another


def is_list(name: str) -> bool:
    """Whether a model's name is a layer list: it has a semicolon or a space.

    >>> is_list("flatten; linear 10"), is_list("convnet")
    (True, False)
    """
    return bool(re.search(r"[;\s]", name.strip()))


def listed(
    layers: tuple[Layer, ...],
    shape: Shape,
    outputs: int,
    *,
    width: Width = 1.0,
    dropout: Share = 0.0,
) -> tuple[Layer, ...]:
    """The listed layers, which must end with as many values as there are outputs.

    width: multiplies the channels and units of every layer but the last convolution or linear.
    dropout: share of the inputs of each linear layer switched off in training, but not where
        they are the data; dropout that the list has of its own stays.
    """
    weighted = [i for i, layer in enumerate(layers) if isinstance(layer, Conv | Linear | Residual)]
    found: list[Layer] = []
    for place, layer in enumerate(layers):
        if isinstance(layer, Linear) and place != weighted[0]:
            found += dropped(dropout)
        found.append(layer if place == weighted[-1] else _widened(layer, width))
    end = chain.output(found, shape)
    if end != (outputs,):
        raise SteadfitError(
            f"The layer list gives {times(end)} values for an example, and the data asks for "
            f'{outputs}. End the list with "flatten; linear {outputs}".'
        )
    return tuple(found)


def _widened(layer: Layer, width: float) -> Layer:
    match layer:
        case Conv(channels=channels):
            return replace(layer, channels=scaled(channels, width))
        case Linear(features=features):
            return replace(layer, features=scaled(features, width))
        case Residual(branch=branch, shortcut=shortcut):
            return replace(
                layer,
                branch=tuple(_widened(part, width) for part in branch),
                shortcut=tuple(_widened(part, width) for part in shortcut),
            )
    return layer


def parse(text: str) -> tuple[Layer, ...]:
    """The layers of a list. Raises SteadfitError that names the layer that cannot be read.

    Layers are parted by semicolons. A layer is its kind, then the settings without a default,
    then others by name: `conv CHANNELS KERNEL` with pad, stride, dilation, bias, init;
    `pool KERNEL` with kind, stride, pad, ceil; `linear UNITS` with bias; `dropout RATE`;
    `zeropad SIDE`; flatten, batchnorm, globalpool; relu, tanh, sigmoid, gelu, silu; and
    `residual (LAYERS)` with a second list in brackets for the shortcut, and drop.

    >>> for layer in parse("conv 20 5 pad 2; residual (relu; conv 20 3 pad same)"):
    ...     print(layer)
    conv 20 5 pad 2
    residual (relu; conv 20 3 pad same)
    """
    words = deque(re.findall(r"[();]|[^\s();]+", text.lower()))
    if max(accumulate((word == "(") - (word == ")") for word in words), default=0) > DEEPEST:
        raise SteadfitError(f"The layer list must have brackets within at most {DEEPEST} others.")
    layers = _layers(words)
    if words:
        raise SteadfitError(f'The layer list "{text}" closes a bracket that it does not open.')
    if not layers:
        raise SteadfitError("The layer list has no layers.")
    return layers


def _layers(words: deque[str]) -> tuple[Layer, ...]:
    """The layers up to the end of the words, or to the bracket that closes."""
    layers: list[Layer] = []
    while words and words[0] != ")":
        if words[0] == ";":
            words.popleft()
        else:
            layers.append(_layer(words))
    return tuple(layers)


def _layer(words: deque[str]) -> Layer:
    """One layer: its kind and what follows, up to the semicolon or the bracket that closes."""
    kind = words.popleft()
    given: deque[str | tuple[Layer, ...]] = deque()
    while words and words[0] not in (";", ")"):
        word = words.popleft()
        if word != "(":
            given.append(word)
            continue
        given.append(_layers(words))
        if not words:
            raise SteadfitError(f'A bracket after "{kind}" is not closed in the layer list.')
        words.popleft()
    if kind in FUNCTIONS:
        if given:
            raise SteadfitError(f'"{kind}" has no settings, and "{given[0]}" follows it.')
        return Activation(kind)
    if kind not in KINDS:
        raise errors.unknown("layer", kind, [*KINDS, *FUNCTIONS])
    try:
        return KINDS[kind](**_named(kind, given))
    except ValidationError as error:
        found = error.errors()[0]
        raise SteadfitError(
            f"{kind}: {found['loc'][0]}: {found['msg'].lower()}, got {found['input']!r}."
        ) from None


def _named(kind: str, given: deque[str | tuple[Layer, ...]]) -> dict[str, str | tuple[Layer, ...]]:
    """What was given, by the names of the kind's settings."""
    required = [f.name for f in fields(KINDS[kind]) if f.default is MISSING]
    optional = [f.name for f in fields(KINDS[kind]) if f.default is not MISSING]
    if len(given) < len(required):
        raise SteadfitError(f'"{kind}" must be followed by {" and ".join(required)}.')
    named = {name: given.popleft() for name in required}
    while given:
        word = given.popleft()
        if isinstance(word, tuple):
            word, value = "shortcut", word
        else:
            value = given.popleft() if given else ""
        if word not in optional:
            raise errors.unknown(f"setting of {kind}", word, optional)
        if value == "":
            raise SteadfitError(f'{kind}: "{word}" must be followed by a value.')
        named[word] = value
    return named
