import numpy as np
import pytest

from steadfit.analysis.terms import Failure
from steadfit.data import Forecast, Split, from_forecast, read
from steadfit.errors import SteadfitError
from steadfit.recipe import Recipe
from steadfit.study.of_task import forecast_scores
from steadfit.study.store import Finished
from steadfit.training import fit


def replica(outputs: np.ndarray) -> Finished:
    return Finished(outputs.astype(np.float32), {}, {})


def line(slope: float, first: int) -> np.ndarray:
    return (slope * np.arange(first, first + 40.0))[:, None]


@pytest.mark.parametrize("season", [1, 2])
def test_mase_of_a_straight_line_is_known(season):
    """A line that rises by 3 a step: `season` steps change it by 3 season, the unit of MASE."""
    train, test = (
        from_forecast([line(3.0, first)], Forecast(2, 4, season=season)) for first in (0, 40)
    )
    off = replica(test.y.numpy() + 6.0)
    found = forecast_scores(Split(train, test), [off, off, Finished.failed(Failure.DIVERGED)])
    assert found.arm == pytest.approx(6 / (3 * season))
    assert found.naive == pytest.approx((3 + 6) / 2 / (3 * season))
    # either of the two steps is taken from two steps before
    assert found.seasonal == (None if season == 1 else pytest.approx(1.0))
    assert (found.horizon, found.season, found.constant) == (2, season, 0)


def test_series_that_never_change_are_left_out_of_mase():
    def side(first):
        return from_forecast([line(3.0, first), line(0.0, first)], Forecast(2, 4))

    train, test = side(0), side(40)
    found = forecast_scores(Split(train, test), [replica(test.y.numpy() + 6.0)])
    assert (found.arm, found.naive, found.constant) == (pytest.approx(2), pytest.approx(1.5), 1)
    alone = test.structure.spans[:, 0] == 1
    constant = test.take(alone.nonzero().squeeze(1))
    found = forecast_scores(Split(train, constant), [replica(constant.y.numpy())])
    assert (found.arm, found.naive, found.seasonal) == (None, None, None)


def test_nothing_is_said_where_nothing_is_forecast():
    digits = read("digits", limit=100)
    assert forecast_scores(Split(digits, digits), [replica(np.zeros(1))]) is None


def test_a_token_at_every_step_is_refused():
    data = read("copy", length=5, train=10, test=5)
    recipe = Recipe().model_with(name="recurrent")
    with pytest.raises(SteadfitError, match=r"asks for an answer at every step.*Use language"):
        fit(recipe, data, data.y[:, 0], data, seed=0)
