"""Times whose parts are in several columns, and columns that only are called like these."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from steadfit.data import Ragged, read
from steadfit.errors import SteadfitError
from steadfit.formats import ForecastTable

PARTS = ["year", "month", "day", "hour", "minute", "second"]


def parts(times: pd.DatetimeIndex, names: list[str], **others: object) -> pd.DataFrame:
    each = {name: getattr(times, name) for name in names}
    return pd.DataFrame({**each, **others, "v": np.arange(len(times)) * 1.5})


@pytest.mark.parametrize("time", [None, ",".join(PARTS)])
def test_seconds_are_a_part(tmp_path: Path, time: str | None) -> None:
    table = parts(pd.date_range("2024-01-01", periods=90, freq="s"), PARTS)
    table.to_csv(tmp_path / "t.csv")
    data = read(tmp_path / "t.csv", horizon=1, window=4, target="v", time=time)
    form = data.schema.form
    assert isinstance(form, ForecastTable)
    assert (form.step, form.time_parts) == ("1 second", tuple(PARTS))
    assert data.schema.read(tmp_path / "t.csv").clocks[0].after(1) == ["2024-01-01T00:01:30"]


@pytest.mark.parametrize(
    ("others", "names"),
    [
        ({"min": np.linspace(-3, 9, 40)}, PARTS[:3]),  # temperatures
        ({"min": np.arange(40) % 9}, PARTS[:3]),
        ({"hr": np.arange(60, 100)}, PARTS[:3]),  # of the heart
        ({"sec": np.arange(40) % 50}, PARTS[:4]),
        ({"quarter": np.ones(40, int), "week": np.ones(40, int)}, PARTS[:3]),
        ({"mon": np.arange(40)}, PARTS[:3]),
    ],
)
def test_columns_that_cannot_be_parts_are_none(others: dict, names: list[str]) -> None:
    freq = "h" if "hour" in names else "D"
    table = parts(pd.date_range("2024-01-01", periods=40, freq=freq), names)
    table = pd.DataFrame({**others, **table})
    data = read(table, horizon=1, window=4, target="v")
    assert f"The times are in {','.join(names)}." in data.notes
    assert f"Columns not used: {', '.join(others)}." in data.notes


@pytest.mark.parametrize(
    "time",
    [",".join([*PARTS, "x"]), "year,month,month", "year,minute", "year,month,day,hour,second"],
)
def test_parts_that_make_no_date_are_refused(time: str) -> None:
    table = parts(pd.date_range("2024-01-01", periods=40, freq="h"), PARTS)
    table["x"] = 1
    with pytest.raises(SteadfitError, match="each part once and no minute without its hour"):
        read(table, horizon=1, window=4, target="v", time=time)


def test_days_of_the_year_have_hours(tmp_path: Path) -> None:
    times = pd.date_range("2024-02-28", periods=60, freq="h")
    table = pd.DataFrame({"year": times.year, "doy": times.day_of_year, "hour": times.hour})
    table.assign(v=np.arange(60) * 1.5).to_csv(tmp_path / "t.csv", index=False)
    data = read(tmp_path / "t.csv", horizon=1, window=4, target="v")
    assert data.schema.read(tmp_path / "t.csv").clocks[0].after(1) == ["2024-03-01T12:00:00"]


@pytest.mark.parametrize("series", ["shop", "shop,item"])
def test_series_with_a_label_and_new_ones(tmp_path: Path, series: str) -> None:
    rows = [(f"s{k}", f"i{k % 2}", "2024-01-01", h, k + h / 2, "ab"[k % 2])
            for k in range(12) for h in range(10)]  # fmt: skip
    table = pd.DataFrame(rows, columns=["shop", "item", "date", "hour", "v", "label"])
    table.to_csv(tmp_path / "t.csv", index=False)
    data = read(tmp_path / "t.csv", series=series, time="date,hour", target="label")
    assert isinstance(data.x, Ragged)
    assert [each.shape[1] for each in data.x.rows()] == [1] * 12  # an hour is no channel
    later_first = table.sort_values("hour", ascending=False, kind="stable")
    later_first.drop(columns="label").to_csv(tmp_path / "new.csv", index=False)
    new = data.schema.read(tmp_path / "new.csv")
    assert isinstance(new.x, Ragged)
    assert [each.tolist() for each in new.x.rows()] == [each.tolist() for each in data.x.rows()]
    table.drop(columns="hour").to_csv(tmp_path / "new.csv")
    with pytest.raises(SteadfitError, match="must have the columns"):
        data.schema.read(tmp_path / "new.csv")


def test_a_series_with_a_time_twice_is_named(tmp_path: Path) -> None:
    table = pd.DataFrame({"shop": "a", "date": "2024-01-01", "hour": [0, 1, 1], "v": 1.5, "y": "q"})
    with pytest.raises(SteadfitError, match="got 2024-01-01 1:00 after 2024-01-01 1:00"):
        read(table, series="shop", time="date,hour", target="y")
