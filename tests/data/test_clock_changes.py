"""Local times over the changes of clocks, against zoneinfo."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from steadfit.data import read
from steadfit.errors import SteadfitError
from steadfit.formats.clock_changes import without_changes

CHANGES = [
    ("Europe/Berlin", datetime(2024, 3, 31)),
    ("Europe/Berlin", datetime(2024, 10, 27)),
    ("America/New_York", datetime(2024, 3, 10)),
    ("America/New_York", datetime(2024, 11, 3)),
    ("Australia/Sydney", datetime(2024, 4, 7)),
    ("Australia/Sydney", datetime(2024, 10, 6)),
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
    assert notes == [
        f"Clocks were changed by an hour on {day:%Y-%m-%d}; rows are equal steps there."
    ]


def test_both_changes_of_a_year():
    times = microseconds(local("Europe/Berlin", datetime(2024, 3, 31), 60, 24 * 250))
    even, notes = without_changes(times, [np.arange(len(times))])
    assert (np.diff(even) == 3_600_000_000).all()
    assert "2024-03-31, 2024-10-27" in notes[0]


@pytest.mark.parametrize(
    "drop", [slice(30, 31), slice(61, 62), slice(80, 83)], ids=["before", "after", "three"]
)
def test_gaps_stay_gaps(drop):
    """Of a plain week, and beside a change."""
    for day in (datetime(2024, 3, 31), datetime(2024, 6, 5)):
        times = np.delete(microseconds(local("Europe/Berlin", day, 60, 100)), drop)
        even, notes = without_changes(times, [np.arange(len(times))])
        assert even is times
        assert notes == []


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
    shuffled = [f"{t:%Y-%m-%d %H:%M}" for t in each[::-1]]
    with pytest.raises(SteadfitError, match=r"where clocks were changed, give times with a zone"):
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
