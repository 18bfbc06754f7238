"""Quantiles that never cross."""

import torch
from torch import Tensor, nn

from steadfit.nn.padded import Padded


class Rising(nn.Module):
    """A network whose answers are quantiles, put into rising order.

    Where two cross they change places, which makes their pinball loss less (Chernozhukov,
    Fernández-Val and Galichon 2010, "Quantile and probability curves without crossing"). They are
    moved by `shift` and put in order again: 0 until the quantiles are calibrated.

    network: takes a `Padded`, gives (batch, outputs), all numbers of the lowest quantile first.
    quantiles: how many there are. outputs: quantiles × numbers.

    >>> class Fixed(nn.Module):
    ...     def forward(self, batch):
    ...         return torch.tensor([[3.0, 0.0, 1.0, 5.0]])
    >>> Rising(Fixed(), quantiles=2, outputs=4)(Padded(torch.ones(1, 1, 1)))
    tensor([[1., 0., 3., 5.]])
    """

    shift: Tensor

    def __init__(self, network: nn.Module, quantiles: int, outputs: int) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("shift", torch.zeros(quantiles, outputs // quantiles))

    def forward(self, batch: Padded) -> Tensor:
        answer = self.network(batch).unflatten(1, tuple(self.shift.shape))
        ordered = answer.sort(dim=1).values + self.shift
        return ordered.sort(dim=1).values.flatten(1)
