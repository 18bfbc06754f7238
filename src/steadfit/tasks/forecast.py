"""The next steps of a series."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from steadfit.kinds import Kind, Series
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

    @property
    def outputs(self) -> int:
        return self.horizon * len(self.targets)

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
