"""Forecasts: windows and naive forecasts against slow, plain loops."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from steadfit.data import (
    Forecast,
    Ragged,
    forecast_of,
    from_forecast,
    naive_forecasts,
    read,
    scaled_errors,
    split,
)
from steadfit.errors import SteadfitError
from steadfit.formats import ForecastTable
from steadfit.references import REFERENCES


@given(
    lengths=st.lists(st.integers(8, 14), min_size=1, max_size=3), window=st.integers(1, 4),
    horizon=st.integers(1, 4), targets=st.sampled_from([(0,), (1,), (1, 0)]),
)  # fmt: skip
def test_windows_are_those_of_a_plain_loop(
    lengths: list[int], window: int, horizon: int, targets: tuple[int, ...]
) -> None:
    rng = np.random.default_rng(0)
    series = [rng.normal(size=(n, 2)).astype(np.float32) for n in lengths]
    data = from_forecast(series, Forecast(horizon, window, targets))
    expected = [
        (s[t : t + window], s[t + window : t + window + horizon, list(targets)].ravel())
        for s in series
        for t in range(len(s) - window - horizon + 1)
    ]
    assert isinstance(data.x, Ragged)
    assert len(data) == len(expected)
    for (x, y), past, future in zip(expected, data.x.rows(), data.y, strict=True):
        np.testing.assert_array_equal(past, x)
        np.testing.assert_array_equal(future, y)


@given(horizon=st.integers(1, 9), season=st.integers(1, 6))
def test_the_naive_forecast_is_the_last_season_again(horizon: int, season: int) -> None:
    data = from_forecast([np.arange(30.0)[:, None]], Forecast(horizon, 6, season=season))
    predicted = naive_forecasts(data, season)
    for i, row in enumerate(predicted):
        last = i + 5  # the last step of the window, and also its value
        assert row.tolist() == [last - season + 1 + h % season for h in range(horizon)]


def test_seasonal_naive_is_exact_for_a_periodic_series() -> None:
    wave = np.tile([1.0, 5.0, 2.0], 12)[:, None]
    data = from_forecast([wave, 10 * wave], Forecast(4, 6, season=3))
    assert torch.equal(naive_forecasts(data, 3), data.y)


def test_scaled_errors_are_hyndmans() -> None:
    """Two series, one ten times the other: the scale is each one's own."""
    rng = np.random.default_rng(1)
    series = [rng.normal(size=(40, 1)), 10 * rng.normal(size=(40, 1))]
    parts = split(from_forecast(series, Forecast(2, 5)), 0.3)
    predicted = naive_forecasts(parts.test)
    errors = scaled_errors(parts.train, parts.test, predicted)
    assert parts.train.structure.spans is not None
    assert parts.test.structure.spans is not None
    for i, (number, first, _) in enumerate(parts.test.structure.spans.tolist()):
        spans = parts.train.structure.spans[parts.train.structure.spans[:, 0] == number]
        at = spans[:, 1].numpy()
        scale = np.abs(series[number][at] - series[number][at - 1]).mean()
        actual = series[number][first : first + 2, 0]
        wrong = np.abs(actual - series[number][first - 1, 0]) / scale
        np.testing.assert_allclose(errors[i], wrong, rtol=1e-5)


def test_a_constant_series_is_said_at_once_and_has_no_scale() -> None:
    gap = np.where(np.arange(40.0) == 20, np.nan, 1.0)
    series = [np.arange(40.0)[:, None], np.ones((40, 1)), gap[:, None]]
    data = from_forecast(series, Forecast(2, 5), missing="drop")
    assert data.notes[-1] == "2 of 3 series never change: series 1, series 2."
    parts = split(data, 0.3)
    errors = scaled_errors(parts.train, parts.test, naive_forecasts(parts.test))
    assert parts.test.structure.spans is not None
    assert errors.isnan().all(1).equal(parts.test.structure.spans[:, 0] > 0)


def test_nothing_is_learned_of_a_series_that_never_changes() -> None:
    data = from_forecast([np.ones((40, 1))], Forecast(2, 5))
    assert data.notes == ("1 of 1 series never change: series 0.",)
    with pytest.raises(SteadfitError, match="got 1 in every example"):
        split(data)


