"""Dates as people and programs write them, against `datetime.strftime`."""

from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from steadfit.data import Dataset, Table, read
from steadfit.errors import SteadfitError
from steadfit.formats.columns import Columns
from steadfit.formats.dates import as_dates, check_years, written
from steadfit.formats.new_columns import columns_of
from steadfit.formats.time_columns import are_times
from steadfit.kinds.table_inputs import rows_in_memory

DAYS = [datetime(2023, 11, 5, 9, 5) + timedelta(days=37 * k, hours=5 * k) for k in range(20)]


def table(cells: list[str]) -> Columns:
    return columns_of("t", {"when": cells}, [str(i) for i in range(len(cells))])


@pytest.mark.parametrize(
    "style",
    ["%Y-%m-%d %H:%M", "%d.%m.%Y %H:%M", "%m/%d/%Y %H:%M", "%d/%m/%Y %H:%M:%S", "%m/%d/%y %H:%M",
     "%d-%m-%Y %H:%M", "%m/%d/%Y %I:%M %p", "%m/%d/%Y, %I:%M:%S %p", "%d-%b-%Y %H:%M",
     "%d %B %Y %H:%M", "%b %d, %Y %H:%M", "%B %d, %Y, %I:%M %p", "%-m/%-d/%Y %-H:%M",
     "%Y-%-m-%-d %-H:%M", "%-d.%-m.%Y %-H:%M", "%Y/%m/%d %H:%M"],
)  # fmt: skip
def test_the_same_moments_in_other_styles(style: str) -> None:
    cells = [day.strftime(style) for day in DAYS]
    found = table([*cells, "n.a."]).dates("when")
    np.testing.assert_array_equal(found[:-1], np.array(DAYS, "datetime64[us]"))
    assert np.isnat(found[-1])
    assert are_times(table(cells), "when")


def test_days_and_months_that_nothing_tells_apart_are_no_dates(tmp_path: Path) -> None:
    rows = "".join(f"{1 + k % 12}/{1 + k % 7}/2024,{k % 5}.5,{'ab'[k % 2]}\n" for k in range(80))
    (tmp_path / "t.csv").write_text("when,v,label\n" + rows)
    data = read(tmp_path / "t.csv")
    assert data.columns == ("v",)
    assert any("whose day and month nothing tells apart" in note for note in data.notes)


def test_a_cell_that_is_no_date_is_the_one_that_is_named() -> None:
    with pytest.raises(SteadfitError, match=r'something else in 1: 1 \("soon"\)'):
        table(["3/4/2024", "soon", "3/31/2024"]).dates("when")


def test_the_date_that_databases_have_for_none_is_a_gap() -> None:
    found = table(["2024-01-31", "0000-00-00", "0000-00-00 00:00:00"]).dates("when")
    assert np.isnat(found).tolist() == [False, True, True]


@pytest.mark.parametrize("kind", ["texts", "pandas"])
def test_parts_of_times_with_a_zone_are_those_of_its_clocks(tmp_path: Path, kind: str) -> None:
    plain = pd.DataFrame({"when": pd.DatetimeIndex(DAYS * 4), "y": [k % 3 for k in range(80)]})
    zoned = plain.assign(when=plain.when.dt.tz_localize("America/New_York"))
    if kind == "texts":
        zoned = zoned.assign(when=zoned.when.astype(str))
    local, other = read(plain, target="y"), read(zoned, target="y")
    assert other.x.columns == local.x.columns
    assert other.x.values.equal(local.x.values)
    assert not any("zone" in note for note in rows_in_memory(zoned, other.x.columns).notes)
    said = rows_in_memory(zoned, local.x.columns).notes[-1]
    assert "have a time zone, and training had none" in said
    empty = zoned.assign(when=None)[:2]
    assert not any("zone" in note for note in rows_in_memory(empty, other.x.columns).notes)
    said = rows_in_memory(plain, other.x.columns).notes[-1]
    assert "have no time zone, and training had one" in said


