"""Stacks over a whole window of a series, as one layer."""

from collections.abc import Iterator

from pydantic.dataclasses import dataclass
from torch import nn

from steadfit.models.layers.base import Count, Depth, Layer, Shape
from steadfit.models.layers.sequence import check_series
from steadfit.nn.nhits import NHits, Sizes, knots
from steadfit.recipe import Share


@dataclass(frozen=True)
class Stacks(Layer):
    """The stacks of `steadfit.nn.nhits.NHits`, of which the last sees every step, and each other
    one half as finely as the one after it.

    pooled: the channels that are pooled. answers, horizon, targets: of the outputs, whose number is
    their product.
    """

    word = "stacks"
    stacks: Count
    units: Count
    depth: Depth
    pooled: tuple[int, ...]
    answers: Count
    horizon: Count
    targets: Count
    dropout: Share = 0.0

    def output(self, shape: Shape) -> Shape:
        check_series(shape, self.label(shape))
        return (self.answers * self.horizon * self.targets,)

    def build(self, shape: Shape) -> nn.Module:
        return NHits(self._sizes(shape), self.dropout)

    def parameters(self, shape: Shape) -> int:
        return sum((inputs + 1) * units for inputs, units in self._products(shape))

    def multiply_adds(self, shape: Shape) -> int:
        return sum(inputs * units for inputs, units in self._products(shape))

    def largest(self, shape: Shape) -> int:
        return max(max(pair) for pair in self._products(shape))

    def windows(self, shape: Shape) -> None:
        return None

    def label(self, shape: Shape) -> str:
        return f"Stacks ({self.stacks} of {self.units} units)"

    def _sizes(self, shape: Shape) -> Sizes:
        channels, steps = shape
        rates = tuple(2**place for place in reversed(range(self.stacks)))
        return Sizes(
            channels,
            steps,
            self.pooled,
            self.answers,
            self.horizon,
            self.targets,
            self.units,
            self.depth,
            rates,
        )

    def _products(self, shape: Shape) -> Iterator[tuple[int, int]]:
        """The inputs and units of each linear layer."""
        sizes = self._sizes(shape)
        for rate in sizes.rates:
            yield sizes.inputs(rate), self.units
            yield from [(self.units, self.units)] * (self.depth - 1)
            yield self.units, sizes.lines * knots(self.horizon, rate)
            if rate > 1:  # the last takes nothing away
                yield self.units, len(self.pooled) * knots(sizes.steps, rate)
