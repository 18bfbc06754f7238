"""Random changes: against the same change done slowly, pixel by pixel."""

import numpy as np
import pytest
import torch
from PIL import Image
from scipy.stats import beta, kstest
from torch import Tensor

from steadfit.kinds import kind_of
from steadfit.kinds.values import Mixture
from steadfit.recipe import Augmentation

X = torch.randn(16, 3, 9, 12, generator=torch.Generator().manual_seed(0))


def changed(x: Tensor, seed: int = 0, **settings) -> Tensor:
    return kind_of(x).augment(x, Augmentation(**settings), torch.Generator().manual_seed(seed))


def candidates(image: Tensor, down: int, across: int, flips: list[bool]) -> list[Tensor]:
    """All whole-pixel shifts of an image, border repeated, by padding and cutting."""
    pads = ((0, 0), (down, down), (across, across))
    height, width = image.shape[1:]
    found = []
    for flip in flips:
        wide = np.pad(image.numpy(), pads, mode="edge")
        for i in range(2 * down + 1):
            for j in range(2 * across + 1):
                cut = wide[:, i : i + height, j : j + width]
                found.append(torch.from_numpy((cut[..., ::-1] if flip else cut).copy()))
    return found


@pytest.mark.parametrize(("settings", "flips"), [
    ({"shift": 0.2}, [False]), ({"flip": True}, [False, True]),
    ({"shift": 0.2, "flip": True}, [False, True]),
])  # fmt: skip
def test_each_image_is_some_shift_or_flip_of_itself(settings: dict, flips: list[bool]) -> None:
    share = settings.get("shift", 0)
    y = changed(X, **settings)
    for image, result in zip(X, y, strict=True):
        some = candidates(image, round(share * 9), round(share * 12), flips)
        assert any(torch.equal(result, other) for other in some)
    assert not torch.equal(X, y)


def test_every_shift_comes_up() -> None:
    x = torch.arange(5.0).reshape(1, 1, 1, 5).expand(500, 1, 1, 5)
    found = changed(x, shift=0.2).unique(dim=0)
    assert found[:, 0, 0].tolist() == [[0, 0, 1, 2, 3], [0, 1, 2, 3, 4], [1, 2, 3, 4, 4]]


def test_half_of_the_images_are_flipped() -> None:
    x = torch.tensor([0.0, 1.0]).reshape(1, 1, 1, 2).expand(4000, 1, 1, 2)
    assert changed(x, flip=True)[:, 0, 0, 0].mean() == pytest.approx(0.5, abs=0.04)


@pytest.mark.parametrize("seed", range(5))
def test_rotation_of_a_plane_is_the_rotated_plane(seed: int) -> None:
    """Bilinear resampling is exact on a linear ramp, so the angle can be read off in pixels."""
    rows, columns = torch.meshgrid(torch.arange(21.0), torch.arange(41.0), indexing="ij")
    ramp = torch.stack([columns - 20, rows - 10])[None]
    turned = changed(ramp, seed, rotation=20.0)[0, :, 8:13, 18:23]  # far from the border
    a, b = (turned[0, 2, 3] - turned[0, 2, 2], turned[1, 2, 3] - turned[1, 2, 2])
    assert a**2 + b**2 == pytest.approx(1, abs=1e-4)  # lengths are kept: no squeeze on 21×41
    assert abs(torch.atan2(b, a)) <= np.radians(20) + 1e-6
    want = torch.stack([a * ramp[0, 0] - b * ramp[0, 1], b * ramp[0, 0] + a * ramp[0, 1]])
    torch.testing.assert_close(turned, want[:, 8:13, 18:23], rtol=0, atol=1e-3)


def test_noise_has_the_strength_asked_for() -> None:
    noise = changed(torch.zeros(64, 1, 32, 32), noise=0.3)
    assert noise.std() == pytest.approx(0.3, rel=0.02)
    assert noise.mean() == pytest.approx(0, abs=0.005)


@pytest.mark.parametrize(
    "settings", [{"shift": 0.2}, {"rotation": 9.0, "flip": True}, {"noise": 1}]
)
def test_the_generator_alone_decides(settings: dict) -> None:
    before = X.clone()
    assert torch.equal(changed(X, 1, **settings), changed(X, 1, **settings))
    assert not torch.equal(changed(X, 1, **settings), changed(X, 2, **settings))
    assert torch.equal(X, before)


def test_memory_format_makes_no_difference() -> None:
    last = X.to(memory_format=torch.channels_last)
    for settings in ({"shift": 0.2, "flip": True}, {"rotation": 20.0}):
        y = changed(last, **settings)
        assert torch.equal(changed(X, **settings), y)
        assert y.is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("seed", range(5))
