"""Forecasts relative to the window, against NumPy written out by hand."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from steadfit.data import Forecast, from_forecast
from steadfit.nn import Padded, Relative
from steadfit.recipe import Recipe
from steadfit.training import fit, trained_model


class Line(nn.Module):
    """The window's values, all in a row, through one linear layer."""

    def __init__(self, steps: int, channels: int, outputs: int) -> None:
        super().__init__()
        self.linear = nn.Linear(steps * channels, outputs)

    def forward(self, batch: Padded) -> Tensor:
        return self.linear(batch.values.flatten(1))


def by_hand(window: np.ndarray, line: nn.Linear, season: int, targets: list[int]) -> np.ndarray:
    """The forecast of one window, shape (horizon, targets), step by step."""
    weight, bias = (part.detach().double().numpy() for part in (line.weight, line.bias))
    scale = np.abs(window).mean(0) + 1e-3
    answer = weight @ ((window - window[-1]) / scale).ravel() + bias
    horizon = len(bias) // len(targets)
    found = np.empty((horizon, len(targets)))
    for step in range(horizon):
        for place, channel in enumerate(targets):
            naive = window[-1, channel]
            if season > 1:
                naive = (naive + window[len(window) - season + step % season, channel]) / 2
            found[step, place] = naive + scale[channel] * answer[step * len(targets) + place]
    return found


@pytest.mark.parametrize("season", [1, 3])
@pytest.mark.parametrize("targets", [[0], [2, 0]])
def test_is_the_sum_by_hand(season: int, targets: list[int]) -> None:
    torch.manual_seed(0)
    line = Line(7, 3, 5 * len(targets))
    relative = Relative(line, season, targets)
    nn.init.normal_(line.linear.weight)
    nn.init.normal_(line.linear.bias)
    x = torch.randn(4, 7, 3) + 2
    found = relative(Padded(x)).view(4, 5, len(targets)).detach().numpy()
    for window, forecast in zip(x.double().numpy(), found, strict=True):
        np.testing.assert_allclose(
            forecast, by_hand(window, line.linear, season, targets), rtol=1e-4, atol=1e-5
        )


def test_begins_with_the_naive_forecast() -> None:
    relative = Relative(Line(7, 1, 5), 3, [0])
    x = torch.randn(4, 7, 1)
    last, before = x[:, -1:, 0], x[:, [4, 5, 6, 4, 5], 0]
    assert torch.equal(relative(Padded(x)), (last + before) / 2)


def test_a_window_of_zeros_has_a_forecast() -> None:
    assert torch.equal(
        Relative(Line(7, 1, 5), 3, [0])(Padded(torch.zeros(2, 7, 1))), torch.zeros(2, 5)
    )


@pytest.mark.parametrize("factor", [0.01, 1000.0])
def test_a_forecast_has_the_units_of_its_series(factor: float) -> None:
    """Trained on a series in other units, the model forecasts the same in these units."""
    wave = 10 + np.sin(np.arange(120.0) / 3) + np.arange(120) / 40

    def forecast(series: np.ndarray) -> np.ndarray:
        data = from_forecast([series], Forecast(3, 12, season=6))
        recipe = Recipe().model_with(name="linear").training_with(epochs=3)
        every = torch.arange(len(data))
        replica = fit(recipe, data, every, data.take(every[:1]), seed=0)
        return trained_model(recipe, data, [replica]).predict(data.x[-1:])

    np.testing.assert_allclose(forecast(factor * wave), factor * forecast(wave), rtol=1e-4)


def test_several_seasons_and_the_last_value_count_alike():
    window = torch.arange(10.0)[None, :, None]
    net = Relative(Line(10, 1, 3), season=(2, 5), targets=[0])
    expected = [(9 + ago_2 + ago_5) / 3 for ago_2, ago_5 in ((8, 5), (9, 6), (8, 7))]
    torch.testing.assert_close(net(Padded(window)), torch.tensor([expected]))
