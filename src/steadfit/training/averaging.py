"""Weights averaged over the last epochs (Izmailov et al. 2018, stochastic weight averaging)."""

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from steadfit.nn import Padded


class RunningMean:
    """The mean of a module's parameters over the moments at which it was added."""

    def __init__(self) -> None:
        self.count = 0
        self.total: list[Tensor] = []

    @torch.no_grad()
    def add(self, module: nn.Module) -> None:
        parameters = list(module.parameters())
        if not self.count:
            self.total = [torch.zeros_like(p, dtype=torch.float64) for p in parameters]
        for total, parameter in zip(self.total, parameters, strict=True):
            total += parameter
        self.count += 1

    @torch.no_grad()
    def write(self, module: nn.Module) -> None:
        """Give the module the mean. Needs at least one `add`."""
        for total, parameter in zip(self.total, module.parameters(), strict=True):
            parameter.copy_(total / self.count)


@torch.no_grad()
def refresh_normalisation(module: nn.Module, batches: Iterable[Tensor | Padded]) -> None:
    """Take the running statistics of batch normalisation anew: the averaged weights' own.

    Izmailov et al. 2018, 3.2. Nothing is done where there is no batch normalisation.
    """
    layers = [m for m in module.modules() if isinstance(m, nn.modules.batchnorm._BatchNorm)]
    if not layers:
        return
    old = [layer.momentum for layer in layers]
    for layer in layers:
        layer.reset_running_stats()
        layer.momentum = None  # a plain mean over the batches
    module.train()
    for batch in batches:
        module(batch)
    for layer, momentum in zip(layers, old, strict=True):
        layer.momentum = momentum
