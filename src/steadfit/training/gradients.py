"""Clipping of the gradient's global norm, and where a gradient went wrong."""

import torch
from torch import nn


def clip_gradients(module: nn.Module, threshold: float | None) -> float:
    """Scale all gradients by threshold / norm if their global norm exceeds the threshold.

    g <- (tau / ||g||) g where ||g|| > tau, over all parameters together (lecture 25, 2.2;
    Pascanu, Mikolov and Bengio 2013, algorithm 1). Returns the norm before clipping, which is not
    finite if any gradient is not; then nothing is changed. With None, only the norm is taken.
    """
    gradients = [p.grad for p in module.parameters() if p.grad is not None]
    norm = nn.utils.get_total_norm(gradients)
    value = float(norm)
    if threshold is not None and threshold < value < float("inf"):
        for gradient in gradients:
            gradient.mul_(threshold / value)
    return value


def first_bad_gradient(module: nn.Module) -> str | None:
    """The name of the first parameter whose gradient has a NaN or an infinity, if any."""
    for name, parameter in module.named_parameters():
        if parameter.grad is not None and not torch.isfinite(parameter.grad).all():
            return name
    return None
