"""How fast cells run, against torch, jax, a Python loop and bare matrix products.

`python benchmarks/cells.py` prints one table; `--quick` measures a few rows. Each row is measured
in one process: the runs alternate between ours and the rival's, and medians are compared. A row is
a training step (forward, backward, gradients of the input and of all weights), or forward alone.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from steadfit.cells import Cell, Weights, find, run, run_reference

TIME = 100
SIZES = [(b, h) for h in (32, 64, 128, 256, 512) for b in (1, 8, 32, 128)]
QUICK = [(1, 32), (1, 512), (8, 128), (32, 64), (128, 256)]


@dataclass(frozen=True)
class Rival:
    """Something to be compared with: how to make it, and the factor that is aimed at."""

    name: str
    cell: str
    make: Callable[[Cell, Weights, int, int], Callable[[Tensor], Tensor]]
    target: str
    most: int = 512  # units
    slow: bool = False


def torch_layer(
    kind: Callable[[int, int], nn.RNNBase],
) -> Callable[..., Callable[[Tensor], Tensor]]:
    """torch.nn's own layer."""

    def make(cell: Cell, weights: Weights, input: int, hidden: int) -> Callable[[Tensor], Tensor]:
        layer = kind(input, hidden)
        return lambda x: layer(x)[0]

    return make


def python_loop(
    cell: Cell, weights: Weights, input: int, hidden: int
) -> Callable[[Tensor], Tensor]:
    """The equations run step by step in torch."""
    return lambda x: run_reference(cell, x, weights).outputs


RIVALS = (
    Rival("torch.nn.GRU", "gru_reset_after", torch_layer(nn.GRU), "mean 2.5, least 1.0"),
    Rival("torch.nn.LSTM", "lstm", torch_layer(nn.LSTM), "mean 1.3, least 0.95"),
    Rival("torch.nn.RNN", "rnn", torch_layer(nn.RNN), "mean 2"),
    Rival("Python loop", "peephole_lstm", python_loop, "15 to 128 units, 4 above", slow=True),
    Rival("Python loop", "gru", python_loop, "15 to 128 units, 4 above", slow=True),
    Rival("Python loop", "mgu", python_loop, "15 to 128 units, 4 above", slow=True),
)


def weights_of(cell: Cell, input: int, hidden: int) -> Weights:
    """Random weights of the usual size that want gradients."""
    scale = hidden**-0.5
    shapes = cell.shapes(input, hidden)
    return Weights(
        **{
            name: ((torch.rand(shape) * 2 - 1) * scale).requires_grad_()
            for name, shape in shapes.items()
        }
    )


def measure(runs: dict[str, Callable[[], object]], seconds: float) -> dict[str, float]:
    """Median seconds of each, taking turns for about this long in all."""
    times: dict[str, list[float]] = {name: [] for name in runs}
    for one in runs.values():
        one()
    begun = time.perf_counter()
    while time.perf_counter() - begun < seconds or len(times[next(iter(times))]) < 3:
        for name, one in runs.items():
            start = time.perf_counter()
            one()
            times[name].append(time.perf_counter() - start)
    return {name: statistics.median(taken) for name, taken in times.items()}


def step(forward: Callable[[Tensor], Tensor], x: Tensor, train: bool) -> Callable[[], object]:
    """A training step, or forward alone."""
    if not train:

        def infer() -> Tensor:
            with torch.no_grad():
                return forward(x)

        return infer
    adjoint: list[Tensor] = []

    def learn() -> None:
        output = forward(x)
        if not adjoint:
            adjoint.append(torch.randn_like(output))
        output.backward(adjoint[0])

    return learn


def floor(cell: Cell, batch: int, input: int, hidden: int, train: bool) -> Callable[[], object]:
    """The same matrix products by torch.mm alone."""
    inputs, recurrent = len(cell.input_blocks), len(cell.recurrent_blocks)
    x, w = torch.randn(TIME * batch, input), torch.randn(inputs * hidden, input)
    h, u = torch.randn(batch, hidden), torch.randn(recurrent * hidden, hidden)
    states, deltas = torch.randn(TIME * batch, hidden), torch.randn(TIME * batch, inputs * hidden)
    back = torch.randn(TIME * batch, recurrent * hidden)
    one = torch.randn(batch, recurrent * hidden)

    def products() -> None:
        torch.mm(x, w.t())
        for _ in range(TIME):
            torch.mm(h, u.t())
        if train:
            for _ in range(TIME):
                torch.mm(one, u)
            torch.mm(deltas.t(), x)
            torch.mm(back.t(), states)
            torch.mm(deltas, w)

    return products


def rows(
    rival: Rival, sizes: list[tuple[int, int]], train: bool, seconds: float
) -> Iterator[tuple[int, int, dict[str, float]]]:
    """Batch, units, and the median seconds of ours, the rival and the floor."""
    cell = find(rival.cell)
    for batch, hidden in sizes:
        if hidden > rival.most:
            continue
        input = hidden // 2
        torch.manual_seed(0)
        weights = weights_of(cell, input, hidden)
        x = torch.randn(TIME, batch, input, requires_grad=train)
        ours = step(lambda x, c=cell, w=weights: run(c, x, w).outputs, x, train)
        theirs = step(rival.make(cell, weights, input, hidden), x, train)
        yield (
            batch,
            hidden,
            measure(
                {
                    "ours": ours,
                    "theirs": theirs,
                    "floor": floor(cell, batch, input, hidden, train),
                },
                seconds,
            ),
        )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a few sizes")
    parser.add_argument("--seconds", type=float, default=0.5, help="for a row")
    parser.add_argument("--threads", type=int, nargs="*", default=[2, 1])
    parser.add_argument("--only", default="", help="rivals with this in their name or cell")
    parser.add_argument("--mode", choices=["train", "forward"], nargs="*", default=["train"])
    options = parser.parse_args()
    for threads in options.threads:
        torch.set_num_threads(threads)
        for mode in options.mode:
            for rival in RIVALS:
                if options.only not in f"{rival.name} {rival.cell}":
                    continue
                print(f"\n{rival.cell} against {rival.name}, {mode}, {threads} thread(s)")
                print(f"{'batch':>5} {'units':>5} {'ours ms':>9} {'theirs':>9} {'ratio':>6} floor")
                ratios, floors = [], []
                sizes = QUICK if options.quick else SIZES
                for batch, hidden, taken in rows(rival, sizes, mode == "train", options.seconds):
                    ratios.append(taken["theirs"] / taken["ours"])
                    floors.append(taken["ours"] / taken["floor"])
                    print(
                        f"{batch:>5} {hidden:>5} {taken['ours'] * 1e3:>9.3f} "
                        f"{taken['theirs'] * 1e3:>9.3f} {ratios[-1]:>6.2f} {floors[-1]:.2f}",
                        flush=True,
                    )
                print(
                    f"geometric mean {statistics.geometric_mean(ratios):.2f}, least "
                    f"{min(ratios):.2f} (aim: {rival.target}); floor "
                    f"{statistics.geometric_mean(floors):.2f}"
                )


if __name__ == "__main__":
    main()
