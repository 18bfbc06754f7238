"""Residual nets for small images, and the same nets without the additions (He, Zhang, Ren and Sun
2016, "Deep residual learning for image recognition", section 4.2; lecture 25, 2.4)."""

from typing import Annotated, Literal

from pydantic import Field

from steadfit.errors import SteadfitError
from steadfit.models.blocks import Norm, Width, activated, dropped, scaled
from steadfit.models.layers import (
    Conv,
    Depth,
    Flatten,
    Function,
    GlobalPool,
    Layer,
    Linear,
    Residual,
    Shape,
)
from steadfit.recipe import Share

CHANNELS = (16, 32, 64)  # of the three stages; each after the first begins with a stride of 2
EXPANSION = 4  # a bottleneck's last convolution has this many times the channels of the others
Block = Literal["basic", "bottleneck"]
Stem = Annotated[int, Field(ge=0, le=8)]
_FINE = 48  # pixels of the longer side after the first convolution, at most, where it is told


def resnet(
    shape: Shape,
    outputs: int,
    *,
    depth: Depth = 20,
    width: Width = 1.0,
    block: Block = "basic",
    shortcut: Literal["identity", "projection"] = "identity",
    preactivation: bool = False,
    stem: Stem = 1,
    stochastic_depth: Share = 0.0,
    dropout: Share = 0.0,
    norm: Norm = "batch",
    activation: Function = "relu",
) -> tuple[Layer, ...]:
    """A 3x3 convolution, three stages of residual blocks, the mean over all places, a linear layer.

    Convolutions are drawn as He et al. 2015 propose, which keeps the signal's size through many
    ReLU layers; with torch's default it shrinks from layer to layer.

    depth: layers with weights, 6n + 2 with basic blocks, 9n + 2 with bottlenecks, n = 1, 2, ...
    width: multiplies the channels (16, 32, 64).
    block: "basic" is two convolutions of 3x3; "bottleneck" is 1x1, 3x3, and 1x1 to four times
        the channels.
    shortcut: where a block changes the shape, "identity" takes every second place and adds
        channels of zeros, without weights (option A); "projection" is a 1x1 convolution (B).
    preactivation: normalisation and activation before each convolution of a block instead of
        after it (He et al. 2016, "Identity mappings in deep residual networks").
    stem: the stride of the first convolution, whose kernel has two pixels more for each above 1;
        0: told by the size, so that at most 48 pixels a side are left.
    stochastic_depth: probability that the last block is left out of a batch in training; that of
        the others rises to it linearly (Huang et al. 2016).
    dropout: share of the inputs of each block's last convolution switched off in training
        (Zagoruyko and Komodakis 2016).
    norm: "none" leaves batch normalisation out.
    activation: relu, tanh, sigmoid, gelu or silu.
    """
    blocks = _blocks("resnet", depth, width, block)
    stride = stem or max(1, -(-max(shape[1:]) // _FINE))
    first = _conv(scaled(CHANNELS[0], width), 2 * stride + 1, stride)
    conv, *after = activated(first, norm, activation)
    layers = [conv] if preactivation else [conv, *after]
    before = scaled(CHANNELS[0], width)
    for number, convs in enumerate(blocks, start=1):
        branch = _branch(convs, norm, activation, dropout, preactivation)
        path: list[Layer] = []
        channels, stride = convs[-1].channels, max(conv.stride for conv in convs)
        if shortcut == "projection" and (channels, stride) != (before, 1):
            path = activated(_conv(channels, 1, stride), norm, activation)[:-1]
        drop = stochastic_depth * number / len(blocks)
        if preactivation:
            layers.append(Residual(tuple(branch), tuple(path), drop))
        else:
            layers += [Residual(tuple(branch[:-1]), tuple(path), drop), branch[-1]]
        before = channels
    end = after if preactivation else []
    return (*layers, *end, GlobalPool(), Flatten(), Linear(outputs))


def plain(
    shape: Shape,
    outputs: int,
    *,
    depth: Depth = 20,
    width: Width = 1.0,
    block: Block = "basic",
    dropout: Share = 0.0,
    norm: Norm = "batch",
    activation: Function = "relu",
) -> tuple[Layer, ...]:
    """The twin of `resnet` without the additions: the same layers, weights and cost.

    The settings are those of `resnet` that mean something without a shortcut.

    depth: layers with weights, 6n + 2 with basic blocks, 9n + 2 with bottlenecks, n = 1, 2, ...
    width: multiplies the channels (16, 32, 64).
    block: "basic" or "bottleneck".
    dropout: share of the inputs of each block's last convolution switched off in training.
    norm: "none" leaves batch normalisation out.
    activation: relu, tanh, sigmoid, gelu or silu.
    """
    layers = activated(_conv(scaled(CHANNELS[0], width), 3), norm, activation)
    for convs in _blocks("plain", depth, width, block):
        layers += _branch(convs, norm, activation, dropout, preactivation=False)
    return (*layers, GlobalPool(), Flatten(), Linear(outputs))


def _blocks(name: str, depth: int, width: float, block: Block) -> list[list[Conv]]:
    """The convolutions of each block, block after block through the three stages."""
    each = {"basic": 6, "bottleneck": 9}[block]
    count, rest = divmod(depth - 2, each)
    if rest or count < 1:
        near = each * max(1, round((depth - 2) / each)) + 2
        raise SteadfitError(
            f"{name}: with {block} blocks the depth is {each}n + 2 ({each + 2}, {2 * each + 2}, "
            f"{3 * each + 2}, ...), and {depth} is not. The nearest is {near}."
        )
    blocks: list[list[Conv]] = []
    for stage, base in enumerate(CHANNELS):
        channels = scaled(base, width)
        for place in range(count):
            stride = 2 if stage and not place else 1
            if block == "basic":
                blocks.append([_conv(channels, 3, stride), _conv(channels, 3)])
            else:
                wide = _conv(channels * EXPANSION, 1)
                blocks.append([_conv(channels, 1), _conv(channels, 3, stride), wide])
    return blocks


def _branch(
    convs: list[Conv], norm: Norm, activation: Function, dropout: float, preactivation: bool
) -> list[Layer]:
    """The convolutions, each with its normalisation and activation, before or after it."""
    branch: list[Layer] = []
    for conv in convs:
        layer, *after = activated(conv, norm, activation)
        drop = dropped(dropout) if conv is convs[-1] else []
        branch += [*after, *drop, layer] if preactivation else [*drop, layer, *after]
    return branch


def _conv(channels: int, kernel: int, stride: int = 1) -> Conv:
    """A convolution that keeps the sides at stride 1."""
    return Conv(channels, kernel, pad=kernel // 2, stride=stride, init="he")
