"""Cells and studies on a GPU: whether they are right, and how fast, in under six minutes.

    python benchmarks/gpu.py [--out runs/gpu.json]

Prints Markdown and writes JSON. Where torch sees no GPU it says so, and ends with status 1. A part
that runs out of its time leaves out the rest of its rows and says so.

Right: each cell, padded, ragged and packed, with masks and without, forward and backward, on the
GPU against the reference in float64; also as layers run them (by cuDNN where it suits, in which
torch allows TF32), and with a bfloat16 input under autocast. Fast: a training step
(forward, backward, all gradients) of one layer, input as wide as the units, median of up to five,
against torch.nn's GRU (cuDNN), the Python loop over the steps, and that loop under torch.compile.
Studies: 20 replicas on the digits, 1, 4 and 16 at a time.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

import steadfit as sf
from steadfit.cells import CELLS, Cell, Result, Weights, run, run_reference
from steadfit.cells import Sequences as Given
from steadfit.cells.run import run_outputs

CORRECTNESS, SPEED, COMPILED, STUDIES = 110.0, 100.0, 60.0, 70.0  # seconds for each part, at most
SIZES = list(product((32, 128), (128, 512), (64, 128, 256, 512, 1024)))  # B, T, H
LIMITS = {"float32": 1e-4, "layer": 1e-3, "bfloat16": 2e-2}  # of a difference, against the norm


@dataclass(frozen=True)
class Problem:
    """What a cell is run on."""

    cell: Cell
    weights: Weights
    given: Given

    def to(self, device: str, dtype: torch.dtype) -> "Problem":
        """The same numbers elsewhere, as leaves of their own."""

        def moved(tensor: Tensor) -> Tensor:
            return tensor.detach().to(device, dtype)

        weights = (None if w is None else moved(w).requires_grad_() for w in self.weights)
        given = self.given.map(moved)
        given.values.requires_grad_()
        return replace(self, weights=Weights(*weights), given=given)

    def results(self, runner: Callable[..., Result]) -> list[Tensor]:
        """Outputs and final states, and the gradients of the sum of their sines."""
        result = runner(self.cell, self.weights, self.given)
        states = [result.outputs, *result.final]
        leaves = [self.given.values, *(w for w in self.weights if w is not None)]
        loss = torch.stack([state.sin().sum() for state in states]).sum()
        options: dict[str, Any] = {"allow_unused": True, "materialize_grads": True}
        found = torch.autograd.grad(loss, leaves, **options)
        return [one.detach().cpu().double() for one in (*states, *found)]


def problem(cell: Cell, rows: str, masked: bool) -> Problem:
    """A problem of odd sizes, float64 on the CPU."""
    time, batch, input, hidden = 12, 37, 9, 72
    generator = torch.Generator().manual_seed(0)

    def normal(*shape: int) -> Tensor:
        return torch.randn(shape, generator=generator, dtype=torch.float64)

    shapes = cell.shapes(input, hidden).items()
    weights = Weights(**{name: normal(*shape) * hidden**-0.5 for name, shape in shapes})
    leading: tuple[int, ...] = (time, batch)
    counts: dict[str, Any] = {}
    if rows == "lengths":
        counts["lengths"] = torch.randint(0, time + 1, (batch,), generator=generator)
    if rows == "batch_sizes":
        sizes = torch.randint(1, batch + 1, (time,), generator=generator)
        sizes[0] = batch
        counts["batch_sizes"] = sizes.sort(descending=True).values
        leading = (int(sizes.sum()),)
    given = Given(normal(*leading, input), reverse=rows == "lengths", **counts)
    if masked:
        shares = tuple((normal(*leading, hidden) > 0.5).double() for _ in cell.states)
        given = replace(given, recurrent_mask=(normal(batch, hidden) > 0) * 2.0, zoneout=shares)
        given = given.map(Tensor.double)
    return Problem(cell, weights, given)


def correctness(device: str, until: float) -> Iterator[dict[str, Any]]:
    """A row for each cell and way of laying it out."""
    for masked, cell in product((False, True), CELLS.values()):
        for rows in ("padded", "lengths", "batch_sizes"):
            if time.perf_counter() > until:
                return
            exact = problem(cell, rows, masked)
            wanted = exact.to("cpu", torch.float64).results(run_reference)
            here = exact.to(device, torch.float32)
            found = {"float32": here.results(run), "layer": here.results(run_outputs)}
            with torch.autocast(device, dtype=torch.bfloat16):
                found["bfloat16"] = here.results(on_bfloat16)
            for kind, ours in found.items():
                pairs = zip(ours, wanted, strict=True)
                worst = max(float((a - b).norm() / (1 + b.norm())) for a, b in pairs)
                row = {"cell": cell.name, "rows": rows, "masked": masked, "type": kind}
                yield {**row, "difference": worst, "right": worst < LIMITS[kind]}


def on_bfloat16(cell: Cell, weights: Weights, given: Given) -> Result:
    """As a layer's input comes under autocast."""
    return run(cell, weights, replace(given, values=given.values.bfloat16()))


def step(net: Callable[[Tensor], Any], weights: Sequence[Tensor], x: Tensor) -> Callable[[], None]:
    """A training step."""

    def once() -> None:
        output = net(x)
        loss = (output if isinstance(output, Tensor) else output[0]).sum()
        torch.autograd.grad(loss, [x, *weights])

    return once


def milliseconds(work: Callable[[], None], device: str) -> float:
    """The median of up to five, or of as many as fit into a second and a half."""

    def timed() -> float:
        began = time.perf_counter()
        work()
        if device == "cuda":
            torch.cuda.synchronize()
        return time.perf_counter() - began

    timed()  # compiles
    taken = [timed()]
    while len(taken) < 5 and sum(taken) < 1.5:
        taken.append(timed())
    return 1000 * statistics.median(taken)


