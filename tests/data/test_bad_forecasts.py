"""What people get wrong with forecasts, each with its sentence."""

import json
from pathlib import Path

import numpy as np
import pytest

import steadfit as sf
from steadfit.data import Schema, read, split
from steadfit.errors import SteadfitError
from steadfit.prediction import predictions

DAYS = [str(np.datetime64("2024-01-01") + i) for i in range(60)]
WAVE = [10 + np.sin(i) for i in range(60)]


def written(path: Path, values: list, times: list[str] = DAYS, more: str = "") -> Path:
    rows = "".join(f"{time},{value}\n" for time, value in zip(times, values, strict=False))
    (path / "s.csv").write_text("day,sold\n" + rows + more)
    return path / "s.csv"


def two_series(path: Path, first: list[str], second: list[str]) -> Path:
    rows = [f"{name},{time},{i % 7}" for name, times in (("a", first), ("b", second))
            for i, time in enumerate(times)]  # fmt: skip
    (path / "s.csv").write_text("shop,day,sold\n" + "\n".join(rows))
    return path / "s.csv"


def test_two_frequencies_in_one_file(tmp_path: Path) -> None:
    weeks = [str(np.datetime64("2024-01-01") + 7 * i) for i in range(40)]
    with pytest.raises(SteadfitError) as error:
        read(two_series(tmp_path, DAYS, weeks), horizon=2)
    assert str(error.value) == (
        "s.csv: the rows of all series must be equally far apart, got 1 day in a, 7 days in b. "
        "Forecast those of one distance from a file of their own."
    )
    with pytest.raises(SteadfitError, match="a gap in the series"):
        read(two_series(tmp_path, DAYS, DAYS[:20] + DAYS[22:]), horizon=2)


def test_a_horizon_longer_than_the_shortest_series(tmp_path: Path) -> None:
    data = read(two_series(tmp_path, DAYS, DAYS[:10]), horizon=14)
    assert any("1 of 2 series are shorter than a window" in note for note in data.notes)
    with pytest.raises(SteadfitError, match=r"a series must have the 76 rows .* got fewer in all"):
        read(written(tmp_path, WAVE), horizon=38)


@pytest.mark.parametrize("value", [0, 5])
def test_a_series_that_never_changes(tmp_path: Path, value: int) -> None:
    data = read(written(tmp_path, [value] * 60), horizon=2)
    assert data.notes[-1].endswith("series never change: s.csv.")
    with pytest.raises(SteadfitError, match=f"the target must vary, got {value} in every example"):
        sf.fit(data, out=tmp_path / "run")


def test_zeros_up_to_the_cut_have_no_mase(tmp_path: Path) -> None:
    data = read(written(tmp_path, [0] * 48 + WAVE[:12]), horizon=2, window=4, season=1)
    fitted = sf.fit(data, out=tmp_path / "run", training={"epochs": 2}, reference=False)
    assert fitted.result.scaled_errors.arm is None
    assert "no scaled error" in str(fitted)


def test_infinite_values(tmp_path: Path) -> None:
    with pytest.raises(SteadfitError, match="values are infinite, or beyond float32"):
        read(written(tmp_path, [*WAVE[:30], "1e60", *WAVE[31:]]), horizon=2)


def test_a_row_of_the_future_with_a_target(tmp_path: Path) -> None:
    """Empty targets with one after them are a gap, not the future."""
    rows = [f"{day},{'' if 50 <= i < 55 else i % 7},{i % 3}" for i, day in enumerate(DAYS)]
    (tmp_path / "s.csv").write_text("day,sold,price\n" + "\n".join(rows))
    with pytest.raises(SteadfitError, match=r'column "sold": .* got none in 5: row 52, row 53'):
        read(tmp_path / "s.csv", horizon=2, target="sold", known="price")


