"""Cells on a GPU, against the reference in float64."""

from dataclasses import replace

import pytest
import torch

import steadfit as sf
from steadfit.cells import CELLS, find, run, run_reference

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="torch sees no GPU"),
]


def moved(drawn, dtype: torch.dtype, device: str):
    """The same numbers as another type on another device, as leaves of their own."""

    def move(value):
        if isinstance(value, list):
            return [move(one) for one in value]
        if not isinstance(value, torch.Tensor) or not value.is_floating_point():
            return value
        return value.detach().to(device, dtype).requires_grad_(value.requires_grad)

    return replace(
        drawn,
        x=move(drawn.x),
        weights=drawn.weights._make(
            None if weight is None else move(weight) for weight in drawn.weights
        ),
        states=tuple(map(move, drawn.states)),
        options={name: move(value) for name, value in drawn.options.items()},
    )


def results(drawn, runner) -> list[torch.Tensor]:
    """All that a run gives, and the gradients of its sum of sines."""
    result = drawn.by(runner)
    given = [*result.sequences, *result.final]
    loss = sum(one.sin().sum() for one in given)
    options = {"allow_unused": True, "materialize_grads": True}
    return [*given, *torch.autograd.grad(loss, drawn.leaves, **options)]


def assert_close(found: list[torch.Tensor], wanted: list[torch.Tensor]) -> None:
    for a, b in zip(found, wanted, strict=True):
        assert (a.cpu().double() - b).norm() <= 1e-4 * (1 + b.norm())


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("rows", ["padded", "lengths", "batch_sizes"])
@pytest.mark.parametrize("name", CELLS)
def test_kernels(draw, name: str, rows: str, masked: bool) -> None:
    for hidden, reverse in ((5, False), (40, True), (130, False)):
        drawn = draw(
            find(name), 9, 33, 7, hidden, rows=rows, mask=masked, zoneout=masked, reverse=reverse
        )
        exact, ours = moved(drawn, torch.float64, "cpu"), moved(drawn, torch.float32, "cuda")
        assert_close(results(ours, run), results(exact, run_reference))


@pytest.mark.parametrize("name", CELLS)
def test_kernels_in_bfloat16(draw, name: str) -> None:
    """No further from the exact results than a few times what torch is, step by step."""
    drawn = moved(draw(find(name), 9, 33, 7, 40, rows="lengths"), torch.bfloat16, "cuda")
    exact = results(moved(drawn, torch.float64, "cpu"), run_reference)
    for ours, steps, wanted in zip(
        results(drawn, run), results(drawn, run_reference), exact, strict=True
    ):
        found, usual = ((one.cpu().double() - wanted).norm() for one in (ours, steps))
        assert found <= 3 * usual + 0.01 * (1 + wanted.norm())


@pytest.mark.parametrize("rows", ["padded", "lengths"])
@pytest.mark.parametrize("name", ["lstm", "gru_reset_after", "rnn", "gru", "peephole_lstm"])
def test_layers(name: str, rows: str) -> None:
    torch.manual_seed(0)
    layer = sf.nn.Recurrent(name, 6, 20, num_layers=2, bidirectional=True)
    x, lengths = torch.randn(11, 7, 6), torch.randint(0, 12, (7,))
    chosen = {"lengths": lengths} if rows == "lengths" else {}
    wanted = layer.double()(x.double(), **chosen)[0]
    found = layer.float().cuda()(x.cuda(), **chosen)[0]
    assert_close([found], [wanted])


@pytest.mark.parametrize("name", ["lstm", "gru"])
def test_second_derivatives_compile_and_autocast(name: str) -> None:
    layer = sf.nn.Recurrent(name, 4, 20).cuda()
    x = torch.randn(5, 3, 4, device="cuda", requires_grad=True)
    (first,) = torch.autograd.grad(layer(x)[0].sin().sum(), x, create_graph=True)
    first.pow(2).sum().backward()
    assert layer.weight_hh_l0.grad is not None
    with torch.no_grad():
        wanted = layer(x)[0]
        torch.testing.assert_close(torch.compile(layer)(x)[0], wanted, rtol=1e-4, atol=1e-5)
        with torch.autocast("cuda", dtype=torch.bfloat16):
            assert layer(x)[0].dtype == torch.float32
