"""Known, past and static columns, and the calendar: what enters, and what never does."""

from pathlib import Path

import numpy as np
import pytest
import torch

import steadfit as sf
from steadfit.data import Forecast, forecast_of, from_forecast, read, split
from steadfit.errors import SteadfitError
from steadfit.formats.covariates import CALENDAR, calendar_channels
from steadfit.references import REFERENCES
from steadfit.training import TrainedModel

DAYS = [np.datetime64("2024-01-01") + i for i in range(130)]
RNG = np.random.default_rng(0)
PRICE = RNG.integers(1, 9, (2, 130)).astype(float)  # of two shops
NOISE = RNG.normal(0, 0.05, (2, 130))
HORIZON, WINDOW = 3, 8


def sold(known: np.ndarray = PRICE) -> np.ndarray:
    """Determined by the price of the same day, which nothing before it tells."""
    return 60 - 2 * known + NOISE


def table(
    path: Path,
    until: int = 120,
    rows: int = 123,
    other: np.ndarray = NOISE,
    price: np.ndarray = PRICE,
    region: tuple[str, str] = ("north", "south"),
) -> Path:
    """Sales up to `until`, prices for 3 days more."""
    values, lines = sold(price), ["shop,day,sold,price,other,region"]
    for shop in (0, 1):
        for i in range(rows):
            y = f"{values[shop, i]:.4f}" if i < until else ""
            cells = (f"s{shop}", DAYS[i], y, price[shop, i], f"{other[shop, i]:.4f}", region[shop])
            lines.append(",".join(map(str, cells)))
    path.write_text("\n".join(lines))
    return path


OPTIONS = {"target": "sold", "series": "shop", "horizon": HORIZON, "window": WINDOW, "season": 1}


def mae(told: np.ndarray, truth: np.ndarray) -> float:
    return float(np.abs(told - truth).mean())


