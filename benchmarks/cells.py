"""How fast cells run, against torch's layers, a Python loop, jax and bare matrix products.

    python benchmarks/cells.py [--quick] [--rival NAME …] [--threads N …] [--mode MODE …]

Prints Markdown. A row compares ours with a rival in one process: they take turns, and medians of
seconds are compared. A row's ratio is the rival's time over ours; its floor is our time over that
of the same matrix products by torch.mm. Float32, 100 steps, input = units / 2. Each number of
threads has a process of its own, held to as many cores. The whole takes about 20 minutes; parts of
it can be had by --rival, --threads and --mode.
"""

import argparse
import gc
import importlib.util
import math
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from cell_rivals import (
    LAYERS,
    TIME,
    Contest,
    Size,
    Work,
    jax_scan,
    kept_bytes,
    layers,
    packed_layer,
    products,
    python_loop,
    torch_layer,
)

SIZES = [Size(b, h) for h in (32, 64, 128, 256, 512) for b in (1, 8, 32, 128)]
QUICK = [Size(1, 32), Size(8, 128), Size(32, 64), Size(32, 256)]
LONG = 1.0  # seconds; a round that takes longer needs no warming up, and two will do
MODES = {"train": "training step", "forward": "forward alone"}


@dataclass(frozen=True)
class Goal:
    """What is aimed at for sizes of `low` to `high` units: ratios in the mean, and in every row."""

    mean: float = 0.0
    least: float = 0.0
    low: int = 0
    high: int = 512


@dataclass(frozen=True)
class Rival:
    """Something to be compared with. pause: seconds to wait before each turn."""

    name: str
    cell: str
    make: Callable[[str, Size], Contest]
    goals: tuple[Goal, ...]
    pause: float = 0.0
    floor: bool = False

    @property
    def title(self) -> str:
        """As tables call it."""
        return f"{self.cell} against {self.name}"


LOOP = (Goal(least=15, high=128), Goal(least=4, low=129))
# torch's threads look for more work for some milliseconds, on the cores that jax's would need.
SCAN = {"make": jax_scan, "goals": (Goal(least=1.5),), "pause": 0.015}
RIVALS = (
    Rival("torch.nn.GRU", "gru_reset_after", torch_layer, (Goal(2.5, 1.0),), floor=True),
    Rival("torch.nn.LSTM", "lstm", torch_layer, (Goal(1.3, 0.95),), floor=True),
    Rival("torch.nn.RNN", "rnn", torch_layer, (Goal(2.0),), floor=True),
    Rival("packed torch.nn.LSTM", "lstm", packed_layer, (Goal(2.0),)),
    Rival("Python loop", "peephole_lstm", python_loop, LOOP),
    Rival("Python loop", "gru", python_loop, LOOP),
    Rival("Python loop", "mgu", python_loop, LOOP),
    Rival("jax.lax.scan", "lstm", **SCAN),
    Rival("jax.lax.scan", "gru", **SCAN),
    Rival("jax.lax.scan", "gru_reset_after", **SCAN),
)
FLOOR = 1.5  # times the products' time at most, in the geometric mean


@dataclass(frozen=True)
class Row:
    """One size's measured seconds; floor is NaN where it was not measured."""

    size: Size
    ours: float
    theirs: float
    floor: float

    @property
    def ratio(self) -> float:
        """How many times faster ours is."""
        return self.theirs / self.ours


def measure(works: dict[str, Work], seconds: float, pause: float) -> dict[str, float]:
    """Median seconds of each, taking turns for about this long in all."""
    times: dict[str, list[float]] = {name: [] for name in works}
    rounds, first, begun = 0, 0, time.perf_counter()
    while rounds < 2 + 2 * first or time.perf_counter() - begun < seconds:
        for name, work in works.items():
            time.sleep(pause)
            start = time.perf_counter()
            work()
            times[name].append(time.perf_counter() - start)
        if rounds == 0 and time.perf_counter() - begun < LONG:
            first = 1
        rounds += 1
    return {name: statistics.median(taken[first:]) for name, taken in times.items()}


def compare(rival: Rival, size: Size, train: bool, seconds: float) -> Row:
    """One row, after a look whether both give the same output."""
    torch.manual_seed(0)
    contest = rival.make(rival.cell, size)
    outputs = [np.asarray(runner(False)()) for runner in (contest.ours, contest.theirs)]
    np.testing.assert_allclose(*outputs, rtol=0, atol=1e-4)
    works = {"ours": contest.ours(train), "theirs": contest.theirs(train)}
    if rival.floor:
        works["floor"] = products(rival.cell, size)(train)
    gc.collect()
    taken = measure(works, seconds, rival.pause)
    return Row(size, taken["ours"], taken["theirs"], taken.get("floor", math.nan))


