"""Cells through Triton's interpreter, which has to be told before Triton is imported.

    export TRITON_INTERPRET=1 PYTHONPATH=src:tests
    python tests/cells/by_triton.py some NAME …
    python tests/cells/by_triton.py all NAME …
    python tests/cells/by_triton.py random COUNT SEED
    python tests/cells/by_triton.py torch

Holds some or all runs of the cells named, or random cells and runs, against their equations in
float64, and prints a line a case. `test_triton.py` runs this in processes of their own.
"""

import os
import sys
import warnings
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from unittest.mock import patch

import torch
import triton.language as tl
from hypothesis import HealthCheck, Phase, given, seed, settings
from triton.runtime.interpreter import InterpreterBuilder

from cells.conftest import Drawn, _draw, outputs
from cells.random_cells import Run, runs
from cells.random_check import check
from steadfit.cells import (
    CELLS,
    Result,
    Sequences,
    Weights,
    call,
    run,
    run_reference,
    triton_kernel,
)
from steadfit.cells.triton_kernel import gpu_kernel, tried_kernel


def use_triton() -> None:
    """Have all cells run by Triton, on whatever device."""
    assert os.environ.get("TRITON_INTERPRET") == "1", "TRITON_INTERPRET=1 must be set"
    call._kernel = lambda made, tensors: gpu_kernel(made.cell, made.mask, made.zoneout)
    sys.modules["steadfit.cells.run"]._TYPES = {"cpu": (torch.float32, SHORT)}
    InterpreterBuilder.create_dot = dot


def dot(builder: InterpreterBuilder, a, b, *others, interpreted=InterpreterBuilder.create_dot):
    """The interpreter's product, which takes bfloat16 for the whole numbers of the same bits."""
    a, b = (builder.cast_impl(one, tl.float32) for one in (a, b))
    return interpreted(builder, a, b, *others)


SHORT = torch.bfloat16
TOLERANCE = 1e-5
KINKED = 0.2  # in bfloat16, of relu: its slope at a unit may hang on the last digit; wrong is 1
ROWS = ("padded", "lengths", "batch_sizes")
SOME = ((torch.float32, "lengths", True, True), (SHORT, "padded", False, False))
ALL = tuple(
    (dtype, rows, (n + masked) % 2 == 0, masked)
    for dtype in (torch.float32, SHORT)
    for n, rows in enumerate(ROWS)
    for masked in (0, 1)
)


def library(names: list[str], cases: Iterable) -> None:
    """Each cell in each case: type, rows, whether in reverse, whether with masks and no bias."""
    for name in names:
        for dtype, rows, reverse, masked in cases:
            masks = {"mask": bool(masked), "zoneout": bool(masked), "bias": not masked}
            compare(name, dtype, reverse, {"rows": rows, **masks})


def compare(name: str, dtype: torch.dtype, reverse: bool, options: dict) -> None:
    """This type by the kernel, float64 by the reference, on the same numbers."""
    cell = CELLS[name]
    sizes = {"time": 3, "batch": 17, "input": 3, "hidden": 19}
    drawn = _draw(cell, **sizes, reverse=reverse, dtype=dtype, **options)

    def wide(tensor):
        if tensor is None or not tensor.is_floating_point():
            return tensor
        return tensor.detach().double().requires_grad_(tensor.requires_grad)

    exact = replace(
        drawn,
        x=wide(drawn.x),
        weights=drawn.weights._make(map(wide, drawn.weights)),
        states=tuple(map(wide, drawn.states)),
        options={
            key: [*map(wide, value)] if isinstance(value, list) else
            wide(value) if isinstance(value, torch.Tensor) else value
            for key, value in drawn.options.items()
        },
    )  # fmt: skip
    adjoints = [torch.randn_like(output) for output in outputs(exact.by(run_reference))]

    def results(one: Drawn, by: Callable[..., Result]) -> list[torch.Tensor]:
        found = outputs(one.by(by))
        given = (adjoint.to(found[0].dtype) for adjoint in adjoints)
        return [one.detach().double() for one in (*found, *gradients(found, one, given))]

    wanted = results(exact, run_reference)
    ours, steps = (furthest(results(drawn, by), wanted) for by in (run, run_reference))
    way = "reverse" if reverse else "forward"
    print(f"{name} {dtype} {way} {options}: {ours:.1e}, step by step {steps:.1e}", flush=True)
    # the interpreter cuts a bfloat16's digits off, where a GPU and the reference round them
    short = KINKED if name in ("rnn_relu", "indrnn") else 3 * steps
    assert ours < (short if dtype == SHORT else TOLERANCE), name


