"""Random cells against their equations, and what else is made of a cell; see `random_cells`.

`make test` runs 60 cells, `make slow` 300 and `make fuzz` 5,000, or STEADFIT_FUZZ_CELLS. The cells
depend on STEADFIT_FUZZ_SEED, which `make fuzz` draws and prints.
"""

import os
from collections.abc import Callable
from xml.etree import ElementTree

import pytest
import torch
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

import steadfit as sf
from cells.planted_faults import FAULTS, plant
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


@pytest.mark.parametrize("number", range(3))
def test_random_cells_can_be_exported(number: int) -> None:
    @many(number, 1)
    @given(source=sources())
    def hold(source: str) -> None:
        layer = sf.nn.Recurrent(cell(function(source, OURS)), 3, 5).eval()
        x = torch.randn(4, 2, 3)
        exported = torch.export.export(layer, (x,), dynamic_shapes=({0: torch.export.Dim("time")},))
        longer = torch.randn(9, 2, 3)
        torch.testing.assert_close(exported.module()(longer), layer(longer))

    hold()


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
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