def test_a_cut_is_what_pillow_resizes_a_box_to(seed: int) -> None:
    """Bilinear resampling is exact on a ramp, from which the box can be read off."""
    rows, columns = torch.meshgrid(torch.arange(30.0), torch.arange(20.0), indexing="ij")
    picture = torch.rand(30, 20, generator=torch.Generator().manual_seed(9))
    found = changed(torch.stack([columns, rows, picture])[None], seed, crop=0.6)[0]
    across, down = found[0, 15, 9:11].diff().item(), found[1, 14:16, 9].diff().item()
    assert across <= 1
    assert down <= 1
    assert across * down >= 0.4 - 1e-5
    assert 3 / 4 - 1e-5 <= across / down <= 4 / 3 + 1e-5
    left, top = found[0, 15, 9] - 9.5 * across + 0.5, found[1, 14, 9] - 14.5 * down + 0.5
    box = (left.item(), top.item(), left.item() + 20 * across, top.item() + 30 * down)
    assert min(box[:2]) >= -1e-3
    assert box[2] <= 20.001
    assert box[3] <= 30.001
    inside = (max(box[0], 0), max(box[1], 0), min(box[2], 20), min(box[3], 30))
    resized = Image.fromarray(picture.numpy()).resize((20, 30), Image.Resampling.BILINEAR, inside)
    torch.testing.assert_close(
        found[2, 3:-3, 3:-3], torch.from_numpy(np.array(resized))[3:-3, 3:-3], rtol=0, atol=2e-3
    )


def test_cuts_have_the_area_and_reach_every_border() -> None:
    ramp = torch.arange(32.0).expand(400, 1, 32, 32)
    found = changed(ramp, crop=0.75)
    assert found[:, 0, 0, 0].min() < 1
    assert found[:, 0, 0, -1].max() > 30
    widths = found[:, 0, 16, 17] - found[:, 0, 16, 16]
    assert widths.square().mean().item() == pytest.approx(0.625, abs=0.03)  # of 1 to a quarter


def test_other_light_changes_what_it_says() -> None:
    """Grey images have no saturation; a mean moves by the brightness, a spread by the contrast."""
    grey = X[:, :1].expand(-1, 3, -1, -1)
    lit = changed(grey, colour=0.4)
    torch.testing.assert_close(lit[:, 0], lit[:, 2])
    moved = (lit.mean((1, 2, 3)) - grey.mean((1, 2, 3))).abs()
    spread = lit.std((1, 2, 3)) / grey.std((1, 2, 3))
    assert 0.2 < moved.max() <= 0.4
    assert 0.6 <= spread.min() < 0.8
    assert 1.2 < spread.max() <= 1.4
    coloured = changed(X, colour=0.4)
    pairs = X[:, 0] - X[:, 1], coloured[:, 0] - coloured[:, 1]
    shares = pairs[1] / pairs[0]  # of contrast times saturation, one an image
    torch.testing.assert_close(shares.amax((1, 2)), shares.amin((1, 2)), rtol=1e-2, atol=1e-3)


def mix(x: Tensor, seed: int = 0, **settings) -> Mixture:
    return kind_of(x).mixed(x, Augmentation(**settings), torch.Generator().manual_seed(seed))


def test_mixup_is_the_weighted_sum_of_two_images() -> None:
    x, other, share = mix(X, mixup=0.5)
    for i in range(len(X)):
        torch.testing.assert_close(x[i], share[i] * X[i] + (1 - share[i]) * X[other[i]])
    assert sorted(other.tolist()) == list(range(len(X)))


def test_shares_are_drawn_from_the_beta_distribution() -> None:
    x = torch.zeros(4000, 1, 2, 2)
    share = mix(x, mixup=0.4).share.numpy()
    assert kstest(share, beta(0.4, 0.4).cdf).pvalue > 1e-3


def test_cutmix_puts_a_box_of_another_image_in() -> None:
    x = torch.arange(200.0).view(-1, 1, 1, 1).expand(-1, 1, 12, 9)
    found, other, share = mix(x, cutmix=1.0)
    for i in range(len(x)):
        foreign = found[i, 0] != i
        if other[i] == i or not foreign.any():
            continue
        rows, columns = foreign.any(1).nonzero()[:, 0], foreign.any(0).nonzero()[:, 0]
        box = foreign[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
        assert box.all()  # one box, and the other image in it
        assert (found[i, 0][foreign] == other[i]).all()
        assert share[i].item() == pytest.approx(1 - foreign.float().mean().item(), abs=1e-6)
    assert share.min() < 0.3
    assert share.max() > 0.9


def test_where_both_are_set_a_coin_decides() -> None:
    cut = [bool(torch.isin(mix(X, seed, mixup=1, cutmix=1).x, X).all()) for seed in range(40)]
    assert 8 < sum(cut) < 32


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_turned_cut_stays_a_rectangle(seed: int) -> None:
    rows, columns = torch.meshgrid(torch.arange(40.0), torch.arange(40.0), indexing="ij")
    ramps = torch.stack([columns, rows])[None]
    found = changed(ramps, seed, rotation=30.0, crop=0.5)[0, :, 16:24, 16:24]
    across, down = found[:, 0, 1] - found[:, 0, 0], found[:, 1, 0] - found[:, 0, 0]
    assert torch.dot(across, down) == pytest.approx(0, abs=1e-4)
    assert abs(across[1]) > 0.01
