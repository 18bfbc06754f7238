"""Intervals of forecasts, from the errors of forecasts that were tested."""

import math
from collections.abc import Mapping, Sequence

import numpy as np

LEVELS = (80, 95)  # percent of outcomes that an interval should contain


def half_widths(errors: np.ndarray, targets: int) -> Mapping[int, tuple[float, ...]]:
    """How far an interval reaches on either side, of each output, by its level in percent.

    errors: of tested windows in units of the window, shape (windows, horizon × targets). They are
    conformal: the ceil((n + 1) level)-th of the n absolute errors of the same step (Vovk, Gammerman
    and Shafer 2005; Lei et al. 2018, "Distribution-free predictive inference for regression"). With
    fewer windows than that takes, it is Student's quantile times their root mean square. A later
    step's interval is at least as wide as an earlier one's.

    >>> errors = np.tile(np.arange(1.0, 100.0)[:, None], 2)
    >>> half_widths(errors, targets=1)
    {80: (80.0, 80.0), 95: (95.0, 95.0)}
    """
    from scipy.special import stdtrit

    found, count = {}, len(errors)
    sizes = np.sort(np.abs(errors), axis=0)
    for level in LEVELS:
        place = math.ceil((count + 1) * level / 100)
        if place <= count:
            widths = sizes[place - 1]
        else:
            quantile = float(stdtrit(max(1, count - 1), 0.5 + level / 200))
            widths = quantile * np.sqrt(np.square(errors).mean(0))
        rising = np.maximum.accumulate(widths.reshape(-1, targets), axis=0)
        found[level] = tuple(rising.ravel().tolist())
    return found


def interval_columns(
    intervals: Mapping[int, tuple[np.ndarray, np.ndarray]], names: Sequence[str]
) -> dict[str, np.ndarray]:
    """The ends of intervals as columns, `low_LEVEL_NAME` and `high_LEVEL_NAME`, a row a step."""
    return {
        f"{end}_{level}_{name}": values.reshape(-1, len(names))[:, place]
        for level, both in intervals.items()
        for end, values in zip(("low", "high"), both, strict=True)
        for place, name in enumerate(names)
    }
