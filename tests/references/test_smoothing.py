"""References that are fitted anew at each origin, against statsmodels itself."""

from dataclasses import replace
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
import torch

import steadfit as sf
from steadfit.data import from_forecast
from steadfit.errors import SteadfitError
from steadfit.references import REFERENCES, absent_notes, references_for, registry
from steadfit.references.smoothing import HoltWinters, Theta
from steadfit.tasks import Forecast
from steadfit.training import TrainedModel, TrainedReference

TASK = Forecast(horizon=3, window=8, season=4)
NAMES = ("Holt-Winters", "AutoETS", "Theta")


def a_series(steps: int = 48) -> np.ndarray:
    noise = np.random.default_rng(0).normal(0, 0.3, steps)
    return 20 + 0.2 * np.arange(steps) + np.resize([3.0, -1, -3, 1], steps) + noise


@pytest.fixture
def statsmodels() -> None:
    pytest.importorskip("statsmodels")


def test_each_origin_is_fitted_on_all_rows_before_it(statsmodels):
    series = [a_series(), 5 * a_series(40)]
    data = from_forecast(series, TASK).take(torch.tensor([3, 30, 40]))
    predicted = REFERENCES["Holt-Winters"].fit(data).predict(data)
    holtwinters = import_module("statsmodels.tsa.holtwinters")
    for row, (one, end) in enumerate([(series[0], 11), (series[0], 38), (series[1], 10)]):
        model = holtwinters.ExponentialSmoothing(
            one[:end].astype(np.float32).astype(float),
            trend="add", damped_trend=True, seasonal="add", seasonal_periods=4,
        )  # fmt: skip
        np.testing.assert_allclose(predicted[row], model.fit().forecast(3), rtol=0.02)


@pytest.mark.parametrize("name", NAMES)
def test_nothing_after_an_origin_matters(statsmodels, name):
    series = a_series()
    other = series.copy()
    other[30:] = 1000.0
    told = []
    for one in (series, other):
        data = from_forecast([one], TASK).take(torch.tensor([30 - 8]))
        told.append(REFERENCES[name].fit(data).predict(data))
    np.testing.assert_array_equal(*told)


@pytest.mark.parametrize("name", NAMES)
def test_a_season_and_a_trend_are_continued(statsmodels, name):
    """Without noise the next steps are known."""
    season = np.resize([3.0, -1, -3, 1], 64)
    series = 20 + 0.2 * np.arange(64) + season
    data = from_forecast([series], TASK)
    data = data.take(torch.tensor([len(data) - 1]))
    predicted = REFERENCES[name].fit(data).predict(data)
    np.testing.assert_allclose(predicted, data.y, rtol=0.06)


@pytest.mark.parametrize("name", NAMES)
def test_series_that_are_hard_to_fit_have_a_forecast(statsmodels, name):
    hard = [np.full(20, 7.0), np.r_[np.zeros(19), 1e-12], np.r_[np.full(10, np.nan), a_series(12)]]
    hard += [1e12 * a_series(20), -a_series(20), np.arange(11.0)]
    data = from_forecast(hard, TASK, missing="drop")
    data = data.take(
        torch.unique(data.structure.spans[:, 0], return_inverse=True)[1].diff().nonzero()[:, 0]
    )
    predicted = REFERENCES[name].fit(data).predict(data)
    assert np.isfinite(predicted).all()
    assert (predicted[0] == 7.0).all()


def test_more_windows_than_can_be_fitted_are_refused(statsmodels):
    data = from_forecast([a_series()], TASK)
    few = replace(HoltWinters(), most=5)
    with pytest.raises(SteadfitError, match="fitted anew for each window, at most 5, got 38"):
        few.fit(data).predict(data)


def test_quantiles_are_of_few_training_windows(statsmodels):
    data = from_forecast([a_series(400)], replace(TASK, quantiles=(0.1, 0.9)))
    few = replace(Theta(), most=50)
    last = data.take(torch.tensor([len(data) - 1]))
    low, middle, high = few.fit(data).predict(last).reshape(3, -1)
    assert (low < middle).all()
    assert (middle < high).all()


def test_a_handed_over_one_is_fitted_on_the_table_it_forecasts_from(statsmodels, tmp_path: Path):
    series = a_series()
    months = [str(np.datetime64("2015-01") + month) for month in range(48)]
    table = tmp_path / "sales.csv"
    table.write_text(
        "month,y\n" + "".join(f"{m},{v}\n" for m, v in zip(months, series, strict=True))
    )
    data = sf.read(table, horizon=3, season=4, window=8)
    TrainedReference(REFERENCES["Theta"].fit(data)).save(tmp_path / "run" / "model")
    found = TrainedModel.load(tmp_path / "run").predict(table)
    theta = import_module("statsmodels.tsa.forecasting.theta").ThetaModel
    expected = theta(series.astype(np.float32).astype(float), period=4).fit().forecast(3)
    np.testing.assert_allclose(found[0], expected, rtol=1e-4)


def test_without_statsmodels_one_note_says_so(monkeypatch, tmp_path):
    monkeypatch.setattr(registry, "find_spec", lambda name: None)
    data = from_forecast([a_series()], TASK)
    assert not {one.name for one in references_for(data)} & set(NAMES)
    assert absent_notes(data) == (
        "Not compared with Holt-Winters, AutoETS, Theta: statsmodels is not installed. Install it: "
        "pip install statsmodels.",
    )
    assert absent_notes(sf.read("digits", limit=50)) == ()
    monkeypatch.chdir(tmp_path)
    done = sf.fit(data, training={"epochs": 1})
    assert sum("statsmodels" in note for note in done.data_notes) == 1
