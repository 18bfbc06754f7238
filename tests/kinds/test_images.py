"""Few large images are computed at a time; more than there is memory for are refused."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import steadfit as sf
from steadfit.data import from_arrays
from steadfit.errors import SteadfitError
from steadfit.kinds import Images


@pytest.mark.parametrize(
    ("shape", "together"),
    [((1, 28, 28), 512), ((3, 32, 32), 512), ((3, 224, 224), 13), ((3, 4000, 4000), 1)],
)
def test_a_batch_that_is_predicted_has_two_million_values_at_most(
    shape: tuple[int, int, int], together: int
) -> None:
    x = torch.zeros(1, 1, 1, 1).expand(1100, *shape)  # which takes no memory
    batches = list(Images(*shape).to_predict(x))
    assert torch.cat(batches).tolist() == list(range(1100))
    assert max(map(len, batches)) == together


def test_rows_of_large_images_are_those_of_each_alone() -> None:
    x = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (9, 3, 500, 500), np.uint8))
    kind = Images.of(x)
    alone = [kind.matrix(x[i : i + 1]) for i in range(9)]
    np.testing.assert_array_equal(kind.matrix(x), np.concatenate(alone))


def test_images_that_are_larger_than_the_memory_are_refused(tmp_path: Path) -> None:
    for i in range(4):
        Image.new("RGB", (5, 5)).save(tmp_path / f"{i}.png")
    assert len(Images(3, 5, 5).read(tmp_path, None).x) == 4
    with pytest.raises(SteadfitError, match=r"would take 24,000.0 GB of memory"):
        Images(3, 10**6, 10**6).read(tmp_path, None)


@pytest.mark.parametrize("trained", [1, 255])
def test_images_on_another_scale_are_refused(trained: int, tmp_path: Path) -> None:
    """They were predicted, wrongly and unsaid."""
    x = np.random.default_rng(0).integers(0, 256, (20, 1, 8, 8), dtype=np.uint8)
    given = x if trained == 255 else (x / 255).astype(np.float32)
    data = from_arrays(given, [0, 1] * 10)
    model = sf.fit(data, "linear", training={"epochs": 1}, reference=False, out=tmp_path).model
    other = x if trained == 1 else (x / 255).astype(np.float32)
    with pytest.raises(SteadfitError, match="scale of those trained on"):
        model.predict(other)
    assert len(model.predict(given.astype(np.float32))) == 20
