"""The arithmetic of single layers, against torch itself."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from torch.utils.flop_counter import FlopCounterMode

from steadfit.errors import SteadfitError
from steadfit.models.layers import BatchNorm, Conv, Flatten, GlobalPool, Linear, Pool, ZeroPad

# Torch says that "same" with an even kernel is slow.
pytestmark = pytest.mark.filterwarnings("ignore:Using padding='same'")

shapes = st.one_of(
    st.tuples(st.integers(1, 3), st.integers(1, 12)),
    st.tuples(st.integers(1, 3), st.integers(1, 12), st.integers(1, 12)),
)
convs = st.builds(
    Conv,
    channels=st.integers(1, 3),
    kernel=st.integers(1, 6),
    pad=st.one_of(st.integers(0, 3), st.sampled_from(["same", "valid"])),
    stride=st.integers(1, 4),
    dilation=st.integers(1, 3),
    bias=st.booleans(),
)
pools = st.builds(
    Pool,
    kernel=st.integers(1, 6),
    kind=st.sampled_from(["max", "average"]),
    stride=st.none() | st.integers(1, 4),
    pad=st.integers(0, 3),
    ceil=st.booleans(),
)
plain = st.one_of(
    st.builds(ZeroPad, side=st.integers(1, 15)), st.just(GlobalPool()), st.just(Flatten())
)


@given(layer=st.one_of(convs, pools, plain), shape=shapes)
def test_output_is_torchs_and_what_torch_refuses_is_refused(layer, shape):
    """Torch is asked with arguments written here, not with the module that the layer builds."""
    x = torch.zeros(2, *shape)
    try:
        expected = tuple(by_torch(layer, x).shape[1:])
    except (RuntimeError, ValueError):
        with pytest.raises(SteadfitError):
            layer.output(shape)
        return
    assert layer.output(shape) == expected


def by_torch(layer, x: torch.Tensor) -> torch.Tensor:
    axes = x.dim() - 2
    functional = torch.nn.functional
    match layer:
        case Conv():
            weight = torch.zeros(layer.channels, x.shape[1], *[layer.kernel] * axes)
            conv = {1: functional.conv1d, 2: functional.conv2d}[axes]
            return conv(x, weight, None, layer.stride, layer.pad, layer.dilation)
        case Pool(kind="max"):
            pool = {1: functional.max_pool1d, 2: functional.max_pool2d}[axes]
            return pool(x, layer.kernel, layer.stride, layer.pad, ceil_mode=layer.ceil)
        case Pool():
            pool = {1: functional.avg_pool1d, 2: functional.avg_pool2d}[axes]
            return pool(x, layer.kernel, layer.stride, layer.pad, ceil_mode=layer.ceil)
        case ZeroPad():
            sides = [max(n, layer.side) for n in x.shape[2:]]
            return x.new_zeros(*x.shape[:2], *sides)
        case GlobalPool():
            return x.mean(dim=tuple(range(2, x.dim())), keepdim=True)
    return x.flatten(1)


@given(layer=st.one_of(convs, pools, plain), shape=shapes)
def test_module_gives_the_output_that_the_arithmetic_says(layer, shape):
    try:
        expected = layer.output(shape)
    except SteadfitError:
        return
    assert layer.build(shape)(torch.zeros(2, *shape)).shape == (2, *expected)


@given(layer=convs, shape=shapes)
def test_convolution_costs_what_torch_counts(layer, shape):
    try:
        layer.output(shape)
    except SteadfitError:
        return
    module = layer.build(shape)
    with FlopCounterMode(display=False) as counter:
        module(torch.zeros(1, *shape))
    assert 2 * layer.multiply_adds(shape) == counter.get_total_flops()
    assert layer.parameters(shape) == sum(p.numel() for p in module.parameters())
    assert layer.weight(shape) == tuple(module.weight.shape)


@pytest.mark.parametrize("bias", [True, False])
def test_linear_costs_what_torch_counts(bias):
    layer = Linear(7, bias=bias)
    module = layer.build((12,))
    with FlopCounterMode(display=False) as counter:
        module(torch.zeros(1, 12))
    assert 2 * layer.multiply_adds((12,)) == counter.get_total_flops()
    assert layer.parameters((12,)) == sum(p.numel() for p in module.parameters())
    assert layer.weight((12,)) == (12, 7)  # the lecture's order, torch's turned round


@pytest.mark.parametrize("shape", [(5,), (5, 8), (5, 8, 8)], ids=str)
def test_batch_norm_has_a_scale_and_a_shift_a_channel(shape):
    module = BatchNorm().build(shape)
    assert BatchNorm().parameters(shape) == sum(p.numel() for p in module.parameters()) == 10
    assert module(torch.randn(4, *shape)).shape == (4, *shape)


def test_zeros_go_around_a_small_image_only():
    image = torch.ones(1, 1, 3, 6)
    padded = ZeroPad(6).build((1, 3, 6))(image)
    assert padded[0, 0, 1:4].equal(image[0, 0])
    assert padded.sum() == image.sum()
    assert ZeroPad(2).build((1, 3, 6))(image).equal(image)


def test_he_weights_have_variance_two_over_fan_out():
    torch.manual_seed(0)
    module = Conv(64, 3, init="he").build((32, 8, 8))
    assert module.weight.var().item() == pytest.approx(2 / (64 * 9), rel=0.05)
    assert not module.bias.any()


@pytest.mark.parametrize(
    ("layer", "shape", "words"),
    [
        (Conv(4, 5), (1, 4, 9), ["Conv (C_out=4, K=5", "1 x 4 x 9", "spans 5", "4 + 2·0 = 4"]),
        (Conv(4, 3, dilation=2, pad=1), (2, 2, 9), ["spans 5", "2 + 2·1 = 4"]),
        (Conv(4, 3, pad="same", stride=2), (1, 9, 9), ["same", "got stride 2", "number"]),
        (Conv(4, 3), (9,), ["Conv", "axes", 'before "flatten"']),
        (Pool(2), (3, 1, 1), ["MaxPool(K=2, S=2)", "spans 2", "1 + 2·0 = 1"]),
        (Pool(3, pad=2), (3, 9, 9), ["at most half of the window, 1", "got 2"]),
        (Linear(4), (3, 9, 9), ["Linear (4)", "3 x 9 x 9", '"flatten"']),
    ],
)
def test_a_layer_that_does_not_fit_says_why(layer, shape, words):
    with pytest.raises(SteadfitError) as caught:
        layer.output(shape)
    assert all(word in str(caught.value) for word in words), caught.value


@pytest.mark.parametrize("settings", [{"stride": 0}, {"kernel": 0}, {"pad": -1}, {"dilation": 0}])
def test_a_layer_refuses_what_no_layer_can_be(settings):
    with pytest.raises(ValidationError, match=next(iter(settings))):
        Conv(**{"channels": 1, "kernel": 3, **settings})