@pytest.fixture(scope="module")
def with_price(tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("known")
    data = read(table(folder / "s.csv"), known="price", **OPTIONS)
    return folder, data, sf.fit(data, out=folder / "run", training={"epochs": 150})


def test_what_is_determined_by_a_known_column_is_forecast_with_it_alone(with_price) -> None:
    folder, data, fitted = with_price
    told = fitted.model.forecast(folder / "s.csv")
    truth = sold()[:, 120:123].ravel()
    alone = read(folder / "s.csv", **{**OPTIONS, "missing": "drop"})
    without = sf.fit(alone, out=folder / "alone", training={"epochs": 150}, reference=False)
    assert without.result.scaled_errors.arm > 4 * fitted.result.scaled_errors.arm
    assert mae(told["prediction_sold"], truth) < 0.5
    assert np.abs(truth - truth.mean()).mean() > 3
    ridge = REFERENCES["ridge on lags"]
    parts = split(data)
    assert mae(ridge.fit(parts.train).predict(parts.test), parts.test.y.numpy()) < 0.5
    assert told["time"].tolist()[:3] == [str(day) for day in DAYS[120:123]]


def test_windows_have_the_known_values_of_the_steps_forecast(with_price) -> None:
    _, data, _ = with_price
    forecast, windows = forecast_of(data)
    assert (forecast.known, forecast.static) == ((1,), ())
    spans = data.structure.spans
    for window, (shop, first, last) in zip(windows.rows(), spans.tolist(), strict=True):
        ahead = np.arange(first - WINDOW, first) + HORIZON
        np.testing.assert_array_equal(window[:, 1], PRICE[shop, ahead])
        assert ahead[-1] == last
    assert int(spans[:, 2].max()) == 119, "the future rows are not learned"


def test_a_known_column_moves_the_forecast_and_a_past_one_never_does(tmp_path: Path) -> None:
    """Noise planted in a past column's future rows changes not a bit; a known column's does."""
    usual = table(tmp_path / "s.csv")
    data = read(usual, known="price", values="other", **OPTIONS)
    model = sf.fit(data, out=tmp_path / "run", training={"epochs": 5}, reference=False).model
    before = model.forecast(usual)["prediction_sold"]
    later = np.arange(130) >= 120
    planted = table(tmp_path / "a.csv", other=np.where(later, 1e6, NOISE))
    assert model.forecast(planted)["prediction_sold"].tolist() == before.tolist()
    again = read(planted, known="price", values="other", **OPTIONS)
    assert torch.equal(again.x.padded(), data.x.padded())
    dearer = table(tmp_path / "b.csv", price=np.where(later, 9.0, PRICE))
    assert (model.forecast(dearer)["prediction_sold"] != before).all()


@pytest.mark.parametrize("noise_from", [5, 60, 100])
def test_no_past_value_after_the_window_enters(noise_from: int) -> None:
    """The control: the windows that end before the noise are the same to the bit, others not."""
    rng = np.random.default_rng(1)
    series = rng.normal(size=(110, 4))
    planted = series.copy()
    planted[noise_from:] += 100 * rng.normal(size=(110 - noise_from, 4))
    planted[:, 1] = series[:, 1]  # what is known
    task = Forecast(HORIZON, WINDOW, known=(1,), static=(3,))
    one, two = (from_forecast([each], task) for each in (series, planted))
    first = one.structure.spans[:, 1]
    same = (one.x.padded() == two.x.padded()).flatten(1).all(1)
    assert torch.equal(same, first <= noise_from)


def test_a_static_column_tells_the_series_apart(tmp_path: Path) -> None:
    """Two series whose next step depends on what they are, and on nothing else."""
    shops = np.array([[0.0], [1.0]])
    steps = np.arange(40)
    up = np.where((steps % 4 == 3)[None], np.array([[5.0], [-5.0]]), 0) + 20
    rows = [np.stack([y, np.full(40, s)], 1) for y, s in zip(up, shops.ravel(), strict=True)]
    task = Forecast(1, 3, static=(1,))
    data = from_forecast([one[:, [0, 1]] for one in rows], task)
    flat = data.take((data.x.padded()[:, :, 0] == 20).all(1).nonzero().squeeze(1))
    known = REFERENCES["ridge on lags"].fit(flat).predict(flat)
    assert mae(known, flat.y.numpy()) < 0.1
    blind = from_forecast([one[:, :1] for one in rows], Forecast(1, 3))
    blind = blind.take((blind.x.padded()[:, :, 0] == 20).all(1).nonzero().squeeze(1))
    guessed = REFERENCES["ridge on lags"].fit(blind).predict(blind)
    assert mae(guessed, blind.y.numpy()) > 4
    words = read(table(tmp_path / "s.csv", until=123), static="region,shop", **OPTIONS)
    seen = words.x.padded()[:, 0, 1:]
    assert seen.unique(dim=0).tolist() == [[0, 1, 0, 1], [1, 0, 1, 0]]


def test_the_calendar_is_that_of_the_steps_forecast(tmp_path: Path) -> None:
    path = table(tmp_path / "s.csv", until=123)
    data = read(path, calendar="weekday,month", **OPTIONS)
    spans = data.structure.spans
    for window, (_, first, _) in zip(data.x.rows(), spans.tolist(), strict=True):
        days = [DAYS[first - WINDOW + HORIZON + i].item() for i in range(WINDOW)]
        assert window[:, 1:8].argmax(1).tolist() == [day.weekday() for day in days]
        assert window[:, 8:].argmax(1).tolist() == [day.month - 1 for day in days]
    weekly = sold() + 20 * (np.arange(130) % 7 == 0)
    lines = [f"{day},{y:.4f}" for day, y in zip(DAYS[:123], weekly[0], strict=False)]
    (tmp_path / "w.csv").write_text("day,sold\n" + "\n".join(lines))
    model = sf.fit(
        read(tmp_path / "w.csv", calendar="weekday", **{**OPTIONS, "horizon": 7, "series": None}),
        out=tmp_path / "run", training={"epochs": 200}, reference=False,
    ).model  # fmt: skip
    found = model.forecast(tmp_path / "w.csv")
    mondays = [np.datetime64(day).item().weekday() == 0 for day in found["time"]]
    told = found["prediction_sold"]
    assert told[mondays].min() > told[~np.array(mondays)].max() + 8


def test_hours_are_read_from_the_times() -> None:
    times = np.array(["1969-12-31T23:30", "2024-02-29T05:00"], "datetime64[us]").astype(np.int64)
    assert calendar_channels(times, ["hour"]).argmax(1).tolist() == [23, 5]
    assert calendar_channels(times, ["weekday"]).argmax(1).tolist() == [2, 3]
    assert calendar_channels(times, list(CALENDAR)).sum(1).tolist() == [3, 3]


def test_a_model_with_columns_comes_back_and_is_exported(with_price, tmp_path: Path) -> None:
    onnxruntime = pytest.importorskip("onnxruntime")
    folder, data, fitted = with_price
    again = TrainedModel.load(folder / "run")
    assert again.facts.schema == data.schema
    first, second = (m.forecast(folder / "s.csv") for m in (fitted.model, again))
    for name, values in first.items():
        assert values.tolist() == second[name].tolist(), name
    session = onnxruntime.InferenceSession(again.export(tmp_path / "m.onnx"))
    x = data.x.padded().numpy()
    (program,) = session.run(None, {"x": x, "lengths": np.full(len(x), WINDOW)})
    np.testing.assert_allclose(program, again.predict(data.x), rtol=1e-4, atol=1e-4)


def test_known_columns_that_end_too_early_are_a_sentence(with_price, tmp_path: Path) -> None:
    _, _, fitted = with_price
    short = table(tmp_path / "s.csv", rows=122)
    with pytest.raises(SteadfitError) as error:
        fitted.model.forecast(short)
    assert str(error.value) == (
        "s.csv: price must be known for the 3 steps after the last sold, got fewer in 2 series: "
        "s0 (2), s1 (2). Add rows with price, and sold left empty."
    )
    empty = short.read_text().splitlines()
    empty[10] = empty[10].replace(f",{PRICE[0, 9]},", ",,")
    short.write_text("\n".join(empty))
    with pytest.raises(SteadfitError, match=r'column "price": .* got none in 1: row 11'):
        read(short, known="price", **OPTIONS)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"known": "price", "window": 3}, "window must be longer than the horizon of 3 .* got 3"),
        (
            {"static": "price"},
            'static column "price" must be the same in all rows of a series, got',
        ),
        ({"calendar": "year"}, 'no part of the calendar "year".* Known: hour, month, weekday'),
        ({"known": "prize"}, 'no column of s.csv "prize". Did you mean "price"'),
        ({"known": "price", "horizon": None}, "known apply to forecasts only. Give horizon too"),
    ],
)
def test_what_is_wrong_with_columns_is_said(tmp_path: Path, options: dict, sentence: str) -> None:
    with pytest.raises(SteadfitError, match=sentence):
        read(table(tmp_path / "s.csv"), **{**OPTIONS, "window": WINDOW, **options})


