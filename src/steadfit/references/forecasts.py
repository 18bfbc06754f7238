"""Forecasts without a network: the last value, the last season, a line through the lags."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from steadfit.data import Dataset, Schema, forecast_of
from steadfit.errors import SteadfitError
from steadfit.references.base import Learned, Reference
from steadfit.references.linear import MOST_COLUMNS, fit_ridge, fit_scale, ridge, scaled
from steadfit.references.shapes import LINE, SCALE, Shapes
from steadfit.tasks import Forecast


@dataclass(frozen=True)
class Naive(Reference):
    """The last value of the window at every step of the horizon."""

    name = "naive forecast"
    what = "The last value again."
    predicts = frozenset({"forecast"})
    shapes: ClassVar[Shapes] = {}

    def learn(self, train: Dataset, seed: int) -> Learned:
        return Learned({})

    def outputs(self, learned: Learned, schema: Schema, x: Any) -> np.ndarray:
        return _forecast(schema).naive(x).numpy()


@dataclass(frozen=True)
class SeasonalNaive(Reference):
    """The last season of the window again (Hyndman and Athanasopoulos 2021, 5.2)."""

    name = "seasonal naive forecast"
    what = "The last season again, where there is a season."
    predicts = frozenset({"forecast"})
    shapes: ClassVar[Shapes] = {}

    def suits(self, data: Dataset) -> bool:
        return super().suits(data) and forecast_of(data)[0].season > 1

    def learn(self, train: Dataset, seed: int) -> Learned:
        return Learned({})

    def outputs(self, learned: Learned, schema: Schema, x: Any) -> np.ndarray:
        forecast = _forecast(schema)
        return forecast.naive(x, forecast.season).numpy()


@dataclass(frozen=True)
class RidgeOnLags(Reference):
    """Ridge regression from the window's values to those of the horizon, one line an output.

    Each window is taken relative to its last values, and its forecast added to them, so that a
    trend may leave the range of the training values (as in NLinear, Zeng et al. 2023).
    """

    name = "ridge on lags"
    what = "Ridge regression on the values of the window, relative to the last."
    predicts = frozenset({"forecast"})
    shapes: ClassVar[Shapes] = {**SCALE, **LINE}

    def learn(self, train: Dataset, seed: int) -> Learned:
        forecast, windows = forecast_of(train)
        matrix, last = _relative(forecast, windows)
        if matrix.shape[1] > MOST_COLUMNS:
            raise SteadfitError(
                f"a window must have at most {MOST_COLUMNS:,} values, got {matrix.shape[1]:,}."
            )
        scale = fit_scale(matrix)
        y = train.y.numpy().astype(np.float64) - last
        return Learned(scale | fit_ridge(scaled(scale, matrix), y))

    def outputs(self, learned: Learned, schema: Schema, x: Any) -> np.ndarray:
        matrix, last = _relative(_forecast(schema), x)
        return last + ridge(learned.arrays, scaled(learned.arrays, matrix))


def _relative(forecast: Forecast, windows: Any) -> tuple[np.ndarray, np.ndarray]:
    """The window's values minus the last, (examples, values); the last of each output."""
    values = windows.padded().numpy().astype(np.float64)
    last = values[:, -1]
    relative = (values - last[:, None])[:, :-1]
    ends = np.tile(last[:, list(forecast.targets)], (1, forecast.horizon))
    return relative.reshape(len(values), -1), ends


def _forecast(schema: Schema) -> Forecast:
    assert isinstance(schema.task, Forecast)
    return schema.task
