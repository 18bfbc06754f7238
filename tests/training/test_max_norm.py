import numpy as np
import pytest
import torch
from torch import nn

from steadfit.data import from_arrays
from steadfit.recipe import Recipe
from steadfit.remedies import apply, joined
from steadfit.training import fit
from steadfit.training.max_norm import limit_norms


@pytest.mark.parametrize("shape", [(5, 7), (4, 3, 5, 5), (6, 2, 3)])
def test_the_projection_is_that_onto_the_ball(shape):
    """The nearest point of the ball: inside it stays, outside it goes straight to the surface."""
    w = nn.Parameter(torch.randn(shape, generator=torch.Generator().manual_seed(0)))
    rows, limit = w.detach().clone().flatten(1), w.detach().flatten(1).norm(dim=1).median().item()
    limit_norms([w], limit)
    for before, after in zip(rows, w.detach().flatten(1), strict=True):
        if before.norm() <= limit:
            torch.testing.assert_close(after, before, rtol=0, atol=0)
        else:
            torch.testing.assert_close(after, before * (limit / before.norm()))


def test_one_axis_is_left_alone():
    bias = nn.Parameter(torch.full((4,), 100.0))
    limit_norms([bias], 1.0)
    assert bias.tolist() == [100.0] * 4


def test_no_trained_unit_is_longer_than_the_limit():
    base = Recipe().model_with(name="mlp", width=0.1).training_with(epochs=3, batch=16)
    rng = np.random.default_rng(0)
    images = from_arrays(rng.normal(size=(90, 8, 8)).astype(np.float32), rng.integers(0, 3, 90))
    everything = torch.arange(90)
    lengths = {}
    for text in ("max_norm=0.4", "l2=0"):
        recipe = apply(joined(text), base)
        replica = fit(recipe, images, everything, images, seed=0)
        matrices = [w for name, w in replica.weights.items() if name.endswith("weight")]
        lengths[text] = max(float(w.norm(dim=1).max()) for w in matrices)
    assert lengths["max_norm=0.4"] <= 0.4 * (1 + 1e-6) < lengths["l2=0"]
