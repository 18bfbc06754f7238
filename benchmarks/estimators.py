"""One fit of an estimator against `steadfit.fit` on the same 2,000 rows, in processor seconds.

python benchmarks/estimators.py
"""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
import torch

import steadfit
from steadfit.data import from_table
from steadfit.estimators import SteadfitClassifier

ROWS, EPOCHS, TIMES = 2000, 20, 7


def seconds(call: Callable[[], object]) -> float:
    began = time.process_time()
    call()
    return time.process_time() - began


def main() -> None:
    torch.set_num_threads(1)
    rng = np.random.default_rng(0)
    x = rng.normal(size=(ROWS + 20, 20))
    y = (x[:, 0] + x[:, 1] * x[:, 2] > 0).astype(int)
    data = from_table(x, y, task="classes", is_test=np.arange(len(y)) >= ROWS)
    took: dict[str, list[float]] = {"estimator": [], "steadfit.fit": []}
    for _ in range(TIMES):
        own = SteadfitClassifier(epochs=EPOCHS)
        took["estimator"].append(seconds(lambda own=own: own.fit(x[:ROWS], y[:ROWS])))
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "fit"
            call = lambda out=out: steadfit.fit(  # noqa: E731
                data, training={"epochs": EPOCHS}, reference=False, out=out
            )
            took["steadfit.fit"].append(seconds(call))
    medians = {name: median(each) for name, each in took.items()}
    for name, value in medians.items():
        print(f"{name:14} {value:.3f} s")
    print(f"ratio          {medians['estimator'] / medians['steadfit.fit']:.2f}")


if __name__ == "__main__":
    main()
