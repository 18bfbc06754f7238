"""L1 and L2 on weights, never on biases or normalisation scales (lecture 25, 2.1)."""

from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn


def weights(module: nn.Module) -> list[nn.Parameter]:
    """The parameters a penalty acts on: all but biases, initial states, and normalisation; one
    that several layers share, once. Those of a pretrained network that is tuned are left out, as a
    pull towards 0 would unlearn what they know.

    >>> [tuple(w.shape) for w in weights(nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2)))]
    [(2, 3)]
    """
    found: dict[int, nn.Parameter] = {}
    for owner in module.modules():
        if isinstance(owner, _NORMALISATION):
            continue
        for name, parameter in owner.named_parameters(recurse=False):
            if not name.startswith(("bias", "initial")) and not hasattr(parameter, "rate_share"):
                found[id(parameter)] = parameter
    return list(found.values())


_NORMALISATION = (nn.modules.batchnorm._NormBase, nn.LayerNorm, nn.GroupNorm, nn.RMSNorm)


@torch.no_grad()
def add_l2_gradient(parameters: Iterable[nn.Parameter], l2: float) -> None:
    """Add the gradient of l2 * sum w^2, which is 2 * l2 * w, to each parameter's gradient.

    The same as adding the penalty to the loss (lecture 25, 2.1), without building its graph.
    """
    for parameter in parameters:
        if parameter.grad is not None:
            parameter.grad.add_(parameter, alpha=2 * l2)


def soft_threshold(w: Tensor, threshold: Tensor | float) -> Tensor:
    """sign(w) * max(|w| - threshold, 0): the proximal map of threshold * sum |w|.

    Tibshirani 1996, equation 3; Parikh and Boyd 2014, 6.5.2.

    >>> soft_threshold(torch.tensor([-3.0, 0.5, 2.0]), 1.0)
    tensor([-2.,  0.,  1.])
    """
    return torch.sign(w) * (w.abs() - threshold).clamp_min(0)


@torch.no_grad()
def shrink_l1(
    parameters: Iterable[nn.Parameter],
    l1: float,
    step_size: Callable[[nn.Parameter], Tensor | float],
) -> None:
    """The proximal step of l1 * sum |w| after an optimizer's step: weights become exactly 0.

    The threshold is l1 times each weight's own step size: the learning rate for SGD; the learning
    rate over the root of the second moment for Adam's family, so that the minimum sought is the
    same (Yun, Lozano and Yang 2021, "Adaptive proximal gradient methods", theorem 1).
    A subgradient step would only make weights small.
    """
    for parameter in parameters:
        if parameter.grad is not None:
            parameter.copy_(soft_threshold(parameter, step_size(parameter) * l1))


def share_of_zeros(parameters: Iterable[nn.Parameter]) -> float:
    """The share of weights that are exactly zero, from 0 to 1 (0 if there are no weights)."""
    counts = [(int((p == 0).sum()), p.numel()) for p in parameters]
    return sum(zeros for zeros, _ in counts) / max(1, sum(total for _, total in counts))
