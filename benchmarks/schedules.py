"""Schedules for `convnet`, held against the default: an epoch of MNIST, tested on images left out.

    OMP_NUM_THREADS=1 python benchmarks/schedules.py

50,000 of the training images are learned, the other 10,000 tell how good a schedule is; the test
images are not looked at. One run a schedule, seed 0, about a minute each.
"""

import math
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from steadfit.data import read, split
from steadfit.models import build
from steadfit.recipe import Optimizer, Recipe
from steadfit.training.optimizer import learning_rate
from steadfit.training.predict import channels_last

LEARNED, MEAN, STD = 50_000, 33.3, 78.6


@dataclass(frozen=True)
class Schedule:
    """What is changed of the default. beta: Adam's second; he: He et al. 2015's first weights."""

    rate: float = 2e-3
    batch: int = 64
    beta: float = 0.999
    he: bool = False
    sgd: bool = False


SCHEDULES = (
    Schedule(),
    Schedule(4e-3),
    Schedule(3e-3, 32),
    Schedule(6e-3, 128),
    Schedule(3e-3, beta=0.95),
    Schedule(1.5e-3, beta=0.95),
    Schedule(4e-3, he=True),
    Schedule(4e-3, 128, beta=0.95, he=True),
    Schedule(0.05, sgd=True),
)


def new_net(he: bool) -> nn.Module:
    torch.manual_seed(0)
    net = channels_last(build(Recipe().model, (1, 28, 28), 10))
    for layer in net.modules() if he else ():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
    return net


def share_right(schedule: Schedule, x: Tensor, y: Tensor) -> float:
    """Of the images left out, after an epoch of the others."""
    left_out, learned = _order(len(x)).split([len(x) - LEARNED, LEARNED])
    net = new_net(schedule.he)
    make = partial(torch.optim.AdamW, weight_decay=0.0, betas=(0.9, schedule.beta))
    if schedule.sgd:
        make = partial(torch.optim.SGD, momentum=0.9, nesterov=True)
    optimizer = make(net.parameters(), lr=schedule.rate, fused=True)
    settings = Optimizer(learning_rate=schedule.rate)
    order = learned[torch.randperm(LEARNED, generator=torch.Generator().manual_seed(0))]
    batches = order.tensor_split(math.ceil(LEARNED / schedule.batch))
    for step, rows in enumerate(batches):
        optimizer.zero_grad()
        cross_entropy(net(_prepared(x[rows])), y[rows]).backward()
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(settings, step, len(batches))
        optimizer.step()
    with torch.no_grad():
        right = [net(_prepared(x[r])).argmax(1) == y[r] for r in left_out.split(500)]
    return float(torch.cat(right).float().mean())


def _order(images: int) -> Tensor:
    return torch.randperm(images, generator=torch.Generator().manual_seed(7))


def _prepared(x: Tensor) -> Tensor:
    return ((x.float() - MEAN) / STD).contiguous(memory_format=torch.channels_last)


def main() -> None:
    train = split(read("mnist")).train
    assert isinstance(train.x, Tensor)
    for schedule in SCHEDULES:
        print(f"{share_right(schedule, train.x, train.y):.2%} right  {schedule}", flush=True)


if __name__ == "__main__":
    main()
