"""Forecasts relative to the window that they are made from."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from steadfit.nn.nhits import NHits
from steadfit.nn.padded import Padded

LEAST = 1e-3  # of a window's scale, so that one of zeros has one
_TINY = torch.finfo(torch.float32).tiny  # so that noise that reaches below 0 has a logarithm


class Relative(nn.Module):
    """A network that sees a window relative to its last value, and whose answer is added to it.

    For a window x of a channel, ``y = naive(x) + scale(x) * net((x - last(x)) / scale(x))``, where
    the scale is the mean of |x|. The naive forecast is the last value; with a season it is the mean
    of the last value and of that of the last season, with several that of the last value and of
    each last season's. So a trend may leave the range of the training values, and series of any
    size are alike (as in NLinear, Zeng et al. 2023, and in RevIN, Kim et al. 2022).

    Of channels in logarithms, ``y = exp(naive(log x) + net(log x - last(log x)))``: a difference of
    logarithms has no unit that a scale could take away. As the exponential rises, the quantiles of
    the logarithms become those of the numbers.

    The linear layers that give the network's answer begin with zeros: training starts from the
    naive forecast.

    network: takes a `Padded` of (batch, steps, channels), gives (batch, quantiles × horizon ×
    targets). season: in steps, or several of them; 1 without. targets: the channels that are
    forecast. quantiles: how many answers there are of each number. beside: channels that the
    network sees as they are. logs: channels in logarithms, whose values must be above 0: none, or
    all that are forecast.

    >>> line = nn.Sequential(nn.Flatten(), nn.Linear(3, 2))
    >>> class Line(nn.Module):
    ...     def forward(self, batch):
    ...         return line(batch.values)
    >>> Relative(nn.Sequential(line), season=1, targets=[0]).network is not None
    True
    """

    def __init__(
        self,
        network: nn.Module,
        season: int | Sequence[int],
        targets: Sequence[int],
        quantiles: int = 1,
        beside: Sequence[int] = (),
        logs: Sequence[int] = (),
    ) -> None:
        super().__init__()
        self.network = network
        seasons = [season] if isinstance(season, int) else season
        self.seasons = [steps for steps in seasons if steps > 1]
        self.targets, self.quantiles = list(targets), quantiles
        self.beside, self.logs = list(beside), list(logs)
        for layer in _answering(network):
            for parameter in layer.parameters():
                nn.init.zeros_(parameter)

    def forward(self, batch: Padded) -> Tensor:
        window = batch.values
        scale = window.abs().mean(1, keepdim=True) + LEAST
        if self.logs:
            of_logs = self._are(self.logs, window)
            window = torch.where(of_logs, window.clamp_min(_TINY).log(), window)
            scale = torch.where(of_logs, 1.0, scale)
        last = window[:, -1:]
        answer = self.network(Padded(self._seen(window, last, scale)))
        # no len(), which is a fixed number in a program that is exported
        steps = answer.view(window.shape[0], self.quantiles, -1, len(self.targets))
        naive = last[:, None, :, self.targets].expand_as(steps)
        for season in self.seasons:
            back = season - torch.arange(steps.shape[2]) % season
            naive = naive + window[:, None, -back][..., self.targets]
        naive = naive / (1 + len(self.seasons))
        forecast = naive + scale[:, None, :, self.targets] * steps
        return (forecast.exp() if self.logs else forecast).flatten(1)

    def _seen(self, window: Tensor, last: Tensor, scale: Tensor) -> Tensor:
        relative = (window - last) / scale
        if not self.beside:
            return relative
        return torch.where(self._are(self.beside, window), window, relative)

    def _are(self, some: list[int], window: Tensor) -> Tensor:
        """True for these channels."""
        channels = torch.arange(window.shape[2], device=window.device)
        return (channels[:, None] == torch.tensor(some, device=window.device)).any(1)


def _answering(network: nn.Module) -> Sequence[nn.Linear]:
    """The last linear layer, if any; of stacks that add up their answers the last of each."""
    for part in network.modules():
        if isinstance(part, NHits):
            return part.answering
    return [part for part in network.modules() if isinstance(part, nn.Linear)][-1:]
