"""What is said of forecasts: how they stand against the naive ones."""

from collections.abc import Sequence

import torch
from torch import Tensor

from steadfit.data import Split, naive_forecasts, scaled_errors
from steadfit.training import Replica


def forecast_sentences(split: Split, name: str, replicas: Sequence[Replica]) -> tuple[str, ...]:
    """The MASE of an arm's replicas on the test side, beside those of the naive forecasts.

    MASE: the mean absolute error in units of the naive forecast's one-step error on the training
    side (Hyndman and Koehler 2006), the mean over the replicas. Nothing for what is no forecast,
    or where every replica failed.
    """
    forecast = split.test.forecast
    finished = [torch.from_numpy(one.logits) for one in replicas if not one.failure]
    if forecast is None or not finished:
        return ()
    season = forecast.season

    def mase(predictions: Tensor) -> float:
        return float(scaled_errors(split.train, split.test, predictions, season).mean())

    found = {name: sum(map(mase, finished)) / len(finished)}
    found["the naive forecast"] = mase(naive_forecasts(split.test))
    if season > 1:
        found[f"the seasonal naive forecast ({season} steps)"] = mase(
            naive_forecasts(split.test, season)
        )
    values = ", ".join(f"{value:.3f} of {who}" for who, value in found.items())
    return (
        f"Mean absolute scaled error (MASE) over {forecast.horizon} steps: {values}. One unit is "
        f"the error of the {'seasonal ' if season > 1 else ''}naive forecast of one step on the "
        "training side.",
    )
