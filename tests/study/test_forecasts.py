import numpy as np
import pytest

from steadfit.data import Forecast, Split, from_forecast, read
from steadfit.errors import SteadfitError
from steadfit.recipe import Recipe
from steadfit.study.forecasts import forecast_sentences
from steadfit.training import Replica, fit


def replica(outputs: np.ndarray, failure: str = "") -> Replica:
    return Replica(outputs.astype(np.float32), {}, {}, {}, {}, 0.0, failure)


def line(slope: float, first: int) -> np.ndarray:
    return (slope * np.arange(first, first + 40.0))[:, None]


@pytest.mark.parametrize("season", [1, 2])
def test_mase_of_a_straight_line_is_known(season):
    """A line that rises by 3 a step: `season` steps change it by 3 season, the unit of MASE."""
    train, test = (
        from_forecast([line(3.0, first)], Forecast(2, 4, season=season)) for first in (0, 40)
    )
    off = replica(test.y.numpy() + 6.0)
    (said,) = forecast_sentences(Split(train, test), "arm", [off, off, replica(np.zeros(0), "!")])
    assert f"{6 / (3 * season):.3f} of arm" in said
    assert f"{(3 + 6) / 2 / (3 * season):.3f} of the naive forecast" in said
    if season == 2:  # either of the two steps is taken from two steps before
        assert "1.000 of the seasonal naive forecast (2 steps)" in said


def test_series_that_never_change_are_left_out_of_mase():
    def side(first):
        return from_forecast([line(3.0, first), line(0.0, first)], Forecast(2, 4))

    train, test = side(0), side(40)
    (said,) = forecast_sentences(Split(train, test), "arm", [replica(test.y.numpy() + 6.0)])
    assert "2.000 of arm, 1.500 of the naive forecast" in said
    assert said.endswith("Left out, as nothing changes there: 1 series.")
    alone = test.structure.spans[:, 0] == 1
    (said,) = forecast_sentences(
        Split(train, test.take(alone.nonzero().squeeze(1))), "arm", [replica(test.y[alone].numpy())]
    )
    assert said.startswith("No series changes on the training side")


def test_nothing_is_said_where_nothing_is_forecast():
    digits = read("digits", limit=100)
    assert forecast_sentences(Split(digits, digits), "arm", [replica(np.zeros(1))]) == ()


def test_a_token_at_every_step_is_refused():
    data = read("copy", length=5, train=10, test=5)
    recipe = Recipe().model_with(name="recurrent")
    with pytest.raises(SteadfitError, match=r"asks for an answer at every step.*Use language"):
        fit(recipe, data, data.y[:, 0], data, seed=0)
