"""Layers without weights."""

import math
from typing import Literal

from pydantic.dataclasses import dataclass
from torch import nn

from steadfit.errors import SteadfitError
from steadfit.models.layers.base import Layer, Shape, Size, Window, Zeros, places, spatial
from steadfit.recipe import Share

Function = Literal["relu", "tanh", "sigmoid", "gelu", "silu"]

FUNCTIONS: dict[Function, tuple[str, type[nn.Module]]] = {
    "relu": ("ReLU", nn.ReLU),
    "tanh": ("Tanh", nn.Tanh),
    "sigmoid": ("Sigmoid", nn.Sigmoid),
    "gelu": ("GELU", nn.GELU),
    "silu": ("SiLU", nn.SiLU),
}


@dataclass(frozen=True)
class Pool(Layer):
    """The largest value, or the mean, of each window. Without a stride, windows do not overlap.

    Padding adds places that are never the largest; the mean counts them as zeros, as torch does.
    `ceil` keeps a last window that begins inside the input and ends outside.
    """

    word = "pool"
    kernel: Size
    kind: Literal["max", "average"] = "max"
    stride: Size | None = None
    pad: Zeros = 0
    ceil: bool = False

    def output(self, shape: Shape) -> Shape:
        name = self.label(shape)
        spatial(shape, name)
        if self.pad > self.kernel // 2:
            raise SteadfitError(
                f"{name}: the padding must be at most half of the window, {self.kernel // 2}, got "
                f"{self.pad}: some windows would be all padding."
            )
        return (
            shape[0],
            *(
                places(n, self.kernel, self.pad, self._step, self.ceil, name, shape)
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
        window = Window(self.kernel, stride=self._step, before=self.pad)
        return tuple(window for _ in shape[1:])

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
        spatial(shape, "GlobalPool")
        return (shape[0], *(1 for _ in shape[1:]))

    def build(self, shape: Shape) -> nn.Module:
        return nn.AdaptiveAvgPool1d(1) if len(shape) == 2 else nn.AdaptiveAvgPool2d(1)

    def windows(self, shape: Shape) -> None:
        return None


@dataclass(frozen=True)
class ZeroPad(Layer):
    """Zeros around an input smaller than `side`, the odd one at the end; larger ones stay."""

    word = "zeropad"
    side: Size

    def output(self, shape: Shape) -> Shape:
        spatial(shape, self.label(shape))
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
