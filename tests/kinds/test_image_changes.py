"""Random changes: against the same change done slowly, pixel by pixel."""

import numpy as np
import pytest
import torch
from torch import Tensor

from steadfit.kinds import kind_of
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
