"""The compiled kernels against the reference, at sizes drawn at random."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from steadfit.cells import (
    CELLS,
    Result,
    Sequences,
    Weights,
    cell,
    find,
    maximum,
    minimum,
    run,
    run_reference,
    sigmoid,
    tanh,
)

sizes = st.sampled_from([1, 2, 3, 5, 7, 8, 15, 16, 17, 31, 33, 48])


@cell
def odd(x, h, m, *, gate, peephole):
    """Two stages, two states in a gate, a peephole, every kind of operation."""
    a = sigmoid(gate.first(x, h, m) + peephole.one * m)
    b = gate.second(a * h - m)
    m = maximum(minimum(m + a / (1 + b * b), 3.0), -0.5 * h)
    return tanh(m) * a - -h / 4, m


TESTED = [*CELLS.values(), odd]


def outputs(result: Result) -> list[Tensor]:
    return [*result.sequences, *result.final]


def check_close(drawn, tolerance: float) -> None:
    ours, reference = drawn.by(run), drawn.by(run_reference)
    for a, b in zip(outputs(ours), outputs(reference), strict=True):
        torch.testing.assert_close(
            a, b, rtol=0, atol=tolerance * max(1, float(b.detach().abs().max()))
        )
    for a, b in zip(drawn.gradients(ours), drawn.gradients(reference), strict=True):
        assert (a - b).norm() <= tolerance * (1 + b.norm())


@pytest.mark.parametrize("one", TESTED, ids=lambda one: one.name)
@settings(max_examples=12, deadline=None, derandomize=True)
@given(
    time=st.integers(1, 6),
    batch=sizes,
    input=sizes,
    hidden=sizes,
    rows=st.sampled_from(["padded", "lengths", "batch_sizes"]),
    reverse=st.booleans(),
    bias=st.booleans(),
    seed=st.integers(0, 99),
)
def test_kernel_is_the_reference(draw, one, time, batch, input, hidden, rows, reverse, bias, seed):
    drawn = draw(one, time, batch, input, hidden, seed=seed, rows=rows, reverse=reverse, bias=bias)
    check_close(drawn, 1e-10)


@pytest.mark.parametrize("name", ["lstm", "gru"])
@pytest.mark.parametrize("mask", [False, True])
@pytest.mark.parametrize("zoneout", [False, True])
@pytest.mark.parametrize("rows", ["padded", "lengths", "batch_sizes"])
def test_masks_inside_the_kernel(draw, name: str, mask: bool, zoneout: bool, rows: str) -> None:
    drawn = draw(find(name), 5, 4, 3, 18, rows=rows, mask=mask, zoneout=zoneout)
    check_close(drawn, 1e-10)


@pytest.mark.parametrize("name", ["lstm", "gru", "gru_reset_after"])
def test_float32(draw, name: str) -> None:
    drawn = draw(find(name), 20, 9, 30, 70, dtype=torch.float32)
    check_close(drawn, 1e-5)


def test_large_values_saturate_and_nan_spreads(draw) -> None:
    drawn = draw(find("lstm"), 3, 2, 3, 5, dtype=torch.float32)
    with torch.no_grad():
        drawn.x.mul_(1e6)
    torch.testing.assert_close(drawn.by(run).outputs, drawn.by(run_reference).outputs)
    with torch.no_grad():
        drawn.x[1, 0, 0] = float("nan")
    outputs = drawn.by(run).outputs
    assert outputs[1:, 0].isnan().all()
    assert outputs[:, 1].isfinite().all()


@pytest.mark.parametrize("name", ["lstm", "gru", "peephole_lstm"])
@pytest.mark.parametrize("batch", [1, 3, 32])
def test_bits_do_not_depend_on_threads(draw, name: str, batch: int) -> None:
    drawn = draw(find(name), 7, batch, 40, 130, dtype=torch.float32, rows="lengths")
    before, found = torch.get_num_threads(), []
    try:
        for threads in (1, 2, 3):
            torch.set_num_threads(threads)
            result = drawn.by(run)
            found.append([*outputs(result), *drawn.gradients(result)])
    finally:
        torch.set_num_threads(before)
    for other in found[1:]:
        assert all(torch.equal(a, b) for a, b in zip(found[0], other, strict=True))


def test_functions_to_a_few_last_places() -> None:
    @cell
    def bare(x, s, t, *, gate):
        return sigmoid(gate.s(x)), tanh(gate.t(x))

    values = torch.cat([torch.linspace(-12, 12, 4001), torch.logspace(-8, 0, 1000)])
    states = run(bare, Weights(torch.ones(2, 1)), Sequences(values.reshape(1, -1, 1))).sequences
    exact = values.double()
    for found, wanted in zip(states, (exact.sigmoid(), exact.tanh()), strict=True):
        error = ((found.flatten().double() - wanted) / wanted).abs().max()
        assert error < 4 * torch.finfo(torch.float32).eps
