"""RNN, LSTM and GRU against torch.nn: outputs, final states and all gradients."""

import random
from itertools import product

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence

from steadfit import nn as ours

pytestmark = pytest.mark.filterwarnings("ignore:LSTM with projections is not supported with oneDNN")

TIME, BATCH, INPUT, HIDDEN = 6, 4, 3, 5
KINDS = {
    "RNN": (ours.RNN, nn.RNN, {}),
    "RNN relu": (ours.RNN, nn.RNN, {"nonlinearity": "relu"}),
    "LSTM": (ours.LSTM, nn.LSTM, {}),
    "LSTM projected": (ours.LSTM, nn.LSTM, {"proj_size": 2}),
    "GRU": (ours.GRU, nn.GRU, {}),
}
FORMS = ("padded", "unbatched", "packed", "packed unsorted", "lengths")


def sampled(count: int) -> list[tuple]:
    """Some of all combinations, each kind with each form among them."""
    rest = list(product((1, 2, 3), (False, True), (False, True), (False, True), (False, True)))
    draw = random.Random(0)
    return [
        (kind, form, *setting)
        for kind, form in product(KINDS, FORMS)
        for setting in draw.sample(rest, count)
    ]


def pair(kind: str, dtype: torch.dtype, **settings) -> tuple[ours.Recurrent, nn.RNNBase]:
    """Our layer with torch's weights."""
    mine, theirs, more = KINDS[kind]
    first, second = (k(INPUT, HIDDEN, dtype=dtype, **settings, **more) for k in (mine, theirs))
    first.load_state_dict(second.state_dict())
    return first, second


def given(form: str, batch_first: bool, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """The input, and lengths."""
    shape = (BATCH, TIME, INPUT) if batch_first else (TIME, BATCH, INPUT)
    x = torch.randn(shape[:1] + shape[-1:] if form == "unbatched" else shape, dtype=dtype)
    lengths = torch.tensor([6, 4, 4, 1] if form == "packed" else [2, 6, 1, 4])
    return x.requires_grad_(), lengths


def states(layer: nn.RNNBase, form: str, dtype: torch.dtype) -> list[Tensor]:
    """Initial states."""
    places = layer.num_layers * (2 if layer.bidirectional else 1)
    widths = [layer.proj_size or HIDDEN, HIDDEN][: 2 if isinstance(layer, nn.LSTM) else 1]
    batch = () if form == "unbatched" else (BATCH,)
    return [torch.randn(places, *batch, w, dtype=dtype, requires_grad=True) for w in widths]


def results(layer, x, form: str, lengths: Tensor, initial: list[Tensor], torchs: bool):
    """Output (padded or packed data) and final states as a list."""
    first = layer.batch_first
    hx = None if not initial else initial[0] if len(initial) == 1 else tuple(initial)
    if form in ("padded", "unbatched"):
        output, final = layer(x, hx)
    elif form == "lengths" and not torchs:
        output, final = layer(x, hx, lengths=lengths)
    else:
        packed = pack_padded_sequence(x, lengths, first, enforce_sorted=form == "packed")
        output, final = layer(packed, hx)
        assert isinstance(output, PackedSequence)
        if form == "lengths":
            output, _ = nn.utils.rnn.pad_packed_sequence(output, first, total_length=TIME)
        else:
            output = output.data
    return [output, *(final if isinstance(final, tuple) else [final])]


def gradients(leaves: list[Tensor], found: list[Tensor]) -> list[Tensor]:
    generator = torch.Generator().manual_seed(1)
    total = sum((f * torch.randn(f.shape, generator=generator).to(f.dtype)).sum() for f in found)
    return list(torch.autograd.grad(total, leaves))


@pytest.mark.parametrize(
    ("kind", "form", "layers", "bidirectional", "batch_first", "bias", "initial"), sampled(4)
)
def test_same_as_torch(kind, form, layers, bidirectional, batch_first, bias, initial) -> None:
    torch.manual_seed(0)
    settings = {
        "num_layers": layers,
        "bidirectional": bidirectional,
        "batch_first": batch_first,
        "bias": bias,
    }
    mine, theirs = pair(kind, torch.float64, **settings)
    x, lengths = given(form, batch_first, torch.float64)
    hx = states(theirs, form, torch.float64) if initial else []
    outcome = results(mine, x, form, lengths, hx, False)
    expected = results(theirs, x, form, lengths, hx, True)
    torch.testing.assert_close(outcome, expected, rtol=0, atol=1e-10)
    names = [name for name, _ in theirs.named_parameters()]
    assert [name for name, _ in mine.named_parameters()] == names
    torch.testing.assert_close(
        gradients([x, *hx, *mine.parameters()], outcome),
        gradients([x, *hx, *theirs.parameters()], expected),
        rtol=0,
        atol=1e-10,
    )


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", KINDS)
def test_same_as_torch_in_float32(kind: str, form: str) -> None:
    torch.manual_seed(0)
    mine, theirs = pair(kind, torch.float32, num_layers=2, bidirectional=True)
    x, lengths = given(form, False, torch.float32)
    outcome = results(mine, x, form, lengths, [], False)
    expected = results(theirs, x, form, lengths, [], True)
    ours_all = [*outcome, *gradients([x, *mine.parameters()], outcome)]
    theirs_all = [*expected, *gradients([x, *theirs.parameters()], expected)]
    for one, other in zip(ours_all, theirs_all, strict=True):
        assert (one - other).norm() <= 1e-5 * other.norm()


@pytest.mark.parametrize("kind", KINDS)
def test_same_seed_same_weights_as_torch(kind: str) -> None:
    mine, theirs, more = KINDS[kind]
    torch.manual_seed(3)
    first = mine(INPUT, HIDDEN, 2, bidirectional=True, **more).state_dict()
    torch.manual_seed(3)
    second = theirs(INPUT, HIDDEN, 2, bidirectional=True, **more).state_dict()
    assert list(first) == list(second)
    assert all(torch.equal(first[name], second[name]) for name in first)


@pytest.mark.parametrize("kind", KINDS)
def test_state_dict_loads_into_torch(kind: str) -> None:
    mine, theirs, more = KINDS[kind]
    first, second = (k(INPUT, HIDDEN, 2, bidirectional=True, **more) for k in (mine, theirs))
    second.load_state_dict(first.state_dict())
    x = torch.randn(TIME, BATCH, INPUT)
    torch.testing.assert_close(first(x), second(x))


@pytest.mark.parametrize("kind", KINDS)
def test_positional_arguments_are_torchs(kind: str) -> None:
    mine, theirs, more = KINDS[kind]
    nonlinearity = (more.get("nonlinearity", "tanh"),) if kind.startswith("RNN") else ()
    positional = (INPUT, HIDDEN, 2, *nonlinearity, False, True, 0.25, True)
    names = ("num_layers", "bias", "batch_first", "dropout", "bidirectional")
    first, second = mine(*positional), theirs(*positional)
    assert [getattr(first, n) for n in names] == [getattr(second, n) for n in names]
    assert {n: p.shape for n, p in first.named_parameters()} == {
        n: p.shape for n, p in second.named_parameters()
    }


def test_reset_before_does_not_take_torchs_state_dict() -> None:
    with pytest.raises(RuntimeError, match="bias_ih_l0"):
        ours.GRU(3, 5, reset_after=False).load_state_dict(nn.GRU(3, 5).state_dict())
