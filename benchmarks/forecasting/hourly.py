"""Hourly series with a day and a week, made by seed: 36-hour forecasts from rolling origins.

    python benchmarks/forecasting/hourly.py [FORECASTER ...]

Power, traffic, bicycles and a level: twelve weeks each, five origins. The error is the MASE, in
units of the mean change from one day to the next before the origin; its mean and standard error.
"""

import sys
import time
from collections.abc import Sequence

import numpy as np
import torch
from origins import Case, Forecaster, mase, network, reference

HOURS = np.arange(12 * 168)
DAY, WEEK = HOURS % 24, HOURS // 24 % 7


def drift(rng: np.random.Generator, steps: float, back: float = 0.0) -> np.ndarray:
    """A walk of such steps, drawn back to 0 by a share of where it is."""
    found = np.zeros(len(HOURS))
    for hour in range(1, len(HOURS)):
        found[hour] = (1 - back) * found[hour - 1] + rng.normal(0, steps)
    return found


def bump(centre: float, width: float) -> np.ndarray:
    """A peak at an hour of the day."""
    away = np.minimum(np.abs(DAY - centre), 24 - np.abs(DAY - centre))
    return np.exp(-((away / width) ** 2) / 2)


def power(rng: np.random.Generator) -> np.ndarray:
    """A demand that grows by shares, lower at weekends, with weather that stays for days."""
    day = 1 + 0.25 * bump(9, 3) + 0.35 * bump(19, 2.5) - 0.2 * bump(3, 3)
    weekend = np.where(WEEK >= 5, 0.85, 1.0)
    return 100 * day * weekend * np.exp(drift(rng, 0.01, 0.01) + rng.normal(0, 0.015, len(HOURS)))


def traffic(rng: np.random.Generator) -> np.ndarray:
    """Two rush hours on working days, one broad hill at weekends."""
    working = 0.6 * bump(8, 1.2) + 0.7 * bump(17, 1.5) + 0.25 * bump(12, 4)
    free = 0.4 * bump(14, 4)
    shape = np.where(WEEK >= 5, free, working)
    return np.maximum(
        0.02 + shape * np.exp(drift(rng, 0.02, 0.05)) + rng.normal(0, 0.03, len(HOURS)), 0
    )


def bicycles(rng: np.random.Generator) -> np.ndarray:
    """Counts, none at night, with days of rain."""
    rain = np.repeat(rng.choice([1.0, 0.7, 0.35], len(HOURS) // 24, p=[0.6, 0.25, 0.15]), 24)
    working = 1.0 * bump(8, 1) + 1.0 * bump(17, 1.5) + 0.3 * bump(13, 4)
    shape = np.where(WEEK >= 5, 0.8 * bump(14, 3), working)
    growth = 1 + HOURS / len(HOURS)
    return rng.poisson(60 * growth * rain * (shape + 0.02)).astype(float)


def level(rng: np.random.Generator) -> np.ndarray:
    """A weak day on a level that wanders."""
    return 50 + 2 * bump(15, 4) + drift(rng, 0.5) + rng.normal(0, 0.3, len(HOURS))


SETS = {"power": power, "traffic": traffic, "bicycles": bicycles, "level": level}


_WEEK = (168,)  # beside the day
FORECASTERS: dict[str, Forecaster] = {
    "last value": reference("naive forecast"),
    "seasonal naive": reference("seasonal naive forecast", _WEEK),
    "ridge, days": reference("ridge on lags"),
    "ridge, weeks": reference("ridge on lags", _WEEK),
    "Holt-Winters": reference("Holt-Winters"),
    "AutoETS": reference("AutoETS"),
    "Theta": reference("Theta"),
    "steadfit, days": network("linear"),
    "steadfit, weeks": network("linear", longer=_WEEK),
}


def main(names: Sequence[str]) -> None:
    torch.set_num_threads(1)
    print(f"{'':16s}" + "".join(f"{name:>16s}" for name in SETS) + "   seconds")
    for name in names or FORECASTERS:
        began = time.process_time()
        cells = []
        for number, make in enumerate(SETS.values()):
            series = make(np.random.default_rng(number))
            errors = mase(Case([series], 24, 36, 5), FORECASTERS[name])
            cells.append(f"{np.mean(errors):.2f} ± {np.std(errors, ddof=1) / 5**0.5:.2f}")
        row = "".join(f"{cell:>16s}" for cell in cells)
        print(f"{name:16s}{row}{time.process_time() - began:10.0f}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
