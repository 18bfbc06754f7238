import numpy as np
import pytest

from steadfit.data import Dataset, Forecast, from_forecast, read
from steadfit.errors import SteadfitError
from steadfit.recipe import Recipe
from steadfit.tasks import Scores
from steadfit.training import fit


def scores(train: Dataset, test: Dataset, *replicas, **losses: float) -> Scores:
    logits = [np.asarray(one, np.float32) for one in replicas]
    return test.schema.task.scores(train.side, test.side, logits, losses)


def line(slope: float, first: int) -> np.ndarray:
    return (slope * np.arange(first, first + 40.0))[:, None]


@pytest.mark.parametrize("season", [1, 2])
def test_mase_of_a_straight_line_is_known(season):
    """A line that rises by 3 a step: `season` steps change it by 3 season, the unit of MASE."""
    train, test = (
        from_forecast([line(3.0, first)], Forecast(2, 4, season=season)) for first in (0, 40)
    )
    found = scores(train, test, test.y + 6.0, test.y + 6.0).scaled_errors
    assert found.arm == pytest.approx(6 / (3 * season))
    assert found.naive == pytest.approx((3 + 6) / 2 / (3 * season))
    # either of the two steps is taken from two steps before
    assert found.seasonal == (None if season == 1 else pytest.approx(1.0))
    assert (found.horizon, found.season, found.constant) == (2, season, 0)


def test_series_that_never_change_are_left_out_of_mase():
    def side(first):
        return from_forecast([line(3.0, first), line(0.0, first)], Forecast(2, 4))

    train, test = side(0), side(40)
    found = scores(train, test, test.y + 6.0).scaled_errors
    assert (found.arm, found.naive, found.constant) == (pytest.approx(2), pytest.approx(1.5), 1)
    alone = test.structure.spans[:, 0] == 1
    constant = test.take(alone.nonzero().squeeze(1))
    found = scores(train, constant, constant.y).scaled_errors
    assert (found.arm, found.naive, found.seasonal) == (None, None, None)


def test_other_tasks_have_no_such_scores():
    digits = read("digits", limit=100)
    assert scores(digits, digits, np.zeros(1), l2=0.5) == Scores()


def test_without_replicas_there_are_no_scores():
    side = from_forecast([line(3.0, 0)], Forecast(2, 4))
    assert scores(side, side) == Scores()
    text = read("copy", length=5, train=10, test=5)
    assert scores(text, text) == Scores()


def test_losses_of_a_text_are_those_of_all_its_tokens():
    text = read("copy", length=5, train=10, test=5)
    found = scores(text, text, baseline=0.5).token_losses
    known = int((text.y >= 0).sum())
    assert (found.unit, found.tokens, found.losses) == ("characters", known, {"baseline": 0.5})


def test_a_token_at_every_step_is_refused():
    data = read("copy", length=5, train=10, test=5)
    recipe = Recipe().model_with(name="recurrent")
    with pytest.raises(SteadfitError, match=r"needs an answer at every step.*Use language"):
        fit(recipe, data, data.y[:, 0], data, seed=0)
