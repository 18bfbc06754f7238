"""From a sequence to one vector, without what stands beyond its end.

Letters of shapes: B batch, T steps of the longest, C channels.
"""

import torch
from torch import Tensor, nn

from steadfit.nn.padded import Padded


class Pooling(nn.Module):
    """What makes a sequence of one step of each sequence."""

    def forward(self, x: Padded) -> Padded:
        return Padded(self.pooled(x)[:, None])

    def pooled(self, x: Padded) -> Tensor:
        """(B, C)."""
        raise NotImplementedError


class Mean(Pooling):
    """The mean over the steps."""

    def pooled(self, x: Padded) -> Tensor:
        return x.filled(0.0).sum(1) / (x.ends() + 1)[:, None]


class Root(Pooling):
    """The sum over the steps, divided by the root of their number: of steps that say nothing in
    common it is as large for long sequences as for short ones, where their mean vanishes."""

    def pooled(self, x: Padded) -> Tensor:
        return x.filled(0.0).sum(1) / (x.ends() + 1)[:, None].sqrt()


class Largest(Pooling):
    """The largest value of each channel."""

    def pooled(self, x: Padded) -> Tensor:
        return x.filled(-torch.inf).amax(1)


class Last(Pooling):
    """What each direction says when it has read the whole sequence.

    directions: 2 where the second half of the channels was read from the end to the beginning; its
        last word stands at the first step.
    """

    def __init__(self, directions: int = 1) -> None:
        super().__init__()
        self.directions = directions

    def pooled(self, x: Padded) -> Tensor:
        forward, *backward = x.values.chunk(self.directions, dim=2)
        rows = torch.arange(forward.shape[0], device=forward.device)
        return torch.cat([forward[rows, x.ends()], *(part[:, 0] for part in backward)], dim=1)


class Attention(Pooling):
    """The mean with learned weights, softmax over the steps of v . tanh(W x + b).

    Yang et al. 2016, "Hierarchical attention networks", equations 5 to 7.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.hidden = nn.Linear(channels, channels)
        self.score = nn.Linear(channels, 1, bias=False)

    def pooled(self, x: Padded) -> Tensor:
        scores = self.score(torch.tanh(self.hidden(x.values)))
        weights = scores.masked_fill(~x.mask()[..., None], -torch.inf).softmax(1)
        return (weights * x.filled(0.0)).sum(1)
