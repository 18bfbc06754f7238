"""A run's folder by default, and what its `run.json` says."""

import platform
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch

from steadfit.study.engine import usable_cores


def usual_folder(name: str) -> Path:
    """In runs/: a file named "...csv" has the name "..", which leads out of it."""
    return Path("runs") / (name if name.strip(". ") else "data")


def run_facts(seconds: float, processes: int | None) -> dict[str, str]:
    """What is said of a run beside its figures: versions, machine, time."""
    return {
        "steadfit": version("steadfit"),
        "torch": torch.__version__,
        "numpy": np.__version__,
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}, {usable_cores()} cores",
        "processes": str(processes or usable_cores()),
        "this run took": f"{seconds:.0f} s",
    }
