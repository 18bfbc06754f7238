"""What is drawn of a network, against hooks, differences and closed forms."""

import copy

import numpy as np
import pytest
import torch

from steadfit.data import from_arrays, read, split
from steadfit.errors import SteadfitError
from steadfit.recipe import Recipe
from steadfit.report import inside, looking
from steadfit.training import fit, trained_model

TOY = "conv 3 3 pad 1; globalpool; flatten; linear 2"


def trained(data, name, **training):
    recipe = Recipe().model_with(name=name).training_with(epochs=2, **training)
    replica = fit(recipe, data, torch.arange(len(data)), data, 0)
    return trained_model(recipe, data, [replica])


@pytest.fixture(scope="module")
def digits():
    return split(read("digits", limit=300)).test


@pytest.fixture(scope="module")
def net(digits):
    return trained(digits, "convnet")


@pytest.fixture(scope="module")
def coloured():
    rng = np.random.default_rng(0)
    x = rng.integers(0, 256, (40, 3, 6, 4), dtype=np.uint8)
    return from_arrays(x, np.arange(40) % 2, "coloured", layout="channels first")


@pytest.fixture(scope="module")
def toy(coloured):
    """A linear net: the mean of each map, then a weighted sum."""
    return trained(coloured, TOY)


def test_filters_are_the_first_convolutions_weights(net):
    weight = net.weights[0]["conv1.weight"].numpy()
    figure = inside.first_filters(net)
    assert len(figure.data) == 20
    for tile, kernel in zip(figure.data, weight, strict=True):
        np.testing.assert_array_equal(tile.z, kernel.mean(0))


def test_feature_maps_are_what_a_hook_sees(net, digits):
    module, preparation = net.members[0]
    seen = []
    handle = module.conv2.register_forward_hook(lambda *args: seen.append(args[2]))
    with torch.no_grad():
        module(preparation.inputs(digits.x[:1]))
    handle.remove()
    figure = inside.feature_maps(net, digits.x[0], "conv2")
    drawn = np.stack([tile.z for tile in figure.data])
    np.testing.assert_allclose(drawn, seen[0][0].numpy(), rtol=1e-5, atol=1e-6)


def test_tiles_lie_apart_in_rows(net, digits):
    figure = inside.feature_maps(net, digits.x[0], "conv2")
    places = {(round(tile.x0, 6), round(tile.y0, 6)) for tile in figure.data}
    assert len(places) == 50
    assert len({y for _, y in places}) == 5
    right = max(tile.x0 + (tile.z.shape[1] - 0.5) * tile.dx for tile in figure.data)
    assert right == pytest.approx(figure.layout.xaxis.range[1])


def test_saliency_is_the_slope_of_the_score(net, digits):
    """Against central differences in float64, pixel by pixel."""
    module, preparation = net.members[0]
    double = copy.deepcopy(module).double()
    x = preparation.inputs(digits.x[:1]).double()
    k = int(net.predict(digits.x[:1])[0])
    expected = np.zeros((8, 8))
    for row, column in np.ndindex(8, 8):
        step = torch.zeros_like(x)
        step[0, 0, row, column] = 1e-6
        with torch.no_grad():
            slope = (double(x + step) - double(x - step))[0, k] / 2e-6
        expected[row, column] = abs(float(slope))
    found = looking.saliency_maps(net, digits.x[:1])[0]
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-4)


def test_grad_cam_of_a_linear_net_is_known(toy, coloured):
    """logit_c = sum_k w_ck mean(A_k): the derivative at each place is w_ck over the places."""
    maps = looking.activations(toy, coloured.x[:5], "conv1")
    weight = toy.weights[0]["linear1.weight"].numpy()
    places = maps.shape[2] * maps.shape[3]
    for number, name in enumerate(coloured.classes):
        expected = np.einsum("k,nkhw->nhw", weight[number] / places, maps).clip(0)
        found = looking.grad_cam_maps(toy, coloured.x[:5], "conv1", [name] * 5)
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-8)


def test_the_class_asked_for_is_the_one_explained(toy, coloured):
    ours = looking.saliency_maps(toy, coloured.x[:1], [coloured.classes[0]])
    other = looking.saliency_maps(toy, coloured.x[:1], [coloured.classes[1]])
    assert not np.allclose(ours, other)


@pytest.mark.parametrize("draw", [inside.saliency, lambda m, x: inside.grad_cam(m, x, "conv1")])
def test_coloured_images_keep_their_colours(toy, coloured, draw):
    figure = draw(toy, coloured.x[:12])
    pictures = [tile for tile in figure.data if tile.type == "image"]
    assert len(pictures) == 12
    x = coloured.x[:12].numpy()
    shown = np.stack([tile.z for tile in pictures]).transpose(0, 3, 1, 2)
    np.testing.assert_allclose(shown, (x - x.min()) * (255 / np.ptp(x)), atol=0.5)
    assert len(figure.data) == 24
    assert {note.text for note in figure.layout.annotations} <= set(coloured.classes)


def test_the_nearest_to_the_decision_come_first(net, digits):
    probabilities = torch.from_numpy(net.logits(digits.x)[0]).double().softmax(1)
    top = probabilities.topk(2).values
    gaps = (top[:, 0] - top[:, 1]).numpy()
    figure = inside.nearest_decision(net, digits.x, count=7)
    drawn = np.stack([tile.z for tile in figure.data])
    np.testing.assert_array_equal(drawn, digits.x[np.argsort(gaps)[:7].copy()].mean(1, dtype=float))
    assert len(figure.layout.annotations) == 7


def test_what_cannot_be_shown_is_said(net, digits):
    with pytest.raises(SteadfitError, match="layer"):
        inside.feature_maps(net, digits.x[0], "conv9")
    with pytest.raises(SteadfitError, match="no maps"):
        inside.feature_maps(net, digits.x[0], "linear1")
    with pytest.raises(SteadfitError, match="class"):
        inside.saliency(net, digits.x[:1], ["eleven"])
    with pytest.raises(SteadfitError, match="a class for each of the 2 images, got 1"):
        inside.saliency(net, digits.x[:2], ["1"])
    with pytest.raises(SteadfitError, match="no convolution"):
        inside.first_filters(trained(digits, "mlp"))
