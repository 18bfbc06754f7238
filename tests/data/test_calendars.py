"""Times of forecasts as people and programs write them: the rows' order and the times after."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from steadfit.data import Dataset, Ragged, read
from steadfit.errors import SteadfitError
from steadfit.report.voice import COMMAND_LINE

MONTHS = [(2019 + i // 12, i % 12 + 1) for i in range(40)]
DAYS = [datetime(2024, 1, 1) + timedelta(days=i) for i in range(46)]
HOURS = [datetime(2024, 1, 20) + timedelta(hours=i) for i in range(60)]
WORKDAYS = [day for day in DAYS if day.weekday() < 5]
WORDS = {
    "English": "Jan Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec",
    "German": "Jan Feb Mär Apr Mai Jun Jul Aug Sep Okt Nov Dez",
    "French": "janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc.",
    "Spanish": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre "
    "diciembre",
    "Italian": "gen feb mar apr mag giu lug ago set ott nov dic",
    "Portuguese": "jan fev mar abr mai jun jul ago set out nov dez",
    "Dutch": "jan feb mrt apr mei jun jul aug sep okt nov dec",
}


def written(path: Path, rows: Sequence[str], header: str = "when,v") -> Path:
    """Each row with its number, times 1.5, as a value."""
    lines = [f"{row},{1.5 * i}" for i, row in enumerate(rows)]
    (path / "t.csv").write_text("\n".join([header, *lines]))
    return path / "t.csv"


def check(source: Path, after: str, **options) -> Dataset:
    """The rows are in the order of time, and the next one is as expected."""
    data = read(source, horizon=1, window=4, season=1, target="v", **options)
    assert isinstance(data.x, Ragged)
    for window in data.x.rows():
        assert np.diff(window[:, 0]).tolist() == [1.5] * 3
    assert data.schema.read(source).clocks[0].after(1) == [after]
    return data


@pytest.mark.parametrize("language", WORDS)
@pytest.mark.parametrize("style", ["{} {}", "{}-{}", "{1} {0}"])
def test_months_in_words(tmp_path: Path, language: str, style: str) -> None:
    words = WORDS[language].split()
    check(written(tmp_path, [style.format(words[m - 1], y) for y, m in MONTHS]), "2022-05-01")


@pytest.mark.parametrize(
    ("times", "after"),
    [
        ([f"{y}M{m:02}" for y, m in MONTHS], "2022-05-01"),
        ([f"{y}{m:02}" for y, m in MONTHS], "2022-05-01"),
        ([f"{m}/{y}" for y, m in MONTHS], "2022-05-01"),
        ([f"{WORDS['English'].split()[m - 1]}-{y - 2000}" for y, m in MONTHS], "2022-05-01"),
        ([f"{np.datetime64(f'{y}-{m:02}') + 1}-01" for y, m in MONTHS], "2022-06-01"),
        ([str((np.datetime64(f"{y}-{m:02}") + 1).astype("M8[D]") - 1) for y, m in MONTHS],
         "2022-05-31"),
        ([f"{y}-{m:02}-{min(30, 28 if m == 2 else 30)}" for y, m in MONTHS if y != 2020],
         None),
        ([f"{y}-{m:02}-28" for y, m in MONTHS[:38]], "2022-03-28"),
        ([str(np.busday_offset(np.datetime64(f"{y}-{m:02}") + 1, -1, roll="forward"))
          for y, m in MONTHS], "2022-05-31"),
        ([f"Q{i % 4 + 1} {2009 + i // 4}" for i in range(30)], "2016-07-01"),
        ([f"{i % 4 + 1}. Quartal {2009 + i // 4}" for i in range(30)], "2016-07-01"),
        ([f"{2009 + i // 4}:Q{i % 4 + 1}" for i in range(30)], "2016-07-01"),
        ([f"{i % 4 + 1}Q{9 + i // 4:02}" for i in range(30)], "2016-07-01"),
        ([f"{2009 + i // 2}-H{i % 2 + 1}" for i in range(30)], "2024-01-01"),
        ([f"{1980 + i}-12-31" for i in range(40)], "2020-12-31"),
        ([f"{day:%d.%m.%y}" for day in DAYS], "2024-02-16"),
        ([f'"{day:%a, %d %b %Y}"' for day in DAYS], "2024-02-16"),
        ([f"{day:%a %b %d %H:%M:%S %Y}" for day in DAYS], "2024-02-16"),
        ([f"{day:%Y-%j}" for day in DAYS], "2024-02-16"),
        ([f"{day:%Y-%m-%d}" for day in WORKDAYS], "2024-02-16"),
        ([f"{day:%Y-%m-%d}" for day in WORKDAYS[:-1]], "2024-02-15"),
        ([f"{day:%Y-%m-%d}" for day in WORKDAYS if day < datetime(2024, 2, 3)], "2024-02-05"),
        ([f"{hour:%Y%m%dT%H%M%S}" for hour in HOURS], "2024-01-22T12:00:00"),
        ([f"{hour:%Y%m%d%H%M}" for hour in HOURS], "2024-01-22T12:00:00"),
        ([f"{hour:%d.%m.%Y} {hour.hour + 1:02}:00" for hour in HOURS], "2024-01-22T13:00:00"),
        ([f"{hour:%d/%b/%Y:%H:%M:%S} +0000" for hour in HOURS], "2024-01-22T12:00:00+00:00"),
        ([f'"{hour:%a, %d %b %Y %H:%M:%S} +0100"' for hour in HOURS],
         "2024-01-22T12:00:00+01:00"),
        ([f"{hour:%d/%m/%Y %I:%M:%S} {'a. m.' if hour.hour < 12 else 'p. m.'}" for hour in HOURS],
         "2024-01-22T12:00:00"),
        ([f"{hour:%Y-%m-%d %H:%M:%S}.000000000" for hour in HOURS], "2024-01-22T12:00:00"),
        ([f"2024-01-01 00:00:{i / 10:06.3f}" for i in range(40)], "2024-01-01T00:00:04"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("backwards", [False, True])
def test_dates(tmp_path: Path, times: list[str], after: str | None, backwards: bool) -> None:
    path = written(tmp_path, times)
    if backwards:
        head, *rows = path.read_text().splitlines()
        path.write_text("\n".join([head, *rows[::-1]]))
    if after is not None:
        data = check(path, after)
        assert any("rows were sorted" in note for note in data.notes) == backwards


@pytest.mark.parametrize(
    ("header", "times", "after"),
    [
        ("year,month,v", [f"{y},{m}" for y, m in MONTHS], "2022-05-01"),
        ("Jahr,Monat,v", [f"{y},{WORDS['German'].split()[m - 1]}" for y, m in MONTHS],
         "2022-05-01"),
        ("Year,Quarter,v", [f"{2009 + i // 4},{i % 4 + 1}" for i in range(30)], "2016-07-01"),
        ("year,week,v", [f"{d.isocalendar().year},{d.isocalendar().week}" for i in range(30)
                         if (d := datetime(2023, 11, 6) + timedelta(7 * i))], "2024-06-03"),
        ("year,doy,v", [f"{day.year},{day:%j}" for day in DAYS], "2024-02-16"),
        ("year,month,day,hour,v", [f"{h.year},{h.month},{h.day},{h.hour}" for h in HOURS],
         "2024-01-22T12:00:00"),
        ("Date,Time,v", [f"{h:%d/%m/%Y},{h:%H.%M.%S}" for h in HOURS], "2024-01-22T12:00:00"),
        ("date,hour,v", [f"{h:%Y-%m-%d},{h.hour + 1}" for h in HOURS], "2024-01-22T13:00:00"),
        ("Datum,Uhrzeit,v", [f"{h:%d.%m.%y,%H:%M}" for h in HOURS], "2024-01-22T12:00:00"),
        ("Datum,Uhrzeit,v", [f"{h:%d.%m.%Y,%H:%M} - {h.hour + 1}:00" for h in HOURS],
         "2024-01-22T12:00:00"),
        ("year,v", list(map(str, range(1980, 2020))), "2020"),
    ],
)  # fmt: skip
def test_times_in_several_columns(
    tmp_path: Path, header: str, times: list[str], after: str
) -> None:
    data = check(written(tmp_path, times, header), after)
    assert f"The times are in {header.removesuffix(',v')}." in data.notes
    given = check(written(tmp_path, times, header), after, time=header.removesuffix(",v"))
    assert given.schema == data.schema
    (tmp_path / "new.csv").write_text("v\n1\n2\n")
    with pytest.raises(SteadfitError, match="must have the columns"):
        data.schema.read(tmp_path / "new.csv")


def test_numbers_of_a_year_and_a_week(tmp_path: Path) -> None:
    mondays = [datetime(2020, 3, 2) + timedelta(7 * i) for i in range(60)]
    weeks = [f"{day:%G%V}" for day in mondays]
    data = check(written(tmp_path, weeks, "week,v"), "2021-04-26", time="week")
    assert "The numbers in week are read as a year and its week, as 2020-W10." in data.notes


def test_several_columns_as_a_list(tmp_path: Path) -> None:
    rows = [f"{h:%Y-%m-%d},{h.hour},{shop},{i % 5}"
            for i, h in enumerate(HOURS) for shop in "ab"]  # fmt: skip
    (tmp_path / "s.csv").write_text("date,hour,shop,v\n" + "\n".join(rows))
    each = [read(tmp_path / "s.csv", target="v", horizon=2, time=time, series=series)
            for time, series in ((["date", "hour"], ["shop"]), ("date,hour", "shop"))]  # fmt: skip
    assert each[0].ids == each[1].ids


@pytest.mark.parametrize(("factor", "word"), [(1, "seconds"), (1000, "milliseconds")])
def test_seconds_since_1970(tmp_path: Path, factor: int, word: str) -> None:
    times = [str((1705708800 + 3600 * i) * factor) for i in range(60)]
    data = check(written(tmp_path, times, "ts,v"), "2024-01-22T12:00:00+00:00")
    assert f"The times in ts are {word} since 1970, UTC." in data.notes


def test_large_numbers_are_written_as_they_are(tmp_path: Path) -> None:
    data = check(written(tmp_path, [str(45292001 + i) for i in range(40)]), "45292041", time="when")
    assert data.schema.form is not None


SLASHED = [
    ([f"{m}/1/{y}" for y, m in MONTHS], False, "2022-05-01"),
    ([f"01/{m:02}/{y}" for y, m in MONTHS], True, "2022-05-01"),
    ([f"{day:%d/%m/%Y}" for day in WORKDAYS[:9]], True, "2024-01-12"),
    ([f"{day:%m/%d/%Y}" for day in WORKDAYS[:9]], False, "2024-01-12"),
]


@pytest.mark.parametrize(("times", "day_first", "after"), SLASHED)
def test_the_reading_in_which_dates_follow_one_another(
    tmp_path: Path, times: list[str], day_first: bool, after: str
) -> None:
    data = check(written(tmp_path, times), after)
    order = "day" if day_first else "month"
    assert any(f"are read with the {order} first" in note for note in data.notes)
    told = read(written(tmp_path, times), horizon=1, window=4, season=1, day_first=day_first)
    assert told.y.tolist() == data.y.tolist()


def test_where_day_and_month_could_be_either_the_option_decides(tmp_path: Path) -> None:
    path = written(tmp_path, [f"{i:02}/01/2024" for i in range(1, 13)])
    with pytest.raises(SteadfitError, match=r"may have the day or the month first") as error:
        read(path, horizon=1)
    assert "Give --day-first or --month-first." in COMMAND_LINE.said(error.value)
    for day_first, after in ((True, "2024-01-13"), (False, "2025-01-01")):
        data = read(path, horizon=1, window=4, season=1, day_first=day_first)
        assert data.schema.read(path, day_first=day_first).clocks[0].after(1) == [after]
    table = tmp_path / "rows.csv"
    rows = "".join(f"{i % 12 + 1}/{i % 7 + 1}/2024,{i % 5}.5,{'ab'[i % 2]}\n" for i in range(80))
    table.write_text("seen,v,label\n" + rows)
    months = {}
    for day_first in (True, False):
        data = read(table, day_first=day_first)
        place = [column.title for column in data.x.columns].index("seen (month)")
        months[day_first] = data.x.values[:, place].unique().tolist()
        found = data.schema.read(table, day_first=day_first)
        assert found.x.values[:, place].unique().tolist() == months[day_first]
        as_trained = data.schema.read(table)
        assert as_trained.x.values[:, place].unique().tolist() == months[day_first]
    assert (len(months[True]), len(months[False])) == (7, 12)


@pytest.mark.parametrize(
    ("header", "rows", "said"),
    [
        ("step,v", [str(40 - i) for i in range(40)], "rows seem to be the newest first, as step"),
        ("unique_id,ds,v", [f"{s},{i}" for s in "ab" for i in range(30)],
         "rows seem to be of several series, told apart by unique_id, as ds rises in each"),
        ("unique_id,ds,v", [f"{s},{i}" for i in range(30) for s in "ab"],
         "told apart by unique_id"),
        ("step,v", sorted(map(str, range(40))), "as step counts steps, and falls"),
        ("week_no,v", [str(i * 7 % 40) for i in range(40)], "as week_no counts steps, and falls"),
        ("when,v", [f"{hour.isoformat()}{'Z' * (i % 2)}" for i, hour in enumerate(HOURS)],
         "a time zone in all cells or in none"),
        ("date,v", [f"{2000 + i}~1" for i in range(40)], 'got "2000~1"'),
        ("when,v", [f"{1960 + i}/{61 + i}" for i in range(30)], 'got "1960/61"'),
        ("when,v", [f"2024-02-{i:02}" for i in range(1, 31)], 'row 31 ("2024-02-30")'),
        ("when,v", ["" if i == 5 else f"{day:%Y-%m-%d}" for i, day in enumerate(DAYS)],
         'each row must have a time, got something else in 1: row 7'),
    ],
)  # fmt: skip
def test_rows_in_an_order_that_is_not_known_are_refused(
    tmp_path: Path, header: str, rows: list[str], said: str
) -> None:
    with pytest.raises(SteadfitError, match=r".") as error:
        read(written(tmp_path, rows, header), horizon=1, target="v")
    assert said in str(error.value)


def test_other_columns_do_not_stand_for_an_order(tmp_path: Path) -> None:
    """Counts that rise in each of some names by chance, and stocks that fall."""
    rows = [f"{'ab'[i % 2]},{i if i % 2 else 100 + i},{50 - i}" for i in range(40)]
    data = read(written(tmp_path, rows, "kind,sum,stock,v"), horizon=1, target="v")
    assert "Columns not used: kind, sum, stock." in data.notes


def test_rows_of_the_future_have_a_hint(tmp_path: Path) -> None:
    rows = [f"{day:%Y-%m-%d},{i % 3}" for i, day in enumerate(DAYS)]
    path = written(tmp_path, rows, "when,promo,v")
    head, *lines = path.read_text().splitlines()
    lines[-2:] = [f"{line.rpartition(',')[0]}," for line in lines[-2:]]
    path.write_text("\n".join([head, *lines]))
    with pytest.raises(
        SteadfitError, match='whose promo are known, name the columns: known="promo"'
    ):
        read(path, horizon=2, target="v", window=4)
    assert len(read(path, horizon=2, target="v", window=4, season=1, known="promo"))


def test_rows_of_long_tables_are_sorted_by_time(tmp_path: Path) -> None:
    rows = [f"s{s},{i},{i * (s + 1)},{s % 2}" for i in range(6) for s in range(4)]
    shuffled = [rows[i] for i in np.random.default_rng(0).permutation(len(rows))]
    for name, lines in (("a", rows), ("b", shuffled)):
        (tmp_path / f"{name}.csv").write_text("id,t,v,label\n" + "\n".join(lines))
    a, b = (read(tmp_path / f"{name}.csv", series="id", time="t", target="label") for name in "ab")
    of_a, of_b = (dict(zip(d.ids, (row[:, 0].tolist() for row in d.x.rows()), strict=True))
                  for d in (a, b))  # fmt: skip
    assert of_a == of_b
    assert any("were sorted by t" in note for note in b.notes)


JANUARY = [f"2024-01-{i:02}" for i in range(1, 31)]
YEARS = [str(year) for year in range(1980, 2010)]
SLASHES = [f"{day.month}/{day.day}/{day:%y}" for day in DAYS]


def wide(path: Path, names: Sequence[str], head: str, dates: Sequence[str]) -> Path:
    """Each row with the numbers of its steps."""
    numbers = ",".join(str(1.5 * i) for i in range(len(dates)))
    lines = [f"{head},{','.join(dates)}", *(f"{name},{numbers}" for name in names)]
    (path / "t.csv").write_text("\n".join(line.lstrip(",") for line in lines))
    return path / "t.csv"


@pytest.mark.parametrize(
    ("names", "head", "dates", "after"),
    [
        (["a", "b"], "shop", JANUARY, "2024-01-31"),
        (["a"], "shop", JANUARY, "2024-01-31"),
        ([""], "", JANUARY, "2024-01-31"),
        (["Aruba,ABW", "Chad,TCD"], "Country,Code", YEARS, "2010"),
        (["Ulm,1.5,2.5", "Bonn,1.5,2.5"], "Place,Lat,Long", SLASHES, "2024-02-16"),
    ],
)
def test_a_column_a_date(
    tmp_path: Path, names: list[str], head: str, dates: list[str], after: str
) -> None:
    path = wide(tmp_path, names, head, dates)
    data = read(path, horizon=1, window=4, season=1)
    assert len(data) == len(names) * (len(dates) - 4)
    assert data.y[: len(dates) - 4, 0].tolist() == [1.5 * i for i in range(4, len(dates))]
    new = data.schema.read(path)
    assert [clock.after(1) for clock in new.clocks] == [[after]] * len(names)
    if len(names) > 1:
        assert list(new.ids) == [name.split(",1.5")[0].replace(",", " / ") for name in names]
        alone = data.schema.read(wide(tmp_path, names[1:], head, dates))
        assert (list(alone.ids), alone.clocks[0].after(1)) == ([new.ids[1]], [after])
        same = wide(tmp_path, [names[0]] * 2, head, dates)
        with pytest.raises(SteadfitError, match="each row must be a series with a name of its own"):
            read(same, horizon=1)


@pytest.mark.parametrize(
    ("names", "head", "ids", "unused"),
    [
        (["101", "102"], "store", ["101", "102"], ""),
        (["n,101", "n,102"], "region,store", ["n / 101", "n / 102"], ""),
        (["n,1.5", "s,2.5"], "region,size", ["n", "s"], "size"),
        (["1,1.5", "1,2.5"], "code,size", ["2", "3"], "code, size"),
    ],
)
def test_numbers_beside_columns_of_dates(
    tmp_path: Path, names: list[str], head: str, ids: list[str], unused: str
) -> None:
    path = wide(tmp_path, names, head, JANUARY)
    data = read(path, horizon=1, window=4, season=1)
    assert list(data.schema.read(path).ids) == ids
    assert (f"Columns not used: {unused}." in data.notes) == bool(unused)


def test_a_row_a_year_and_a_column_a_month(tmp_path: Path) -> None:
    head = ["Year", *WORDS["English"].split()]
    rows = [[str(y), *(str(1.5 * (12 * i + m)) if 12 * i + m < 40 else "" for m in range(12))]
            for i, y in enumerate(range(2019, 2023))]  # fmt: skip
    path = tmp_path / "t.csv"
    path.write_text("\n".join(",".join(row) for row in [head, *rows]))
    data = read(path, horizon=1, window=4, season=1)
    assert data.y[:, 0].tolist() == [1.5 * i for i in range(4, 40)]
    assert data.schema.read(path).clocks[0].after(1) == ["2022-05-01"]


@pytest.mark.parametrize(
    ("times", "said"),
    [
        ([float(i % 10) for i in range(40)], "must rise from row to row"),
        ([3.0] * 40, "must rise from row to row"),
        ([0.0, 1e-320, 2e-320, 1e300, 1.1e300], "equally spaced"),
        (sorted([*map(float, range(40)), 7.05]), "equally spaced"),
    ],
)
def test_numbers_that_are_no_equal_steps(tmp_path: Path, times: list[float], said: str) -> None:
    with pytest.raises(SteadfitError, match=said):
        read(written(tmp_path, list(map(str, times))), horizon=1, window=2, time="when")


def test_gaps_and_repeats_of_times_in_several_columns_are_named(tmp_path: Path) -> None:
    times = [f"{day.year},{day.month},{day.day}" for day in DAYS]
    for rows, said in (
        ([*times[:20], *times[19:]], "got 2024-01-20 after 2024-01-20"),
        (times[:20] + times[22:], "2024-01-20 to 2024-01-23"),
    ):
        path = written(tmp_path, rows, "year,month,day,v")
        with pytest.raises(SteadfitError, match=said):
            read(path, horizon=1, window=4, target="v")


def test_words_with_a_year_are_no_times(tmp_path: Path) -> None:
    path = written(tmp_path, [f"Model {2019 + i % 2} {'AB'[i % 2]}" for i in range(40)], "item,v")
    assert "Columns not used: item." in read(path, horizon=1, window=4).notes


def test_times_that_are_a_little_off_are_equal_steps(tmp_path: Path) -> None:
    off = [f"{hour + timedelta(seconds=(7 * i) % 50)}" for i, hour in enumerate(HOURS)]
    data = check(written(tmp_path, off), "2024-01-22T12:00:00")
    assert "Times in when are up to 1.4% of a step off equal steps, and are taken for these." in [
        *data.notes
    ]
    decimal = [f"{2000 + i / 12:.3f}" for i in range(48)]
    data = read(written(tmp_path, decimal), horizon=1, time="when")
    (after,) = data.schema.read(tmp_path / "t.csv").clocks[0].after(1)
    assert float(after) == pytest.approx(2004, abs=1e-3)
    far = [f"{hour + timedelta(minutes=(7 * i) % 11)}" for i, hour in enumerate(HOURS)]
    with pytest.raises(SteadfitError, match="times must be equally spaced"):
        read(written(tmp_path, far), horizon=1)


@pytest.mark.parametrize(
    ("names", "options", "told"),
    [
        (["s1,i1", "s1,i2", "s2,i1", "s2,i2"], {}, "shop,item"),
        (["1,1", "1,2", "2,1", "2,2"], {"target": "v"}, "shop,item"),
        (["1,5", "2,5"], {"target": "v"}, "shop"),
        (["1,1", "1,2"], {"target": "v", "series": "shop,item"}, None),
    ],
)
def test_series_that_several_columns_tell_apart(
    tmp_path: Path, names: list[str], options: dict[str, str], told: str | None
) -> None:
    rows = [
        f"{name},{day},{1.5 * i},{i * 7 % 31}" for name in names for i, day in enumerate(JANUARY)
    ]
    head = "shop,item,date,v,visitors" if options else "shop,item,date,v"
    lines = rows if options else [row.rpartition(",")[0] for row in rows]
    (tmp_path / "t.csv").write_text("\n".join([head, *lines]))
    data = read(tmp_path / "t.csv", horizon=1, window=4, season=1, **options)
    assert len(data) == len(names) * 26
    assert data.y[:26, 0].tolist() == [1.5 * i for i in range(4, 30)]
    ids = [name.replace(",", " / ") if told != "shop" else name[0] for name in names]
    assert list(data.schema.read(tmp_path / "t.csv").ids) == ids
    if told is not None:
        assert f"The series are told apart by {told}, as their times come again." in data.notes


@pytest.mark.parametrize("name", [None, "when"])
@pytest.mark.parametrize("kind", ["days", "periods", "column"])
def test_a_frame_with_its_times_in_the_index(name: str | None, kind: str) -> None:
    pandas = pytest.importorskip("pandas")
    of_kind = {
        "days": pandas.date_range("2024-01-01", periods=40, name=name),
        "periods": pandas.period_range("2020-01", periods=40, freq="M", name=name),
        "column": pandas.RangeIndex(40),
    }
    frame = pandas.DataFrame({"v": 1.5 * np.arange(40)}, index=of_kind[kind])
    if kind == "column":
        frame["month"] = of_kind["periods"]
    data = read(frame[::-1], horizon=1, window=4, season=1)
    assert data.y[:, 0].tolist() == [1.5 * i for i in range(4, 40)]
    assert data.schema.form is not None
    assert data.schema.form.needed()[-1] == ("month" if kind == "column" else name or "index")


def test_a_week_of_workdays_is_followed_by_the_next(tmp_path: Path) -> None:
    """Its rows alone could be of any days."""
    data = check(written(tmp_path, [f"{day:%Y-%m-%d}" for day in WORKDAYS]), "2024-02-16")
    week = written(tmp_path, [f"{day:%Y-%m-%d}" for day in WORKDAYS[:5]])
    assert data.schema.read(week).clocks[0].after(2) == ["2024-01-08", "2024-01-09"]
