"""Quantiles of what is to come: which, the loss that they are learned by, and their calibration.

Outputs are quantile by quantile: all numbers of the lowest, then those of the next.
"""

import math
from collections.abc import Iterable, Sequence

import numpy as np
import torch
from torch import Tensor

from steadfit.errors import SteadfitError

MEDIAN = 0.5


def levels_of(given: Iterable[float]) -> tuple[float, ...]:
    """The quantiles in rising order, each once, with the median, which is the forecast itself; none
    where none are asked for. Raises SteadfitError for one outside (0, 1).

    >>> levels_of([0.9, 0.1]), levels_of([])
    ((0.1, 0.5, 0.9), ())
    """
    levels = sorted(set(map(float, given)))
    for level in levels:
        if not 0 < level < 1:
            raise SteadfitError(
                f"quantiles must lie between 0 and 1, got {level:g}. Give shares, as 0.1,0.5,0.9."
            )
    return tuple(sorted({*levels, MEDIAN})) if levels else ()


def pinball(outputs: Tensor, y: Tensor, levels: tuple[float, ...]) -> Tensor:
    """The mean pinball loss: ``q (y - f)`` where the outcome lies above the forecast f of the
    quantile q, ``(1 - q) (f - y)`` where it lies below (Koenker and Bassett 1978, "Regression
    quantiles"). The quantile q of the outcomes has the least.

    outputs: (examples, quantiles × numbers). y: (examples, numbers).

    >>> float(pinball(torch.tensor([[1.0, 3.0]]), torch.tensor([[2.0]]), (0.25, 0.75)))
    0.25
    """
    q = torch.tensor(levels, dtype=outputs.dtype, device=outputs.device)[:, None]
    above = y[:, None] - outputs.view(len(y), len(levels), -1)
    return torch.maximum(q * above, (q - 1) * above).mean()


def shifts(errors: np.ndarray, levels: tuple[float, ...]) -> np.ndarray:
    """How far each quantile but the median is moved so that as many tested outcomes lie below it as
    it says.

    errors: of tested windows, outcome less quantile, shape (windows, quantiles × numbers). The
    shift is conformal: of n errors in rising order the (n + 1) q-th, between two of them on the
    line from one to the other (Romano, Patterson and Candès 2019, "Conformalized quantile
    regression"). With fewer windows than that takes it is Student's quantile of one more error. The
    median is the forecast itself: a few tested windows would move it further than it is wrong.
    Shape (quantiles × numbers,).

    >>> errors = np.arange(1.0, 100.0)[:, None]
    >>> shifts(np.tile(errors, 3), (0.1, 0.5, 0.9)).round(6).tolist()
    [10.0, 0.0, 90.0]
    """
    from scipy.special import stdtrit

    count = len(errors)
    of_levels = []
    for level, each in zip(levels, np.split(errors, len(levels), axis=1), strict=True):
        if level == MEDIAN:
            of_levels.append(np.zeros(each.shape[1]))
        elif 1 <= (count + 1) * level <= count:
            of_levels.append(np.quantile(each, level, axis=0, method="weibull"))
        else:
            spread = each.std(0, ddof=1 if count > 1 else 0) * math.sqrt(1 + 1 / count)
            of_levels.append(each.mean(0) + float(stdtrit(max(1, count - 1), level)) * spread)
    return np.concatenate(of_levels)


def quantile_columns(
    outputs: np.ndarray, levels: tuple[float, ...], names: Sequence[str]
) -> dict[str, np.ndarray]:
    """`quantile_LEVEL_NAME` of each name, shape (examples × steps,).

    outputs: (examples, quantiles × steps × names).
    """
    if not levels:
        return {}
    each = outputs.reshape(len(outputs), len(levels), -1, len(names))
    return {
        f"quantile_{level:g}_{name}": each[:, place, :, k].ravel()
        for place, level in enumerate(levels)
        for k, name in enumerate(names)
    }
