"""What one data set alone says of the variance, held against the true one and other sets."""

from collections.abc import Callable

import numpy as np
from calibrate import Part

from steadfit.analysis.decomposition import Decomposition, brier, cross_entropy, kohavi_wolpert
from steadfit.analysis.intervals import interval

LOSSES: dict[str, Callable[..., Decomposition]] = {
    "cross-entropy": cross_entropy,
    "Brier": brier,
    "0-1": kohavi_wolpert,
}
TWICE = "twice"  # bootstrap samples with two seeds each, sample by sample
Logits = dict[str, np.ndarray]  # of each arm, shape (sets, samples or seeds, points, classes)
BY_DESIGN = {  # samples × seeds: the scheme, samples, seeds
    "5 × 1": ("bootstrap", 5, 1),
    "3 × 2": (TWICE, 3, 2),
    "4 × 2": (TWICE, 4, 2),
    "5 × 2": (TWICE, 5, 2),
}


def scheme_rows(part: Part, alone: Logits, fresh: Logits, y: np.ndarray) -> list[str]:
    """The variance that one set alone gives, over the true one: mean and deviation over sets."""
    rows = []
    for loss, split in LOSSES.items():
        cells = []
        for name, logits in alone.items():
            true = split(fresh[name], y, crossed=True).variance
            ratios = np.array([split(one[:, None], y).variance for one in logits]) / true
            cells.append(f" {ratios.mean():.2f} ± {ratios.std(ddof=1):.2f} |")
        rows.append(f"| {part.model} | {part.n:,} | {part.scheme} | {loss} |{''.join(cells)}")
    return rows


def design_row(part: Part, alone: dict[str, Logits], y: np.ndarray) -> str:
    """For each design, by the mean over arms: the deviation of the variance over data sets as a
    share of it, and how often its interval covers the mean over the other sets."""
    cells = []
    for scheme, samples, seeds in BY_DESIGN.values():
        if scheme not in alone:
            cells.append(" |")
            continue
        deviations, held = [], []
        for logits in alone[scheme].values():
            grid = logits.reshape(len(logits), -1, seeds, *logits.shape[2:])[:, :samples]
            found = [interval(cross_entropy(own, y, crossed=False), "variance") for own in grid]
            values = np.array([each.value for each in found])
            deviations.append(values.std(ddof=1) / values.mean())
            for number, each in enumerate(found):
                held.append(each.low <= np.delete(values, number).mean() <= each.high)
        cells.append(f" {np.mean(deviations):.1%}, {np.mean(held):.1%} |")
    return f"| {part.model} | {part.n:,} |{''.join(cells)}"
