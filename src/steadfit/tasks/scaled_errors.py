"""Forecasts held against naive ones: mean absolute scaled errors (Hyndman and Koehler 2006)."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from steadfit.analysis.result import ScaledErrors
from steadfit.errors import SteadfitError
from steadfit.tasks.values import Side


def naive(past: Tensor, horizon: int, season: int = 1) -> Tensor:
    """The naive forecast, or with season > 1 the seasonal naive: the last season again.

    past: the targets in the windows, shape (examples, window, targets). Returns (examples,
    horizon × targets). Raises SteadfitError for a season that is longer than the window.
    """
    window = past.shape[1]
    if not 1 <= season <= window:
        raise SteadfitError(
            f"season must be from 1 to the window's {window} steps, got {season}. Give a larger "
            "window."
        )
    back = season - torch.arange(horizon) % season
    return past[:, -back].reshape(len(past), -1)


def scales(train: Side, test: Side, past: Tensor, horizon: int, season: int) -> Tensor:
    """What counts as an error of 1 at each number of the test side's y: the mean absolute error of
    the (seasonal) naive forecast of one step on the training side of the same series and target.

    past: as in `naive`, of the training side. Float64; NaN where a series never changes there.
    """
    assert train.spans is not None
    assert test.spans is not None
    learned = train.spans[:, 0]
    next_step = train.y.view(len(train.y), horizon, -1)[:, 0]
    change = (next_step - past[:, -season]).abs().double()
    tested, place = test.spans[:, 0].unique(return_inverse=True)
    of_each = learned.bincount(minlength=int(tested.max()) + 1).tolist()
    changes = change[learned.argsort(stable=True)].split(of_each)
    scale = torch.stack([changes[series].mean(0) for series in tested])
    scale[scale == 0] = torch.nan
    return scale[place].repeat(1, horizon)


def against_naive(
    forecasts: Sequence[np.ndarray],
    test: Side,
    scales: Tensor,
    past: Tensor,
    horizon: int,
    season: int,
) -> ScaledErrors:
    """The MASE of these forecasts, their mean, beside that of the naive ones.

    forecasts: each of the shape of the test side's y. scales: as `scales` gives them. past: of the
    test side. Series that have no scale are left out.
    """

    def mase(predictions: Tensor) -> float:
        return float(((predictions - test.y).abs() / scales).nanmean())

    assert test.spans is not None
    constant = len(test.spans[scales.isnan().any(1), 0].unique())
    if scales.isnan().all():
        return ScaledErrors(horizon, season, constant, None, None, None)
    off = [np.abs(one - test.y.numpy()).mean() for one in forecasts]
    return ScaledErrors(
        horizon=horizon,
        season=season,
        constant=constant,
        arm=sum(mase(torch.from_numpy(one)) for one in forecasts) / len(forecasts),
        naive=mase(naive(past, horizon)),
        seasonal=mase(naive(past, horizon, season)) if season > 1 else None,
        absolute=float(np.mean(off)) if past.shape[2] == 1 else None,
        windows=len(test.y),
    )
