"""The optimiser, its schedule, and the one step that changes weights."""

import math

import torch
from torch import nn

from steadfit.recipe import Optimizer
from steadfit.training.penalties import weights


def make_optimizer(module: nn.Module, settings: Optimizer) -> torch.optim.Optimizer:
    """An optimiser whose decoupled weight decay acts on weights only, never on biases."""
    decayed = weights(module)
    known = {id(parameter) for parameter in decayed}
    rest = [parameter for parameter in module.parameters() if id(parameter) not in known]
    groups = [
        {"params": decayed, "weight_decay": settings.weight_decay},
        {"params": rest, "weight_decay": 0.0},
    ]
    groups = [group for group in groups if group["params"]]
    if settings.name == "adamw":
        return torch.optim.AdamW(groups, lr=settings.learning_rate, fused=True)
    return torch.optim.SGD(
        groups,
        lr=settings.learning_rate,
        momentum=settings.momentum,
        nesterov=settings.momentum > 0,
        fused=True,
    )


def learning_rate(settings: Optimizer, step: int, steps: int) -> float:
    """The rate of step number `step` (from 0) of `steps`: a linear rise, then the schedule.

    The cosine falls from the highest rate towards 0 (Loshchilov and Hutter 2017, equation 5,
    without restarts).

    >>> settings = Optimizer(learning_rate=1.0, warmup=0.2)
    >>> [round(learning_rate(settings, step, 10), 2) for step in range(10)]
    [0.5, 1.0, 0.99, 0.92, 0.78, 0.6, 0.4, 0.22, 0.08, 0.01]
    """
    rising = round(settings.warmup * steps)
    if step < rising:
        return settings.learning_rate * (step + 1) / rising
    if settings.schedule == "constant":
        return settings.learning_rate
    done = (step - rising + 0.5) / (steps - rising)
    return settings.learning_rate * 0.5 * (1 + math.cos(math.pi * done))
