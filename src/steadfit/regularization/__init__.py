"""Penalties and limits on weights, and clipping of gradients."""

from steadfit.regularization.gradients import clip_gradients, first_bad_gradient
from steadfit.regularization.max_norm import limit_norms
from steadfit.regularization.penalties import (
    add_l2_gradient,
    share_of_zeros,
    shrink_l1,
    soft_threshold,
    weights,
)

__all__ = [
    "add_l2_gradient",
    "clip_gradients",
    "first_bad_gradient",
    "limit_norms",
    "share_of_zeros",
    "shrink_l1",
    "soft_threshold",
    "weights",
]
