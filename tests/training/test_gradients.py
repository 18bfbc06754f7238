import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from steadfit.training.gradients import clip_gradients, first_bad_gradient


def net_with_gradients(scale: float = 1.0) -> nn.Sequential:
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(4, 3), nn.Tanh(), nn.Linear(3, 2))
    (scale * net(torch.randn(5, 4)).square().sum()).backward()
    return net


def flat(net: nn.Module) -> torch.Tensor:
    return torch.cat([p.grad.flatten() for p in net.parameters() if p.grad is not None])


@given(scale=st.floats(1e-3, 1e3), threshold=st.floats(1e-2, 1e2))
def test_clipping_scales_the_global_norm(scale, threshold):
    net = net_with_gradients(scale)
    before = flat(net)
    norm = clip_gradients(net, threshold)
    assert norm == pytest.approx(float(before.norm()), rel=1e-5)
    expected = before * min(1.0, threshold / norm)  # lecture 25, 2.2
    torch.testing.assert_close(flat(net), expected)


def test_without_a_threshold_nothing_changes():
    net = net_with_gradients()
    before = flat(net)
    assert clip_gradients(net, None) == pytest.approx(float(before.norm()))
    assert torch.equal(flat(net), before)


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_bad_gradient_is_named_and_left_alone(bad):
    net = net_with_gradients()
    assert first_bad_gradient(net) is None
    gradient = net[2].weight.grad
    assert gradient is not None
    gradient[0, 0] = bad
    before = flat(net)
    assert not torch.isfinite(torch.tensor(clip_gradients(net, 1.0)))
    assert first_bad_gradient(net) == "2.weight"
    torch.testing.assert_close(flat(net), before, equal_nan=True)
