"""Small nets on images of 8 × 8 pixels, very many of them trained at once.

The first dimension of every weight is the replica, so that one batched product is a layer of them
all; a training then takes some hundredths of a second on one core. Each replica has its own
examples, start and order of the batches.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, pad
from warped import CLASSES, SIDE, Images, generator

BATCH = 25
BLOCK = 100  # points that are predicted at once

Layer = tuple[Tensor, Tensor]  # weights (replicas, in, out) and biases (replicas, 1, out)
Drop = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Net:
    """layers: the (in, out) of each, for a width. logits: from layers, images (replicas, n, 8, 8)
    and what switches units off, to logits (replicas, n, classes). rate: the highest."""

    name: str
    layers: Callable[[float], Sequence[tuple[int, int]]]
    logits: Callable[[Sequence[Layer], Tensor, Drop], Tensor]
    rate: float


@dataclass(frozen=True)
class Arm:
    """What is changed of the usual training. seed: another one of starts and batches than the
    baseline's 0. l2: lambda of lambda * sum w^2 in the loss. noise: the deviation of what is added
    to the images in training. epochs: multiplies them. floor: this share of every prediction is a
    guess; it needs no training of its own."""

    name: str
    seed: int = 0
    width: float = 1.0
    dropout: float = 0.0
    l2: float = 0.0
    noise: float = 0.0
    epochs: float = 1.0
    floor: float = 0.0

    @property
    def is_null(self) -> bool:
        """Whether nothing but chance tells it from the baseline."""
        return self == Arm(self.name, self.seed) and self.seed != 0


def train(
    net: Net, arm: Arm, images: Images, rows: Tensor, epochs: int, seed: tuple[int, ...]
) -> list[Layer]:
    """The layers of a replica for each line of `rows`, shape (replicas, examples): the positions
    of its examples. Adam, cosine schedule, batches of `BATCH`; what is left of an epoch is not
    used. The same seed gives the same starts and batches in every arm with its seed 0."""
    replicas, examples = rows.shape
    plan, chance = (generator(*seed, arm.seed, what) for what in range(2))
    layers = [_start(replicas, *sizes, plan) for sizes in net.layers(arm.width)]
    weights = [one for layer in layers for one in layer]
    adam = torch.optim.Adam(weights, weight_decay=2 * arm.l2, fused=True)
    batches = examples // BATCH
    steps, step = round(epochs * arm.epochs) * batches, 0
    while step < steps:
        order = torch.rand(rows.shape, generator=plan).argsort(1)
        for places in order[:, : batches * BATCH].split(BATCH, 1):
            adam.param_groups[0]["lr"] = net.rate * (1 + math.cos(math.pi * step / steps)) / 2
            at = rows.gather(1, places)
            x = images.x[at]
            if arm.noise:
                x = x + arm.noise * torch.randn(x.shape, generator=chance)
            logits = net.logits(layers, x, lambda units: _dropped(units, arm.dropout, chance))
            adam.zero_grad()
            loss = cross_entropy(logits.flatten(0, 1), images.y[at].flatten(), reduction="sum")
            (loss / BATCH).backward()
            adam.step()
            step += 1
    return layers


@torch.no_grad()
def predict(net: Net, layers: Sequence[Layer], x: Tensor) -> Tensor:
    """Logits of every replica at its own images, x of shape (replicas, points, 8, 8)."""
    return torch.cat(
        [net.logits(layers, part, lambda units: units) for part in x.split(BLOCK, 1)], 1
    )


def _start(replicas: int, inputs: int, outputs: int, plan: torch.Generator) -> Layer:
    weights = torch.randn(replicas, inputs, outputs, generator=plan) * math.sqrt(2 / inputs)
    return weights.requires_grad_(), torch.zeros(replicas, 1, outputs, requires_grad=True)


def _dropped(units: Tensor, share: float, chance: torch.Generator) -> Tensor:
    if not share:
        return units
    return units * (torch.rand(units.shape, generator=chance) >= share) / (1 - share)


def _linear(x: Tensor, layer: Layer) -> Tensor:
    weights, biases = layer
    return torch.baddbmm(biases, x, weights)


def _mlp(layers: Sequence[Layer], x: Tensor, drop: Drop) -> Tensor:
    first, last = layers
    return _linear(drop(_linear(x.flatten(2), first).relu()), last)


def _convnet(layers: Sequence[Layer], x: Tensor, drop: Drop) -> Tensor:
    """Convolutions of 3 × 3, every second place down and across."""
    *stages, last = layers
    seen = x[..., None]
    for stage in stages:
        replicas, count, side = seen.shape[:3]
        wide = pad(seen, (0, 0, 1, 1, 1, 1))
        starts = [(down, across) for down in range(3) for across in range(3)]
        patches = [wide[:, :, i : i + side : 2, j : j + side : 2] for i, j in starts]
        maps = _linear(torch.cat(patches, -1).flatten(1, 3), stage)
        seen = maps.view(replicas, count, side // 2, side // 2, -1).relu()
    return _linear(drop(seen.flatten(2)), last)


def _gru(layers: Sequence[Layer], x: Tensor, drop: Drop) -> Tensor:
    """The rows of an image are the steps."""
    into, over, last = layers
    given = _linear(x.flatten(1, 2), into).view(*x.shape[:3], -1)
    state = torch.zeros(*x.shape[:2], given.shape[-1] // 3)
    for step in given.unbind(2):
        new_in, reset_in, keep_in = step.chunk(3, -1)
        new_over, reset_over, keep_over = _linear(state, over).chunk(3, -1)
        new = torch.tanh(new_in + torch.sigmoid(reset_in + reset_over) * new_over)
        state = new + torch.sigmoid(keep_in + keep_over) * (state - new)
    return _linear(drop(state), last)


def _mlp_layers(width: float) -> Sequence[tuple[int, int]]:
    units = round(32 * width)
    return (SIDE * SIDE, units), (units, CLASSES)


def _convnet_layers(width: float) -> Sequence[tuple[int, int]]:
    few, many = round(6 * width), round(10 * width)
    return (9, few), (9 * few, many), (SIDE * SIDE // 16 * many, CLASSES)


def _gru_layers(width: float) -> Sequence[tuple[int, int]]:
    units = round(10 * width)
    return (SIDE, 3 * units), (units, 3 * units), (units, CLASSES)


NETS = {
    one.name: one
    for one in (
        Net("mlp", _mlp_layers, _mlp, 0.02),
        Net("convnet", _convnet_layers, _convnet, 0.02),
        Net("gru", _gru_layers, _gru, 0.04),
    )
}
