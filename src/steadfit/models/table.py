"""The lecture's table of a net (lecture 25, 6.8), with what each layer costs and sees."""

import math
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from steadfit.kinds import Text
from steadfit.models.layers import Layer, Residual, Shape, Window, chain
from steadfit.models.own import check_own
from steadfit.models.registry import complete, layers, parameters
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
    receptive_field: how far a value of the output sees along each axis of the input; () if
        the input has no axes but channels.
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


Patch = tuple[int, int]  # of an axis of the input: from, and up to but without
Patches = tuple[tuple[Patch, ...], ...]  # for each axis, what each value along it sees
NOTHING: Patch = (sys.maxsize, 0)  # a window that lies in the padding sees nothing


def shapes(model: Model, shape: Shape, outputs: int) -> tuple[Row, ...]:
    """The model's layers in order, from the input on, for examples of this shape.

    Raises SteadfitError for what `build` cannot build, which names the layer that does not fit.

    >>> for row in shapes(Model(name="convnet"), (1, 28, 28), 10)[:3]:
    ...     print(row.layer, row.output, row.weight)
    Input (1, 28, 28) ()
    Conv (C_out=20, K=5, P=2, S=1) (20, 28, 28) (20, 1, 5, 5)
    ReLU (20, 28, 28) ()
    """
    if model.network is not None:
        check_own(model.network, complete(model).settings, shape, outputs)
        values = shape[1:] if isinstance(shape, Text) else shape
        whole = Row(model.name, (outputs,), parameters=parameters(model, shape, outputs))
        return (Row("Input", values), whole)
    patches = tuple(tuple((place, place + 1) for place in range(n)) for n in shape[1:])
    rows, _ = _walk(layers(model, shape, outputs), shape, patches)
    values = shape[1:] if isinstance(shape, Text) else shape  # a text is a number a step
    return (Row("Input", values, receptive_field=_extents(patches)), *rows)


def _walk(layers: Sequence[Layer], shape: Shape, patches: Patches) -> tuple[list[Row], Patches]:
    """The layers' rows, and what the last one's values see, given what its inputs do."""
    rows: list[Row] = []
    for layer, before, after in chain.steps(layers, shape):
        if isinstance(layer, Residual):
            inner, patches = _around(layer, before, after, patches)
            rows += inner
            continue
        patches = _seen(layer, before, after, patches)
        rows.append(
            Row(
                layer=layer.label(before),
                output=after,
                weight=layer.weight(before),
                parameters=layer.parameters(before),
                multiply_adds=layer.multiply_adds(before),
                receptive_field=_extents(patches),
            )
        )
    return rows, patches


def _around(
    layer: Residual, before: Shape, after: Shape, patches: Patches
) -> tuple[list[Row], Patches]:
    """A residual connection's rows: its branch, its shortcut's layers if any, the sum."""
    branch, through = _walk(layer.branch, before, patches)
    path, past = _walk(layer.path(before), before, patches)
    both = tuple(
        tuple(_hull(pair) for pair in zip(*axes, strict=True))
        for axes in zip(through, past, strict=True)
    )
    inner = [replace(row, layer=f"  {row.layer}") for row in branch]
    inner += [replace(row, layer=f"  shortcut: {row.layer}") for row in path]
    return [*inner, Row("Add", after, receptive_field=_extents(both))], both


def _seen(layer: Layer, before: Shape, after: Shape, patches: Patches) -> Patches:
    """What the values after a layer see, given what those before it do."""
    windows = layer.windows(before)
    if windows is None:
        return tuple((_hull(axis),) for axis in patches)
    if not windows:  # a row of values: each still sees what it saw as part of an image
        return patches
    return tuple(
        tuple(_hull(_inside(axis, window, place)) for place in range(places))
        for axis, window, places in zip(patches, windows, after[1:], strict=True)
    )


def _inside(axis: Sequence[Patch], window: Window, place: int) -> list[Patch]:
    """The patches under a window, without the padding."""
    first = place * window.stride - window.before
    reached = range(first, first + window.count * window.step, window.step)
    return [axis[i] for i in reached if 0 <= i < len(axis)]


def _hull(patches: Iterable[Patch]) -> Patch:
    starts, ends = zip(NOTHING, *patches, strict=True)
    return min(starts), max(ends)


def _extents(patches: Patches) -> Shape:
    """The widest patch along each axis."""
    return tuple(max(0, *(end - start for start, end in axis)) for axis in patches)
