"""What the built module computes, where that is not what the list says word by word."""

import pytest
import torch
from torch import nn
from torch.nn import functional

from steadfit.models.layers import Activation, Conv, Flatten, Pool, Residual, chain
from steadfit.nn.residual import Residual as ResidualModule
from steadfit.nn.residual import Widen


def test_pooling_before_relu_gives_the_same_bits_and_gradients():
    """Against ReLU first, as the list has it. Values on a coarse grid make ties frequent."""
    torch.manual_seed(0)
    module = chain.build((Activation("relu"), Pool(3, stride=2, pad=1)), (4, 9, 9))
    assert list(dict(module.named_children())) == ["pool1", "relu1"]
    values = torch.randint(-2, 3, (8, 4, 9, 9)).float()
    x, y = values.clone().requires_grad_(), values.clone().requires_grad_()
    moved, listed = module(x), functional.max_pool2d(functional.relu(y), 3, 2, 1)
    assert moved.equal(listed)
    slope = torch.randn_like(moved)
    moved.backward(slope)
    listed.backward(slope)
    assert x.grad is not None
    assert x.grad.equal(y.grad)


@pytest.mark.parametrize(
    "layers", [(Activation("tanh"), Pool(2)), (Activation("relu"), Pool(2, "average"))]
)
def test_nothing_else_changes_places(layers):
    module = chain.build(layers, (1, 4, 4))
    x = torch.randn(3, 1, 4, 4)
    first, second = (layer.build((1, 4, 4)) for layer in layers)
    assert module(x).equal(second(first(x)))
    assert list(dict(module.named_children())) == [f"{layer.word}1" for layer in layers]


def test_no_activation_is_overwritten():
    """Feature maps that a hook keeps must be those that the layer gave."""
    layers = (Conv(3, 3), Activation("relu"), Residual((Activation("relu"), Conv(3, 1))), Flatten())
    module = chain.build(layers, (1, 6, 6))
    kept: list[tuple[torch.Tensor, torch.Tensor]] = []
    for child in module.modules():
        child.register_forward_hook(lambda m, args, out: kept.append((out, out.clone())))
    module(torch.randn(2, 1, 6, 6))
    assert all(out.equal(copy) for out, copy in kept)


def test_residual_adds_its_input():
    branch = nn.Linear(4, 4)
    x = torch.randn(3, 4)
    torch.testing.assert_close(ResidualModule(branch)(x), x @ branch.weight.T + branch.bias + x)


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("sides", [(5,), (6, 7)])
def test_widen_is_strided_slicing_and_zeros(stride, sides):
    x = torch.randn(2, 3, *sides)
    y = Widen(5, stride)(x)
    own = x[:, :, ::stride] if len(sides) == 1 else x[:, :, ::stride, ::stride]
    assert y[:, :3].equal(own)
    assert not y[:, 3:].any()
    assert y.shape[1] == 5


def test_strided_residual_needs_no_weights_of_its_own():
    layer = Residual((Conv(4, 3, pad=1, stride=2), Activation("relu"), Conv(6, 3, pad=1)))
    module = layer.build((3, 9, 8))
    x = torch.randn(2, 3, 9, 8)
    past = functional.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, 0, 3))
    assert isinstance(module, ResidualModule)
    torch.testing.assert_close(module(x), module.branch(x) + past)
    assert layer.output((3, 9, 8)) == (6, 5, 4)
    assert [key.split(".")[0] for key in module.state_dict()] == ["branch"] * 4


def test_stochastic_depth_keeps_the_mean_and_rests_at_inference():
    """E[y] = F(x) + x: F is left out with probability 0.4 and divided by 0.6 otherwise."""
    module, x = ResidualModule(nn.Linear(2, 2), drop=0.4), torch.randn(1, 2)
    torch.manual_seed(0)
    drawn = torch.stack([module(x) - x for _ in range(4000)])
    left_out = (drawn == 0).all(dim=-1).float().mean().item()
    assert left_out == pytest.approx(0.4, abs=4 * (0.4 * 0.6 / 4000) ** 0.5)
    torch.testing.assert_close(drawn.mean(dim=0), module.branch(x), rtol=0.06, atol=0.0)
    module.eval()
    assert module(x).equal(module.branch(x) + x)
