"""Layers before they are modules: frozen settings, and all that follows from them by arithmetic.

A model of this package is a list of these. What a layer gives for an input of some shape, how
many weights it has and what it costs are then known without building anything, and the same list
makes the module. Shapes are those of one example, without the batch: (channels, height, width),
(channels, time), or (features,).
"""

import math
from abc import ABC, abstractmethod
from dataclasses import MISSING, fields
from typing import Annotated, ClassVar, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass
from torch import nn

from steadfit.errors import SteadfitError
from steadfit.recipe import Share

Shape = tuple[int, ...]
Count = Annotated[int, Field(ge=1)]
Padding = Annotated[int, Field(ge=0)] | Literal["same", "valid"]
Function = Literal["relu", "tanh", "sigmoid", "gelu", "silu"]

FUNCTIONS: dict[Function, tuple[str, type[nn.Module]]] = {
    "relu": ("ReLU", nn.ReLU),
    "tanh": ("Tanh", nn.Tanh),
    "sigmoid": ("Sigmoid", nn.Sigmoid),
    "gelu": ("GELU", nn.GELU),
    "silu": ("SiLU", nn.SiLU),
}


def times(shape: Shape) -> str:
    """A shape as the lecture prints it.

    >>> times((20, 28, 28))
    '20 x 28 x 28'
    """
    return " x ".join(map(str, shape))


@dataclass(frozen=True)
class Window:
    """What one value sees of an axis of a layer's input: `span` places, the next value's `stride`
    places further, the first value's beginning `before` places ahead of the input."""

    span: int = 1
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
        """The layer as a layer list writes it: what has no default, then what differs from it.

        >>> print(Conv(20, 5, pad=2))
        conv 20 5 pad 2
        """
        words = [self.word]
        for field in fields(self):
            value = getattr(self, field.name)
            if field.default is MISSING:
                words.append(str(value).lower())
            elif value != field.default:
                words += [field.name, str(value).lower()]
        return " ".join(words)


