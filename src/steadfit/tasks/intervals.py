"""Intervals around predictions, and quantiles in the place of them."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from torch import Tensor

from steadfit.kinds import Inputs, Preparation


class Intervals:
    """What a task says of how far off its predictions may be: nothing, of most tasks.

    quantiles: of each number of y, that are answered in its place, rising; outputs are then
        quantile by quantile. Empty for most.
    """

    quantiles: tuple[float, ...] = ()

    def half_widths(
        self, x: Inputs, y: Tensor, predicted: np.ndarray, fitted: Preparation
    ) -> Mapping[int, Any]:
        """What intervals are made of, by their level in percent, from tested predictions; nothing
        where the task has no intervals. fitted: of the model that predicts with intervals."""
        return {}

    def shifts(
        self, x: Inputs, y: Tensor, predicted: np.ndarray, fitted: Preparation
    ) -> np.ndarray | None:
        """How far quantiles are moved, from tested predictions of them, shape (quantiles, numbers),
        in units of the network's answers; None where there are none."""
        return None

    def intervals(
        self,
        x: Inputs,
        predicted: np.ndarray,
        half_widths: Mapping[int, Any],
        fitted: Preparation,
    ) -> Mapping[int, tuple[np.ndarray, np.ndarray]]:
        """The lower and upper ends of predictions, each of their shape, by the level in percent."""
        return {}

    def interval_columns(
        self, intervals: Mapping[int, tuple[np.ndarray, np.ndarray]]
    ) -> dict[str, np.ndarray]:
        """`intervals` as columns of a table, as long as those of `columns`."""
        return {}
