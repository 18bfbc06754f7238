"""What a torch module is expected to stand: compiling, transforms, copies, half precision."""

import copy
import pickle

import pytest
import torch
from torch import Tensor, nn
from torch.func import functional_call, grad, stack_module_state, vmap
from torch.nn.utils.rnn import pack_padded_sequence

from steadfit import nn as ours
from steadfit.cells import cell, tanh
from steadfit.errors import SteadfitError
from steadfit.nn import GRU, LSTM, RNN, Recurrent

EVERYTHING = {
    "num_layers": 2,
    "bidirectional": True,
    "dropout": 0.3,
    "recurrent_dropout": 0.3,
    "zoneout": 0.1,
    "weight_drop": 0.3,
    "residual": True,
    "learn_initial_state": True,
}
LENGTHS = torch.tensor([2, 7, 1, 4])


@pytest.fixture
def x() -> Tensor:
    torch.manual_seed(0)
    return torch.randn(7, 4, 3)


@pytest.fixture
def layer() -> LSTM:
    torch.manual_seed(1)
    return LSTM(3, 5, **EVERYTHING)


@pytest.mark.parametrize("lengths", [None, LENGTHS])
@pytest.mark.parametrize("training", [True, False])
def test_compiles_as_one_graph(layer: LSTM, x: Tensor, lengths, training: bool) -> None:
    torch._dynamo.reset()
    layer.train(training)
    compiled = torch.compile(layer, fullgraph=True, backend="aot_eager")
    found = []
    for call in (compiled, layer):
        torch.manual_seed(2)
        output, (h, c) = call(x, lengths=lengths)
        loss = output.square().sum() + h.sum() + c.sum()
        found.append([output, *torch.autograd.grad(loss, list(layer.parameters()))])
    torch.testing.assert_close(*found)


@pytest.mark.parametrize("kind", [RNN, LSTM, GRU])
def test_gradients_by_transform(kind: type[Recurrent], x: Tensor) -> None:
    layer = kind(3, 5, 2, bidirectional=True)
    parameters = dict(layer.named_parameters())

    def loss(values: dict[str, Tensor], x: Tensor) -> Tensor:
        return functional_call(layer, values, (x,))[0].square().sum()

    found = grad(loss)(parameters, x)
    expected = torch.autograd.grad(loss(parameters, x), list(parameters.values()))
    torch.testing.assert_close(list(found.values()), list(expected))
    each = vmap(grad(loss), in_dims=(None, 1))(parameters, x)
    summed = [one.sum(0) for one in each.values()]
    torch.testing.assert_close(summed, list(expected))


def test_ensemble_by_vmap(x: Tensor) -> None:
    layers = [LSTM(3, 5, **EVERYTHING) for _ in range(3)]
    values, _ = stack_module_state(layers)

    def call(one: dict[str, Tensor]) -> Tensor:
        return functional_call(layers[0], one, (x,))[0]

    different = vmap(call, randomness="different")(values)
    assert different.shape == (3, 7, 4, 10)
    for layer in layers:
        layer.eval()
    torch.testing.assert_close(vmap(call)(values), torch.stack([one(x)[0] for one in layers]))


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
def test_double_backward_is_torchs(kind: str, x: Tensor) -> None:
    mine, theirs = (getattr(module, kind)(3, 5, 2).double() for module in (ours, nn))
    mine.load_state_dict(theirs.state_dict())
    found = []
    for layer in (mine, theirs):
        leaves = [x.double().requires_grad_(), *layer.parameters()]
        loss = layer(leaves[0])[0].square().sum()
        first = torch.autograd.grad(loss, leaves, create_graph=True)
        found.append(torch.autograd.grad(sum(g.square().sum() for g in first), leaves))
    torch.testing.assert_close(*found, rtol=0, atol=1e-9)