@pytest.mark.parametrize(
    ("series", "forecast", "sentence"),
    [
        ([np.ones((6, 1))], Forecast(3, 4), r"window of 4 and a horizon of 3 .* series 0 \(6\)"),
        ([], Forecast(3, 4), "a series must have the 7 rows of a window of 4 and a horizon of 3"),
        ([np.ones((9, 1))], Forecast(0, 4), "must be 1 or more"),
        ([np.full((9, 1), np.nan)], Forecast(1, 1), "Values are missing in 1 series, first at"),
        ([np.full((9, 1), np.inf)], Forecast(1, 1), "infinite"),
        ([np.ones((9, 1)), np.ones((9, 2))], Forecast(1, 1), "the same channels, .* got 1, 2"),
        ([np.ones(9)], Forecast(1, 1, (1,)), "the targets 1, counted from 0"),
        (["abc"], Forecast(1, 1), "series 0 must have a value .* got a single one"),
    ],
)
def test_what_cannot_be_forecast_is_said(series: list, forecast: Forecast, sentence: str) -> None:
    with pytest.raises(SteadfitError, match=sentence):
        from_forecast(series, forecast)


def test_a_season_longer_than_the_window_is_said() -> None:
    data = from_forecast([np.ones((20, 1))], Forecast(2, 5))
    assert str(data).endswith("14 windows of 5 steps · 2 numbers")
    with pytest.raises(SteadfitError, match="season must be from 1 to the window's 5 steps, got 6"):
        naive_forecasts(data, 6)


def table(path: Path, times: list[str], name: str = "sales.csv") -> Path:
    lines = [f"{t},{i},{i * i}" for i, t in enumerate(times)]
    (path / name).write_text("date,sold,price\n" + "\n".join(lines))
    return path / name


DAYS = [str(np.datetime64("2024-02-20") + i) for i in range(30)]
HOURS = [str(np.datetime64("2024-02-28T20") + np.timedelta64(i, "h")) for i in range(60)]
HALVES = [f"2024-02-28T20:00:{i // 2:02}.{i % 2 * 5}" for i in range(60)]
MONTHS = [f"{np.datetime64('2023-11') + i}-01" for i in range(40)]
MONTH_ENDS = [str((np.datetime64("2023-11") + i + 1).astype("M8[D]") - 1) for i in range(40)]
QUARTERS = [f"{np.datetime64('2019-11') + 3 * i}-15" for i in range(40)]


