"""From a table to forecasts with times and intervals, and back from the folder."""

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import steadfit as sf
from steadfit.cli import main
from steadfit.errors import SteadfitError
from steadfit.tasks.coverage import half_widths
from steadfit.training import TrainedModel

MONTHS = [str(np.datetime64("2015-01") + month) for month in range(72)]
SMALL = {"training": {"epochs": 20}, "reference": False}


def sales(noise: float, seed: int = 0) -> np.ndarray:
    season = np.sin(np.arange(72) * 2 * np.pi / 12)
    return 50 + 10 * season + noise * np.random.default_rng(seed).normal(size=72)


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sales") / "sales.csv"
    rows = [f"{shop},{month},{value}" for seed, shop in enumerate(("north", "south"))
            for month, value in zip(MONTHS, sales(1.0, seed), strict=True)]  # fmt: skip
    path.write_text("shop,month,sold\n" + "\n".join(rows))
    return path


@pytest.fixture(scope="module")
def fitted(table: Path) -> TrainedModel:
    data = sf.read(table, horizon=3)
    return sf.fit(data, out=table.parent / "run", **SMALL).model


def test_the_next_months_of_each_series_with_intervals(fitted, table: Path) -> None:
    found = fitted.forecast(table)
    assert list(found) == [
        "input", "time", "step", "prediction_sold",
        "low_80_sold", "high_80_sold", "low_95_sold", "high_95_sold",
    ]  # fmt: skip
    assert found["input"].tolist() == ["north"] * 3 + ["south"] * 3
    assert found["time"].tolist() == ["2021-01-01", "2021-02-01", "2021-03-01"] * 2
    assert found["step"].tolist() == [1, 2, 3] * 2
    wide, narrow = (found[f"high_{n}_sold"] - found[f"low_{n}_sold"] for n in (95, 80))
    assert (wide > narrow).all()
    assert (narrow > 0).all()
    truth = 50 + 10 * np.sin(np.arange(72, 75) * 2 * np.pi / 12)
    assert np.abs(found["prediction_sold"].reshape(2, 3) - truth).max() < 4


def test_a_shorter_horizon_is_the_first_steps(fitted, table: Path) -> None:
    whole, short = fitted.forecast(table), fitted.forecast(table, horizon=1)
    for name, values in short.items():
        assert values.tolist() == whole[name][[0, 3]].tolist()
    for wrong in (0, 4):
        with pytest.raises(SteadfitError, match="horizon must be from 1 to the 3 steps"):
            fitted.forecast(table, horizon=wrong)


def test_the_file_and_the_folder_give_the_same(fitted, table: Path, tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="0"):
        main(["predict", str(table.parent / "run"), str(table), "--out", str(tmp_path / "p.csv")])
    with (tmp_path / "p.csv").open() as file:
        rows = list(csv.DictReader(file))
    found = TrainedModel.load(table.parent / "run").forecast(table)
    assert [row["time"] for row in rows] == found["time"].tolist()
    for name in ("prediction_sold", "low_80_sold", "high_95_sold"):
        np.testing.assert_allclose([float(row[name]) for row in rows], found[name], rtol=1e-5)


def test_a_frame_is_forecast_as_its_file(fitted, table: Path) -> None:
    pandas = pytest.importorskip("pandas")
    found, frame = fitted.forecast(table), pandas.read_csv(table)
    for name, values in fitted.forecast(frame).items():
        assert values.tolist() == found[name].tolist(), name


def test_a_model_of_classes_has_no_forecast(tmp_path: Path) -> None:
    model = sf.fit(
        "digits", "mlp", training={"epochs": 1}, out=tmp_path / "m", reference=False
    ).model
    with pytest.raises(SteadfitError, match="forecast is for models of forecasts, got one of cla"):
        model.forecast(np.zeros((1, 8, 8)))


def test_the_model_knows_the_newest_rows(tmp_path: Path) -> None:
    """A level that shifts in the last rows, all of them tested, moves the forecast."""

    def forecast(shift: float) -> np.ndarray:
        series = sales(0.5) + np.where(np.arange(72) >= 60, shift, 0.0)
        data = sf.data.from_forecast([series], sf.data.Forecast(2, 6), "s")
        model = sf.fit(data, out=tmp_path / str(shift), **SMALL).model
        weights = model.weights[0]["network.linear1.weight"]
        return weights.numpy()

    assert not np.array_equal(forecast(0.0), forecast(5.0))


@given(
    errors=st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=120),
    level=st.sampled_from([80, 95]),
)
def test_an_interval_holds_as_many_tested_errors_as_it_says(
    errors: list[float], level: int
) -> None:
    widths = half_widths(np.array(errors)[:, None], 1)[level][0]
    held = sum(abs(error) <= widths * (1 + 1e-9) for error in errors)
    if len(errors) >= 19:  # with fewer, Student's quantile of their mean square
        assert held >= level / 100 * len(errors)


def test_intervals_of_new_errors_cover_as_they_say() -> None:
    """Of normal errors, many and few: the share of the next one within, against its level."""
    rng = np.random.default_rng(0)
    for count in (4, 30, 200):
        known, new = rng.normal(size=(4000, count)), rng.normal(size=4000)
        each = [half_widths(one[:, None], 1) for one in known]
        for level in (80, 95):
            covered = np.mean([abs(e) <= w[level][0] for e, w in zip(new, each, strict=True)])
            assert level / 100 - 0.03 <= covered <= level / 100 + 0.04, (count, level)


def test_a_later_step_is_never_surer() -> None:
    errors = np.random.default_rng(0).normal(size=(50, 6)) * np.array([3, 1, 2, 2, 1, 1])
    for widths in half_widths(errors, targets=2).values():
        assert (np.diff(np.array(widths).reshape(3, 2), axis=0) >= 0).all()
