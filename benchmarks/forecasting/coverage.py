"""How often a forecast's intervals hold, and which loss learns quantiles better.

    python benchmarks/forecasting/coverage.py DATA_FOLDER

At each origin of `origins.py` the model that `steadfit.fit` hands over forecasts the next steps: by
default, with intervals from the errors of tested forecasts, and with quantiles learned by the
pinball loss. Covered: the share of the steps within the intervals of 80% and 95%. Pinball: the mean
loss of the quantiles 0.025, 0.1, 0.5, 0.9 and 0.975, in units of the mean change over a season
before the origin. MASE: as in `origins.py`, of the median.
"""

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from origins import Case, Series, cases, last

import steadfit as sf
from steadfit.analysis.measures import Points, measure
from steadfit.data import from_forecast
from steadfit.tasks import Forecast

LEVELS = (0.025, 0.1, 0.5, 0.9, 0.975)
WAYS: dict[str, tuple[float, ...]] = {"intervals": (), "quantiles": LEVELS}


def forecasts(known: Series, case: Case, levels: tuple[float, ...]) -> np.ndarray:
    """Of each series the quantiles `LEVELS` of the next steps, shape (series, levels, horizon)."""
    window = min(max(2 * case.horizon, 2 * case.season), min(map(len, known)) // 2)
    task = Forecast(case.horizon, window, season=case.season, quantiles=levels)
    with tempfile.TemporaryDirectory() as folder:
        model = sf.fit(from_forecast(known, task), out=Path(folder) / "run", reference=False).model
    x = last(from_forecast(known, task), known)
    if levels:
        return model.logits(x)[0].reshape(len(known), len(LEVELS), -1)
    ends = model.intervals(x)
    each = (ends[95][0], ends[80][0], model.predict(x), ends[80][1], ends[95][1])
    return np.stack(each, axis=1)


def figures(case: Case, levels: tuple[float, ...]) -> np.ndarray:
    """Covered by 80%, by 95%, pinball loss and MASE; means over the origins."""
    found = []
    for origin in range(case.origins, 0, -1):
        cut = [len(one) - origin * case.horizon for one in case.series]
        known = [one[:end] for one, end in zip(case.series, cut, strict=True)]
        scale = np.array([np.abs(one[case.season :] - one[: -case.season]).mean() for one in known])
        told = forecasts(known, case, levels) / scale[:, None, None]
        truth = np.stack(
            [one[end : end + case.horizon] for one, end in zip(case.series, cut, strict=True)]
        )
        truth = truth / scale[:, None]
        points = Points(truth, quantiles=LEVELS)
        flat = told.reshape(1, len(truth), -1)
        covered = [((told[:, a] <= truth) & (truth <= told[:, -1 - a])).mean() for a in (1, 0)]
        losses = [measure(name).of(flat, points).mean() for name in ("pinball", "mae")]
        found.append([*covered, *losses])
    return np.mean(found, axis=0)


def main(folder: Path, names: Sequence[str]) -> None:
    torch.set_num_threads(1)
    print(f"{'':12s}{'':12s}{'80%':>8s}{'95%':>8s}{'pinball':>10s}{'MASE':>8s}   steps")
    for name, case in cases(folder / "forecast").items():
        steps = case.origins * case.horizon * len(case.series)
        for way, levels in WAYS.items():
            if names and way not in names:
                continue
            narrow, wide, pinball, mase = figures(case, levels)
            row = f"{narrow:8.0%}{wide:8.0%}{pinball:10.3f}{mase:8.2f}{steps:8d}"
            print(f"{name:12s}{way:12s}{row}", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
