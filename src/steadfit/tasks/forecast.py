"""The next steps of a series."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import l1_loss

from steadfit.analysis.result import ScaledErrors
from steadfit.errors import SteadfitError
from steadfit.kinds import Inputs, Kind, Ragged, Series
from steadfit.kinds.moments import moments
from steadfit.recipe import Training
from steadfit.tasks.base import Scores, Side
from steadfit.tasks.coverage import half_widths
from steadfit.tasks.numbers import Numeric, numbered_columns


@dataclass(frozen=True)
class Forecast(Numeric):
    """The `horizon` steps after those in x; y is float32, shape (examples, horizon × targets).

    horizon: steps forecast. window: steps that a forecast is made from.
    targets: which channels of x are forecast; y has the targets of the first step, then those of
        the second, and so on. season: steps after which the series resembles itself; 1 without.
    names: what the targets are called; their numbers if empty.
    """

    horizon: int
    window: int
    targets: tuple[int, ...] = (0,)
    season: int = 1
    names: tuple[str, ...] = ()

    name = "forecast"
    measures = (*Numeric.measures, "mase")

    @property
    def outputs(self) -> int:
        return self.horizon * len(self.targets)

    def said(self) -> dict[str, str | Sequence[str]]:
        names = self.names or tuple(map(str, self.targets))
        return {
            "output": f"predictions: float32, batch × {self.outputs}: the targets of the first "
            f"step, then those of the second, to the step {self.horizon}",
            "targets": names,
        }

    @property
    def steps_ahead(self) -> int:
        return self.horizon

    def check_kind(self, kind: Kind[Any]) -> None:
        super().check_kind(kind)
        if not isinstance(kind, Series):
            raise ValueError("a forecast is made from series")
        if self.horizon < 1 or self.window < 1 or self.season < 1:
            raise ValueError("horizon, window and season are 1 or more")
        if not all(0 <= target < kind.channels for target in self.targets):
            raise ValueError("a forecast of channels that are there was expected")

    def examples(self, kind: Kind[Any]) -> str:
        return "windows"

    def references(self, kind: Kind[Any]) -> tuple[str, ...]:
        return ("naive forecast", "seasonal naive forecast", "ridge on lags")

    def columns(
        self, names: Sequence[str], logits: np.ndarray, replicas: np.ndarray | None
    ) -> dict[str, np.ndarray]:
        """A row a step of each series: `step`, counted from the series' last one, and for each
        target `prediction_NAME` and `deviation_NAME`."""
        ends = self.names or tuple(map(str, self.targets))
        return {
            "input": np.repeat(np.array(names), self.horizon),
            "step": np.tile(np.arange(1, self.horizon + 1), len(names)),
            **numbered_columns(self.predict(logits), replicas, ends),
        }

    def fit(self, x: Inputs, y: Tensor, indices: Tensor) -> dict[str, Any]:
        """Each channel in units of its root mean square, and its forecast in the same: what the
        window's own level and size leave is small and needs no mean."""
        assert isinstance(x, Ragged)
        mean, std = moments(x, indices)
        size = tuple(math.hypot(*pair) for pair in zip(mean, std, strict=True))
        return {
            "mean": (0.0,) * len(size),
            "std": size,
            "target_mean": (0.0,) * self.outputs,
            "target_std": tuple(size[target] for target in self.targets) * self.horizon,
            "relative": (self.season, *self.targets),
        }

    def loss(
        self,
        outputs: Tensor,
        y: Tensor,
        training: Training,
        *,
        smoothed: bool = False,
        weights: Tensor | None = None,
    ) -> Tensor:
        """The absolute error, so that a few outliers do not bend the forecast."""
        return l1_loss(outputs.float(), y)

    def guessing(self, y: Tensor, training: Training, weights: Tensor | None = None) -> float:
        """That of the median of each output."""
        return float((y - y.median(0).values).abs().mean())

    def model(self, kind: Kind[Any]) -> str:
        return "linear"

    def half_widths(self, x: Inputs, y: Tensor, predicted: np.ndarray) -> Mapping[int, Any]:
        return half_widths((predicted - y.numpy()) / self._sizes(x), len(self.targets))

    def intervals(
        self, x: Inputs, predicted: np.ndarray, half_widths: Mapping[int, Any]
    ) -> Mapping[int, tuple[np.ndarray, np.ndarray]]:
        reach = {level: np.asarray(each) * self._sizes(x) for level, each in half_widths.items()}
        return {level: (predicted - each, predicted + each) for level, each in reach.items()}

    def _sizes(self, x: Inputs) -> np.ndarray:
        """The mean of |x| over the window of each output's channel, shape (examples, outputs)."""
        size = self._past(x).abs().mean(1).clamp_min(torch.finfo(torch.float32).tiny)
        return size.repeat(1, self.horizon).double().numpy()

    def interval_columns(
        self, intervals: Mapping[int, tuple[np.ndarray, np.ndarray]]
    ) -> dict[str, np.ndarray]:
        """`low_LEVEL_NAME` and `high_LEVEL_NAME` of each target."""
        names = self.names or tuple(map(str, self.targets))
        return {
            f"{end}_{level}_{name}": values.reshape(-1, len(names))[:, place]
            for level, both in intervals.items()
            for end, values in zip(("low", "high"), both, strict=True)
            for place, name in enumerate(names)
        }

    def naive(self, x: Inputs, season: int = 1) -> Tensor:
        """The naive forecast from windows x; see `steadfit.data.naive_forecasts`."""
        if not 1 <= season <= self.window:
            raise SteadfitError(
                f"season must be from 1 to the window's {self.window} steps, got {season}. Give a "
                "larger window."
            )
        past = self._past(x)
        back = season - torch.arange(self.horizon) % season
        return past[:, -back].reshape(len(past), -1)

    def errors(self, train: Side, test: Side, predictions: Tensor, season: int = 1) -> Tensor:
        """Absolute scaled errors; see `steadfit.data.scaled_errors`."""
        return (predictions - test.y).abs() / self._scales(train, test, season)

    def scales(self, train: Side, test: Side) -> np.ndarray:
        """What counts as an error of 1 in a MASE."""
        return self._scales(train, test, self.season).numpy()

    def _scales(self, train: Side, test: Side, season: int) -> Tensor:
        """Float64, shape of the test side's y; NaN where a series never changes."""
        assert train.spans is not None
        assert test.spans is not None
        learned = train.spans[:, 0]
        next_step = train.y.view(len(train.y), self.horizon, -1)[:, 0]
        change = (next_step - self._past(train.x)[:, -season]).abs().double()
        tested, place = test.spans[:, 0].unique(return_inverse=True)
        scale = torch.stack([change[learned == series].mean(0) for series in tested])
        scale[scale == 0] = torch.nan
        return scale[place].repeat(1, self.horizon)

    def scores(
        self,
        train: Side,
        test: Side,
        replicas: Sequence[np.ndarray],
        losses: Mapping[str, float],
    ) -> Scores:
        """The replicas' MASE, their mean, beside that of the naive forecasts.

        MASE: the mean absolute error in units of the naive forecast's one-step error on the
        training side (Hyndman and Koehler 2006). Series that never change there have no such unit,
        and are left out.
        """
        if not replicas:
            return Scores()

        def mase(predictions: Tensor) -> float:
            return float(self.errors(train, test, predictions, self.season).nanmean())

        naive = self.naive(test.x)
        left_out = self.errors(train, test, naive, self.season).isnan()
        assert test.spans is not None
        constant = len(test.spans[left_out.any(1), 0].unique())
        if left_out.all():
            return Scores(ScaledErrors(self.horizon, self.season, constant, None, None, None))
        found = ScaledErrors(
            horizon=self.horizon,
            season=self.season,
            constant=constant,
            arm=sum(mase(torch.from_numpy(one)) for one in replicas) / len(replicas),
            naive=mase(naive),
            seasonal=mase(self.naive(test.x, self.season)) if self.season > 1 else None,
        )
        return Scores(found)

    def _past(self, x: Inputs) -> Tensor:
        """The targets' channels within the windows, shape (examples, window, targets)."""
        assert isinstance(x, Ragged)
        return x.padded()[:, :, list(self.targets)]
