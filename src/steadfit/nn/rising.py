"""Quantiles that never cross."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from steadfit.nn.padded import Padded


class Rising(nn.Module):
    """A network whose answers are quantiles, put into rising order.

    Where two cross they change places, which makes their pinball loss less (Chernozhukov,
    Fernández-Val and Galichon 2010, "Quantile and probability curves without crossing"). Then they
    are moved by `shift`, 0 until the quantiles are calibrated, but none across the median, which
    stays; and put in order again.

    network: takes a `Padded`, gives (batch, outputs), all numbers of the lowest quantile first.
    levels: the quantiles, rising, 0.5 among them. outputs: quantiles × numbers.

    >>> class Fixed(nn.Module):
    ...     def forward(self, batch):
    ...         return torch.tensor([[3.0, 0.0, 1.0, 5.0]])
    >>> Rising(Fixed(), levels=[0.1, 0.5], outputs=4)(Padded(torch.ones(1, 1, 1)))
    tensor([[1., 0., 3., 5.]])
    """

    shift: Tensor

    def __init__(self, network: nn.Module, levels: Sequence[float], outputs: int) -> None:
        super().__init__()
        self.network = network
        self.median = list(levels).index(0.5)
        self.register_buffer("shift", torch.zeros(len(levels), outputs // len(levels)))

    def forward(self, batch: Padded) -> Tensor:
        answer = self.network(batch).unflatten(1, tuple(self.shift.shape))
        ordered = answer.sort(dim=1).values
        median = ordered[:, self.median : self.median + 1]
        moved = ordered + self.shift
        below = torch.minimum(moved[:, : self.median], median)
        above = torch.maximum(moved[:, self.median + 1 :], median)
        return torch.cat([below, median, above], dim=1).sort(dim=1).values.flatten(1)