def test_a_calendar_needs_dates(tmp_path: Path) -> None:
    (tmp_path / "n.csv").write_text("sold\n" + "\n".join(map(str, range(60))))
    with pytest.raises(SteadfitError, match="calendar needs a column of dates, got none"):
        read(tmp_path / "n.csv", horizon=2, calendar="month")


def test_a_category_that_was_never_trained_on_is_a_sentence(tmp_path: Path) -> None:
    data = read(table(tmp_path / "s.csv", until=123), static="region", **OPTIONS)
    model = sf.fit(data, out=tmp_path / "run", training={"epochs": 2}, reference=False).model
    new = table(tmp_path / "t.csv", until=123, region=("north", "east"))
    with pytest.raises(
        SteadfitError, match=r'"region" must have a category .* \(north, south\), got east'
    ):
        model.forecast(new)


def test_arrays_have_no_future_rows(with_price) -> None:
    with pytest.raises(SteadfitError, match="must be given a table where columns are known before"):
        with_price[2].model.forecast(np.zeros((8, 2)))


def test_the_hour_is_that_of_the_cells_own_clock(tmp_path: Path) -> None:
    hours = np.datetime64("2024-03-30T00:00") + np.arange(60) * np.timedelta64(1, "h")
    asked = {"horizon": 2, "window": 4, "season": 1, "calendar": "hour"}

    def written(zones: list[str]) -> Path:
        rows = [f"{hours[i]}{zones[i]},{i % 5}" for i in range(60)]
        (tmp_path / "s.csv").write_text("when,v\n" + "\n".join(rows))
        return tmp_path / "s.csv"

    local = read(written([""] * 60), **asked)
    with pytest.raises(SteadfitError, match="without a time zone, as calendar tells"):
        local.schema.read(written(["-08:00"] * 60))
    zoned = read(written(["-08:00"] * 60), **asked)
    assert torch.equal(zoned.x.padded()[0], local.x.padded()[0])
    with pytest.raises(SteadfitError, match="and these are without one"):
        zoned.schema.read(written([""] * 60))
    hours[30:] += np.timedelta64(1, "h")
    changed = written(["+01:00"] * 30 + ["+02:00"] * 30)
    with pytest.raises(SteadfitError, match="option zone, such as Europe/Berlin"):
        read(changed, **asked)
    assert len(read(changed, zone="Europe/Berlin", **asked)) == len(local)


@pytest.mark.parametrize("words", ["YES NO", "True False", "1 0"])
def test_yes_and_no_in_another_spelling(tmp_path: Path, words: str) -> None:
    def written(name: str, yes: str, no: str) -> Path:
        rows = [f"{DAYS[i]},{i % 5},{(no, yes)[i % 2]}" for i in range(40)]
        (tmp_path / name).write_text("day,v,open\n" + "\n".join([*rows, f"{DAYS[40]},,{yes}"]))
        return tmp_path / name

    data = read(written("s.csv", "yes", "no"), target="v", known="open", horizon=1, window=4)
    plain = data.schema.read(tmp_path / "s.csv")
    other = data.schema.read(written("t.csv", *words.split()))
    assert other.x.padded().equal(plain.x.padded())
    assert any("in another spelling are taken" in note for note in other.notes)
