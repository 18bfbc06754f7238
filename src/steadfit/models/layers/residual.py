"""What goes around a list of layers: y = F(x) + S(x)."""

from typing import Annotated

from pydantic import Field
from pydantic.dataclasses import dataclass
from torch import nn

from steadfit.errors import SteadfitError
from steadfit.models.layers import chain
from steadfit.models.layers.base import Layer, Shape, Window, times
from steadfit.nn import residual
from steadfit.recipe import Share


@dataclass(frozen=True)
class Widen(Layer):
    """Every stride-th place, then channels of zeros until there are as many as asked for; none is
    taken away (He et al. 2016, option A). What a residual's shortcut without layers does."""

    word = "widen"
    channels: int
    stride: int = 1

    def output(self, shape: Shape) -> Shape:
        return (max(shape[0], self.channels), *(-(-n // self.stride) for n in shape[1:]))

    def build(self, shape: Shape) -> nn.Module:
        return residual.Widen(self.channels, self.stride)

    def windows(self, shape: Shape) -> tuple[Window, ...]:
        return tuple(Window(stride=self.stride) for _ in shape[1:])

    def label(self, shape: Shape) -> str:
        return f"Widen (C_out={self.channels}, S={self.stride})"


@dataclass(frozen=True)
class Residual(Layer):
    """y = F(x) + S(x): what the branch's layers give, plus what the shortcut's give.

    Without shortcut layers S is the identity or, where the branch has strides or more channels,
    as many strides and channels of zeros, without weights (option A).
    drop: stochastic depth, the probability that a batch in training leaves F out.
    """

    word = "residual"
    branch: Annotated[tuple[Layer, ...], Field(min_length=1)]
    shortcut: tuple[Layer, ...] = ()
    drop: Share = 0.0

    def output(self, shape: Shape) -> Shape:
        out, past = self._end(self.branch, shape), self._end(self.path(shape), shape)
        if past != out:
            raise SteadfitError(
                f"Residual: the branch gives {times(out)} and the shortcut {times(past)}; only "
                "equal shapes can be added. Give the branch padding that keeps the sides, or "
                "the shortcut layers of its own."
            )
        return out

    def path(self, shape: Shape) -> tuple[Layer, ...]:
        """The shortcut's layers; () for the identity."""
        out = self._end(self.branch, shape)
        if self.shortcut or out == shape or len(out) != len(shape):
            return self.shortcut
        stride = 1
        for layer, before, _ in chain.steps(self.branch, shape):
            for window in (layer.windows(before) or ())[:1]:  # the axes' strides are equal
                stride *= window.stride
        return (Widen(out[0], stride),)

    def build(self, shape: Shape) -> nn.Module:
        branch, path = chain.build(self.branch, shape), chain.build(self.path(shape), shape)
        return residual.Residual(branch, path if len(path) else None, self.drop)

    def parameters(self, shape: Shape) -> int:
        return sum(
            layer.parameters(before)
            for layers in (self.branch, self.shortcut)
            for layer, before, _ in chain.steps(layers, shape)
        )

    def largest(self, shape: Shape) -> int:
        return max(
            layer.largest(before)
            for layers in (self.branch, self.path(shape))
            for layer, before, _ in chain.steps(layers, shape)
        )

    def multiply_adds(self, shape: Shape) -> int:
        return sum(
            layer.multiply_adds(before)
            for layers in (self.branch, self.shortcut)
            for layer, before, _ in chain.steps(layers, shape)
        )

    def __str__(self) -> str:
        text = " ".join(
            f"({'; '.join(map(str, layers))})" for layers in (self.branch, self.shortcut) if layers
        )
        return f"residual {text}" + (f" drop {self.drop}" if self.drop else "")

    @staticmethod
    def _end(layers: tuple[Layer, ...], shape: Shape) -> Shape:
        try:
            return chain.output(layers, shape)
        except SteadfitError as error:
            raise SteadfitError(f"Residual. Inside it: {error}") from None
