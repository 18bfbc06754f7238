"""Forecasts without a network: the last value, the last season, a line through the lags."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch

from steadfit.data import Dataset, Schema, fit_preparation, forecast_of
from steadfit.errors import SteadfitError
from steadfit.kinds import Preparation
from steadfit.references.base import Learned, Reference
from steadfit.references.linear import MOST_COLUMNS, fit_ridge, fit_scale, ridge, scaled
from steadfit.references.shapes import SCALE, Shapes
from steadfit.tasks import Forecast

_SPREAD: Shapes = {"spread": ("outputs",), "unit": ("numbers",)}


class Forecasting(Reference):
    """A forecast of numbers. Its quantiles are the forecast plus those of its errors on the
    training windows, in units of each window's size."""

    predicts = frozenset({"forecast"})
    shapes: ClassVar[Shapes] = _SPREAD
    windows_of_spread: ClassVar[int | None] = None  # all, where it is quick

    def learn(self, train: Dataset, seed: int) -> Learned:
        learned = self.learn_numbers(train)
        forecast, windows = forecast_of(train)
        if not forecast.quantiles:
            return Learned(learned)
        unit = np.array(fit_preparation(train, torch.arange(len(train))).target_std)
        tried = _evenly(len(train), self.windows_of_spread)
        windows, y = windows[tried], train.y[tried].numpy()
        errors = (y - self.numbers(learned, forecast, windows)) / _sizes(forecast, windows, unit)
        spread = np.quantile(errors, forecast.quantiles, axis=0).ravel()
        return Learned({**learned, "spread": spread, "unit": unit})

    def outputs(self, learned: Learned, schema: Schema, x: Any) -> np.ndarray:
        forecast, arrays = schema.task, learned.arrays
        assert isinstance(forecast, Forecast)
        told = self.numbers(arrays, forecast, x)
        if told.shape != (len(x), forecast.means):
            raise ValueError(f"it gives {told.shape}")
        if not forecast.quantiles:
            return told
        size = _sizes(forecast, x, arrays["unit"])[:, None]
        spread = arrays["spread"].reshape(len(forecast.quantiles), -1)
        return (told[:, None] + size * spread).reshape(len(x), -1)

    @abstractmethod
    def learn_numbers(self, train: Dataset) -> dict[str, np.ndarray]:
        """What `numbers` needs."""

    @abstractmethod
    def numbers(self, arrays: Mapping[str, np.ndarray], forecast: Forecast, x: Any) -> np.ndarray:
        """The forecast from windows x; float64, shape (windows, horizon × targets)."""


def _evenly(windows: int, most: int | None) -> torch.Tensor:
    """The positions of at most so many windows, from the first to the last."""
    return torch.linspace(0, windows - 1, min(windows, most or windows)).round().long()


def _sizes(forecast: Forecast, windows: Any, unit: np.ndarray) -> np.ndarray:
    return forecast.sizes(windows, Preparation(target_std=tuple(unit.tolist())))


@dataclass(frozen=True)
class Naive(Forecasting):
    """The last value of the window at every step of the horizon."""

    name = "naive forecast"
    what = "The last value again."

    def learn_numbers(self, train: Dataset) -> dict[str, np.ndarray]:
        return {}

    def numbers(self, arrays: Mapping[str, np.ndarray], forecast: Forecast, x: Any) -> np.ndarray:
        return forecast.naive(x).double().numpy()


@dataclass(frozen=True)
class SeasonalNaive(Forecasting):
    """The last season of the window again (Hyndman and Athanasopoulos 2021, 5.2); of several the
    one that errs least on the training windows."""

    name = "seasonal naive forecast"
    what = "The last season again, where there is a season."
    shapes: ClassVar[Shapes] = {**_SPREAD, "season": ()}

    def suits(self, data: Dataset) -> bool:
        return super().suits(data) and bool(forecast_of(data)[0].seasons)

    def learn_numbers(self, train: Dataset) -> dict[str, np.ndarray]:
        forecast, windows = forecast_of(train)
        if not forecast.longer_seasons:
            return {}
        errors = {
            season: float((forecast.naive(windows, season) - train.y).abs().mean())
            for season in forecast.seasons
        }
        return {"season": np.array(min(errors, key=errors.__getitem__))}

    def numbers(self, arrays: Mapping[str, np.ndarray], forecast: Forecast, x: Any) -> np.ndarray:
        season = int(arrays.get("season", forecast.season))
        return forecast.naive(x, season).double().numpy()


@dataclass(frozen=True)
class Drift(Forecasting):
    """The line through the first and the last value of the window, drawn on (Hyndman and
    Athanasopoulos 2021, 5.2)."""

    name = "drift"
    what = "The line through the window's first and last value."

    def learn_numbers(self, train: Dataset) -> dict[str, np.ndarray]:
        return {}

    def numbers(self, arrays: Mapping[str, np.ndarray], forecast: Forecast, x: Any) -> np.ndarray:
        past = forecast.past(x).double().numpy()
        slope = (past[:, -1] - past[:, 0]) / max(1, past.shape[1] - 1)
        steps = np.arange(1, forecast.horizon + 1)[:, None]
        return (past[:, -1, None] + steps * slope[:, None]).reshape(len(past), -1)


@dataclass(frozen=True)
class RidgeOnLags(Forecasting):
    """Ridge regression from the window's values to those of the horizon, one line an output.

    Each window is taken relative to its last values, and its forecast added to them, so that a
    trend may leave the range of the training values (as in NLinear, Zeng et al. 2023).
    """

    name = "ridge on lags"
    what = "Ridge regression on the values of the window, relative to the last."
    shapes: ClassVar[Shapes] = {
        **SCALE,
        **_SPREAD,
        "coef": ("numbers", "columns"),
        "intercept": ("numbers",),
    }

    def learn_numbers(self, train: Dataset) -> dict[str, np.ndarray]:
        forecast, windows = forecast_of(train)
        matrix, last = _relative(forecast, windows)
        if matrix.shape[1] > MOST_COLUMNS:
            raise SteadfitError(
                f"a window must have at most {MOST_COLUMNS:,} values, got {matrix.shape[1]:,}."
            )
        scale = fit_scale(matrix)
        y = train.y.numpy().astype(np.float64) - last
        return scale | fit_ridge(scaled(scale, matrix), y)

    def numbers(self, arrays: Mapping[str, np.ndarray], forecast: Forecast, x: Any) -> np.ndarray:
        matrix, last = _relative(forecast, x)
        if len(arrays["coef"]) != forecast.means:
            raise ValueError(f"it has {len(arrays['coef'])} lines")
        return last + ridge(arrays, scaled(arrays, matrix))


def _relative(forecast: Forecast, windows: Any) -> tuple[np.ndarray, np.ndarray]:
    """The window's values minus the last, beside them those that enter as they are, (examples,
    values); the last of each output."""
    values = windows.padded().numpy().astype(np.float64)
    last = values[:, -1]
    beside = sorted({*forecast.known, *forecast.static})
    relative = np.delete(values - last[:, None], beside, axis=2)[:, :-1]
    ends = np.tile(last[:, list(forecast.targets)], (1, forecast.horizon))
    columns = [relative.reshape(len(values), -1), values[:, :, beside].reshape(len(values), -1)]
    return np.concatenate(columns, axis=1), ends
