"""Layers one after another, and around one another: their shapes, and the module that runs them."""

from collections import Counter, OrderedDict
from collections.abc import Iterator, Sequence

from pydantic.dataclasses import dataclass
from torch import nn

from steadfit.errors import SteadfitError
from steadfit.models.layers import Layer, Shape, times
from steadfit.nn import residual
from steadfit.recipe import Share


def steps(layers: Sequence[Layer], shape: Shape) -> Iterator[tuple[Layer, Shape, Shape]]:
    """Each layer with the shape that goes in and the shape that comes out.

    Raises SteadfitError that names the layer by its place, from 1, if it does not fit.
    """
    for place, layer in enumerate(layers, start=1):
        try:
            out = layer.output(shape)
        except SteadfitError as error:
            raise SteadfitError(f"Layer {place}, {error}") from None
        yield layer, shape, out
        shape = out


def output(layers: Sequence[Layer], shape: Shape) -> Shape:
    """The shape that comes out of the last layer."""
    for _, _, out in steps(layers, shape):
        shape = out
    return shape


def build(layers: Sequence[Layer], shape: Shape) -> nn.Sequential:
    """The layers as a torch module, each named by its kind and number: conv1, relu1, conv2."""
    counts: Counter[str] = Counter()
    modules: OrderedDict[str, nn.Module] = OrderedDict()
    for layer, before, _ in steps(layers, shape):
        counts[layer.word] += 1
        modules[f"{layer.word}{counts[layer.word]}"] = layer.build(before)
    return nn.Sequential(modules)


@dataclass(frozen=True)
class Residual(Layer):
    """y = F(x) + S(x): what the branch's layers give, plus the shortcut's.

    Without shortcut layers S is the identity; where the branch has more channels or a longer
    stride, every stride-th place with channels of zeros (He et al. 2016, option A), which has no
    weights. drop: stochastic depth, the probability that a batch in training leaves F out.
    """

    word = "residual"
    branch: tuple[Layer, ...]
    shortcut: tuple[Layer, ...] = ()
    drop: Share = 0.0

    def output(self, shape: Shape) -> Shape:
        out = output(self.branch, shape)
        past = output(self.shortcut, shape) if self.shortcut else self._identity(shape, out)
        if past != out:
            raise SteadfitError(
                f"Residual: the branch gives {times(out)} and the shortcut {times(past)}; only "
                "equal shapes can be added. Give the branch padding that keeps the sides, or "
                "the shortcut layers of its own."
            )
        return out

    def build(self, shape: Shape) -> nn.Module:
        out = output(self.branch, shape)
        shortcut = None
        if self.shortcut:
            shortcut = build(self.shortcut, shape)
        elif out != shape:
            shortcut = residual.Widen(out[0], self._stride(shape, out))
        return residual.Residual(build(self.branch, shape), shortcut, self.drop)

    def parameters(self, shape: Shape) -> int:
        paths = (self.branch, self.shortcut)
        return sum(layer.parameters(s) for path in paths for layer, s, _ in steps(path, shape))

    def multiply_adds(self, shape: Shape) -> int:
        paths = (self.branch, self.shortcut)
        return sum(layer.multiply_adds(s) for path in paths for layer, s, _ in steps(path, shape))

    def _identity(self, shape: Shape, out: Shape) -> Shape:
        """The shape of the shortcut without weights, as near to the branch's as it can be."""
        stride = self._stride(shape, out)
        return (max(shape[0], out[0]), *(-(-n // stride) for n in shape[1:]))

    @staticmethod
    def _stride(shape: Shape, out: Shape) -> int:
        return -(-shape[1] // out[1]) if len(shape) == len(out) > 1 else 1
