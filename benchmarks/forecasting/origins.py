"""Forecasts from rolling origins: the default network beside simple rivals, each fitted anew.

    python benchmarks/forecasting/origins.py DATA_FOLDER

DATA_FOLDER holds forecast/Airline.csv and the like. The error is the MASE: absolute errors in units
of the mean absolute change from one season to the next before the origin (Hyndman and Koehler
2006), mean over steps, then series, then origins.
"""

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow.csv
import torch

from steadfit.api.recipes import recipe_of
from steadfit.data import Dataset, from_forecast
from steadfit.kinds import Ragged, Windows
from steadfit.kinds.windows import after
from steadfit.references import REFERENCES
from steadfit.tasks import Forecast
from steadfit.training import fit, trained_model

Series = list[np.ndarray]
Forecaster = Callable[[Series, int, int], Series]  # series, season, horizon -> a forecast of each


class Case(NamedTuple):
    """Series, their season, and how many origins of how many steps are tested."""

    series: Series
    season: int
    horizon: int
    origins: int


def cases(folder: Path) -> dict[str, Case]:
    def column(name: str, column: str) -> np.ndarray:
        return pyarrow.csv.read_csv(folder / name)[column].to_numpy().astype(float)

    shops = pyarrow.csv.read_csv(folder / "shops.csv")
    ids, values = shops["id"].to_pylist(), shops["y"].to_numpy().astype(float)
    each = [values[[row == shop for row in ids]] for shop in dict.fromkeys(ids)]
    return {
        "Airline": Case([column("Airline.csv", "Passengers")], 12, 6, 5),
        "US change": Case([column("Uschange.csv", "Consumption")], 4, 4, 8),
        "solar": Case([column("solar.csv", "solar_gen")], 48, 12, 5),
        "20 shops": Case(each, 12, 3, 5),
    }


def windows(
    series: Series, season: int, horizon: int, log: bool = False, longer: tuple[int, ...] = ()
) -> Dataset:
    """As the reader of tables makes them where nothing is named. longer: other seasons."""
    window = min(2 * max(horizon, season, *longer), min(map(len, series)) // 2)
    task = Forecast(horizon, window, season=season, log=log, longer_seasons=longer)
    return from_forecast(series, task)


def last(data: Dataset, series: Series) -> Windows:
    """The window before the origin of each series, and what was before it."""
    task = data.schema.task
    assert isinstance(task, Forecast)
    ends = [torch.tensor(one[-task.window :, None], dtype=torch.float32) for one in series]
    return after(Ragged.of(ends), [one[: -task.window, None] for one in series])


def network(model: str, log: bool = False, longer: tuple[int, ...] = ()) -> Forecaster:
    """By steadfit's model of this name. log: of logarithms, NaN where values have none."""

    def forecast(series: Series, season: int, horizon: int) -> Series:
        if log and min(one.min() for one in series) <= 0:
            return [np.full(horizon, np.nan) for _ in series]
        data = windows(series, season, horizon, log, longer)
        recipe = recipe_of(data, None, model, None, None).recipe
        everything = torch.arange(len(data))
        replica = fit(recipe, data, everything, data.take(everything[:1]), seed=0)
        return list(trained_model(recipe, data, [replica]).predict(last(data, series)))

    return forecast


def reference(name: str, longer: tuple[int, ...] = ()) -> Forecaster:
    def forecast(series: Series, season: int, horizon: int) -> Series:
        data = windows(series, season, horizon, longer=longer)
        return list(REFERENCES[name].fit(data).outputs(last(data, series)))

    return forecast


FORECASTERS: dict[str, Forecaster] = {
    "last value": reference("naive forecast"),
    "seasonal naive": reference("seasonal naive forecast"),
    "ridge on lags": reference("ridge on lags"),
    "Holt-Winters": reference("Holt-Winters"),
    "AutoETS": reference("AutoETS"),
    "Theta": reference("Theta"),
    "steadfit": network("linear"),
    "logarithms": network("linear", log=True),
    "nhits": network("nhits"),
}


def mase(case: Case, forecast: Forecaster) -> list[float]:
    """The error at each origin."""
    errors = []
    for origin in range(case.origins, 0, -1):
        cut = [len(one) - origin * case.horizon for one in case.series]
        known = [one[:end] for one, end in zip(case.series, cut, strict=True)]
        found = forecast(known, case.season, case.horizon)
        each = [
            np.abs(whole[end : end + case.horizon] - guess).mean()
            / np.abs(before[case.season :] - before[: -case.season]).mean()
            for whole, end, before, guess in zip(case.series, cut, known, found, strict=True)
        ]
        errors.append(float(np.mean(each)))
    return errors


def main(folder: Path, names: Sequence[str]) -> None:
    torch.set_num_threads(1)
    found = cases(folder / "forecast")
    print(f"{'':16s}" + "".join(f"{name:>18s}" for name in found) + "   geometric mean   seconds")
    for name in names or FORECASTERS:
        began = time.perf_counter()
        errors = [mase(case, FORECASTERS[name]) for case in found.values()]
        cells = [
            f"{np.mean(one):.2f} ± {np.std(one, ddof=1) / len(one) ** 0.5:.2f}" for one in errors
        ]
        mean = np.exp(np.mean([np.log(np.mean(one)) for one in errors]))
        seconds = time.perf_counter() - began
        row = "".join(f"{cell:>18s}" for cell in cells)
        print(f"{name:16s}{row}{mean:17.3f}{seconds:10.0f}", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