def furthest(found: list[torch.Tensor], wanted: list[torch.Tensor]) -> float:
    return max(float((a - b).norm() / (1 + b.norm())) for a, b in zip(found, wanted, strict=True))


def refused() -> None:
    """A kernel that gives other numbers is not used, and that is said."""
    tanh, relu, cpu = CELLS["rnn"], CELLS["rnn_relu"], torch.device("cpu")
    assert tried_kernel(tanh, True, (True,), 20, SHORT, cpu) is not None
    wrong = replace(
        gpu_kernel(tanh, False, (False,)), sweeps=gpu_kernel(relu, False, (False,)).sweeps
    )
    with (
        patch.object(triton_kernel, "gpu_kernel", lambda *_: wrong),
        warnings.catch_warnings(record=True) as said,
    ):
        warnings.simplefilter("always")
        assert tried_kernel(tanh, False, (False,), 20, torch.float32, cpu) is None
    print(said[0].message)


def gradients(results: list, drawn: Drawn, adjoints: Iterable) -> Sequence:
    """Of all that a run gives."""
    options = {"allow_unused": True, "materialize_grads": True}
    return torch.autograd.grad(results, drawn.leaves, list(adjoints), **options)


def small(one: Run) -> Run:
    """The run in float32, with as many steps and sequences as take the interpreter a second."""
    return replace(one, wide=False, steps=min(one.steps, 5), batch=min(one.batch, 20))


def random(count: int, number: int) -> None:
    """Random cells and runs, as `test_random_cells.py` has them, in float32."""

    @seed(number)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=(Phase.generate, Phase.shrink),
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    @given(one=runs())
    def hold(one: Run) -> None:
        check(small(one))
        print(".", end="", flush=True)

    hold()
    print(f"\n{count} random cells are their equations")


def transforms() -> None:
    """autograd twice, torch.compile, vmap and autocast, as with the kernels of a CPU."""
    drawn = _draw(CELLS["gru"], 2, 3, 2, 4, dtype=torch.float32, rows="lengths")
    names = [name for name, weight in drawn.weights._asdict().items() if weight is not None]

    def states(*tensors: torch.Tensor) -> torch.Tensor:
        weights = Weights(**dict(zip(names, tensors[1:-1], strict=True)))
        return run(
            drawn.cell, weights, Sequences(tensors[0], tensors[-1:], **drawn.options)
        ).outputs

    def by(runner: Callable[..., Result]) -> list:
        first = torch.autograd.grad(drawn.by(runner).outputs.sin().sum(), drawn.leaves)
        output = drawn.by(runner).outputs.sin().sum()
        (again,) = torch.autograd.grad(output, drawn.leaves[:1], create_graph=True)
        return [*first, *torch.autograd.grad(again.pow(2).sum(), drawn.leaves)]

    close = partial(torch.testing.assert_close, rtol=1e-4, atol=1e-5)
    close(by(run), by(run_reference))
    print("autograd")
    compiled = torch.compile(states, fullgraph=True, backend="aot_eager")
    outputs = [one(*drawn.leaves) for one in (compiled, states)]
    found = [torch.autograd.grad(output.sin().sum(), drawn.leaves) for output in outputs]
    close(found[0], found[1])
    print("compile")
    many, rest = torch.randn(2, *drawn.x.shape), [leaf.detach() for leaf in drawn.leaves[1:]]
    each = torch.vmap(lambda x: states(x, *rest))(many)
    close(each, torch.stack([states(x, *rest) for x in many]))
    print("vmap")
    with torch.autocast("cpu", dtype=torch.bfloat16):
        close(states(*drawn.leaves), outputs[1])
    print("autocast")


if __name__ == "__main__":
    torch.set_num_threads(1)
    use_triton()
    kind, *rest = sys.argv[1:]
    match kind:
        case "some":
            library(rest, SOME)
        case "all":
            library(rest, ALL)
        case "random":
            random(int(rest[0]), int(rest[1]))
        case "torch":
            transforms()
            refused()
