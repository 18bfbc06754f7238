"""Random problems for the tests of cells, and a cache of kernels outside the user's own."""

import os
import random
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from steadfit.cells import CELLS, Cell, Result, Sequences, Weights

os.environ.setdefault("STEADFIT_CACHE", str(Path(tempfile.gettempdir()) / "steadfit-test-kernels"))


@dataclass(frozen=True)
class Drawn:
    """Arguments of a run, whose x, weights and states want gradients."""

    cell: Cell
    x: Tensor
    weights: Weights
    states: tuple[Tensor, ...]
    options: dict[str, Any]

    @property
    def leaves(self) -> list[Tensor]:
        """All that wants gradients."""
        return [self.x, *(w for w in self.weights if w is not None), *self.states]

    def gradients(self, result: Result, seed: int = 1) -> list[Tensor]:
        """The gradients of a random weighting of all that a run gives."""
        generator = torch.Generator().manual_seed(seed)
        tensors = outputs(result)
        adjoints = [torch.randn(t.shape, generator=generator, dtype=t.dtype) for t in tensors]
        found = torch.autograd.grad(
            tensors,
            self.leaves,
            adjoints,
            retain_graph=True,
            allow_unused=True,
            materialize_grads=True,
        )
        return list(found)

    def by(self, runner: Callable[..., Result]) -> Result:
        """The result of `run` or of `run_reference`."""
        return runner(self.cell, self.weights, Sequences(self.x, self.states, **self.options))


def _draw(
    cell: Cell,
    time: int,
    batch: int,
    input: int,
    hidden: int,
    dtype: torch.dtype = torch.float64,
    seed: int = 0,
    rows: str = "padded",
    mask: bool = False,
    zoneout: bool = False,
    reverse: bool = False,
    bias: bool = True,
) -> Drawn:
    """A problem of these sizes."""
    generator = torch.Generator().manual_seed(seed)

    def normal(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=generator, dtype=dtype)

    shapes = dict(cell.shapes(input, hidden))
    if not bias:
        del shapes["bias"]
    weights = Weights(
        **{name: (normal(*shape) * hidden**-0.5).requires_grad_() for name, shape in shapes.items()}
    )
    options: dict[str, Any] = {"reverse": reverse}
    leading: tuple[int, ...] = (time, batch)
    if rows == "lengths":
        options["lengths"] = torch.randint(0, time + 1, (batch,), generator=generator)
    if rows == "batch_sizes":
        sizes = torch.randint(1, batch + 1, (time,), generator=generator)
        sizes[0] = batch
        options["batch_sizes"] = sizes.sort(descending=True).values
        leading = (int(sizes.sum()),)
    if mask:
        options["recurrent_mask"] = (normal(batch, hidden) > 0).to(dtype) * 2
    if zoneout:
        options["zoneout"] = [(normal(*leading, hidden) > 0.5).to(dtype) for _ in cell.states]
    return Drawn(
        cell=cell,
        x=normal(*leading, input).requires_grad_(),
        weights=weights,
        states=tuple(normal(batch, hidden).requires_grad_() for _ in cell.states),
        options=options,
    )


def problems(
    count: int, dtype: torch.dtype, names: Sequence[str] = tuple(CELLS)
) -> Iterator[Drawn]:
    """Problems of sizes drawn at random, of these cells in turn, each to be run on some threads."""
    choose = random.Random(0)
    for number in range(count):
        batch, input, hidden = (choose.choice([1, 2, 3, 7, 15, 16, 17, 33, 48]) for _ in range(3))
        time, rows = choose.randint(1, 5), choose.choice(["padded", "lengths", "batch_sizes"])
        torch.set_num_threads(choose.choice([1, 2]))
        name = names[number % len(names)]
        print(name, dtype, time, batch, input, hidden, rows, flush=True)
        yield _draw(CELLS[name], time, batch, input, hidden, dtype, seed=number, rows=rows)


def outputs(result: Result) -> list[Tensor]:
    """Every tensor of a result."""
    return [*result.sequences, *result.final]


@pytest.fixture(scope="session")
def draw() -> Callable[..., Drawn]:
    """Draws a problem; see `_draw`."""
    return _draw


# Programs that tests run in processes of their own, since a fault ends them.
collect_ignore = [
    "by_triton.py",
    "compiled_for_sm90.py",
    "guard_pages.py",
    "other_flags.py",
    "planted_faults.py",
]
