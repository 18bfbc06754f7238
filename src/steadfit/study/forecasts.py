"""What is said of forecasts: how they stand against the naive ones."""

from collections.abc import Sequence

import torch
from torch import Tensor

from steadfit.data import Forecast, Split, naive_forecasts, scaled_errors
from steadfit.errors import counted
from steadfit.training import Replica


def forecast_sentences(split: Split, name: str, replicas: Sequence[Replica]) -> tuple[str, ...]:
    """The MASE of an arm's replicas on the test side, beside those of the naive forecasts.

    MASE: the mean absolute error in units of the naive forecast's one-step error on the training
    side (Hyndman and Koehler 2006), the mean over the replicas. Series that never change there have
    no such unit, and are left out. Nothing for what is no forecast, or where every replica failed.
    """
    forecast = split.test.schema.task
    finished = [torch.from_numpy(one.logits) for one in replicas if not one.failure]
    if not isinstance(forecast, Forecast) or not finished:
        return ()
    season = forecast.season

    def errors(predictions: Tensor) -> Tensor:
        return scaled_errors(split.train, split.test, predictions, season)

    def mase(predictions: Tensor) -> float:
        return float(errors(predictions).nanmean())

    naive = naive_forecasts(split.test)
    left_out = errors(naive).isnan()
    if left_out.all():
        return ("No series changes on the training side, so that forecasts have no scaled error.",)
    found = {name: sum(map(mase, finished)) / len(finished), "the naive forecast": mase(naive)}
    if season > 1:
        found[f"the seasonal naive forecast ({season} steps)"] = mase(
            naive_forecasts(split.test, season)
        )
    values = ", ".join(f"{value:.3f} of {who}" for who, value in found.items())
    sentence = (
        f"Mean absolute scaled error (MASE) over {forecast.horizon} steps: {values}. One unit is "
        f"the error of the {'seasonal ' if season > 1 else ''}naive forecast of one step on the "
        "training side."
    )
    if left_out.any():
        spans = split.test.structure.spans
        assert spans is not None
        constant = len(spans[left_out.any(1), 0].unique())
        sentence += f" Left out, as nothing changes there: {counted(constant, 'series')}."
    return (sentence,)