def test_evaluation_has_gradients(layer: LSTM, x: Tensor) -> None:
    layer.eval()(x)[0].sum().backward()
    assert all(p.grad is not None for p in layer.parameters())


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))])
def test_copies(layer: LSTM, x: Tensor, copied) -> None:
    other = copied(layer)
    torch.manual_seed(2)
    expected = layer(x)[0]
    torch.manual_seed(2)
    assert torch.equal(other(x)[0], expected)
    assert repr(other) == repr(layer)
    assert "recurrent_dropout=0.3" in repr(layer)


def test_autocast(layer: LSTM, x: Tensor) -> None:
    layer.eval()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        output, _ = layer(x.bfloat16())
    output.float().sum().backward()
    torch.testing.assert_close(output.float(), layer(x)[0], rtol=0.02, atol=0.02)


def test_bfloat16(layer: LSTM, x: Tensor) -> None:
    layer.eval()
    expected = layer(x)[0]
    output = layer.bfloat16()(x.bfloat16())[0]
    assert output.dtype == torch.bfloat16
    torch.testing.assert_close(output.float(), expected, rtol=0.05, atol=0.05)


@pytest.mark.parametrize("time_batch", [(0, 4), (7, 0)])
def test_nothing_to_run_over(layer: LSTM, x: Tensor, time_batch: tuple[int, int]) -> None:
    time, batch = time_batch
    output, (h, _) = layer(x[:time, :batch])
    assert output.shape == (time, batch, 10)
    assert h.shape == (4, batch, 5)


def test_shapes_without_numbers(layer: LSTM, x: Tensor) -> None:
    output, (h, _) = layer.to("meta")(x.to("meta"))
    assert (output.shape, h.shape) == ((7, 4, 10), (4, 4, 5))


def test_a_cell_that_no_other_process_would_find_is_not_pickled() -> None:
    @cell
    def local(x, h, *, gate):
        return tanh(gate.only(x, h))

    with pytest.raises(SteadfitError, match="The cell local must be a variable of its module"):
        pickle.dumps(Recurrent(local, 3, 5))


def test_lengths_of_nothing_leave_states_as_they_were(x: Tensor) -> None:
    layer = LSTM(3, 5)
    states = torch.randn(2, 1, 4, 5, requires_grad=True)
    output, final = layer(x, tuple(states), lengths=torch.zeros(4, dtype=torch.int64))
    assert not output.any()
    torch.testing.assert_close(torch.stack(final), states)
    total = output.sum() + (final[0] * 2 + final[1] * 3).sum()
    first, *rest = torch.autograd.grad(total, [states, *layer.parameters()])
    assert (first[0] == 2).all()
    assert (first[1] == 3).all()
    assert not any(gradient.any() for gradient in rest)


def test_a_parametrized_weight_is_used(x: Tensor) -> None:
    layer = GRU(3, 5)
    nn.utils.parametrizations.weight_norm(layer, "weight_hh_l0")
    before = layer(x)[0]
    torch.testing.assert_close(before, layer(x)[0])
    with torch.no_grad():
        layer.parametrizations["weight_hh_l0"].original0.mul_(2)
    assert not torch.equal(layer(x)[0], before)


@pytest.mark.parametrize("form", ["lengths", "packed"])
def test_each_sequence_is_as_if_alone(x: Tensor, form: str) -> None:
    layer = LSTM(3, 5, 2, bidirectional=True, batch_first=True, residual=True)
    batch = x.transpose(0, 1)
    if form == "lengths":
        output, (h, c) = layer(batch, lengths=LENGTHS)
    else:
        packed = pack_padded_sequence(batch, LENGTHS, True, enforce_sorted=False)
        output, (h, c) = layer(packed)
        output, _ = nn.utils.rnn.pad_packed_sequence(output, True)
    for place, length in enumerate(LENGTHS.tolist()):
        alone, (h_alone, c_alone) = layer(batch[place, :length])
        torch.testing.assert_close(output[place, :length], alone)
        torch.testing.assert_close([h[:, place], c[:, place]], [h_alone, c_alone])
        assert not output[place, length:].any()