def test_a_series_that_was_never_trained_on_is_forecast_by_its_window(tmp_path: Path) -> None:
    """Without a static column nothing is learned of a series' name."""
    data = read(two_series(tmp_path, DAYS, DAYS), horizon=2, window=6, season=1)
    model = sf.fit(data, out=tmp_path / "run", training={"epochs": 2}, reference=False).model
    table = tmp_path / "s.csv"
    usual = model.forecast(table)
    table.write_text(table.read_text().replace("\nb,", "\nnew,"))
    found = model.forecast(table)
    assert found["input"].tolist() == ["a", "a", "new", "new"]
    assert found["prediction_sold"].tolist() == usual["prediction_sold"].tolist()


def test_only_a_column_whose_every_cell_is_a_date_is_one_of_times(tmp_path: Path) -> None:
    """Names, some of them empty, and dates with a gap among them are none."""
    path = tmp_path / "s.csv"
    rows = [f"{day},{i % 7},{'' if i % 9 else 'a'},{'' if i == 3 else day}"
            for i, day in enumerate(DAYS)]  # fmt: skip
    path.write_text("day,sold,shop,seen\n" + "\n".join(rows))
    data = read(path, horizon=2, target="sold")
    assert "The times are in day." in data.notes
    assert "Columns not used: shop, seen." in data.notes


def test_series_too_short_to_forecast_are_named_and_the_others_forecast(tmp_path: Path) -> None:
    data = read(two_series(tmp_path, DAYS, DAYS[:10]), horizon=2, window=14)
    model = sf.fit(data, out=tmp_path / "run", training={"epochs": 2}, reference=False).model
    found = model.forecast(tmp_path / "s.csv")
    assert found["input"].tolist() == ["a", "a"]
    assert found["time"].tolist() == ["2024-03-01", "2024-03-02"]
    notes = predictions(tmp_path / "run", tmp_path / "s.csv").notes
    assert notes[0].startswith("1 of 2 series have fewer than the 14 rows")
    assert notes[0].endswith("are not forecast: b (10).")


def test_a_window_that_leaves_none_to_train_on(tmp_path: Path) -> None:
    """The message's advice leads to a result."""
    data = read(written(tmp_path, WAVE[:29]), horizon=4, window=22)
    with pytest.raises(SteadfitError) as error:
        split(data)
    assert str(error.value) == (
        "s has no window to train on that ends before the tested steps: windows of 22 steps and "
        "horizons of 4 leave 4 in all. Give a smaller window or horizon, or more rows: a window "
        "and three horizons are enough, here 34."
    )
    for horizon in (1, 4, 12, 17):
        rows = 5 + 3 * horizon
        enough = read(written(tmp_path, WAVE[:rows]), horizon=horizon, window=5, season=1)
        assert len(split(enough).train)
    assert len(split(read(written(tmp_path, WAVE[:29]), horizon=4, window=10)).train)


@pytest.mark.parametrize(
    ("trained", "here", "said"),
    [
        ("", "%", "12% is read as 0.12, and training had numbers without %."),
        (" kWh", " Wh", "numbers are in Wh, and training had kWh. Convert them."),
        (" kWh", " kWh", None),
    ],
)
def test_other_units_than_in_training_are_said(tmp_path, trained, here, said) -> None:
    data = read(written(tmp_path, [f"{value:.2f}{trained}" for value in WAVE]), horizon=2)
    form = Schema.from_dict(json.loads(json.dumps(data.schema.to_dict())))  # as it is saved
    found = form.read(written(tmp_path, [f"{value:.2f}{here}" for value in WAVE]))
    assert any("training had" in note for note in found.notes) == (said is not None)
    assert said is None or f's.csv, column "sold": {said}' in found.notes


def test_marks_for_missing_values_are_said(tmp_path: Path) -> None:
    data = read(written(tmp_path, [-999, *WAVE[1:30], -999, *WAVE[31:]]), horizon=2)
    assert any('-999 in "sold" (2 rows)' in note for note in data.notes)
