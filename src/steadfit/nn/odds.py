"""How a network of several labels begins."""

import torch
from torch import Tensor, nn


@torch.no_grad()
def begin_odds(net: nn.Module, counts: Tensor, examples: int) -> None:
    """The bias of the last layer begins at each label's log odds, (n + 1) / (examples - n + 1).

    Only of a chain of layers that ends in a linear one with a bias; others stay as they are.
    counts: how many examples have each label, shape (labels,).

    >>> net = nn.Sequential(nn.Linear(2, 2))
    >>> begin_odds(net, torch.tensor([1, 4]), examples=4)
    >>> [round(share, 3) for share in net[0].bias.sigmoid().tolist()]
    [0.333, 0.833]
    """
    last = list(net.children())[-1:] if isinstance(net, nn.Sequential) else []
    if last and isinstance(last[0], nn.Linear) and last[0].bias is not None:
        known = counts.double()
        last[0].bias.copy_(((known + 1) / (examples - known + 1)).log())
