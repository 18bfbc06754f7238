"""The lecture's table of a net (lecture 25, 6.8), with what each layer costs and sees."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from steadfit.models.layers import Layer, Residual, Shape, Window, chain
from steadfit.models.registry import layers
from steadfit.recipe import Model


@dataclass(frozen=True)
class Row:
    """One layer of a net, for one example.

    layer: as the lecture names it; layers inside a residual connection begin with two spaces.
    output: the shape that comes out.
    weight: the weight's size, () without one; out x in x kernel for convolutions, in x out for
        linear layers as the lecture has it (torch keeps out x in).
    parameters: weights, biases, scales and shifts.
    multiply_adds: products of a weight and a value, each added to a sum.
    receptive_field: how far one value of the output sees along each axis of the input, at most
        the input's own size; () if the input has no axes but channels.
    memory: bytes of the output in float32.
    """

    layer: str
    output: Shape
    weight: Shape = ()
    parameters: int = 0
    multiply_adds: int = 0
    receptive_field: Shape = ()

    @property
    def memory(self) -> int:
        return 4 * math.prod(self.output)


@dataclass(frozen=True)
class Sight:
    """What the values along an axis see of the input: `places` patches of `size` places, the
    first from `start` (which padding makes negative), each `jump` further than the one before."""

    start: int
    size: int
    jump: int
    places: int

    def through(self, window: Window, places: int) -> "Sight":
        """What the values after a layer with this window see."""
        return Sight(
            start=self.start - window.before * self.jump,
            size=self.size + (window.span - 1) * self.jump,
            jump=self.jump * window.stride,
            places=places,
        )

    def whole(self) -> "Sight":
        """What one value made from all these sees."""
        return Sight(self.start, self.size + (self.places - 1) * self.jump, self.jump, 1)

    def joined(self, other: "Sight") -> "Sight":
        """What the sums of these values and others at the same places see."""
        start = min(self.start, other.start)
        end = max(self.start + self.size, other.start + other.size)
        return Sight(start, end - start, self.jump, self.places)

    def within(self, n: int) -> int:
        """The largest part of an input of n places that one of the values sees."""
        starts = (self.start + place * self.jump for place in range(self.places))
        return max(min(start + self.size, n) - max(start, 0) for start in starts)


def shapes(model: Model, shape: Shape, outputs: int) -> tuple[Row, ...]:
    """The model's layers in order, from the input on, for examples of this shape.

    Raises SteadfitError for what `build` cannot build, which names the layer that does not fit.

    >>> for row in shapes(Model(name="convnet"), (1, 28, 28), 10)[:3]:
    ...     print(row.layer, row.output, row.weight)
    Input (1, 28, 28) ()
    Conv (C_out=20, K=5, P=2, S=1) (20, 28, 28) (20, 1, 5, 5)
    ReLU (20, 28, 28) ()
    """
    sights = tuple(Sight(start=0, size=1, jump=1, places=n) for n in shape[1:])
    first = Row("Input", shape, receptive_field=tuple(1 for _ in shape[1:]))
    rows, _ = _walk(layers(model, shape, outputs), shape, sights, shape[1:])
    return (first, *rows)


Sights = tuple[Sight, ...]


def _walk(
    layers: Sequence[Layer], shape: Shape, sights: Sights, sides: Shape
) -> tuple[list[Row], Sights]:
    """The layers' rows, and what the last one's values see of an input with these sides."""
    rows: list[Row] = []
    for layer, before, after in chain.steps(layers, shape):
        if isinstance(layer, Residual):
            inner, sights = _around(layer, before, after, sights, sides)
            rows += inner
            continue
        sights = _seen(layer, before, after, sights)
        rows.append(
            Row(
                layer=layer.label(before),
                output=after,
                weight=layer.weight(before),
                parameters=layer.parameters(before),
                multiply_adds=layer.multiply_adds(before),
                receptive_field=_fields(sights, sides),
            )
        )
    return rows, sights


def _around(
    layer: Residual, before: Shape, after: Shape, sights: Sights, sides: Shape
) -> tuple[list[Row], Sights]:
    """A residual connection's rows: its branch, its shortcut's layers if any, the sum."""
    branch, through = _walk(layer.branch, before, sights, sides)
    path, past = _walk(layer.path(before), before, sights, sides)
    joined = tuple(a.joined(b) for a, b in zip(through, past, strict=True))
    inner = [replace(row, layer=f"  {row.layer}") for row in branch]
    inner += [replace(row, layer=f"  shortcut: {row.layer}") for row in path]
    return [*inner, Row("Add", after, receptive_field=_fields(joined, sides))], joined


def _seen(layer: Layer, before: Shape, after: Shape, sights: Sights) -> Sights:
    windows = layer.windows(before)
    if windows is None:
        return tuple(sight.whole() for sight in sights)
    if not windows:  # a row of values: each still sees what it saw as part of an image
        return sights
    return tuple(
        sight.through(window, places)
        for sight, window, places in zip(sights, windows, after[1:], strict=True)
    )


def _fields(sights: Sights, sides: Shape) -> Shape:
    return tuple(sight.within(n) for sight, n in zip(sights, sides, strict=True))
