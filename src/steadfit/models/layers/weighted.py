"""Layers with weights."""

import math
from typing import Literal

from pydantic.dataclasses import dataclass
from torch import nn

from steadfit.errors import SteadfitError
from steadfit.models.layers.base import (
    Count,
    Layer,
    Shape,
    Size,
    Window,
    Zeros,
    places,
    spatial,
    times,
)

Padding = Zeros | Literal["same", "valid"]


@dataclass(frozen=True)
class Conv(Layer):
    """Cross-correlation, which deep learning calls convolution, along every axis but the channels.

    pad "same" keeps the sides (at stride 1; the odd place goes to the end, as in torch), "valid"
    adds nothing, a number adds that many zeros at both ends.
    init "torch" is torch's default, uniform within 1/sqrt(fan_in), which shrinks the signal from
    layer to layer and is good for a few; "he" keeps its size through many layers of ReLU: normal
    with variance 2/fan_out (He et al. 2015; fan_out as in He et al. 2016's code), biases 0.
    """

    word = "conv"
    channels: Count
    kernel: Size
    pad: Padding = 0
    stride: Size = 1
    dilation: Size = 1
    bias: bool = True
    init: Literal["torch", "he"] = "torch"

    def output(self, shape: Shape) -> Shape:
        name = self.label(shape)
        spatial(shape, name)
        if self.pad == "same":
            if self.stride > 1:
                raise SteadfitError(
                    f'{name}: "same" padding needs stride 1, got stride {self.stride}. Give the '
                    "padding as a number."
                )
            return (self.channels, *shape[1:])
        pad = 0 if self.pad == "valid" else self.pad
        return (
            self.channels,
            *(places(n, self._span, pad, self.stride, False, name, shape) for n in shape[1:]),
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
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
            if module.bias is not None:
                nn.init.zeros_(module.bias)
        return module

    def weight(self, shape: Shape) -> Shape:
        return (self.channels, shape[0], *(self.kernel for _ in shape[1:]))

    def parameters(self, shape: Shape) -> int:
        return math.prod(self.weight(shape)) + self.bias * self.channels

    def multiply_adds(self, shape: Shape) -> int:
        return math.prod(self.weight(shape)) * math.prod(self.output(shape)[1:])

    def windows(self, shape: Shape) -> tuple[Window, ...]:
        before = {"same": (self._span - 1) // 2, "valid": 0}.get(str(self.pad), self.pad)
        window = Window(self.kernel, self.dilation, self.stride, int(before))
        return tuple(window for _ in shape[1:])

    def label(self, shape: Shape) -> str:
        dilated = f", D={self.dilation}" if self.dilation > 1 else ""
        return (
            f"Conv (C_out={self.channels}, K={self.kernel}, P={self.pad}, S={self.stride}{dilated})"
        )

    @property
    def _span(self) -> int:
        return self.dilation * (self.kernel - 1) + 1


@dataclass(frozen=True)
class Linear(Layer):
    """Every output a weighted sum of all inputs."""

    word = "linear"
    features: Count
    bias: bool = True

    def output(self, shape: Shape) -> Shape:
        if len(shape) != 1:
            raise SteadfitError(
                f"Linear ({self.features}) takes a row of values, got an input of {times(shape)}. "
                'Put "flatten" before it.'
            )
        return (self.features,)

    def build(self, shape: Shape) -> nn.Module:
        return nn.Linear(shape[0], self.features, bias=self.bias)

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
