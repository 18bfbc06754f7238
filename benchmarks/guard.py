"""What it costs to ask whether a kernel may be used: one step, one sequence, 32 units.

    python benchmarks/guard.py

Times whole calls of `steadfit.nn.GRU` beside torch.nn's in turn, and the guard's parts alone, in
microseconds: medians over turns.
"""

import statistics
import time
from collections.abc import Callable

import torch

from steadfit import nn as ours
from steadfit.cells.plain import plain

TURNS, CALLS = 15, 400


def microseconds(call: Callable[[], object]) -> float:
    """The mean time of a call."""
    began = time.perf_counter()
    for _ in range(CALLS):
        call()
    return (time.perf_counter() - began) / CALLS * 1e6


def main() -> None:
    """Print one line a call."""
    torch.set_num_threads(1)
    mine, theirs, x = ours.GRU(32, 32), torch.nn.GRU(32, 32), torch.randn(1, 1, 32)
    mine.load_state_dict(theirs.state_dict())
    tensors = (x, *mine.parameters())

    def without_grad(layer: torch.nn.Module) -> object:
        with torch.no_grad():
            return layer(x)

    calls: dict[str, Callable[[], object]] = {
        "steadfit.nn.GRU, no gradients": lambda: without_grad(mine),
        "torch.nn.GRU, no gradients": lambda: without_grad(theirs),
        "steadfit.nn.GRU, gradients": lambda: mine(x)[0].sum().backward(),
        "torch.nn.GRU, gradients": lambda: theirs(x)[0].sum().backward(),
        "may torch's function run": lambda: mine._is_for_torch(x, None),
        "may a kernel run": lambda: plain(tensors),
    }
    found = {name: [] for name in calls}
    for _ in range(TURNS):
        for name, call in calls.items():
            found[name].append(microseconds(call))
    for name, times in found.items():
        print(f"{name:32} {statistics.median(times):8.1f} µs")


if __name__ == "__main__":
    main()
