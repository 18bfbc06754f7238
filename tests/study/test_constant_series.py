"""Studies of forecasts whose measures or intervals some series do not have."""

from dataclasses import replace

import numpy as np

import steadfit as sf
from steadfit.data import Forecast, from_forecast
from steadfit.training import TrainedModel


def fee(months: int) -> list[np.ndarray]:
    """The same for long, and more at the end."""
    return [np.r_[np.full(months - 2, 20.0), 23.0, 23.0]]


def test_a_default_study_of_few_windows_ends_with_a_model(tmp_path):
    """Early stopping finds few windows to validate on; the arms that cannot be trained fail."""
    rng = np.random.default_rng(0)
    data = from_forecast([np.sin(np.arange(60.0)) + 0.1 * rng.normal(size=60)], Forecast(3, 6))
    study = sf.study(
        data, training={"epochs": 1}, folds=3, repetitions=1, variance="none", out=tmp_path / "run"
    )
    assert study.model is not None
    assert len(study.result.analysis.arms) > 2


def test_a_study_ends_where_no_series_changes_on_the_training_side(tmp_path):
    data = from_forecast(fee(60), Forecast(3, 6))
    study = sf.study(
        data, remedies=["l2"], training={"epochs": 1}, folds=3, repetitions=1, variance="none",
        out=tmp_path / "run",
    )  # fmt: skip
    assert "mae" in study.result.analysis.baseline.totals
    assert "mase" not in study.result.analysis.baseline.totals


def test_intervals_may_have_no_width(tmp_path):
    """As of a step at which all tested forecasts were right."""
    data = from_forecast([np.r_[np.full(58, 20.0), np.full(20, 23.0)]], Forecast(3, 6))
    model = sf.fit(data, training={"epochs": 1}, reference=False, out=tmp_path / "run").model
    assert isinstance(model, TrainedModel)
    facts = replace(model.facts, half_widths={80: (0.0, 0.0, 0.0)})
    assert facts.half_widths[80] == (0.0, 0.0, 0.0)
