"""Residual connections, y = F(x) + x (He, Zhang, Ren and Sun 2016; lecture 25, 2.4)."""

import torch
from torch import Tensor, nn
from torch.nn import functional


class Residual(nn.Module):
    """y = F(x) + S(x), where S is the identity unless another shortcut is given.

    branch: F.
    shortcut: S; it must give the branch's shape.
    drop: stochastic depth (Huang et al. 2016): in training, F is left out of a whole batch with
        this probability, and divided by 1 - drop otherwise, so that inference needs no scaling.

    >>> block = Residual(nn.Linear(3, 3))
    >>> x = torch.ones(1, 3)
    >>> bool((block(x) == block.branch(x) + x).all())
    True
    """

    def __init__(
        self, branch: nn.Module, shortcut: nn.Module | None = None, drop: float = 0.0
    ) -> None:
        super().__init__()
        self.branch = branch
        self.shortcut = nn.Identity() if shortcut is None else shortcut
        self.drop = drop

    def forward(self, x: Tensor) -> Tensor:
        if not (self.training and self.drop):
            return self.branch(x) + self.shortcut(x)
        if torch.rand(()).item() < self.drop:
            return self.shortcut(x)
        return self.branch(x) / (1 - self.drop) + self.shortcut(x)

    def extra_repr(self) -> str:
        return f"drop={self.drop}" if self.drop else ""


class Widen(nn.Module):
    """Shortcut without weights (He et al. 2016, option A): every `stride`-th place of an image or
    a series, and channels of zeros after its own until there are `channels`.

    >>> Widen(4, stride=2)(torch.ones(1, 3, 8, 8)).shape
    torch.Size([1, 4, 4, 4])
    """

    def __init__(self, channels: int, stride: int = 1) -> None:
        super().__init__()
        self.channels = channels
        self.stride = stride

    def forward(self, x: Tensor) -> Tensor:
        axes = x.dim() - 2
        picked = x[(slice(None), slice(None), *(slice(None, None, self.stride),) * axes)]
        return functional.pad(picked, (0, 0) * axes + (0, self.channels - x.shape[1]))

    def extra_repr(self) -> str:
        return f"{self.channels}, stride={self.stride}"
