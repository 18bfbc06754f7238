"""The scores beside the losses, which only some tasks have."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from steadfit.analysis.result import ScaledErrors, TokenLosses
from steadfit.data import Forecast, Split, naive_forecasts, scaled_errors
from steadfit.study.store import Finished
from steadfit.tasks import Tokens


def forecast_scores(split: Split, replicas: Sequence[Finished]) -> ScaledErrors | None:
    """The MASE of an arm's replicas on the test side, beside those of the naive forecasts.

    MASE: the mean absolute error in units of the naive forecast's one-step error on the training
    side (Hyndman and Koehler 2006), the mean over the replicas. Series that never change there have
    no such unit, and are left out. None for what is no forecast, or where every replica failed.
    """
    forecast = split.test.schema.task
    finished = [torch.from_numpy(one.logits) for one in replicas if not one.failure]
    if not isinstance(forecast, Forecast) or not finished:
        return None
    season = forecast.season

    def errors(predictions: Tensor) -> Tensor:
        return scaled_errors(split.train, split.test, predictions, season)

    def mase(predictions: Tensor) -> float:
        return float(errors(predictions).nanmean())

    naive = naive_forecasts(split.test)
    left_out = errors(naive).isnan()
    spans = split.test.structure.spans
    assert spans is not None
    constant = len(spans[left_out.any(1), 0].unique())
    if left_out.all():
        return ScaledErrors(forecast.horizon, season, constant, None, None, None)
    return ScaledErrors(
        horizon=forecast.horizon,
        season=season,
        constant=constant,
        arm=sum(map(mase, finished)) / len(finished),
        naive=mase(naive),
        seasonal=mase(naive_forecasts(split.test, season)) if season > 1 else None,
    )


def token_scores(
    split: Split, facts: Mapping[str, Mapping[str, float]], names: Sequence[str]
) -> TokenLosses | None:
    """Of the arms of these names, the mean loss over all tokens held out.

    facts: of each arm by name. None for other tasks, or where every replica failed.
    """
    task = split.test.schema.task
    if not isinstance(task, Tokens):
        return None
    known = {name: facts[name]["test_loss"] for name in names if "test_loss" in facts[name]}
    if not known:
        return None
    return TokenLosses(task.unit, task.answers(split.test.y), known)
