"""The max-norm constraint: no unit's incoming weights are longer than a limit."""

from collections.abc import Iterable

import torch
from torch import nn


@torch.no_grad()
def limit_norms(parameters: Iterable[nn.Parameter], limit: float) -> None:
    """Scale each unit's incoming weights down to length `limit` where they are longer, in place.

    w <- w * min(1, limit / ||w||), the projection onto the ball (Srivastava et al. 2014,
    "Dropout", section 5.1; Srebro and Shraibman 2005), to be done after every step of the
    optimiser. A unit's incoming weights are a row along the first axis: of a linear layer, of a
    recurrent gate, of a convolution's channel. Parameters with one axis are left alone.

    >>> w = nn.Parameter(torch.tensor([[3.0, 4.0], [0.3, 0.4]]))
    >>> limit_norms([w], 1.0)
    >>> w.detach()
    tensor([[0.6000, 0.8000],
            [0.3000, 0.4000]])
    """
    for parameter in parameters:
        if parameter.ndim > 1:
            parameter.renorm_(2, 0, limit)
