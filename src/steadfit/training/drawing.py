"""From what a language model says of the next token to the shares by which it is drawn."""

from dataclasses import dataclass

import torch
from torch import Tensor

from steadfit.errors import SteadfitError


@dataclass(frozen=True)
class Drawing:
    """How a next token is drawn: by temperature, then of the `top_k`, then of the `top_p`.

    temperature: divides the log-probabilities; below 1 the likely tokens come more often, and at 0
        always the likeliest.
    top_k: only so many of the likeliest tokens are drawn from (Fan, Lewis and Dauphin 2018,
        "Hierarchical neural story generation"); None: of all.
    top_p: only the fewest of the likeliest are whose shares sum to this or more, the nucleus
        (Holtzman et al. 2020, "The curious case of neural text degeneration"); None: all.

    Of tokens that are equally likely the first in the vocabulary is kept. Raises SteadfitError for
    settings out of range.

    >>> Drawing(top_p=0.7).shares(torch.tensor([0.1, 0.5, 0.4]).log())
    tensor([0.0000, 0.5556, 0.4444])
    """

    temperature: float = 1.0
    top_k: int | None = None
    top_p: float | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.temperature < float("inf"):
            raise SteadfitError(
                f"temperature must be 0 or more, got {self.temperature:g}. Take 1 for the model's "
                "own probabilities."
            )
        if self.top_k is not None and self.top_k < 1:
            raise SteadfitError(f"top_k must be 1 or more, got {self.top_k}. Leave it out for all.")
        if self.top_p is not None and not 0 < self.top_p <= 1:
            raise SteadfitError(
                f"top_p must be above 0 and at most 1, got {self.top_p:g}. Leave it out for all."
            )

    def shares(self, log_probabilities: Tensor) -> Tensor:
        """The probability that each token is drawn, shape (tokens,), from those of the model."""
        order = torch.argsort(log_probabilities, descending=True, stable=True)
        below = (log_probabilities - log_probabilities[order[0]])[order]  # the largest is 0
        if self.temperature:
            sorted_shares = (below / self.temperature).softmax(-1)
        else:
            sorted_shares = torch.zeros_like(below)
            sorted_shares[0] = 1
        if self.top_k is not None:
            sorted_shares[self.top_k :] = 0
        if self.top_p is not None:
            before = sorted_shares.cumsum(0) - sorted_shares
            sorted_shares[before >= self.top_p * sorted_shares.sum()] = 0
        return torch.empty_like(below).scatter_(0, order, sorted_shares / sorted_shares.sum())
