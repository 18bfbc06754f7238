"""Random cells against their equations, and what else is made of a cell; see `random_cells`.

`make test` runs 60 cells, `make slow` 300 and `make fuzz` 5,000, or STEADFIT_FUZZ_CELLS. The cells
depend on STEADFIT_FUZZ_SEED, which `make fuzz` draws and prints.
"""

import os
import warnings
from collections.abc import Callable
from xml.etree import ElementTree

import pytest
import torch
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from torch import Tensor, nn

import steadfit as sf
from cells.planted_faults import FAULTS, GPU_FAULTS, plant
from cells.random_cells import OURS, Run, function, runs, sources
from cells.random_check import check, check_layer
from steadfit.cells import cell, equations, latex, svg
from steadfit.errors import SteadfitError

CELLS = int(os.environ.get("STEADFIT_FUZZ_CELLS", "60"))
SEED = int(os.environ.get("STEADFIT_FUZZ_SEED", "0"))
PARTS = 4  # for as many processes


def many(part: int, count: int) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """So many examples; those of another part are others."""

    def decorate(test: Callable[..., None]) -> Callable[..., None]:
        chosen = settings(
            max_examples=max(count, 1),
            database=None,
            derandomize=False,
            deadline=None,
            phases=(Phase.generate, Phase.shrink),
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        )
        return seed(SEED * PARTS + part)(chosen(test))

    return decorate


@pytest.mark.parametrize("part", range(PARTS))
def test_random_cells_are_their_equations(part: int) -> None:
    @many(part, CELLS // PARTS)
    @given(one=runs())
    def hold(one: Run) -> None:
        check(one)

    hold()


@pytest.mark.parametrize("part", range(2))
def test_layers_of_random_cells_are_their_equations(part: int) -> None:
    @many(part, CELLS // 20)
    @given(one=runs(), choice=st.randoms(use_true_random=False))
    def hold(one: Run, choice) -> None:
        check_layer(one, choice)

    hold()


def test_random_cells_can_be_described() -> None:
    @many(0, CELLS)
    @given(source=sources())
    def hold(source: str) -> None:
        one = cell(function(source, OURS))
        assert len(equations(one).splitlines()) >= len(one.states)
        assert latex(one).count("{") == latex(one).count("}")
        ElementTree.fromstring(svg(one))

    hold()


class Lengths(nn.Module):
    """A layer of this cell over padded sequences, both ways, with and without zoneout."""

    def __init__(self, source: str, zoneout: float) -> None:
        super().__init__()
        one = cell(function(source, OURS))
        self.layer = sf.nn.Recurrent(one, 3, 5, bidirectional=True, zoneout=zoneout)
        self.requires_grad_(False).eval()

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        output, final = self.layer(x, lengths=lengths)
        states = final if isinstance(final, tuple) else (final,)
        return torch.cat([output.sum(0), *(state.sum(0).repeat(1, 2) for state in states)])


EXAMPLE = torch.randn(4, 2, 3), torch.tensor([4, 1])
FREE = ({0: torch.export.Dim.DYNAMIC, 1: torch.export.Dim.DYNAMIC}, {0: torch.export.Dim.DYNAMIC})


@pytest.mark.parametrize("zoneout", [0.0, 0.2])
def test_random_cells_can_be_exported(zoneout: float) -> None:
    @many(0, CELLS // 60)
    @given(source=sources(), seed=st.integers(0, 99))
    def hold(source: str, seed: int) -> None:
        torch.manual_seed(seed)
        module = Lengths(source, zoneout)
        program = torch.export.export(module, EXAMPLE, dynamic_shapes=FREE)
        assert "steadfit" not in str(program.graph)
        for batch, steps in ((1, 1), (3, 9)):
            x, lengths = torch.randn(steps, batch, 3), torch.randint(1, steps + 1, (batch,))
            torch.testing.assert_close(program.module()(x, lengths), module(x, lengths))

    hold()


def test_random_cells_can_be_exported_to_onnx(tmp_path) -> None:
    from onnxruntime import InferenceSession

    @many(1, CELLS // 60)
    @given(source=sources(), seed=st.integers(0, 99))
    def hold(source: str, seed: int) -> None:
        torch.manual_seed(seed)
        module, names = Lengths(source, zoneout=0.2), ["x", "lengths"]
        free = ({0: "time", 1: "batch"}, {0: "batch"})
        file = tmp_path / "cell.onnx"
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")
            torch.onnx.export(
                module, EXAMPLE, file, input_names=names, dynamic_shapes=free, verbose=False
            )
        session = InferenceSession(file, providers=["CPUExecutionProvider"])
        for batch, steps in ((1, 1), (3, 9)):
            x, lengths = torch.randn(steps, batch, 3), torch.randint(1, steps + 1, (batch,))
            (found,) = session.run(None, {"x": x.numpy(), "lengths": lengths.numpy()})
            torch.testing.assert_close(torch.from_numpy(found), module(x, lengths))

    hold()


@pytest.mark.parametrize("fault", [*FAULTS, *GPU_FAULTS], ids=lambda fault: fault.name)
def test_faults_can_still_be_planted(fault, tmp_path) -> None:
    plant(fault, tmp_path)


def unchanged(x, h, c, *, gate):
    """A new state that is an old one, and one that does not depend on anything."""
    gate.unused(x, h)
    return c, 0 * h + 1


def late_reset(x, h, *, gate):
    """Reset before and after a product, a gate used twice, powers and quotients."""
    r = gate.reset(x, h)
    n = gate.after(h) / (1 + r**2) + gate.before(x, r * h) ** 3
    return n / (2 + r * r) - gate.reset(x, h)


@pytest.mark.parametrize("written", [unchanged, late_reset])
def test_what_the_language_allows_runs_rightly(written, draw) -> None:
    from cells.oracle import Sequences, unrolled
    from steadfit.cells import run

    drawn = draw(cell(written), 4, 3, 2, 5)
    named = {n: w for n, w in drawn.weights._asdict().items() if w is not None}
    steps = Sequences.padded(4, 3)
    states, final = unrolled(written, drawn.x.flatten(0, 1), named, drawn.states, steps)
    found = drawn.by(run)
    expected = [*(state.view(4, 3, 5) for state in states), *final]
    torch.testing.assert_close([*found.sequences, *found.final], expected)
    adjoints = [torch.ones_like(one) for one in expected]
    options = {"allow_unused": True, "materialize_grads": True}
    torch.testing.assert_close(
        torch.autograd.grad([*found.sequences, *found.final], drawn.leaves, adjoints, **options),
        torch.autograd.grad(expected, drawn.leaves, adjoints, **options),
    )


def constant(x, h, *, gate):
    gate.a(x, h)
    return 1.0


def the_input(x, h, *, gate):
    gate.a(x, h)
    return x


def root(x, h, *, gate):
    return gate.a(x, h) ** 0.5


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (constant, "must be computed"),
        (the_input, "must be computed"),
        (root, "a whole number"),
    ],
)
def test_what_cannot_run_is_refused_when_it_is_defined(written, said: str) -> None:
    with pytest.raises(SteadfitError, match=said):
        cell(written)