def race(rival: Rival, sizes: Sequence[Size], mode: str, threads: int, seconds: float) -> None:
    """Print the rows of one rival, and below them what they come to."""
    print(f"\n### {rival.title}: {MODES[mode]}, {threads} thread(s)\n")
    print("| units | batch | ours, ms | theirs, ms | ratio | floor |")
    print("| ---: | ---: | ---: | ---: | ---: | ---: |")
    rows = []
    for size in sizes:
        row = compare(rival, size, mode == "train", seconds)
        rows.append(row)
        floor = "" if math.isnan(row.floor) else f"{row.ours / row.floor:.2f}"
        print(
            f"| {size.units} | {size.batch} | {row.ours * 1e3:.3f} | {row.theirs * 1e3:.3f} | "
            f"{row.ratio:.2f} | {floor} |",
            flush=True,
        )
    print()
    for goal in rival.goals:
        if reached := [row for row in rows if goal.low <= row.size.units <= goal.high]:
            print(verdict(rival, goal, reached))
    if rival.floor:
        mean = statistics.geometric_mean([row.ours / row.floor for row in rows])
        print(f"- floor: geometric mean {mean:.2f}; at most {FLOOR}: {met(mean <= FLOOR)}")


def verdict(rival: Rival, goal: Goal, rows: Sequence[Row]) -> str:
    """One line: geometric mean, worst row, target, met or missed."""
    worst = min(rows, key=lambda row: row.ratio)
    mean = statistics.geometric_mean([row.ratio for row in rows])
    above = f", {goal.low - 1} units and more" if goal.low else ""
    below = f", up to {goal.high} units" if goal.high < SIZES[-1].units else ""
    wanted = [f"mean {goal.mean}"] * bool(goal.mean) + [f"every row {goal.least}"] * bool(
        goal.least
    )
    return (
        f"- {rival.title}{above}{below}: geometric mean {mean:.2f}, worst row {worst.ratio:.2f} "
        f"(batch {worst.size.batch}, {worst.size.units} units); target {', '.join(wanted)}: "
        f"{met(mean >= goal.mean and worst.ratio >= goal.least)}"
    )


def met(reached: bool) -> str:
    """The verdict in a word."""
    return "met" if reached else "**missed**"


def memory(sizes: Sequence[Size]) -> None:
    """Print what layers keep for backward, beside torch's."""
    print("\n### Memory kept for backward, beside the input and the weights\n")
    print("| against | units | batch | ours, KiB | theirs, KiB | share |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    shares: dict[str, list[float]] = {}
    for name in LAYERS:
        label = "torch.nn." + name.partition("_")[0].upper()
        for size in sizes:
            x = torch.randn(TIME, size.batch, size.input, requires_grad=True)
            kept = [kept_bytes(layer, x) for layer in layers(name, size)]
            shares.setdefault(label, []).append(kept[0] / kept[1])
            print(
                f"| {label} | {size.units} | {size.batch} | {kept[0] / 1024:.0f} | "
                f"{kept[1] / 1024:.0f} | {kept[0] / kept[1]:.2f} |"
            )
    print()
    for name, found in shares.items():
        print(
            f"- {name}: at most {max(found):.2f} of torch.nn's; at most 1: {met(max(found) <= 1)}"
        )


def main() -> None:
    """Print the tables, each number of threads in a process of its own."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="a few sizes")
    parser.add_argument("--seconds", type=float, default=0.2, help="for a row, at least")
    parser.add_argument("--threads", type=int, nargs="+", default=[2, 1])
    parser.add_argument(
        "--rival",
        nargs="+",
        default=[""],
        help="only those with one of these in the title, or memory",
    )
    parser.add_argument("--mode", choices=list(MODES), nargs="+", default=list(MODES))
    options = parser.parse_args()
    if len(options.threads) > 1:
        for threads in options.threads:
            again = [*sys.argv[1:], "--threads", str(threads)]  # the last one counts
            subprocess.run([sys.executable, __file__, *again], check=True)
        return
    sizes, (threads,) = QUICK if options.quick else SIZES, options.threads
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])
    torch.set_num_threads(threads)
    for rival in RIVALS:
        if not any(word in rival.title for word in options.rival):
            continue
        if rival.make is jax_scan and importlib.util.find_spec("jax") is None:
            print(f"\n{rival.title}: left out, as jax is missing (pip install 'steadfit[bench]').")
            continue
        for mode in options.mode:
            race(rival, sizes, mode, threads, options.seconds)
    if threads == 1 and any(word in "memory" for word in options.rival):
        memory(sizes)


if __name__ == "__main__":
    main()
