"""The route to cuDNN: when it is taken, and its numbers by torch's same functions on the CPU."""

import sys
from dataclasses import replace
from itertools import product

import pytest
import torch

import steadfit as sf
from cells.conftest import outputs
from steadfit.cells import CELLS, Sequences, find, run, run_reference
from steadfit.cells.cudnn import run_cudnn, suits
from steadfit.cells.interface import check

RUN = sys.modules["steadfit.cells.run"]  # the module, whose name its function has
KNOWN = ("rnn", "rnn_relu", "lstm", "gru_reset_after")


def by_cudnn(cell, weights, sequences: Sequences):
    return run_cudnn(cell, weights, check(cell, weights, sequences))


@pytest.mark.parametrize("name", CELLS)
def test_the_decision(name: str) -> None:
    for masked, device in product((False, True), ("cpu", "cuda", "mps", "meta")):
        expected = name in KNOWN and not masked and device == "cuda"
        assert suits(find(name), masked, device) == expected


def in_float64(drawn):
    """The same numbers, as leaves of their own."""

    def wide(tensor):
        return None if tensor is None else tensor.detach().double().requires_grad_()

    return replace(
        drawn,
        x=wide(drawn.x),
        weights=drawn.weights._make(map(wide, drawn.weights)),
        states=tuple(map(wide, drawn.states)),
    )


def gradients_of(drawn, result, adjoints):
    """Of the outputs and the final states, the same from every way."""
    given = [result.outputs, *result.final]
    return torch.autograd.grad(given, drawn.leaves, adjoints)


@pytest.mark.parametrize("rows", ["padded", "lengths", "batch_sizes"])
@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("name", KNOWN)
def test_numbers(draw, name: str, reverse: bool, rows: str) -> None:
    for dtype, tolerance in ((torch.float64, 1e-10), (torch.float32, 1e-4)):
        options = {"rows": rows, "reverse": reverse, "bias": not reverse}
        drawn = draw(find(name), 7, 5, 3, 6, dtype=dtype, **options)
        exact = in_float64(drawn)
        found = drawn.by(by_cudnn)
        adjoints = [torch.randn_like(one) for one in (found.outputs, *found.final)]
        ours = [found.outputs, *found.final, *gradients_of(drawn, found, adjoints)]
        for problem, way in ((exact, run_reference), (drawn, run)):
            wanted = problem.by(way)
            others = [a.to(problem.x.dtype) for a in adjoints]
            theirs = [wanted.outputs, *wanted.final, *gradients_of(problem, wanted, others)]
            for a, b in zip(ours, theirs, strict=True):
                assert a.shape == b.shape
                assert (a - b).norm() <= tolerance * (1 + b.norm())


def test_a_projected_output(draw) -> None:
    drawn = draw(find("lstm"), 5, 3, 4, 6, rows="lengths")
    generator = torch.Generator().manual_seed(3)

    def normal(*shape: int) -> torch.Tensor:
        return torch.randn(shape, generator=generator, dtype=torch.float64)

    weights = drawn.weights._replace(recurrent=normal(24, 2) / 3, projection=normal(2, 6) / 3)
    given = Sequences(drawn.x, (normal(3, 2), normal(3, 6)), lengths=drawn.options["lengths"])
    found, wanted = (way(drawn.cell, weights, given) for way in (by_cudnn, run_reference))
    torch.testing.assert_close([found.outputs, *found.final], [wanted.outputs, *wanted.final])


@pytest.mark.parametrize("name", KNOWN)
def test_second_derivatives_are_the_references(draw, name: str) -> None:
    drawn = draw(find(name), 4, 3, 2, 3, rows="lengths")
    seconds = []
    for way in (by_cudnn, run_reference):
        result = drawn.by(way)
        first = torch.autograd.grad(result.outputs.sin().sum(), drawn.leaves, create_graph=True)
        loss = sum((g.pow(2).sum() for g in first), torch.zeros(()))
        seconds.append(torch.autograd.grad(loss, drawn.leaves))
    torch.testing.assert_close(*seconds)


