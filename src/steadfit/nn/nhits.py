"""N-HiTS: stacks that see a series at several rates, each what the ones before left.

Letters of shapes: B batch, T steps of the window, C channels, P those that are pooled.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from steadfit.nn.padded import Padded, at_length


class Sizes(NamedTuple):
    """The sizes of an `NHits`.

    channels, steps: of a window. pooled: the channels that are pooled, and of which each stack
    takes its part away; the others each stack sees as they are. answers: of each number, as
    quantiles. horizon: steps of the forecast. targets: series that are forecast. units, depth: of
    the hidden layers of a stack. rates: one a stack.
    """

    channels: int
    steps: int
    pooled: tuple[int, ...]
    answers: int
    horizon: int
    targets: int
    units: int
    depth: int
    rates: tuple[int, ...]

    @property
    def lines(self) -> int:
        """How many series of `horizon` values the network gives."""
        return self.answers * self.targets

    def inputs(self, rate: int) -> int:
        """How many values a stack of this rate sees."""
        others = (self.channels - len(self.pooled)) * self.steps
        return len(self.pooled) * knots(self.steps, rate) + others


def knots(steps: int, rate: int) -> int:
    """How many knots, or pools, there are of so many steps: one for each `rate` of them."""
    return math.ceil(steps / rate)


def drawn(values: Tensor, steps: int) -> Tensor:
    """Straight lines through knots at equal distances, from the first step to the last.

    values: (B, lines, knots). Returns (B, lines, steps); of one knot, its value at every step.

    >>> drawn(torch.tensor([[[0.0, 4.0, 0.0]]]), 5).tolist()
    [[[0.0, 2.0, 4.0, 2.0, 0.0]]]
    """
    return functional.interpolate(values, size=steps, mode="linear", align_corners=True)


def pooled(values: Tensor, rate: int) -> Tensor:
    """The largest of each `rate` steps, counted from the last one back; (B, P, pools) of (B, P, T).

    >>> pooled(torch.tensor([[[5.0, 1.0, 2.0, 4.0, 3.0]]]), 2).tolist()
    [[[5.0, 2.0, 4.0]]]
    """
    missing = -values.shape[2] % rate
    return functional.pad(values, (missing, 0), mode="replicate").unflatten(2, (-1, rate)).amax(3)


class Stack(nn.Module):
    """A perceptron on a pooled window; its answer are the knots of what it takes away from the
    window (`backcast`, None in the last stack) and of what it adds to the forecast."""

    def __init__(self, sizes: Sizes, rate: int, dropout: float, last: bool) -> None:
        super().__init__()
        self.rate, self.horizon = rate, sizes.horizon
        units = sizes.units
        widths = [sizes.inputs(rate), *[units] * (sizes.depth - 1)]
        self.hidden = nn.ModuleList([nn.Linear(width, units) for width in widths])
        self.dropout = nn.Dropout(dropout)
        self.forecast = nn.Linear(units, sizes.lines * knots(sizes.horizon, rate))
        of_window = len(sizes.pooled) * knots(sizes.steps, rate)
        self.backcast = None if last else nn.Linear(units, of_window)

    def forward(self, window: Tensor, others: Tensor) -> tuple[Tensor, Tensor]:
        """What is left of the window, (B, P, T), and what is added, (B, lines, horizon).

        others: what is not pooled, (B, values).
        """
        values = torch.cat([pooled(window, self.rate).flatten(1), others], dim=1)
        for layer in self.hidden:
            values = self.dropout(functional.relu(layer(values)))
        more = drawn(self.forecast(values).unflatten(1, (-1, self._knots)), self.horizon)
        if self.backcast is None:
            return window, more
        part = self.backcast(values).unflatten(1, (window.shape[1], -1))
        return window - drawn(part, window.shape[2]), more

    @property
    def _knots(self) -> int:
        return knots(self.horizon, self.rate)


class NHits(nn.Module):
    """Challu et al. 2023, "N-HiTS: Neural hierarchical interpolation for time series forecasting",
    with one block a stack.

    Each stack sees the largest value of each `rate` steps (multi-rate sampling, 3.1), answers with
    one knot for as many steps, through which lines are drawn (hierarchical interpolation, 3.3), and
    takes its part away from what the next one sees (3.2). Where a rate is large, a stack can only
    tell slow changes. The forecast is the sum of theirs.

    Takes a `Padded` of (B, T, C), gives (B, answers × horizon × targets): all numbers of the first
    answer first, in each the targets of the first step first. Shorter windows end with zeros.
    dropout: share of the hidden units switched off in training.

    >>> sizes = Sizes(1, 8, (0,), 1, 4, 1, units=16, depth=2, rates=(4, 1))
    >>> NHits(sizes)(Padded(torch.zeros(3, 8, 1))).shape
    torch.Size([3, 4])
    """

    def __init__(self, sizes: Sizes, dropout: float = 0.0) -> None:
        super().__init__()
        self.sizes = sizes
        others = [k for k in range(sizes.channels) if k not in sizes.pooled]
        self._pooled, self._others = list(sizes.pooled), others
        final = len(sizes.rates) - 1
        self.stacks = nn.ModuleList(
            [Stack(sizes, rate, dropout, i == final) for i, rate in enumerate(sizes.rates)]
        )

    @property
    def answering(self) -> Sequence[nn.Linear]:
        """The layers whose answers are added up."""
        return [stack.forecast for stack in self.stacks]  # pyright: ignore[reportReturnType]

    def forward(self, batch: Padded) -> Tensor:
        values = at_length(batch, self.sizes.steps).transpose(1, 2)
        window, others = values[:, self._pooled], values[:, self._others].flatten(1)
        total = values.new_zeros(())
        for stack in self.stacks:
            window, more = stack(window, others)
            total = total + more
        sizes = self.sizes
        return total.unflatten(1, (sizes.answers, sizes.targets)).transpose(2, 3).flatten(1)
