"""The next steps of a series."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import l1_loss

from steadfit.analysis.measures import OF_FORECASTS, OF_QUANTILES
from steadfit.errors import SteadfitError, counted
from steadfit.kinds import Inputs, Kind, Preparation, Ragged, Series
from steadfit.kinds.moments import moments
from steadfit.nn.relative import LEAST
from steadfit.recipe import Training
from steadfit.tasks.coverage import half_widths, interval_columns
from steadfit.tasks.numbers import Numeric, numbered_columns
from steadfit.tasks.quantiles import MEDIAN, levels_of, pinball, quantile_columns, shifts
from steadfit.tasks.scaled_errors import against_naive, naive, scales
from steadfit.tasks.values import Scores, Side

_TINY = torch.finfo(torch.float32).tiny  # a forecast that is rounded to 0 has a logarithm


@dataclass(frozen=True)
class Forecast(Numeric):
    """The `horizon` steps after those in x; y is float32, shape (examples, horizon × targets).

    horizon: steps forecast. window: steps that a forecast is made from.
    targets: which channels of x are forecast; y has the targets of the first step, then those of
        the second, and so on. season: steps after which the series resembles itself; 1 without.
        longer_seasons: others beside it, as the week of hourly values beside the day.
    names: what the targets are called; their numbers if empty. quantiles: of each number, that are
        forecast; the median is added. Without them the median alone is.
    known: channels whose values are known `horizon` steps ahead, and in x are those of then (the
        last step of a window has what is known of the last step forecast). static: those that are
        the same at all steps of a series. Both enter as they are, not relative to the window.
    log: whether the targets, which are above 0, are learned as logarithms. All that is said of them
        is in the data's units.
    """

    horizon: int
    window: int
    targets: tuple[int, ...] = (0,)
    season: int = 1
    names: tuple[str, ...] = ()
    quantiles: tuple[float, ...] = ()
    known: tuple[int, ...] = ()
    static: tuple[int, ...] = ()
    log: bool = False
    longer_seasons: tuple[int, ...] = ()

    name = "forecast"
    measures = OF_QUANTILES

    def __post_init__(self) -> None:
        object.__setattr__(self, "quantiles", levels_of(self.quantiles))

    @property
    def seasons(self) -> tuple[int, ...]:
        """All of them, the one of a MASE's unit first; none where the season is 1."""
        return tuple(steps for steps in (self.season, *self.longer_seasons) if steps > 1)

    @property
    def means(self) -> int:
        return self.horizon * len(self.targets)

    @property
    def outputs(self) -> int:
        return self.means * max(1, len(self.quantiles))

    @property
    def judged_by(self) -> tuple[str, ...]:
        return self.measures if self.quantiles else OF_FORECASTS

    @property
    def called(self) -> tuple[str, ...]:
        """The targets' names, or their numbers."""
        return self.names or tuple(map(str, self.targets))

    def said(self) -> dict[str, str | Sequence[str]]:
        steps = (
            f"the targets of the first step, then those of the second, to the step {self.horizon}"
        )
        found: dict[str, str | Sequence[str]] = {
            "output": f"predictions: float32, batch × {self.outputs}: {steps}",
            "targets": self.called,
        }
        if self.quantiles:
            found["output"] = f"{found['output']}; of the lowest quantile, then of the next"
            found["quantiles"] = tuple(map(str, self.quantiles))
        return found

    @property
    def steps_ahead(self) -> int:
        return self.horizon

    def check_kind(self, kind: Kind[Any]) -> None:
        super().check_kind(kind)
        if not isinstance(kind, Series):
            raise ValueError("a forecast is made from series")
        if min(self.horizon, self.window, self.season, *self.longer_seasons) < 1:
            raise ValueError("horizon, window and season are 1 or more")
        named = (*self.targets, *self.known, *self.static)
        if not all(0 <= channel < kind.channels for channel in named):
            raise ValueError("a forecast of channels that are there was expected")

    def examples(self, kind: Kind[Any]) -> str:
        return "windows"

    def references(self, kind: Kind[Any]) -> tuple[str, ...]:
        return (
            *("naive forecast", "seasonal naive forecast", "drift", "ridge on lags"),
            *("Holt-Winters", "AutoETS", "Theta"),
        )

    def columns(
        self, names: Sequence[str], logits: np.ndarray, replicas: np.ndarray | None
    ) -> dict[str, np.ndarray]:
        """A row a step of each series: `step`, counted from the series' last one, and for each
        target `prediction_NAME`, `deviation_NAME` and, of quantiles, `quantile_LEVEL_NAME`."""
        of_replicas = None if replicas is None else self.central(replicas)
        found = {
            "input": np.repeat(np.array(names), self.horizon),
            "step": np.tile(np.arange(1, self.horizon + 1), len(names)),
            **numbered_columns(self.predict(logits), of_replicas, self.called),
        }
        return found | quantile_columns(logits.mean(0), self.quantiles, self.called)

    def central(self, outputs: Any) -> Any:
        if not self.quantiles:
            return outputs
        place = self.quantiles.index(MEDIAN)
        return outputs[..., place * self.means : (place + 1) * self.means]

    def predict(self, logits: np.ndarray) -> np.ndarray:
        """The members' mean, shape (examples, horizon × targets); of quantiles the median's."""
        return self.central(super().predict(logits))

    def score(self, outputs: Tensor, y: Tensor) -> tuple[float, float | None]:
        return super().score(self.central(outputs), y)

    def fit(self, x: Inputs, y: Tensor, indices: Tensor) -> dict[str, Any]:
        """Each channel in units of its root mean square, and its forecast in the same: what the
        window's own level and size leave is small and needs no mean. Those that enter as they are
        have mean 0 and deviation 1."""
        assert isinstance(x, Ragged)
        mean, std = moments(x, indices)
        size = tuple(math.hypot(*pair) for pair in zip(mean, std, strict=True))
        beside = {*self.known, *self.static}
        return {
            "mean": tuple(m if k in beside else 0.0 for k, m in enumerate(mean)),
            "std": tuple(std[k] if k in beside else each for k, each in enumerate(size)),
            "target_mean": (0.0,) * self.means,
            "target_std": tuple(size[target] for target in self.targets) * self.horizon,
            "relative": (self.season, *self.targets),
            "longer_seasons": self.longer_seasons,
            "quantiles": self.quantiles,
            "beside": tuple(sorted(beside)),
            "logs": self.targets if self.log else (),
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
        """The absolute error, so that a few outliers do not bend the forecast; of quantiles the
        pinball loss. Of logarithms, where these are learned: the best median and quantiles of them
        are those of the numbers."""
        outputs, y = self._learned(outputs.float()), self._learned(y)
        return pinball(outputs, y, self.quantiles) if self.quantiles else l1_loss(outputs, y)

    def guessing(self, y: Tensor, training: Training, weights: Tensor | None = None) -> float:
        """That of the median of each number, or of its quantiles."""
        y = self._learned(y)
        if self.quantiles:
            levels = torch.tensor(self.quantiles, dtype=y.dtype)
            each = y.quantile(levels.to(y.device), dim=0).reshape(1, -1)
            return float(pinball(each.expand(len(y), -1), y, self.quantiles))
        return float((y - y.median(0).values).abs().mean())

    def check(self, training: Training, data: str) -> None:
        super().check(training, data)
        if self.quantiles and training.own_loss is not None:
            raise SteadfitError(
                f"The quantiles of {data} are learned by the pinball loss, and own_loss is in its "
                "place. Leave out one of them."
            )

    def check_inputs(self, x: Inputs) -> None:
        if self.log and bool((low := self.past(x) <= 0).any()):
            values = counted(int(low.sum()), "values")
            raise SteadfitError(
                "The windows of a forecast in logarithms must have values above 0 in what is "
                f"forecast, got {values} that are 0 or less. Leave these series out, or train "
                "without log."
            )

    def model(self, kind: Kind[Any]) -> str:
        return "linear"

    def half_widths(
        self, x: Inputs, y: Tensor, predicted: np.ndarray, fitted: Preparation
    ) -> Mapping[int, Any]:
        if self.quantiles:
            return {}
        errors = self._scaled(predicted) - self._scaled(y.numpy())
        return half_widths(errors / self._units(x, fitted), len(self.targets))

    def shifts(
        self, x: Inputs, y: Tensor, predicted: np.ndarray, fitted: Preparation
    ) -> np.ndarray | None:
        if not self.quantiles:
            return None
        each = self._scaled(predicted).reshape(len(y), len(self.quantiles), -1)
        units = self._units(x, fitted)[:, None]
        errors = (self._scaled(y.numpy())[:, None] - each) / units
        found = shifts(errors.reshape(len(y), -1), self.quantiles)
        return found.reshape(len(self.quantiles), -1)

    def intervals(
        self,
        x: Inputs,
        predicted: np.ndarray,
        half_widths: Mapping[int, Any],
        fitted: Preparation,
    ) -> Mapping[int, tuple[np.ndarray, np.ndarray]]:
        size, middle = self._units(x, fitted), self._scaled(predicted)
        reach = {level: np.asarray(each) * size for level, each in half_widths.items()}
        undo = np.exp if self.log else np.asarray
        return {level: (undo(middle - each), undo(middle + each)) for level, each in reach.items()}

    def _learned(self, values: Tensor) -> Tensor:
        """Numbers as their errors are measured in training."""
        return values.clamp_min(_TINY).log() if self.log else values

    def _scaled(self, values: np.ndarray) -> np.ndarray:
        """The same of arrays."""
        return np.log(np.maximum(values, _TINY)) if self.log else values

    def _units(self, x: Inputs, fitted: Preparation) -> np.ndarray:
        """What an error of 1 is in `_scaled` numbers: the window's size, or 1 in logarithms."""
        sizes = self.sizes(x, fitted)
        return np.ones_like(sizes) if self.log else sizes

    def sizes(self, x: Inputs, fitted: Preparation) -> np.ndarray:
        """The scale of `steadfit.nn.Relative` for each number of y, in its units; float64, shape
        (examples, horizon × targets)."""
        size = self.past(x).abs().mean(1).repeat(1, self.horizon).double().numpy()
        return size + LEAST * np.array(fitted.target_std)

    def interval_columns(
        self, intervals: Mapping[int, tuple[np.ndarray, np.ndarray]]
    ) -> dict[str, np.ndarray]:
        """`low_LEVEL_NAME` and `high_LEVEL_NAME` of each target."""
        return interval_columns(intervals, self.called)

    def naive(self, x: Inputs, season: int = 1) -> Tensor:
        """The naive forecast from windows x; see `steadfit.data.naive_forecasts`."""
        return naive(self.past(x), self.horizon, season)

    def scales(self, train: Side, test: Side) -> np.ndarray:
        """What counts as an error of 1 in a MASE."""
        return scales(train, test, self.past(train.x), self.horizon, self.season).numpy()

    def scores(
        self,
        train: Side,
        test: Side,
        replicas: Sequence[np.ndarray],
        losses: Mapping[str, float],
    ) -> Scores:
        """The replicas' MASE, their mean, beside that of the naive forecasts."""
        if not replicas:
            return Scores()
        forecasts = [self.central(one) for one in replicas]
        unit, past = torch.from_numpy(self.scales(train, test)), self.past(test.x)
        return Scores(against_naive(forecasts, test, unit, past, self.horizon, self.season))

    def read_by(self, train: Side, test: Side, outputs: np.ndarray) -> Mapping[str, float]:
        """The mean absolute error, in the targets' units, and the MASE where series change."""
        errors = np.abs(self.central(outputs) - test.y.numpy()) / self.scales(train, test)
        found = super().read_by(train, test, outputs)
        known = np.isfinite(errors)
        return {**found, "mase": float(errors[known].mean())} if known.any() else found

    def past(self, x: Inputs) -> Tensor:
        """The targets' channels within the windows, shape (examples, window, targets)."""
        assert isinstance(x, Ragged)
        return x.padded()[:, :, list(self.targets)]