def by_loop(layer: sf.nn.Recurrent) -> Callable[[Tensor], Tensor]:
    """The reference on a layer's weights: a Python loop over the steps."""
    weights = layer._form.weights(layer, "l0")
    return lambda x: run_reference(layer.cell, weights, Given(x)).outputs


def nets(hidden: int, device: str) -> Iterator[tuple[str, Callable[[Tensor], Any], list[Tensor]]]:
    """Each way by name, with the weights whose gradients it gives."""
    theirs = nn.GRU(hidden, hidden, device=device)
    yield "torch.nn.GRU", theirs, list(theirs.parameters())
    for name in ("gru_reset_after", "gru", "peephole_lstm"):
        layer = sf.nn.Recurrent(name, hidden, hidden, device=device)
        yield name, layer, list(layer.parameters())
    loop = sf.nn.Recurrent("gru", hidden, hidden, device=device)
    yield "loop of gru", by_loop(loop), list(loop.parameters())


def speed(device: str, sizes: Sequence[Any], until: float) -> Iterator[dict[str, Any]]:
    """A row for each size, milliseconds by name."""
    for batch, steps, hidden in sizes:
        if time.perf_counter() > until:
            return
        x = torch.randn(steps, batch, hidden, device=device, requires_grad=True)
        row: dict[str, Any] = {"B": batch, "T": steps, "H": hidden}
        for name, net, weights in nets(hidden, device):
            row[name] = milliseconds(step(net, weights, x), device)
        yield row


def compiled_loop(device: str) -> float:
    """Milliseconds of the loop under torch.compile; B 32, T 128, H 256."""
    layer = sf.nn.Recurrent("gru", 256, 256, device=device)
    net = torch.compile(by_loop(layer))
    x = torch.randn(128, 32, 256, device=device, requires_grad=True)
    return milliseconds(step(net, list(layer.parameters()), x), device)


def compiled_loop_in_time() -> dict[str, Any]:
    """The same in a process of its own, as a compilation cannot be interrupted."""
    command = [sys.executable, __file__, "--compiled-loop"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=COMPILED)
    except subprocess.TimeoutExpired:
        return {"not measured": f"it had not compiled in {COMPILED:.0f} s"}
    if done.returncode:
        return {"not measured": done.stderr.strip().splitlines()[-1]}
    return {"B": 32, "T": 128, "H": 256, "milliseconds": float(done.stdout)}


def studies(until: float) -> Iterator[dict[str, Any]]:
    """Seconds of 20 replicas, so many at a time."""
    from steadfit.data import read
    from steadfit.recipe import Recipe
    from steadfit.study.design import Design
    from steadfit.study.dispatch import train
    from steadfit.study.engines import LocalEngine
    from steadfit.study.plan import make_plan
    from steadfit.study.store import open_store
    from steadfit.study.trials import make_arms, repetition_trials
    from steadfit.training import RecipeLearner

    data = read("digits")
    plan = make_plan(data, Design(folds=1, repetitions=20, seed=0))
    (arm,) = make_arms(RecipeLearner(Recipe().training_with(epochs=5)), [])
    trials = [one for n in range(20) for one in repetition_trials(plan, arm, n)]
    for number in (1, 4, 16):
        if time.perf_counter() > until:
            return
        with tempfile.TemporaryDirectory() as folder:
            began = time.perf_counter()
            with LocalEngine(number, per_gpu=number).opened(data) as session:
                train(session, trials, open_store(Path(folder)))
            yield {"at a time": number, "seconds": time.perf_counter() - began}


def table(rows: Sequence[dict[str, Any]]) -> str:
    """Markdown."""
    if not rows:
        return "not measured: out of time\n"

    def cells(values: Sequence[Any]) -> str:
        return f"| {' | '.join(f'{v:.3g}' if isinstance(v, float) else str(v) for v in values)} |"

    head = list(rows[0])
    lines = [cells(head), cells(["---"] * len(head)), *(cells(list(row.values())) for row in rows)]
    return "\n".join([*lines, ""])


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure cells and studies on a GPU.")
    parser.add_argument("--out", type=Path, default=Path("runs/gpu.json"))
    parser.add_argument("--compiled-loop", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if not torch.cuda.is_available():
        print("torch sees no GPU: nothing was measured.", file=sys.stderr)
        return 1
    if chosen.compiled_loop:
        print(compiled_loop("cuda"))
        return 0
    found: dict[str, Any] = {"gpu": torch.cuda.get_device_name(), "torch": torch.__version__}
    print(f"{found['gpu']}, torch {found['torch']}\n")
    parts: list[tuple[str, int, Callable[[], list[dict[str, Any]]]]] = [
        ("right", 198, lambda: list(correctness("cuda", time.perf_counter() + CORRECTNESS))),
        ("milliseconds", 20, lambda: list(speed("cuda", SIZES, time.perf_counter() + SPEED))),
        ("compiled loop", 1, lambda: [compiled_loop_in_time()]),
        ("studies", 3, lambda: list(studies(time.perf_counter() + STUDIES))),
    ]
    for name, wanted, part in parts:
        rows = found[name] = part()
        left_out = (
            f"; {wanted - len(rows)} left out, for want of time" if len(rows) < wanted else ""
        )
        print(f"## {name}: {len(rows)} rows{left_out}\n\n{table(rows)}", flush=True)
        chosen.out.write_text(json.dumps(found, indent=1))
    wrong = [row for row in found["right"] if not row["right"]]
    print(f"{len(wrong)} wrong" if wrong else "all right")
    return 2 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