@pytest.mark.parametrize(
    ("times", "season", "step"),
    [(DAYS, 7, "1 day"), ([f"{hour}:00:00" for hour in HOURS], 24, "1 hour"),
     (HALVES, 1, "500,000 microseconds"),
     (MONTHS, 12, "1 month"), (MONTH_ENDS, 12, "1 month"), (QUARTERS, 4, "3 months"),
     ([str(i) for i in range(0, 90, 3)], 1, "3")],
)  # fmt: skip
def test_the_calendar_tells_the_season(
    tmp_path: Path, times: list[str], season: int, step: str
) -> None:
    data = read(table(tmp_path, times), time="date", target="sold", horizon=2)
    window = min(max(4, 2 * season), len(times) // 2)
    assert data.schema.task == Forecast(2, window, (0,), season, ("sold",))
    form = ForecastTable(("sold",), None, "date", window, step, season=season)
    assert replace(data.schema.form, begin=None) == form
    assert len(data) == len(times) - 2 - window + 1
    assert "the next 2 steps of sold from" in data.notes[0]


def test_other_columns_are_seen_only_when_named(tmp_path: Path) -> None:
    path = table(tmp_path, DAYS)
    options = {"time": "date", "target": "sold", "horizon": 1, "window": 2}
    alone = read(path, **options)
    both = read(path, values="price", **options)
    assert isinstance(alone.x, Ragged)
    assert isinstance(both.x, Ragged)
    assert (alone.x.shape[2], both.x.shape[2]) == (1, 2)
    assert torch.equal(alone.y, both.y)
    two = read(path, **{**options, "target": "price,sold"})
    assert two.y[0].tolist() == [4, 2]


def test_series_share_one_clock(tmp_path: Path) -> None:
    rows = [f"{s},{day},{i}" for s, part in (("a", DAYS), ("b", DAYS[12:]))
            for i, day in enumerate(part)]  # fmt: skip
    (tmp_path / "a.csv").write_text("shop,date,sold\n" + "\n".join(rows))
    data = read(tmp_path / "a.csv", series="shop", time="date", target="sold", horizon=1, window=3)
    assert data.structure.spans is not None
    assert data.structure.spans[data.structure.spans[:, 0] == 1][0].tolist() == [1, 15, 15]
    parts = split(data, 0.3)
    assert parts.train.structure.spans is not None
    assert parts.test.structure.spans is not None
    assert parts.train.structure.spans[:, 2].max() < parts.test.structure.spans[:, 1].min()


def test_testing_starts_where_the_first_of_all_series_does():
    """The first series has no windows where testing starts."""
    series = [np.arange(40.0)[:, None], np.arange(40.0)[:, None]]
    series[0][22:32] = np.nan
    data = from_forecast(series, Forecast(1, 3), names=["late", "early"], missing="drop")
    parts = split(data, 0.3)
    assert parts.test.structure.spans is not None
    first = int(parts.test.structure.spans[:, 1].argmin())
    assert f"testing starts with {parts.test.ids[first]}" in parts.notes[0]
    assert parts.test.ids[first].startswith("early")


@pytest.mark.parametrize(
    ("times", "options", "sentence"),
    [
        (DAYS[:9] + DAYS[10:], {}, "row 11: .* a gap .* from 2024-02-28 to 2024-03-01, 1 gap in"),
        (DAYS[:9] + DAYS[8:], {}, "row 11: .* got 2024-02-28 after 2024-02-28"),
        (MONTHS[:9] + MONTHS[10:], {}, "row 11: times must be equally spaced, got a gap"),
        (DAYS, {"target": None}, "cannot determine which column to forecast.* sold, price"),
        (DAYS[:5], {"window": 9}, "a series must have the 10 rows of a window of 9"),
        ([*DAYS[:9], "soon"], {}, r'column "date": .* a time such as .* row 11 \("soon"\)'),
    ],
)
def test_what_is_wrong_with_a_forecast_table_is_said(
    tmp_path: Path, times: list[str], options: dict, sentence: str
) -> None:
    options = {"time": "date", "target": "sold", "horizon": 1, **options}
    with pytest.raises(SteadfitError, match=sentence):
        read(table(tmp_path, times), **options)


def test_missing_values_are_never_filled_from_the_future(tmp_path: Path) -> None:
    path = table(tmp_path, DAYS)
    path.write_text(path.read_text().replace(",10,", ",,"))
    options = {"time": "date", "target": "sold", "horizon": 1, "window": 3}
    with pytest.raises(SteadfitError, match=r'sales.csv, column "sold": .* row 12\. Nothing is'):
        read(path, **options)
    with pytest.raises(SteadfitError, match="forecast's missing values"):
        read(path, missing="linear", **options)
    data = read(path, missing="drop", **options)
    assert len(data) == 27 - 4
    assert "4 windows that need missing values are left out" in data.notes[2]


def test_a_season_lies_in_the_window(tmp_path: Path) -> None:
    path, options = table(tmp_path, DAYS), {"time": "date", "target": "sold", "horizon": 1}
    weeks, short = read(path, **options, window=7), read(path, **options, window=6)
    assert (forecast_of(weeks)[0].season, forecast_of(short)[0].season) == (7, 1)
    with pytest.raises(SteadfitError, match="at most the 6 steps of the window, got 7"):
        read(path, **options, window=6, season=7)


def test_too_short_series_are_left_out_and_said() -> None:
    series = [np.sin(np.arange(30.0)), np.arange(4.0), np.cos(np.arange(30.0))]
    data = from_forecast(series, Forecast(2, 5), names=["a", "b", "c"])
    assert data.notes == (
        "1 of 3 series are shorter than a window of 5 and a horizon of 2 steps, left out: b (4).",
    )
    assert {name[0] for name in data.ids} == {"a", "c"}
    assert data.structure.spans is not None
    assert data.structure.spans[:, 0].unique().tolist() == [0, 1]


MANY = ["1949-01", "1949-02", "1949-03", "1949-04", "1949-05", "1949-06", "1949-07", "1949-08"]


@pytest.mark.parametrize(
    ("times", "step"),
    [
        (MANY, "1 month"),
        ([f"{y} Q{q}" for y in (1970, 1971) for q in (1, 2, 3, 4)], "3 months"),
        ([f"{y}Q{q}" for y in (1970, 1971) for q in (1, 2, 3, 4)], "3 months"),
        ([f"2020-W{week:02}" for week in range(49, 54)] + ["2021-W01", "2021-W02"], "7 days"),
        ([f"202001{day}" for day in range(28, 32)] + ["20200201", "20200202"], "1 day"),
        ([f"2020/{month}/1" for month in range(1, 9)], "1 month"),
        ([f"1.{month}.2020" for month in range(1, 9)], "1 month"),
    ],
)
def test_calendars_as_people_write_them(tmp_path: Path, times: list[str], step: str) -> None:
    rows = "".join(f"{time},{i * i}\n" for i, time in enumerate(times))
    (tmp_path / "s.csv").write_text("when,sold\n" + rows)
    data = read(tmp_path / "s.csv", horizon=1, window=2)
    assert data.schema.form.step == step
    assert data.schema.form.time == "when"
    assert "The times are in when." in data.notes


def test_rows_are_sorted_by_time(tmp_path: Path) -> None:
    ordered = read(table(tmp_path, DAYS), time="date", target="sold", horizon=1, window=3)
    lines = (tmp_path / "sales.csv").read_text().splitlines()
    (tmp_path / "sales.csv").write_text("\n".join([lines[0], *lines[:0:-1]]))
    data = read(tmp_path / "sales.csv", target="sold", horizon=1, window=3)
    assert torch.equal(data.x.padded(), ordered.x.padded())
    assert "The rows were sorted by date." in data.notes


@pytest.mark.parametrize("header", ["unique_id,ds,y", "shop,day,sold"])
def test_a_table_of_several_series_is_told_by_its_times(tmp_path: Path, header: str) -> None:
    rows = [f"{s},{day},{i + 100 * (s == 'b')}" for i, day in enumerate(DAYS) for s in "ab"]
    (tmp_path / "s.csv").write_text(header + "\n" + "\n".join(rows))
    data = read(tmp_path / "s.csv", horizon=1, window=3)
    assert data.structure.spans is not None
    assert data.structure.spans[:, 0].unique().tolist() == [0, 1]
    assert (data.y[data.structure.spans[:, 0] == 1] >= 100).all()
    named = header.split(",")[0]
    assert f"The series are told apart by {named}, as their times come again." in data.notes


def test_two_columns_that_could_tell_the_series_apart_are_a_sentence(tmp_path: Path) -> None:
    rows = [f"{s},{s}{s},{day},{i}" for i, day in enumerate(DAYS) for s in "ab"]
    (tmp_path / "s.csv").write_text("shop,name,day,sold\n" + "\n".join(rows))
    with pytest.raises(SteadfitError, match=r"series apart: shop, name\. Name it"):
        read(tmp_path / "s.csv", horizon=1, window=3)


def hours(path: Path, rows: int, step: str = "h") -> Path:
    times = np.datetime64("2024-01-01T00:00") + np.arange(rows) * np.timedelta64(1, step)
    lines = [f"{time},{i % 24 + (i // 24 % 7 > 4)}\n" for i, time in enumerate(times)]
    path.write_text("time,load\n" + "".join(lines))
    return path


def test_hours_have_a_day_and_a_week(tmp_path: Path) -> None:
    path = hours(tmp_path / "load.csv", 4 * 168)
    data = read(path, horizon=36)
    task = forecast_of(data)[0]
    assert (task.seasons, task.window) == ((24, 168), 336)
    assert "seasons of 24 and 168 steps" in data.notes[0]
    for both in ("168, 24", [24, 168], (168, 24)):
        assert forecast_of(read(path, horizon=36, season=both))[0] == task
    assert forecast_of(read(path, horizon=36, season=24))[0].seasons == (24,)
    assert forecast_of(read(path, horizon=36, season=1))[0].seasons == ()
    fewer = read(hours(path, 10 * 24), horizon=12)
    assert forecast_of(fewer)[0].seasons == (24,)
    for wrong in ("a day", "0", [], 24.5):
        with pytest.raises(SteadfitError, match=r"season must be a number of steps, or several"):
            read(path, horizon=12, season=wrong)


@pytest.mark.parametrize(("minutes", "season"), [(5, 288), (10, 144), (15, 96), (20, 72)])
def test_minutes_have_a_day(tmp_path: Path, minutes: int, season: int) -> None:
    times = np.datetime64("2024-01-01T00:00") + np.arange(600) * np.timedelta64(minutes, "m")
    path = tmp_path / "load.csv"
    path.write_text("time,load\n" + "".join(f"{t},{i % 7}\n" for i, t in enumerate(times)))
    assert forecast_of(read(path, horizon=3))[0].seasons == (season,)


def test_the_seasonal_naive_forecast_takes_the_season_that_errs_least_before() -> None:
    """A week that repeats exactly, and days that differ: the week is taken, and back."""
    week = np.random.default_rng(0).normal(size=14)
    task = Forecast(3, 28, season=2, longer_seasons=(14,))
    naive = REFERENCES["seasonal naive forecast"]
    for pattern, season in ((week, 14), (week[:2], 2)):
        data = from_forecast([np.resize(pattern, 80) + np.linspace(0, 0.1, 80)], task)
        fitted = naive.fit(data)
        assert int(fitted.learned.arrays["season"]) == season
        np.testing.assert_array_equal(
            fitted.predict(data), task.naive(data.x, season).numpy().astype(np.float32)
        )
