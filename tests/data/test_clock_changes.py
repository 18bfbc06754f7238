"""Local times over the changes of clocks, against zoneinfo."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from steadfit.data import read
from steadfit.errors import SteadfitError
from steadfit.formats.clock_changes import to_local, to_utc, without_changes

HOUR = 3_600_000_000
CHANGES = [
    ("Europe/Berlin", datetime(2024, 3, 31)),
    ("Europe/Berlin", datetime(2024, 10, 27)),
    ("America/New_York", datetime(2024, 3, 10)),
    ("America/New_York", datetime(2024, 11, 3)),
    ("Australia/Sydney", datetime(2024, 4, 7)),
    ("Australia/Sydney", datetime(2024, 10, 6)),
    ("America/Santiago", datetime(2024, 9, 7)),  # at midnight
    ("America/Santiago", datetime(2024, 4, 6)),
    ("Africa/Cairo", datetime(2024, 4, 25)),
    ("Africa/Cairo", datetime(2024, 10, 31)),
    ("America/Sao_Paulo", datetime(2018, 11, 3)),
    ("America/Sao_Paulo", datetime(2018, 2, 17)),
    ("Asia/Tehran", datetime(2021, 3, 21)),
    ("Asia/Tehran", datetime(2021, 9, 21)),
    ("Australia/Lord_Howe", datetime(2024, 4, 7)),  # by half an hour
    ("Australia/Lord_Howe", datetime(2024, 10, 6)),
    ("Asia/Jerusalem", datetime(2024, 3, 29)),
    ("Pacific/Chatham", datetime(2024, 9, 29)),
]


def local(
    zone: str, day: datetime, minutes: int, steps: int = 200, back: int = 1
) -> list[datetime]:
    """Wall-clock times at equal distances, from `back` days before noon of the day."""
    begin = day.replace(hour=12, tzinfo=ZoneInfo(zone)).astimezone(UTC) - timedelta(days=back)
    each = (begin + timedelta(minutes=minutes) * step for step in range(steps))
    return [moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None) for moment in each]


def microseconds(times: list[datetime]) -> np.ndarray:
    return np.array(times, "datetime64[us]").astype(np.int64)


@pytest.mark.parametrize(("zone", "day"), CHANGES)
@pytest.mark.parametrize("minutes", [15, 30, 60])
def test_wall_clocks_of_the_world_become_equal_steps(zone, day, minutes):
    times = microseconds(local(zone, day, minutes))
    assert len(np.unique(np.diff(times))) == 2
    even, notes = without_changes(times, [np.arange(len(times))])
    assert (np.diff(even) == minutes * 60_000_000).all()
    assert notes[0].startswith("Clocks were changed on 20")
    assert notes[0].endswith("there. If rows are missing there instead, name the zone UTC.")
    utc = to_utc(times, [np.arange(len(times))], zone)
    noon = day.replace(hour=12, tzinfo=ZoneInfo(zone))
    assert utc[0] == (noon.timestamp() - 86400) * 1e6
    assert (np.diff(utc) == minutes * 60_000_000).all()
    np.testing.assert_array_equal(to_local(utc, zone), times)


def test_both_changes_of_a_year():
    times = microseconds(local("Europe/Berlin", datetime(2024, 3, 31), 60, 24 * 250))
    even, notes = without_changes(times, [np.arange(len(times))])
    assert (np.diff(even) == 3_600_000_000).all()
    assert "2024-03-31, 2024-10-27" in notes[0]


@pytest.mark.parametrize(
    "drop", [slice(30, 31), slice(61, 62), slice(80, 83)], ids=["before", "after", "three"]
)
def test_gaps_stay_gaps(drop):
    """Of a plain week, and beside a change, which is one all the same."""
    plain = np.delete(microseconds(local("Europe/Berlin", datetime(2024, 6, 5), 60, 100)), drop)
    even, notes = without_changes(plain, [np.arange(len(plain))])
    assert even is plain
    assert notes == []
    for day in (datetime(2024, 3, 31), datetime(2024, 10, 27)):
        times = np.delete(microseconds(local("Europe/Berlin", day, 60, 100)), drop)
        even, notes = without_changes(times, [np.arange(len(times))])
        assert f"Clocks were changed on {day:%Y-%m-%d}" in notes[0]
        gaps = np.diff(even) // HOUR
        assert gaps[gaps != 1].tolist() == [1 + len(range(*drop.indices(100)))]


@pytest.mark.parametrize(
    ("absent", "until"),
    [
        ("2024-03-03 02:00", "2024-04-10"),  # a Sunday of no change anywhere
        ("2024-09-01 03:00", "2024-09-20"),
        ("2024-03-31 02:00", "2024-11-20"),  # clocks that are put forward are put back
        ("2024-03-31 05:00", "2024-04-10"),
        ("2024-07-07 02:00", "2024-07-20"),
        ("2024-03-31 01:00,2024-03-31 02:00", "2024-04-10"),  # a change of two hours in Troll
    ],
)
def test_an_hour_that_is_missing_is_no_change_of_clocks(absent: str, until: str) -> None:
    times = np.arange("2024-02-20", until, np.timedelta64(1, "h"), "datetime64[us]")
    missing = np.array(absent.split(","), "datetime64[us]")
    times = times[~np.isin(times, missing)].astype(np.int64)
    even, notes = without_changes(times, [np.arange(len(times))])
    assert even is times
    assert notes == []


def test_what_could_be_either_is_said_and_the_zone_decides(tmp_path: Path) -> None:
    times = np.arange("2024-03-20", "2024-04-10", np.timedelta64(1, "h"), "datetime64[h]")
    cells = [str(time) + ":00" for time in times if time != np.datetime64("2024-03-31T02")]
    path = written(tmp_path / "load.csv", cells)
    data = read(path, horizon=3)
    assert any("rows are missing there instead, name the zone UTC" in note for note in data.notes)
    with pytest.raises(SteadfitError, match="a gap in the series"):
        read(path, horizon=3, zone="UTC")
    filled = read(path, horizon=3, zone="UTC", fill="forward")
    assert any("1 rows" in note or "1 row " in note for note in filled.notes)


@pytest.mark.parametrize("day", [datetime(2024, 3, 31), datetime(2024, 10, 27)])
def test_a_named_zone_goes_on_over_the_next_change(tmp_path: Path, day: datetime) -> None:
    each = local("Europe/Berlin", day, 60, 40)[:12]  # ends before the change
    zoned = read(written(tmp_path / "load.csv", [f"{t:%Y-%m-%d %H:%M}" for t in each]), horizon=2,
                 window=4, season=1, zone="Europe/Berlin")  # fmt: skip
    found = zoned.schema.read(tmp_path / "load.csv").clocks[0].after(28)
    moments = [datetime.fromisoformat(text) for text in found]
    assert {later - one for one, later in pairwise(moments)} == {timedelta(hours=1)}
    assert [moment.replace(tzinfo=None) for moment in moments] == local(
        "Europe/Berlin", day, 60, 40
    )[12:]
    with pytest.raises(SteadfitError, match='Give a name such as "Europe/Berlin"'):
        read(tmp_path / "load.csv", horizon=2, zone="Europe/Berlino")


def test_two_series_in_one_table_over_a_change(tmp_path: Path) -> None:
    each = [f"{t:%Y-%m-%d %H:%M}" for t in local("Europe/Berlin", datetime(2024, 10, 27), 60)]
    for rows in ([(s, t) for s in "ab" for t in each], [(s, t) for t in each for s in "ab"]):
        text = "".join(f"{s},{t},{i % 24}\n" for i, (s, t) in enumerate(rows))
        (tmp_path / "load.csv").write_text("who,when,load\n" + text)
        data = read(tmp_path / "load.csv", horizon=3)
        assert "The series are told apart by who, as their times come again." in data.notes
        assert len(data) == 2 * (200 - 48 - 3 + 1)
        labels = "".join(f"{s},{t},{i % 24},{s}\n" for i, (s, t) in enumerate(rows))
        (tmp_path / "long.csv").write_text("who,when,load,label\n" + labels)
        long = read(tmp_path / "long.csv", series="who", time="when", target="label")
        assert any("Clocks were changed on 2024-10-27" in note for note in long.notes)


def test_a_day_begins_at_midnight_of_the_clocks(tmp_path: Path) -> None:
    """Days of 23 and 25 hours, with the offsets that a program writes."""
    days = np.arange("2024-03-01", "2024-06-01", dtype="datetime64[D]")
    cells = [f"{d} 00:00:00+0{1 + (d > np.datetime64('2024-03-31'))}:00" for d in days]
    path = written(tmp_path / "load.csv", cells)
    assert read(path, horizon=2).schema.read(path).clocks[0].after(1) == ["2024-06-01"]
    utc = [str(np.datetime64(d, "h") - np.timedelta64(1 + (d > np.datetime64("2024-03-31")), "h"))
           + ":00Z" for d in days]  # fmt: skip
    data = read(written(tmp_path / "load.csv", utc), horizon=2, zone="Europe/Berlin")
    assert data.schema.read(path).clocks[0].after(1) == ["2024-06-01"]


def written(path: Path, times: list[str]) -> Path:
    path.write_text("when,load\n" + "".join(f"{t},{i % 24}\n" for i, t in enumerate(times)))
    return path


@pytest.mark.parametrize("day", [datetime(2024, 3, 31), datetime(2024, 10, 27)])
def test_a_forecast_goes_on_by_the_wall_clock(tmp_path, day):
    times = [f"{moment:%Y-%m-%d %H:%M}" for moment in local("Europe/Berlin", day, 60)]
    data = read(written(tmp_path / "load.csv", times), horizon=3, season=24)
    assert len(data) == 200 - 48 - 3 + 1
    assert any("Clocks were changed" in note for note in data.notes)
    found = data.schema.read(tmp_path / "load.csv")
    later = local("Europe/Berlin", day, 60, 203)[-3:]
    assert found.clocks[0].after(3) == [f"{moment:%Y-%m-%dT%H:%M:%S}" for moment in later]


def test_times_with_a_zone_need_no_help_and_shuffled_ones_have_advice(tmp_path):
    each = local("Europe/Berlin", datetime(2024, 10, 27), 60)
    zoned = [f"{t:%Y-%m-%dT%H:%M}{'+02:00' if i < 14 else '+01:00'}" for i, t in enumerate(each)]
    data = read(written(tmp_path / "zoned.csv", zoned), horizon=3)
    assert not any("Clocks" in note for note in data.notes)
    backwards = [f"{t:%Y-%m-%d %H:%M}" for t in each[::-1]]
    data = read(written(tmp_path / "backwards.csv", backwards), horizon=3)
    assert "The rows were sorted by when." in data.notes
    shuffled = [*backwards[::2], *backwards[1::2]]
    with pytest.raises(SteadfitError, match=r"Where clocks were changed, name the zone"):
        read(written(tmp_path / "shuffled.csv", shuffled), horizon=3)


@pytest.mark.parametrize(
    "times",
    [
        ("2024-10-27 01:00", "2024-10-27 02:00", "2024-10-27 02:00", "2024-10-27 03:00"),
        ("2024-03-31 00:00", "2024-03-31 01:00", "2024-03-31 03:00", "2024-03-31 04:00"),
        ("2024-01", "2024-02", "2024-03", "2024-04"),
        ("2024Q1", "2024Q2", "2024Q3", "2024Q4"),
        ("20240130", "20240131", "20240201", "20240202"),
        ("2024-10-27T02:00+02:00", "2024-10-27T02:00+01:00", "2024-10-27T03:00+01:00"),
    ],
)
def test_series_of_archives_and_long_tables_are_evenly_spaced(tmp_path, times):
    rows = [",".join(f"({t},{i})" for i, t in enumerate(times)) + f":{label}" for label in "abab"]
    (tmp_path / "s.ts").write_text(
        "@timeStamps true\n@classLabel true a b\n@data\n" + "\n".join(rows)
    )
    assert not any("equally spaced" in note for note in read(tmp_path / "s.ts").notes)
    rows = [f"s{s},{t},{i},{s % 2}" for s in range(4) for i, t in enumerate(times)]
    (tmp_path / "s.csv").write_text("id,when,v,label\n" + "\n".join(rows))
    data = read(tmp_path / "s.csv", series="id", time="when", target="label")
    assert not any("equally spaced" in note for note in data.notes)
    assert data.x.lengths.tolist() == [len(times)] * 4


@pytest.mark.parametrize("zone", ["Europe/Berlin", None])
@pytest.mark.parametrize("day", [datetime(2024, 3, 31), datetime(2024, 10, 27)])
@pytest.mark.parametrize("order", ["newest first", "shuffled"])
def test_rows_in_another_order_over_a_change(zone, day, order):
    times = microseconds(local("Europe/Berlin", day, 60))
    moved = np.arange(len(times))[::-1]
    if order == "shuffled":
        moved = np.random.default_rng(0).permutation(len(times))
    even, notes = without_changes(times[moved], [np.arange(len(times))], zone)
    if order == "shuffled" and day.month == 10:  # nothing tells which 2 o'clock is the first
        assert notes == []
        assert (even == times[moved]).all()
        return
    assert len(notes) == 1
    assert (np.diff(even[np.argsort(moved)]) == HOUR).all()
    if zone is not None:
        utc = to_utc(times[moved], [np.arange(len(times))], zone)
        assert (utc == to_utc(times, [np.arange(len(times))], zone)[moved]).all()
        assert (to_local(utc, zone) == times[moved]).all()


def test_changes_are_told_beside_rows_that_are_missing():
    times = microseconds(local("Europe/Berlin", datetime(2023, 3, 26), 60, steps=24 * 600))
    rows = np.delete(np.arange(len(times)), [5, 6, 4000, 9001])
    even, _ = without_changes(times, [rows])
    assert (np.diff(even[rows]) // HOUR == np.diff(rows)).all()
