"""An estimator of the next steps of series."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from steadfit.data import from_forecast
from steadfit.errors import SteadfitError
from steadfit.estimators.base import SteadfitEstimator
from steadfit.tasks import Forecast


class Forecaster(SteadfitEstimator):
    """A network that forecasts series.

    horizon: steps to forecast. window: steps that a forecast is made from; None: twice the horizon,
        or a season if that is more. season: steps after which a series resembles itself; 1 without.
    The others as in `steadfit.estimators.base.SteadfitEstimator`.

    >>> steps = np.arange(200.0)
    >>> net = Forecaster(horizon=3, epochs=2).fit(np.sin(steps / 5))
    >>> net.predict(np.sin(steps / 5)[:100]).shape
    (3,)
    """

    def __init__(
        self,
        horizon: int = 1,
        window: int | None = None,
        season: int = 1,
        *,
        model: Any = None,
        remedies: Any = None,
        epochs: int | None = None,
        batch: int | None = None,
        learning_rate: float | None = None,
        settings: Mapping[str, Any] | None = None,
        training: Mapping[str, Any] | None = None,
        design: Mapping[str, Any] | None = None,
        out: str | Path | None = None,
        processes: int | None = None,
        random_state: Any = 0,
    ) -> None:
        super().__init__(
            model,
            remedies,
            epochs=epochs,
            batch=batch,
            learning_rate=learning_rate,
            settings=settings,
            training=training,
            design=design,
            out=out,
            processes=processes,
            random_state=random_state,
        )
        self.horizon = horizon
        self.window = window
        self.season = season

    def fit(self, X: Any, y: None = None) -> "Forecaster":
        """X: a series, shape (steps,) or (steps, channels), at equal distances in time; or a list
        of series. y: not used, as what is to be learned are the series' own next steps.

        Raises SteadfitError where no series is as long as a window and a horizon together.
        """
        series, _ = _series(X)
        channels = tuple(range(series[0].shape[1]))
        window = self.window or max(2 * self.horizon, self.season)
        task = Forecast(self.horizon, window, channels, self.season)
        self._train(from_forecast(series, task))
        return self

    def predict(self, X: Any) -> np.ndarray:
        """The steps after the last one of each series, of which the last `window` are looked at.

        Returns shape (horizon,) or (horizon, channels), as X has it; of a list of series with one
        axis more in front. Raises SteadfitError for a series that is shorter than the window.
        """
        check_is_fitted(self, "model_")
        series, alone = _series(X)
        task = self.model_.facts.schema.task
        assert isinstance(task, Forecast)
        short = [len(one) for one in series if len(one) < task.window]
        if short:
            raise SteadfitError(
                f"Each series must have the {task.window} steps that a forecast is made from, got "
                f"{short[0]}."
            )
        found = self.model_.predict(np.stack([one[-task.window :] for one in series]))
        steps = found.reshape(len(series), task.horizon, -1)
        flat = np.ndim(X if alone else X[0]) == 1
        shaped = steps[:, :, 0] if flat else steps
        return shaped[0] if alone else shaped


def _series(x: Any) -> tuple[Sequence[np.ndarray], bool]:
    """Series of shape (steps, channels), and whether it was a single one."""
    alone = isinstance(x, np.ndarray) or (len(x) > 0 and np.ndim(x[0]) == 0)
    rows = [np.asarray(one, np.float64) for one in ([x] if alone else x)]
    if not rows or any(one.ndim not in (1, 2) for one in rows):
        raise SteadfitError(
            "X must be a series, (steps,) or (steps, channels), or a list of series, got "
            f"{'none' if not rows else f'an array of shape {rows[0].shape}'}."
        )
    return [one.reshape(len(one), -1) for one in rows], alone
