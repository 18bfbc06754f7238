"""The least true change that a study finds with 80% probability, for the calibration's tables."""

import numpy as np
from calibrate import Part
from numpy.typing import NDArray
from scipy.special import nctdtrinc
from scipy.stats import t

from steadfit.analysis.arm_loss import joined
from steadfit.analysis.intervals import Spread, spread
from steadfit.study.design import Design

ASKED = (3, 5, 10, 20, 40)  # samples with a seed each
BOTH = Design().samples  # bootstrap samples, and as many retrainings on the whole

Losses = dict[str, NDArray[np.float64]]  # the cross-entropy, shape (sets, samples, points)


def power_row(part: Part, own: Losses) -> str:
    """From fresh samples, as a share of the baseline's loss: the median over the arms.

    By the spread over all sets and images, for one comparison.
    """
    first, *others = own
    cells = []
    for samples in ASKED:
        least = []
        for name in others:
            whole = spread(own[name] - own[first], "total")
            parts = whole.with_samples(samples / len(own[first])).parts
            least.append(_least(Spread(parts, (samples - 1, *whole.degrees[1:]))))
        cells.append(f" {np.median(least) / own[first].mean():.0%} |")
    return f"| {part.model} | {part.n:,} |{''.join(cells)}"


def power_alone_row(part: Part, drawn: Losses, whole: Losses) -> str:
    """From one set, for the word "better" and for "better here", as `power_row` does.

    By the mean over sets of each part of the spread. More retrainings lower the seeds' part only.
    """
    first, *others = whole
    cells = []
    for samples in ASKED:
        better, here = [], []
        for name in others:
            seeds, training_set, points = np.mean([
                joined(of_drawn[:BOTH, None], of_whole[:BOTH, None], crossed=False).parts
                for of_drawn, of_whole in zip(
                    drawn[name] - drawn[first], whole[name] - whole[first], strict=True
                )
            ], axis=0)  # fmt: skip
            seeds *= BOTH / samples
            degrees = samples - 1, samples - 1, whole[first].shape[-1] - 1
            better.append(_least(Spread((seeds, training_set, points), degrees)))
            here.append(_least(Spread((seeds, 0.0, points), degrees)))
        loss = whole[first].mean()
        cells.append(f" {np.median(better) / loss:.0%}, {np.median(here) / loss:.0%} |")
    return f"| {part.model} | {part.n:,} |{''.join(cells)}"


def _least(found: Spread) -> float:
    """By the noncentral t distribution, at the level of 95%, two-sided."""
    return float(nctdtrinc(found.dof, 0.2, t.ppf(0.975, found.dof))) * found.error
