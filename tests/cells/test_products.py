"""Each product of a kernel takes its own block of the weights and its own value of the step.

Cells whose products are easily mixed up, against their equations run step by step.
"""

import pytest
import torch

import steadfit as sf
from cells.oracle import Sequences, unrolled
from steadfit.cells import Cell, cell, run, run_reference, sigmoid, tanh


@cell
def between(x, h, c, *, gate):
    """Neighbouring gates take h, c and h: only the first and the last take the same state."""
    i = sigmoid(gate.i(x, h))
    f = sigmoid(gate.f(x, c))
    o = sigmoid(gate.o(x, h))
    c = f * c + i
    return o * tanh(c), c


@cell
def twice(x, h, *, gate):
    """A gate with two matrices for one state."""
    return tanh(gate.a(x, h, h))


@cell
def twice_among_others(x, h, c, *, gate):
    """The state that is taken twice is not the first, and a neighbour takes it once."""
    a = gate.a(x, c, h, c)
    b = gate.b(h, x, c)
    return tanh(a * b), sigmoid(a) * c - b


@cell
def twice_computed(x, h, *, gate):
    """A value of the step is taken twice, and by a gate of a later stage once more."""
    r = sigmoid(gate.r(x, h)) * h
    a = tanh(gate.a(x, r, r))
    return tanh(gate.b(r, a)) - h


@cell
def late(x, h, c, *, gate):
    """One state at two stages, and the gates' order is not that of the stages."""
    r = sigmoid(gate.r(x, h))
    n = tanh(gate.n(r * c, h, c))
    z = sigmoid(gate.z(h, x))
    return n * z + (1 - z) * c, h


CELLS = [between, twice, twice_among_others, twice_computed, late]


@pytest.mark.parametrize("mask", [False, True])
@pytest.mark.parametrize("runner", [run, run_reference])
@pytest.mark.parametrize("one", CELLS, ids=lambda one: one.name)
def test_kernel_and_reference_are_the_equations(draw, one: Cell, runner, mask: bool) -> None:
    drawn = draw(one, 7, 4, 3, 5, mask=mask)
    names = [name for name, weight in drawn.weights._asdict().items() if weight is not None]
    x = drawn.x
    states, final = unrolled(
        one.equations,
        x.flatten(0, 1),
        {name: getattr(drawn.weights, name) for name in names},
        drawn.states,
        Sequences.padded(7, 4),
        recurrent_mask=drawn.options.get("recurrent_mask"),
    )
    expected = [*(state.view(7, 4, -1) for state in states), *final]
    found = drawn.by(runner)
    ours = [*found.sequences, *found.final]
    torch.testing.assert_close(ours, expected, rtol=0, atol=1e-11)
    torch.manual_seed(1)
    adjoints = [torch.randn_like(one) for one in expected]
    options = {"allow_unused": True, "materialize_grads": True}
    torch.testing.assert_close(
        torch.autograd.grad(ours, drawn.leaves, adjoints, **options),
        torch.autograd.grad(expected, drawn.leaves, adjoints, **options),
        rtol=1e-9,
        atol=1e-9,
    )


def test_named_values_of_a_step_take_their_own_blocks() -> None:
    torch.manual_seed(0)
    layer = sf.nn.Recurrent(twice_among_others, 3, 5, dtype=torch.float64)
    x = torch.randn(6, 2, 3, dtype=torch.float64)
    (steps,) = layer.unroll(x)
    h, c = steps.states["h"][-2], steps.states["c"][-2]
    first, second, third, fourth, fifth = layer.weight_hh_l0.chunk(5)
    wanted = x[-1] @ layer.weight_ih_l0[:5].T + c @ first.T + h @ second.T + c @ third.T
    torch.testing.assert_close(steps.values["a"][-1], wanted + layer.bias_l0[:5])
    wanted = x[-1] @ layer.weight_ih_l0[5:].T + h @ fourth.T + c @ fifth.T
    torch.testing.assert_close(steps.values["b"][-1], wanted + layer.bias_l0[5:])
