"""How a next token is drawn, against closed forms and what is drawn."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from steadfit.data import read
from steadfit.recipe import Recipe
from steadfit.training import TrainedModel, continuation, fit, trained_model
from steadfit.training.drawing import Drawing

KNOWN = np.array([0.05, 0.4, 0.2, 0.3, 0.05])


def shares(known: np.ndarray, **drawn) -> np.ndarray:
    return Drawing(**drawn).shares(torch.tensor(known, dtype=torch.float64).log()).numpy()


@pytest.mark.parametrize(
    ("drawn", "expected"),
    [
        ({}, KNOWN),
        ({"temperature": 0.5}, KNOWN**2 / (KNOWN**2).sum()),
        ({"temperature": 2.0}, KNOWN**0.5 / (KNOWN**0.5).sum()),
        ({"temperature": 0.0}, [0, 1, 0, 0, 0]),
        ({"temperature": 5e-324}, [0, 1, 0, 0, 0]),
        ({"top_k": 2}, [0, 4 / 7, 0, 3 / 7, 0]),
        ({"top_k": 4}, [1 / 19, 8 / 19, 4 / 19, 6 / 19, 0]),  # of equals the first
        ({"top_k": 99}, KNOWN),
        ({"top_p": 0.69}, [0, 4 / 7, 0, 3 / 7, 0]),
        ({"top_p": 0.71}, [0, 4 / 9, 2 / 9, 3 / 9, 0]),
        ({"top_p": 0.39}, [0, 1, 0, 0, 0]),
        ({"top_p": 1e-9}, [0, 1, 0, 0, 0]),
        ({"top_p": 1.0}, KNOWN),
        ({"top_k": 3, "top_p": 0.7}, [0, 4 / 7, 0, 3 / 7, 0]),  # of the three, 0.78 are enough
        ({"temperature": 0.5, "top_p": 0.52}, [0, 1, 0, 0, 0]),  # 16/29.5 is enough
    ],
)
def test_shares_are_those_of_the_closed_form(drawn, expected):
    np.testing.assert_allclose(shares(KNOWN, **drawn), expected, rtol=0, atol=1e-12)


@given(
    st.lists(st.integers(1, 1000), min_size=1, max_size=30),
    st.floats(0.01, 1.0),
)
@settings(max_examples=100, deadline=None)
def test_a_nucleus_is_the_smallest_of_the_likeliest_with_its_share(weights, top_p):
    known = np.array(weights) / np.sum(weights)
    kept = shares(known, top_p=top_p) > 0
    assert known[kept].sum() >= top_p - 1e-9
    assert known[kept].sum() - known[kept].min() < top_p + 1e-9
    assert known[~kept].max(initial=0) <= known[kept].min() + 1e-12


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> TrainedModel:
    """A language model that says `KNOWN` of each next letter of abcde."""
    path = tmp_path_factory.mktemp("text") / "a.txt"
    path.write_text("abcde" * 20)
    data = read(path, block=20)
    recipe = Recipe().model_with(name="language", hidden=2, embedding=2).training_with(epochs=1)
    replica = fit(recipe, data, torch.arange(len(data)), data, 0)
    replica.weights["scores1.module.weight"].zero_()
    replica.weights["scores1.module.bias"][:] = torch.tensor(KNOWN).log()
    return trained_model(recipe, data, [replica])


@pytest.mark.parametrize("drawn", [{"temperature": 0.7}, {"top_k": 2}, {"top_k": 3, "top_p": 0.9}])
def test_tokens_come_as_often_as_their_shares_say(model, drawn):
    """Their numbers are binomial."""
    length = 1000
    text = continuation(model, "a", length, seed=3, **drawn)
    expected = shares(KNOWN, **drawn)
    for letter, share in zip("abcde", expected, strict=True):
        low, high = binom.ppf([1e-4, 1 - 1e-4], length, min(share, 1))
        assert low <= text.count(letter) <= high, (letter, share)
