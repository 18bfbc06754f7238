"""What is fitted to a sample, against NumPy in float64."""

import json

import numpy as np
import pytest
import torch

from steadfit.data import fit_preparation, from_arrays
from steadfit.errors import SteadfitError
from steadfit.kinds import Preparation

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (50, 7, 5, 3), np.uint8)
INDICES = torch.tensor([3, 3, 9, 41, 0, 3])


def test_moments_are_those_of_the_sample_alone_repeats_counted() -> None:
    data = from_arrays(IMAGES, np.arange(50) % 2)
    rows = IMAGES[INDICES.numpy()].astype(np.float64)
    fitted = fit_preparation(data, INDICES)
    np.testing.assert_allclose(fitted.mean, rows.mean((0, 1, 2)), rtol=1e-13)
    np.testing.assert_allclose(fitted.std, rows.std((0, 1, 2)), rtol=1e-13)


def test_prepared_inputs_have_mean_0_and_std_1() -> None:
    data = from_arrays(IMAGES, np.arange(50) % 2)
    ready = fit_preparation(data, INDICES).inputs(data.x[INDICES])
    assert ready.dtype == torch.float32
    np.testing.assert_allclose(ready.mean((0, 2, 3)), 0, atol=1e-6)
    np.testing.assert_allclose(ready.std((0, 2, 3), correction=0), 1, rtol=1e-6)


def test_a_large_mean_does_not_cost_the_precision() -> None:
    """Mean of squares minus square of the mean would lose all digits here."""
    x = 1e6 + np.arange(4.0).reshape(4, 1, 1)
    fitted = fit_preparation(from_arrays(x, [0, 1, 0, 1]), torch.arange(4))
    assert fitted.std == pytest.approx([np.sqrt(1.25)], rel=1e-12)


def test_a_constant_channel_keeps_its_scale() -> None:
    data = from_arrays(np.full((4, 3, 3), 7.0), [0, 1, 0, 1])
    fitted = fit_preparation(data, torch.arange(4))
    assert fitted.std == (1.0,)
    assert not fitted.inputs(data.x).any()


def test_blocks_make_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    data = from_arrays(IMAGES, np.arange(50) % 2)
    whole = fit_preparation(data, torch.arange(50))
    monkeypatch.setattr("steadfit.kinds.moments._BLOCK", 7)
    np.testing.assert_allclose(fit_preparation(data, torch.arange(50)).std, whole.std, rtol=1e-13)


def test_targets_are_standardised_and_restored() -> None:
    y = RNG.normal(5, 3, (50, 2)).astype(np.float32)
    data = from_arrays(IMAGES, y)
    fitted = fit_preparation(data, INDICES)
    rows = y[INDICES.numpy()].astype(np.float64)
    np.testing.assert_allclose(fitted.target_mean, rows.mean(0), rtol=1e-13)
    scaled = fitted.targets(data.y)
    np.testing.assert_allclose(scaled, (y - rows.mean(0)) / rows.std(0), rtol=1e-4)
    np.testing.assert_allclose(fitted.restore(scaled), y, rtol=1e-5)


def test_class_numbers_stay_as_they_are() -> None:
    data = from_arrays(IMAGES, np.arange(50) % 2)
    assert fit_preparation(data, INDICES).targets(data.y) is data.y


def test_channels_last_stays_channels_last() -> None:
    data = from_arrays(IMAGES, np.arange(50) % 2)
    x = data.x.to(memory_format=torch.channels_last)
    ready = fit_preparation(data, INDICES).inputs(x)
    assert ready.is_contiguous(memory_format=torch.channels_last)


def test_json_keeps_every_bit() -> None:
    fitted = fit_preparation(from_arrays(IMAGES, RNG.normal(size=50)), INDICES)
    assert Preparation.from_dict(json.loads(json.dumps(fitted.to_dict()))) == fitted


@pytest.mark.parametrize("values", [{"mean": [1.0]}, {"mean": [0], "std": ["x"]}, {"a": [1]}])
def test_other_json_is_refused(values: dict) -> None:
    with pytest.raises(SteadfitError, match="no preparation of inputs"):
        Preparation.from_dict(values)
