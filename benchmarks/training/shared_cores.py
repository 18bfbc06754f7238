"""How long fits take that run at the same time on the same cores: one, two, three.

    python benchmarks/training/shared_cores.py

The command has OpenMP's threads spin for a short time only before they sleep (GOMP_SPINCOUNT).
Without that, threads of several programs spin against one another. Seconds by the clock until the
last fit has ended; the two settings take turns.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

FIT = ("fit", "digits", "--model", "convnet", "--epochs", "20")
SETTINGS: Mapping[str, Mapping[str, str]] = {
    "GOMP_SPINCOUNT=300000": {"GOMP_SPINCOUNT": "300000"},  # libgomp's own number
    "as the command does": {},
    "OMP_WAIT_POLICY=PASSIVE": {"OMP_WAIT_POLICY": "PASSIVE"},
    "one thread": {"OMP_NUM_THREADS": "1"},
}


def seconds(at_once: int, setting: Mapping[str, str]) -> float:
    hidden = ("OMP_NUM_THREADS", "OMP_WAIT_POLICY", "GOMP_SPINCOUNT")
    clean = {name: value for name, value in os.environ.items() if name not in hidden}
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        running = [
            subprocess.Popen(
                [sys.executable, "-m", "steadfit", *FIT, "--out", str(Path(folder) / str(number))],
                env={**clean, **setting},
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            for number in range(at_once)
        ]
        for process in running:
            assert process.wait() == 0
        return time.perf_counter() - began


def main() -> None:
    print(f"{'fits at once':28s}" + "".join(f"{count:8d}" for count in (1, 2, 3)))
    for name, setting in SETTINGS.items():
        row = "".join(f"{seconds(count, setting):8.1f}" for count in (1, 2, 3))
        print(f"{name:28s}{row}", flush=True)


if __name__ == "__main__":
    main()
