"""Cells among torch's transformations: second derivatives, compile, vmap, func.grad, autocast."""

import pytest
import torch
from torch import Tensor

from steadfit.cells import CELLS, Sequences, Weights, cell, find, relu, run, sigmoid, tanh
from steadfit.errors import SteadfitError


def function(drawn, names):
    """A run as a function of its tensors alone."""

    def call(x: Tensor, *rest: Tensor) -> tuple[Tensor, ...]:
        weights = Weights(**dict(zip(names, rest, strict=False)))
        given = Sequences(x, rest[len(names) :], **drawn.options)
        result = run(drawn.cell, weights, given)
        return (*result.sequences, *result.final)

    return call


def names_of(drawn) -> list[str]:
    return [name for name, weight in drawn.weights._asdict().items() if weight is not None]


@pytest.mark.parametrize("one", CELLS.values(), ids=CELLS)
def test_first_and_second_derivatives(draw, one) -> None:
    drawn = draw(one, 3, 2, 2, 3)
    call = function(drawn, names_of(drawn))
    assert torch.autograd.gradcheck(call, drawn.leaves)
    assert torch.autograd.gradgradcheck(call, drawn.leaves)


@pytest.mark.parametrize("rows", ["padded", "lengths"])
def test_compile_and_func_and_vmap(draw, rows: str) -> None:
    drawn = draw(find("lstm"), 4, 3, 2, 5, rows=rows, mask=True)
    call = function(drawn, names_of(drawn))

    def loss(*tensors: Tensor) -> Tensor:
        return sum((t.sin().sum() for t in call(*tensors)), torch.zeros(()))

    wanted = torch.autograd.grad(loss(*drawn.leaves), drawn.leaves)
    compiled = torch.compile(loss, fullgraph=True, backend="aot_eager")
    found = torch.autograd.grad(compiled(*drawn.leaves), drawn.leaves)
    torch.testing.assert_close(found, wanted)
    functional = torch.func.grad(loss, argnums=tuple(range(len(wanted))))(*drawn.leaves)
    torch.testing.assert_close(functional, wanted)
    many = torch.randn(3, *drawn.x.shape, dtype=torch.float64)
    rest = drawn.leaves[1:]
    each = torch.vmap(lambda x: call(x, *rest)[0])(many)
    torch.testing.assert_close(each, torch.stack([call(x, *rest)[0] for x in many]))


def test_operator_keeps_torchs_rules(draw) -> None:
    drawn = draw(find("gru"), 3, 2, 2, 3)
    text = f"{drawn.cell.key} input,recurrent,bias 0 0 padded 0"
    arguments = ([t.detach().requires_grad_() for t in drawn.leaves], text, True)
    torch.library.opcheck(torch.ops.steadfit.cell.default, arguments)


def test_autocast_keeps_float32(draw) -> None:
    drawn = draw(find("lstm"), 3, 2, 4, 5, dtype=torch.float32)
    exact = drawn.by(run).outputs
    with torch.autocast("cpu", dtype=torch.bfloat16):
        short = run(drawn.cell, drawn.weights, Sequences(drawn.x.bfloat16(), drawn.states)).outputs
    assert short.dtype == torch.float32
    torch.testing.assert_close(short, exact, rtol=0, atol=0.02)


def test_a_frozen_input_gets_no_gradient_and_stays_frozen(draw) -> None:
    drawn = draw(find("gru"), 3, 2, 4, 5)
    x = drawn.x.detach()
    output = run(drawn.cell, drawn.weights, Sequences(x, drawn.states)).outputs
    first = torch.autograd.grad(output.sum(), drawn.weights.input, create_graph=True)[0]
    first.pow(2).sum().backward()
    assert not x.requires_grad
    assert drawn.weights.recurrent.grad is not None


def test_without_a_compiler_the_reference_runs_and_says_so(draw, monkeypatch) -> None:
    from steadfit.cells import build, compiled

    @cell
    def never_compiled(x, h, *, gate):
        return relu(gate.only(x, h))

    drawn = draw(never_compiled, 3, 2, 2, 3)
    monkeypatch.setenv("CXX", "no-such-compiler")
    build.compiler.cache_clear()
    compiled.warn_once.cache_clear()
    with pytest.warns(UserWarning, match="no-such-compiler"):
        result = drawn.by(run)
    gradients = drawn.gradients(result)
    build.compiler.cache_clear()
    from steadfit.cells import run_reference

    torch.testing.assert_close(result.outputs, drawn.by(run_reference).outputs)
    wanted = drawn.gradients(drawn.by(run_reference))
    torch.testing.assert_close(gradients, wanted)


def test_wrong_shapes_are_named(draw) -> None:
    drawn = draw(find("lstm"), 3, 2, 4, 5)
    h, c = drawn.states
    with pytest.raises(SteadfitError, match=r"initial state c must be \(2, 5\)"):
        run(drawn.cell, drawn.weights, Sequences(drawn.x, (h, c[:, :3])))
    with pytest.raises(SteadfitError, match="float64"):
        run(drawn.cell, drawn.weights, Sequences(drawn.x, (h.float(), c.float())))
    gru = draw(find("gru"), 3, 2, 4, 5)
    weights = gru.weights._replace(projection=torch.ones(2, 5, dtype=torch.float64))
    with pytest.raises(SteadfitError, match="projection"):
        run(gru.cell, weights, Sequences(gru.x))


def refused_if(x, h, *, gate):
    if h > 0:
        return h
    return gate.a(x, h)


def refused_foreign(x, h, *, gate):
    return torch.sigmoid(gate.a(x, h))


def refused_input(x, h, *, gate):
    return h + tanh(x)


def refused_twice(x, h, *, gate):
    return sigmoid(gate.a(x)) + gate.a(h)


def refused_count(x, h, c, *, gate):
    return gate.a(x, h)


@pytest.mark.parametrize(
    ("equations", "found"),
    [
        (refused_if, "`h > 0`"),
        (refused_foreign, "`torch.sigmoid(gate.a(x, h))`"),
        (refused_input, "`tanh(x)`"),
        (refused_twice, "`gate.a(h)`"),
        (refused_count, "must return the 2 new state"),
    ],
)
def test_refused_cells_point_at_the_expression(equations, found: str) -> None:
    with pytest.raises(SteadfitError) as caught:
        cell(equations)
    assert found in str(caught.value)
    assert f"{__file__}:" in str(caught.value)