@pytest.mark.parametrize(
    "cell",
    [
        "0000-031",
        "2023-366",
        "9999-12-31 24:00",
        "31/31/2024 24:00",
        "2024-01-31 1:00" + " " * 99 + "x",
    ],
)
def test_what_is_on_no_calendar_is_no_date(cell: str) -> None:
    assert as_dates(pa.chunked_array([[cell]]), day_first=True) is None


@pytest.mark.parametrize("day", ["2024-01-31", "1/31/2024"])
def test_a_long_cell_is_no_date(day: str) -> None:
    """Its blanks could be divided in 20,000² ways."""
    blanks = " " * 20_000
    assert written([f"{day} 1:00{blanks}x"]) == [f"2024-01-31 1:00{blanks}x"]
    assert written([f"{day} 1:00{blanks}"]) == ["2024-01-31 01:00"]


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        ([f"Jan-{day:02}" for day in range(1, 31)], False),
        ([f"{datetime(2023, 1, 1) + timedelta(i):%b-%d}" for i in range(80)], False),
        ([f"Jan/{day:02}" for day in (2, 3, 4, 5, 8, 9, 10)], False),
        ([f"Jan-{day:02}" for day in range(1, 33)], True),
        ([f"Jan'{day:02}" for day in range(1, 31)], True),
        ([f"{date(2000, m, 1):%b}-{y:02}" for y in range(1, 25) for m in range(1, 13)], True),
        ([f"{date(2000, m, 1):%b}-{y:02}" for y in range(1, 9) for m in (6, 12)][1:], True),
        ([f"{date(2000, m, 1):%b}-08" for m in (7, 8, 9)], True),
    ],
)
def test_days_that_could_be_years(cells: list[str], told: bool) -> None:
    if told:
        check_years("t.csv", cells)
        return
    with pytest.raises(SteadfitError, match="whether the digits are a day or a year"):
        check_years("t.csv", cells)


def fit_on(folder: Path, dates: list[str]) -> Dataset:
    rows = "".join(f"{day},{k % 5}.5,{'ab'[k % 2]}\n" for k, day in enumerate(dates))
    (folder / "t.csv").write_text("when,v,label\n" + rows)
    return read(folder / "t.csv")


@pytest.mark.parametrize("style", ["%Y-%m-%d", "%d.%m.%y", "%m/%d/%Y"])
@pytest.mark.parametrize("wrong", ["2023-02-30", "soon", "31.02.23"])
def test_one_bad_date_is_named_and_makes_no_column_of_names(
    tmp_path: Path, style: str, wrong: str
) -> None:
    cells = [day.strftime(style) for day in DAYS]
    with pytest.raises(SteadfitError, match=f'"when".* in 1: row 9 \\("{wrong}"\\)'):
        fit_on(tmp_path, [*cells[:7], wrong, *cells[7:]])


def test_times_some_of_which_have_a_zone(tmp_path: Path) -> None:
    cells = [day.isoformat() for day in DAYS]
    with pytest.raises(SteadfitError, match=r"a time without a time zone, .* in 1: row 22"):
        fit_on(tmp_path, [*cells, cells[0] + "Z"])


def test_years_of_two_digits_and_their_century(tmp_path: Path) -> None:
    data = fit_on(tmp_path, [day.strftime("%d.%m.%y") for day in DAYS])
    assert isinstance(data.x, Table)
    assert {column.title for column in data.x.columns} > {"when (year)", "when (month)"}
    assert any('two digits in "when" are read as 2023 to 2025' in note for note in data.notes)


@pytest.mark.parametrize("versions", [["1.2.24", "10.11.24"], ["01.02.24", "40.11.24"]])
def test_versions_are_no_dates(tmp_path: Path, versions: list[str]) -> None:
    data = fit_on(tmp_path, versions * 10)
    assert data.columns == ("when", "v")