@dataclass(frozen=True)
class Conv(Layer):
    """Cross-correlation, which deep learning calls convolution, along every axis but the channels.

    pad "same" keeps the sides (at stride 1; the odd place goes to the end, as in torch), "valid"
    adds nothing, a number adds that many zeros at both ends. init "he" draws weights with
    variance 2/fan_out (He et al. 2015, for ReLU; fan_out as in He et al. 2016's code) and zero
    biases; "torch" is torch's default, uniform within 1/sqrt(fan_in).
    """

    word = "conv"
    channels: Count
    kernel: Count
    pad: Padding = 0
    stride: Count = 1
    dilation: Count = 1
    bias: bool = True
    init: Literal["torch", "he"] = "torch"

    def output(self, shape: Shape) -> Shape:
        name = self.label(shape)
        _spatial(shape, name)
        if self.pad == "same":
            if self.stride > 1:
                raise SteadfitError(
                    f'{name}: "same" padding keeps the sides at stride 1 only, and the stride '
                    f"is {self.stride}. Give the padding as a number."
                )
            return (self.channels, *shape[1:])
        pad = 0 if self.pad == "valid" else self.pad
        return (
            self.channels,
            *(_places(n, self._span, pad, self.stride, False, name, shape) for n in shape[1:]),
        )

    def build(self, shape: Shape) -> nn.Module:
        kind = nn.Conv1d if len(shape) == 2 else nn.Conv2d
        module = kind(
            shape[0],
            self.channels,
            self.kernel,
            stride=self.stride,
            padding=self.pad,
            dilation=self.dilation,
            bias=self.bias,
        )
        if self.init == "he":
            _he(module)
        return module

    def weight(self, shape: Shape) -> Shape:
        return (self.channels, shape[0], *(self.kernel for _ in shape[1:]))

    def parameters(self, shape: Shape) -> int:
        return math.prod(self.weight(shape)) + self.bias * self.channels

    def multiply_adds(self, shape: Shape) -> int:
        return math.prod(self.weight(shape)) * math.prod(self.output(shape)[1:])

    def windows(self, shape: Shape) -> tuple[Window, ...]:
        before = {"same": (self._span - 1) // 2, "valid": 0}.get(str(self.pad), self.pad)
        return tuple(Window(self._span, self.stride, int(before)) for _ in shape[1:])

    def label(self, shape: Shape) -> str:
        dilated = f", D={self.dilation}" if self.dilation > 1 else ""
        return (
            f"Conv (C_out={self.channels}, K={self.kernel}, P={self.pad}, S={self.stride}{dilated})"
        )

    @property
    def _span(self) -> int:
        return self.dilation * (self.kernel - 1) + 1


@dataclass(frozen=True)
class Pool(Layer):
    """The largest value, or the mean, of each window. Without a stride, windows do not overlap.

    Padding adds places that are never the largest; the mean counts them as zeros, as torch does.
    `ceil` keeps a last window that begins inside the input and ends outside.
    """

    word = "pool"
    kernel: Count
    kind: Literal["max", "average"] = "max"
    stride: Count | None = None
    pad: Annotated[int, Field(ge=0)] = 0
    ceil: bool = False

    def output(self, shape: Shape) -> Shape:
        name = self.label(shape)
        _spatial(shape, name)
        if self.pad > self.kernel // 2:
            raise SteadfitError(
                f"{name}: a padding of {self.pad} is more than half of the window, {self.kernel} "
                f"// 2 = {self.kernel // 2}, so that some windows would be all padding."
            )
        return (
            shape[0],
            *(
                _places(n, self.kernel, self.pad, self._step, self.ceil, name, shape)
                for n in shape[1:]
            ),
        )

    def build(self, shape: Shape) -> nn.Module:
        kinds = {
            ("max", 2): nn.MaxPool1d,
            ("max", 3): nn.MaxPool2d,
            ("average", 2): nn.AvgPool1d,
            ("average", 3): nn.AvgPool2d,
        }
        kind = kinds[self.kind, len(shape)]
        return kind(self.kernel, self._step, self.pad, ceil_mode=self.ceil)

    def windows(self, shape: Shape) -> tuple[Window, ...]:
        return tuple(Window(self.kernel, self._step, self.pad) for _ in shape[1:])

    def label(self, shape: Shape) -> str:
        padded = f", P={self.pad}" if self.pad else ""
        name = "MaxPool" if self.kind == "max" else "AvgPool"
        return f"{name}(K={self.kernel}, S={self._step}{padded})"

    @property
    def _step(self) -> int:
        return self.stride or self.kernel


@dataclass(frozen=True)
class GlobalPool(Layer):
    """The mean of each channel over all places (Lin et al. 2014)."""

    word = "globalpool"

    def output(self, shape: Shape) -> Shape:
        _spatial(shape, "GlobalPool")
        return (shape[0], *(1 for _ in shape[1:]))

    def build(self, shape: Shape) -> nn.Module:
        return nn.AdaptiveAvgPool1d(1) if len(shape) == 2 else nn.AdaptiveAvgPool2d(1)

    def windows(self, shape: Shape) -> None:
        return None


@dataclass(frozen=True)
class ZeroPad(Layer):
    """Zeros around an input smaller than `side`, the odd one at the end; larger ones stay."""

    word = "zeropad"
    side: Count

    def output(self, shape: Shape) -> Shape:
        _spatial(shape, self.label(shape))
        return (shape[0], *(max(n, self.side) for n in shape[1:]))

    def build(self, shape: Shape) -> nn.Module:
        missing = [max(0, self.side - n) for n in shape[1:]]
        ends = [(zeros // 2, zeros - zeros // 2) for zeros in missing]
        if len(shape) == 2:
            return nn.ConstantPad1d(ends[0], 0.0)
        return nn.ZeroPad2d((*ends[1], *ends[0]))

    def windows(self, shape: Shape) -> tuple[Window, ...]:
        return tuple(Window(before=max(0, self.side - n) // 2) for n in shape[1:])

    def label(self, shape: Shape) -> str:
        return f"ZeroPad({self.side})"


@dataclass(frozen=True)
class Flatten(Layer):
    """All values in one row, channel after channel."""

    word = "flatten"

    def output(self, shape: Shape) -> Shape:
        return (math.prod(shape),)

    def build(self, shape: Shape) -> nn.Module:
        return nn.Flatten()

    def windows(self, shape: Shape) -> tuple[Window, ...]:
        return ()


@dataclass(frozen=True)
class Linear(Layer):
    """Every output a weighted sum of all inputs. `init` as in Conv."""

    word = "linear"
    features: Count
    bias: bool = True
    init: Literal["torch", "he"] = "torch"

    def output(self, shape: Shape) -> Shape:
        if len(shape) != 1:
            raise SteadfitError(
                f"Linear ({self.features}) takes a row of values, and its input is "
                f'{times(shape)}. Put "flatten" before it.'
            )
        return (self.features,)

    def build(self, shape: Shape) -> nn.Module:
        module = nn.Linear(shape[0], self.features, bias=self.bias)
        if self.init == "he":
            _he(module)
        return module

    def weight(self, shape: Shape) -> Shape:
        return (shape[0], self.features)  # the lecture's order; torch keeps out x in

    def parameters(self, shape: Shape) -> int:
        return math.prod(self.weight(shape)) + self.bias * self.features

    def multiply_adds(self, shape: Shape) -> int:
        return math.prod(self.weight(shape))

    def windows(self, shape: Shape) -> None:
        return None

    def label(self, shape: Shape) -> str:
        return f"Linear ({math.prod(shape)} -> {self.features})"


@dataclass(frozen=True)
class Activation(Layer):
    """A function of each value by itself. A layer list names the function alone: `relu`."""

    function: Function

    @property
    def word(self) -> str:  # pyright: ignore[reportIncompatibleVariableOverride]
        return self.function

    def build(self, shape: Shape) -> nn.Module:
        return FUNCTIONS[self.function][1]()

    def label(self, shape: Shape) -> str:
        return FUNCTIONS[self.function][0]

    def __str__(self) -> str:
        return self.function


@dataclass(frozen=True)
class Dropout(Layer):
    """Each value zero with probability `rate` in training, the others divided by 1 - rate
    (the inverted form of Srivastava et al. 2014); nothing at inference."""

    word = "dropout"
    rate: Share

    def build(self, shape: Shape) -> nn.Module:
        return nn.Dropout(self.rate)

    def label(self, shape: Shape) -> str:
        return f"Dropout({self.rate:g})"


@dataclass(frozen=True)
class BatchNorm(Layer):
    """Each channel to mean 0 and variance 1 over the batch, then a learned scale and shift
    (Ioffe and Szegedy 2015); at inference with running means."""

    word = "batchnorm"

    def build(self, shape: Shape) -> nn.Module:
        return {1: nn.BatchNorm1d, 2: nn.BatchNorm1d, 3: nn.BatchNorm2d}[len(shape)](shape[0])

    def weight(self, shape: Shape) -> Shape:
        return (shape[0],)

    def parameters(self, shape: Shape) -> int:
        return 2 * shape[0]


def _spatial(shape: Shape, name: str) -> None:
    if len(shape) not in (2, 3):
        raise SteadfitError(
            f"{name} takes channels and one or two axes, and its input is {times(shape)}. "
            'Put it before "flatten".'
        )


def _places(n: int, span: int, pad: int, stride: int, ceil: bool, name: str, shape: Shape) -> int:
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


def _he(module: nn.Module) -> None:
    nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")  # pyright: ignore
    if module.bias is not None:
        nn.init.zeros_(module.bias)  # pyright: ignore
