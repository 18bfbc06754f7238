"""A layer before it is a module: frozen settings, and all that follows from them by arithmetic.

What a layer gives for an input of some shape, how many weights it has and what it costs are known
without building anything. Shapes are those of one example, without the batch:
(channels, height, width), (channels, time), or (features,).
"""

import math
from abc import ABC, abstractmethod
from dataclasses import MISSING, fields
from typing import Annotated, ClassVar

from pydantic import Field
from pydantic.dataclasses import dataclass
from torch import nn

from steadfit.errors import SteadfitError

Shape = tuple[int, ...]
Count = Annotated[int, Field(ge=1)]
Size = Annotated[int, Field(ge=1, le=10_000)]  # of a window along an axis, or a step of it
Zeros = Annotated[int, Field(ge=0, le=10_000)]  # of padding, at each end of an axis
Depth = Annotated[int, Field(ge=1, le=1250)]  # of a model, in layers


def times(shape: Shape) -> str:
    """A shape as the lecture prints it.

    >>> times((20, 28, 28))
    '20 x 28 x 28'
    """
    return " x ".join(map(str, shape))


@dataclass(frozen=True)
class Window:
    """What a value sees of an axis of its layer's input: `count` places, each `step` after the one
    before. The next value's begin `stride` further; the first's, `before` ahead of the input."""

    count: int = 1
    step: int = 1
    stride: int = 1
    before: int = 0


@dataclass(frozen=True)
class Layer(ABC):
    """One layer; what is not overridden is right for one without weights that keeps the shape."""

    word: ClassVar[str]  # what a layer list calls it, and the stem of its module's name

    @abstractmethod
    def build(self, shape: Shape) -> nn.Module:
        """The torch module for inputs of this shape."""

    def output(self, shape: Shape) -> Shape:
        """The shape that comes out; SteadfitError, with the arithmetic, if nothing can."""
        return shape

    def weight(self, shape: Shape) -> Shape:
        """The weight's size as the lecture's table prints it; () without a weight."""
        return ()

    def parameters(self, shape: Shape) -> int:
        """How many numbers training changes, biases among them."""
        return 0

    def largest(self, shape: Shape) -> int:
        """The most values that there are at once for one example, inside the layer or after it."""
        return math.prod(self.output(shape))

    def multiply_adds(self, shape: Shape) -> int:
        """For one example: products of a weight and a value, each added to a sum."""
        return 0

    def windows(self, shape: Shape) -> tuple[Window, ...] | None:
        """What one value sees along each axis but the channels; None: the whole input."""
        return tuple(Window() for _ in shape[1:])

    def label(self, shape: Shape) -> str:
        """The layer as a line of the lecture's table names it."""
        return type(self).__name__

    def __str__(self) -> str:
        """The layer as a layer list writes it: what has no default, then what differs from it."""
        words = [self.word]
        for field in fields(self):
            value = getattr(self, field.name)
            if field.default is MISSING:
                words.append(str(value).lower())
            elif value != field.default:
                words += [field.name, str(value).lower()]
        return " ".join(words)


def spatial(shape: Shape, name: str) -> None:
    if len(shape) not in (2, 3):
        raise SteadfitError(
            f"{name} takes channels and one or two axes, got an input of {times(shape)}. Put it "
            'before "flatten".'
        )


def places(n: int, span: int, pad: int, stride: int, ceil: bool, name: str, shape: Shape) -> int:
    """How many windows fit along an axis of n places (lecture 25, theorem 6.3, with padding).

    floor((n + 2 pad - span) / stride) + 1. With `ceil`, one more that begins before the end.
    """
    room = n + 2 * pad - span
    places = room // stride + 1
    if ceil and room % stride and places * stride < n + pad:
        places += 1
    if places < 1:
        raise SteadfitError(
            f"{name} does not fit its input, {times(shape)}: its window spans {span} and the side "
            f"has {n} + 2·{pad} = {n + 2 * pad}. Use a larger image, a smaller kernel, more "
            "padding or fewer layers."
        )
    return places
