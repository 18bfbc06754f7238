"""Forecasts by exponential smoothing and the theta method, by statsmodels, fitted at each origin.

Such a model belongs to one series and to one time: it is fitted anew on all that is known when a
forecast is made, and learns nothing from other series.
"""

import warnings
from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import product
from typing import Any, ClassVar

import numpy as np
from threadpoolctl import threadpool_limits

from steadfit.data import Dataset
from steadfit.errors import SteadfitError
from steadfit.references.forecasts import Forecasting
from steadfit.tasks import Forecast

MOST_WINDOWS = 200  # that are forecast, each by a fit of its own: half a minute
_LONGEST = 1000  # rows before an origin that are fitted, the last ones
_SEASONS = 2  # of rows that a model with a season needs, at least


@dataclass(frozen=True)
class Refitted(Forecasting):
    """A model that is fitted anew to all rows of a series before each step from which is forecast,
    the last 1,000 of them, and to each target by itself. Other columns are not used.

    most: windows that are forecast at once, as each takes a fit.
    """

    needs = "statsmodels"
    windows_of_spread: ClassVar[int | None] = 50

    most: int = MOST_WINDOWS

    def learn_numbers(self, train: Dataset) -> dict[str, np.ndarray]:
        _check_installed()
        return {}

    def numbers(self, arrays: Mapping[str, np.ndarray], forecast: Forecast, x: Any) -> np.ndarray:
        _check_installed()
        if len(x) > self.most:
            raise SteadfitError(
                f"it is fitted anew for each window, at most {self.most:,}, got {len(x):,}."
            )
        with warnings.catch_warnings(), threadpool_limits(1):
            warnings.simplefilter("ignore")  # of fits that end before they converge
            each = [self._next(one, forecast) for one in x.histories()]
        return np.stack(each).reshape(len(each), -1)

    def _next(self, history: np.ndarray, forecast: Forecast) -> np.ndarray:
        """float64, shape (horizon, targets)."""
        columns = [_known(history[:, target]) for target in forecast.targets]
        return np.stack([self._of(one, forecast) for one in columns], axis=1)

    def _of(self, past: np.ndarray, forecast: Forecast) -> np.ndarray:
        """The next steps of one column; the last value again where it never changes."""
        if past.min() == past.max():
            return np.full(forecast.horizon, past[-1])
        season = forecast.season if len(past) >= _SEASONS * forecast.season else 1
        size = np.abs(past).max()  # the fits stop by absolute tolerances
        found = size * np.asarray(self.continued(past / size, season, forecast.horizon))
        return found if np.isfinite(found).all() else np.full(forecast.horizon, past[-1])

    @abstractmethod
    def continued(self, past: np.ndarray, season: int, horizon: int) -> Any:
        """The `horizon` steps after `past`, float64, shape (steps,). season: 1 without one."""


@dataclass(frozen=True)
class HoltWinters(Refitted):
    """Level, damped trend and additive season (Hyndman and Athanasopoulos 2021, 8.3)."""

    name = "Holt-Winters"
    what = "Exponential smoothing with a damped trend and the season; statsmodels."

    def continued(self, past: np.ndarray, season: int, horizon: int) -> Any:
        from statsmodels.tsa.holtwinters import (  # pyright: ignore[reportMissingImports]
            ExponentialSmoothing,
        )

        model = ExponentialSmoothing(
            past,
            trend="add",
            damped_trend=True,
            seasonal="add" if season > 1 else None,
            seasonal_periods=season if season > 1 else None,
        )
        return model.fit().forecast(horizon)


@dataclass(frozen=True)
class AutoEts(Refitted):
    """The state space model of exponential smoothing with the least AICc, among those with and
    without a damped or straight trend and a season, additive, and where all values are above 0
    multiplicative too (Hyndman and Khandakar 2008, "Automatic time series forecasting")."""

    name = "AutoETS"
    what = "Exponential smoothing, its form chosen by the AICc; statsmodels."

    def continued(self, past: np.ndarray, season: int, horizon: int) -> Any:
        fits = [fit for form in _forms(past, season) if (fit := _fit_or_none(past, form))]
        if not fits:
            raise SteadfitError("no form of it can be fitted.")
        return min(fits, key=lambda fit: fit.aicc).forecast(horizon)


@dataclass(frozen=True)
class Theta(Refitted):
    """The theta method (Assimakopoulos and Nikolopoulos 2000), the season taken out where a test
    finds one."""

    name = "Theta"
    what = "The theta method: half the trend, and simple smoothing; statsmodels."

    def continued(self, past: np.ndarray, season: int, horizon: int) -> Any:
        from statsmodels.tsa.forecasting.theta import (  # pyright: ignore[reportMissingImports]
            ThetaModel,
        )

        method = "auto" if past.min() > 0 else "additive"
        model = ThetaModel(past, period=season, deseasonalize=season > 1, method=method)
        return model.fit().forecast(horizon)


def _check_installed() -> None:
    if find_spec("statsmodels") is None:
        raise SteadfitError("it needs statsmodels. Install it: pip install statsmodels")


def _known(column: np.ndarray) -> np.ndarray:
    """The last rows without a gap; float64."""
    gaps = np.flatnonzero(np.isnan(column))
    first = int(gaps[-1]) + 1 if len(gaps) else 0
    return column[max(first, len(column) - _LONGEST) :].astype(np.float64)


def _forms(past: np.ndarray, season: int) -> Iterator[dict[str, Any]]:
    """Settings of statsmodels' `ETSModel`; none with more parameters than the rows bear."""
    trends = ({}, {"trend": "add"}, {"trend": "add", "damped_trend": True})
    seasonal = {"seasonal_periods": season, "seasonal": "add"}
    seasons = ({}, seasonal) if season > 1 else ({},)
    for trend, repeated in product(trends, seasons):
        yield {"error": "add", **trend, **repeated}
        if past.min() > 0 and repeated:
            yield {"error": "mul", **trend, **repeated, "seasonal": "mul"}


def _fit_or_none(past: np.ndarray, form: Mapping[str, Any]) -> Any | None:
    """A fit with a finite AICc; None where it fails, as on very few rows."""
    from statsmodels.tsa.exponential_smoothing.ets import (  # pyright: ignore[reportMissingImports]
        ETSModel,
    )

    start: Callable[..., Any] = ETSModel
    try:
        way = "heuristic" if len(past) >= 10 else "estimated"
        fit: Any = start(past, **form, initialization_method=way).fit(disp=False)
    except (ValueError, np.linalg.LinAlgError):
        return None
    return fit if np.isfinite(fit.aicc) else None
