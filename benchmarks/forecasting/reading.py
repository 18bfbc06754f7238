"""CPU seconds to read a long table of many series, and to forecast all of them.

    python benchmarks/forecasting/reading.py [SERIES [ROWS]]

2,000 series of 200 days in one CSV file (unique_id, ds, y) are read in a process that has imported
torch already, and forecast from by a model that was trained for one epoch.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

import steadfit as sf


def write_table(path: Path, series: int, rows: int) -> None:
    rng = np.random.default_rng(0)
    days = np.datetime_as_string(np.datetime64("2023-01-01") + np.arange(rows)).tolist()
    week = 10 * np.sin(np.arange(rows) * 2 * np.pi / 7)
    with path.open("w") as file:
        file.write("unique_id,ds,y\n")
        for number in range(series):
            values = 50 + rng.normal(0, 20) + week + rng.normal(0, 3, rows)
            file.writelines(
                f"shop{number:04d},{day},{value:.2f}\n"
                for day, value in zip(days, values.tolist(), strict=True)
            )


def measured(what: str, run: Callable[[], Any]) -> Any:
    began = time.process_time()
    found = run()
    print(f"{what:24s}{time.process_time() - began:8.2f} s", flush=True)
    return found


def main(series: int = 2000, rows: int = 200) -> None:
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        path, out = Path(folder) / "many.csv", Path(folder) / "run"
        write_table(path, series, rows)
        data = measured("read", lambda: sf.read(path, horizon=14))
        print(data)
        epoch = {"epochs": 1}
        done = measured("fit, one epoch", lambda: sf.fit(data, training=epoch, out=out))
        measured("forecast of all series", lambda: done.model.forecast(path))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
