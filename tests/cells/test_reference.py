"""The reference against torch.nn in float64: outputs, final states and all gradients."""

import pytest
import torch
from torch import Tensor, nn

from steadfit.cells import Sequences, Weights, find, join_biases, run_reference

TORCH = {"rnn": nn.RNN, "rnn_relu": nn.RNN, "lstm": nn.LSTM, "gru_reset_after": nn.GRU}


def torch_layer(name: str, input: int, hidden: int, projection: int = 0) -> nn.RNNBase:
    options = {"nonlinearity": "relu"} if name == "rnn_relu" else {}
    if projection:
        options["proj_size"] = projection
    return TORCH[name](input, hidden, dtype=torch.float64, **options)


def weights_of(name: str, layer: nn.RNNBase) -> Weights:
    held = dict(layer.named_parameters())
    return Weights(
        input=held["weight_ih_l0"],
        recurrent=held["weight_hh_l0"],
        bias=join_biases(find(name), held["bias_ih_l0"], held["bias_hh_l0"]),
        projection=held.get("weight_hr_l0"),
    )


def gradients(layer: nn.RNNBase, leaves: list[Tensor], results: list[Tensor]) -> list[Tensor]:
    generator = torch.Generator().manual_seed(1)
    total = sum(
        (r * torch.randn(r.shape, generator=generator, dtype=r.dtype)).sum() for r in results
    )
    assert isinstance(total, Tensor)
    return list(torch.autograd.grad(total, [*leaves, *layer.parameters()], retain_graph=True))


@pytest.mark.parametrize("projection", [0, 2])
@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("name", TORCH)
def test_reference_is_torch(name: str, packed: bool, projection: int) -> None:
    if projection and name != "lstm":
        pytest.skip("torch projects its LSTM only")
    torch.manual_seed(0)
    layer = torch_layer(name, 3, 5, projection)
    x = torch.randn(7, 4, 3, dtype=torch.float64, requires_grad=True)
    widths = [projection or 5, 5][: len(find(name).states)]
    states = [torch.randn(4, w, dtype=torch.float64, requires_grad=True) for w in widths]
    given = states[0][None] if len(states) == 1 else tuple(s[None] for s in states)
    lengths = torch.tensor([7, 5, 5, 1])
    sequence = nn.utils.rnn.pack_padded_sequence(x, lengths) if packed else x
    expected, final = layer(sequence, given)
    final = [final[0]] if len(states) == 1 else [f[0] for f in final]
    if packed:
        given = Sequences(sequence.data, states, batch_sizes=sequence.batch_sizes)
        result = run_reference(find(name), weights_of(name, layer), given)
        expected = expected.data
    else:
        result = run_reference(find(name), weights_of(name, layer), Sequences(x, states))
    torch.testing.assert_close(result.outputs, expected, rtol=0, atol=1e-12)
    torch.testing.assert_close(list(result.final), final, rtol=0, atol=1e-12)
    leaves = [x, *states]
    ours = gradients(layer, leaves, [result.outputs, *result.final])
    theirs = gradients(layer, leaves, [expected, *final])
    torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-10)
