"""The 0-1 loss around the main prediction, against its definition and mlxtend."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steadfit.analysis.decomposition import squared_error
from steadfit.analysis.zero_one import zero_one
from steadfit.errors import SteadfitError


def split(votes, y, classes=3):
    """votes: predicted classes, shape (replicas, points)."""
    return zero_one(np.eye(classes)[np.asarray(votes)][:, None], y)


@given(seed=st.integers(0, 10_000), classes=st.integers(2, 4))
def test_loss_is_bias_plus_c_times_variance_at_each_point(seed, classes):
    """Domingos 2000, theorem 2, with an odd number of replicas and no tied points."""
    rng = np.random.default_rng(seed)
    votes, y = rng.integers(0, classes, (7, 30)), rng.integers(0, classes, 30)
    counts = np.stack([np.bincount(column, minlength=classes) for column in votes.T])
    highest = np.sort(counts, axis=1)[:, -2:]
    clear = highest[:, 0] < highest[:, 1]
    votes, y, main = votes[:, clear], y[clear], counts.argmax(1)[clear]
    if not clear.any():
        return
    bias = main != y
    variance = (votes != main).mean(0)
    c = np.ones(len(y))
    for n in np.flatnonzero(bias):
        others = votes[:, n][votes[:, n] != main[n]]
        c[n] = -(others == y[n]).mean() if len(others) else 0.0
        assert classes > 2 or not len(others) or c[n] == -1
    found = split(votes, y, classes)
    assert found.error == pytest.approx((votes != y).mean())
    assert found.bias == pytest.approx(bias.mean())
    assert found.variance == pytest.approx(variance.mean())
    assert found.net_variance == pytest.approx((c * variance).mean())
    assert found.error == pytest.approx(found.bias + found.net_variance)


def test_a_tie_is_shared():
    found = split([[0], [1]], [0])
    assert (found.error, found.bias, found.variance) == (0.5, 0.5, 0.5)
    assert found.net_variance == 0.0


class Recorder:
    """An estimator that predicts at random and keeps what it said."""

    def __init__(self, draw):
        self.draw, self.said = draw, []

    def fit(self, x, y):
        return self

    def predict(self, x):
        self.said.append(self.draw(len(x)))
        return self.said[-1]


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_against_mlxtend():
    from mlxtend.evaluate import bias_variance_decomp

    rng = np.random.default_rng(0)
    x, y = np.zeros((50, 1)), rng.integers(0, 2, 50)
    voter = Recorder(lambda n: (rng.random(n) < 0.3 + 0.4 * y).astype(int))
    loss, bias, variance = bias_variance_decomp(voter, x, y, x, y, num_rounds=9)
    found = split(np.stack(voter.said), y, 2)
    assert (found.error, found.bias, found.variance) == pytest.approx((loss, bias, variance))
    # Theirs leaves out c, so that bias and variance do not add up to the loss; ours do.
    assert abs(bias + variance - loss) > 0.05
    assert found.bias + found.net_variance == pytest.approx(loss)

    guesser = Recorder(lambda n: rng.normal(size=n))
    loss, bias, variance = bias_variance_decomp(guesser, x, y, x, y, loss="mse", num_rounds=9)
    parts = squared_error(np.stack(guesser.said)[:, None, :, None], y[:, None])
    assert (parts.total, parts.plug_in) == pytest.approx((loss, variance))
    assert parts.total - parts.plug_in == pytest.approx(bias)
    assert parts.variance == pytest.approx(variance * 9 / 8)  # theirs divides by R


def test_what_does_not_fit_gets_a_sentence():
    with pytest.raises(SteadfitError, match="labels"):
        zero_one(np.zeros((2, 1, 3, 2)), [0, 1])
