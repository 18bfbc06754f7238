"""Forecasts of what was tested, end to end, beside what came true."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from steadfit.data import forecast_of
from steadfit.data.timeline import apart
from steadfit.formats import ForecastTable

if TYPE_CHECKING:
    from steadfit.data import Dataset
    from steadfit.formats.calendars import Ticks

MOST_STEPS = 300  # of the test side, the last ones
MOST_SERIES = 4


@dataclass(frozen=True, eq=False)
class Stretch:
    """The tested steps of one series. times: as the data have them, or steps. truth: the first
    target, shape (steps,). told: the forecasts of each replica, shape (replicas, steps)."""

    name: str
    times: list[str] | np.ndarray
    truth: np.ndarray
    told: np.ndarray


def begin_of(test: Dataset) -> Ticks | None:
    """Where the clock of a table begins; None of data without one."""
    form = test.schema.form
    return form.begin if isinstance(form, ForecastTable) else None


def end_to_end(test: Dataset, forecasts_RNO: np.ndarray) -> Iterator[Stretch]:
    """Up to four series. Of windows that overlap, those are taken that begin where the one before
    ends, so each step is forecast once.

    test: windows in time order. forecasts_RNO: of each replica, in the targets' units, shape
    (replicas, windows, horizon × targets). Raises SteadfitError for data that are no forecast.
    """
    forecast, _ = forecast_of(test)
    horizon, targets = forecast.horizon, len(forecast.targets)
    assert test.structure.spans is not None
    spans, begin = test.structure.spans.numpy(), begin_of(test)
    for row, number in enumerate(np.unique(spans[:, 0])[:MOST_SERIES]):
        windows = np.flatnonzero(apart(spans, spans[:, 0] == number))
        steps = np.concatenate([spans[i, 2] - horizon + 1 + np.arange(horizon) for i in windows])
        truth = test.y[windows].numpy().reshape(len(windows), horizon, targets)[:, :, 0].ravel()
        shape = (len(forecasts_RNO), len(windows), horizon, targets)
        told_RT = forecasts_RNO[:, windows].reshape(shape)[..., 0].reshape(len(forecasts_RNO), -1)
        kept = slice(-MOST_STEPS, None)
        yield Stretch(
            test.ids[windows[0]].rpartition(" step ")[0] if test.ids else f"series {row + 1}",
            steps[kept] if begin is None else begin.at(steps[kept]),
            truth[kept],
            told_RT[:, kept],
        )