def test_outputs_may_be_changed_in_place_and_gradients_be_had_twice(draw) -> None:
    drawn = draw(find("lstm"), 4, 3, 2, 3)
    result = drawn.by(by_cudnn)
    result.outputs.mul_(2)
    wanted = torch.autograd.grad(drawn.by(run).outputs.mul(2).sum(), drawn.leaves)
    for _ in range(2):
        found = torch.autograd.grad(result.outputs.sum(), drawn.leaves, retain_graph=True)
        torch.testing.assert_close(found, wanted)


def test_batched_gradients(draw) -> None:
    drawn = draw(find("gru_reset_after"), 4, 3, 2, 3)
    adjoints = torch.randn(2, 4, 3, 3, dtype=torch.float64)
    found, wanted = (
        torch.autograd.grad(drawn.by(way).outputs, drawn.leaves, adjoints, is_grads_batched=True)
        for way in (by_cudnn, run_reference)
    )
    torch.testing.assert_close(found, wanted)


def test_only_what_wants_gradients_gets_them(draw) -> None:
    drawn = draw(find("lstm"), 4, 3, 2, 3)
    drawn.x.requires_grad_(False)
    drawn.weights.recurrent.requires_grad_(False)
    drawn.by(by_cudnn).outputs.sum().backward()
    assert drawn.x.grad is None
    assert drawn.weights.recurrent.grad is None
    assert drawn.weights.input.grad is not None


@pytest.mark.parametrize("rows", ["padded", "lengths", "packed"])
@pytest.mark.parametrize("name", KNOWN)
def test_layers_take_the_route(monkeypatch, name: str, rows: str) -> None:
    """Both directions, two layers, weight drop: as by kernels, with the decision forced."""
    torch.manual_seed(0)
    layer = sf.nn.Recurrent(
        name, 3, 5, num_layers=2, bidirectional=True, weight_drop=0.4, learn_initial_state=True
    ).double()
    x, lengths = torch.randn(6, 4, 3, dtype=torch.float64), torch.tensor([6, 0, 2, 6])
    packed = torch.nn.utils.rnn.pack_padded_sequence(x, lengths.clamp(1), enforce_sorted=False)
    taken = []

    def results() -> list[torch.Tensor]:
        generator = torch.Generator().manual_seed(1)
        given = packed if rows == "packed" else x
        chosen = {"lengths": lengths} if rows == "lengths" else {}
        output, final = layer(given, generator=generator, **chosen)
        output = output.data if rows == "packed" else output
        loss = output.sin().sum() + sum(state.cos().sum() for state in final)
        return [output, *final, *torch.autograd.grad(loss, list(layer.parameters()))]

    def forced(cell, weights, sequences):
        taken.append(cell)
        return run_cudnn(cell, weights, sequences)

    wanted = results()
    monkeypatch.setattr(RUN, "suits", lambda *_: True)
    monkeypatch.setattr(RUN, "run_cudnn", forced)
    torch.testing.assert_close(results(), wanted)
    assert len(taken) == 4


def test_masks_and_unrolling_do_not_take_the_route(monkeypatch) -> None:
    monkeypatch.setattr(RUN, "suits", lambda cell, masked, device: suits(cell, masked, "cuda"))
    monkeypatch.setattr(RUN, "run_cudnn", lambda *_: pytest.fail("the route was taken"))
    x = torch.randn(4, 2, 3)
    sf.nn.Recurrent("lstm", 3, 5, recurrent_dropout=0.2)(x)
    sf.nn.Recurrent("lstm", 3, 5, zoneout=0.2)(x)
    sf.nn.Recurrent("gru", 3, 5)(x)
    assert outputs(run(find("rnn"), *_plain_run(x)))
    (steps,) = sf.nn.Recurrent("lstm", 3, 5).unroll(x)
    assert steps.states["c"].shape == (4, 2, 5)


def _plain_run(x: torch.Tensor):
    layer = sf.nn.Recurrent("rnn", 3, 5)
    return layer._form.weights(layer, "l0"), Sequences(x)
