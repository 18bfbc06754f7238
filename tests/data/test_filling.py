"""Gaps of forecasts, empty cells and absent rows, filled from what is known by then."""

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import steadfit as sf
from steadfit.data import Dataset, Forecast, from_forecast, read
from steadfit.errors import SteadfitError
from steadfit.formats.gaps import FILLS, filled
from steadfit.training import TrainedModel

pandas = pytest.importorskip("pandas")
DAYS = [np.datetime64("2024-01-01") + i for i in range(60)]
OPTIONS = {"horizon": 2, "window": 8, "season": 7}
gaps = st.sets(st.integers(0, 29), max_size=8)


def wave(count: int = 60) -> np.ndarray:
    return 50 + np.round(10 * np.sin(np.arange(count)), 2) + np.arange(count) % 7


def table(path: Path, empty: set[int], absent: set[int], values: np.ndarray | None = None) -> Path:
    values = wave() if values is None else values
    rows = [
        f"{day},{'' if i in empty else value}"
        for i, (day, value) in enumerate(zip(DAYS, values, strict=False))
        if i not in absent
    ]
    path.write_text("day,sold\n" + "\n".join(rows))
    return path


def windows(data: Dataset) -> dict[int, list[float]]:
    """Each window by the step that follows it."""
    rows = zip(data.x.rows(), data.structure.spans.tolist(), strict=True)
    return {first: window[:, 0].tolist() for window, (_, first, _) in rows}


@settings(max_examples=40)
@given(missing=gaps, season=st.integers(2, 6))
def test_a_series_is_filled_as_pandas_does(missing: set[int], season: int) -> None:
    values = wave(30)
    values[list(missing)] = np.nan
    frame = pandas.Series(values)
    of_season = frame.copy()
    for _ in range(30 // season):
        of_season = of_season.fillna(of_season.shift(season))
    theirs = {
        "forward": frame.ffill(),
        "season": of_season,
        "interpolate": frame.interpolate("linear", limit_direction="forward"),
    }
    for rule in FILLS:
        found = filled(values[:, None], rule, season)[:, 0]
        np.testing.assert_allclose(found, theirs[rule].to_numpy(), err_msg=rule)


@settings(max_examples=30)
@given(missing=gaps, rule=st.sampled_from(FILLS))
def test_a_window_is_that_of_a_series_that_ends_with_it(missing: set[int], rule: str) -> None:
    """What comes after a window was not there yet: it is filled as pandas fills what was."""
    values = wave(30)
    values[list(missing)] = np.nan
    task = Forecast(2, 5, season=3)
    data = from_forecast([values], task, missing=rule)
    for first, window in windows(data).items():
        known = filled(values[:first, None], rule, 3)[-5:, 0]
        np.testing.assert_allclose(window, known, rtol=1e-6)
    targets = {step for first in windows(data) for step in (first, first + 1)}
    assert not targets & missing, "what is forecast is never filled in"


def test_cells_and_absent_rows_are_the_same(tmp_path: Path) -> None:
    """A skipped day is a row with an empty cell."""
    for rule in FILLS:
        one = read(table(tmp_path / "a.csv", {20, 21, 40}, set()), fill=rule, **OPTIONS)
        two = read(table(tmp_path / "b.csv", {21}, {20, 40}), fill=rule, **OPTIONS)
        assert torch.equal(one.x.padded(), two.x.padded())
        assert torch.equal(one.y, two.y)
        assert torch.equal(one.structure.spans, two.structure.spans)
    assert "2 rows that the times leave out were added to be filled: b.csv (2)." in two.notes
    assert two.notes[-1] == (
        "3 missing values are filled on straight lines, up to the values known by then. "
        "5 windows that need missing values are left out."
    )


def test_a_gap_that_is_open_at_the_end_of_a_window_has_the_last_value(tmp_path: Path) -> None:
    values = wave()
    found = windows(read(table(tmp_path / "s.csv", set(), {20, 21}), fill="interpolate", **OPTIONS))
    line = np.interp([20, 21], [19, 22], values[[19, 22]])
    np.testing.assert_allclose(found[22][-2:], [values[19]] * 2)
    np.testing.assert_allclose(found[23][-3:], [*line, values[22]], rtol=1e-6)
    assert not {19, 20, 21} & set(found), "their two steps are not known"


@pytest.mark.parametrize("rule", FILLS)
@pytest.mark.parametrize("cut", [22, 30])
def test_no_value_after_a_cut_fills_a_window_before_it(tmp_path: Path, rule: str, cut: int) -> None:
    """Planted: every value from the cut on is another. 22 is the end of a gap."""
    empty, absent = {20, 33}, {21, 34, 45}
    changed = np.where(np.arange(60) < cut, wave(), 1e4 - wave())
    usual = read(table(tmp_path / "s.csv", empty, absent), fill=rule, **OPTIONS)
    other = read(table(tmp_path / "s.csv", empty, absent, changed), fill=rule, **OPTIONS)
    before, after = windows(usual), windows(other)
    assert before.keys() == after.keys()
    same = {first for first in before if before[first] == after[first]}
    assert same == {first for first in before if first <= cut}


def shops(path: Path, left_out: dict[str, set[int]], until: int = 40) -> Path:
    rows = ["shop,region,day,sold,price"]
    for shop, region in (("a", "north"), ("b", "south")):
        for i in range(until + 2):
            if i not in left_out.get(shop, set()):
                sold = f"{100 - i % 9}" if i < until else ""
                rows.append(f"{shop},{region},{DAYS[i]},{sold},{i % 5}")
    path.write_text("\n".join(rows))
    return path


def test_an_absent_row_has_its_calendar_its_region_and_a_filled_price(tmp_path: Path) -> None:
    path = shops(tmp_path / "s.csv", {"a": {11, 12}, "b": {41}})
    data = read(
        path, target="sold", known="price", static="region", calendar="weekday", series="shop",
        fill="forward", **OPTIONS,
    )  # fmt: skip
    assert any(note.endswith("added to be filled: a (2).") for note in data.notes)
    spans = data.structure.spans.tolist()
    for window, (shop, first, _) in zip(data.x.rows(), spans, strict=True):
        ahead = np.arange(first - 8, first) + 2
        days = [DAYS[i].item().weekday() for i in ahead]
        assert window[:, 2:9].argmax(1).tolist() == days
        assert window[:, 9:].tolist() == [[1 - shop, shop]] * 8
        price = [10 % 5 if shop == 0 and i in (11, 12) else i % 5 for i in ahead]
        assert window[:, 1].tolist() == price


def test_months_that_are_left_out(tmp_path: Path) -> None:
    months = [np.datetime64("2015-01") + i for i in range(72) if i not in (30, 50)]
    rows = "".join(f"{month},{i % 12}\n" for i, month in enumerate(months))
    (tmp_path / "s.csv").write_text("month,sold\n" + rows)
    data = read(tmp_path / "s.csv", horizon=2, fill="season")
    assert data.schema.form.step == "1 month"
    assert any("2 rows that the times leave out" in note for note in data.notes)


def test_the_model_fills_what_it_forecasts_from(tmp_path: Path) -> None:
    path = table(tmp_path / "s.csv", {20}, {31})
    data = read(path, fill="interpolate", **OPTIONS)
    fitted = sf.fit(data, out=tmp_path / "run", training={"epochs": 2}, reference=False)
    model = TrainedModel.load(tmp_path / "run")
    assert model.facts.schema.form.fill == "interpolate"
    values = wave()
    found = model.facts.schema.read(table(tmp_path / "t.csv", {57}, {54, 55}))
    line = np.interp([54, 55], [53, 56], values[[53, 56]])
    expected = [*values[52:54], *line, values[56], values[56], *values[58:60]]
    expected[5] = np.interp(57, [56, 58], values[[56, 58]])
    np.testing.assert_allclose(found.x.padded()[0, :, 0], expected, rtol=1e-6)
    assert found.notes == (
        "2 rows that the times leave out were added to be filled: t.csv (2).",
        "3 missing values are filled on straight lines, up to the values known by then.",
    )
    open_end = model.facts.schema.read(table(tmp_path / "t.csv", {58, 59}, set()))
    np.testing.assert_allclose(open_end.x.padded()[0, -3:, 0], [values[57]] * 3, rtol=1e-6)
    assert fitted.model.forecast(tmp_path / "t.csv")["step"].tolist() == [1, 2]
    with pytest.raises(SteadfitError, match=r"a value before it .* none in 1 series: t.csv"):
        model.facts.schema.read(table(tmp_path / "t.csv", set(range(53)), set()))


def test_a_rule_for_gaps_of_new_tables_alone(tmp_path: Path) -> None:
    data = read(table(tmp_path / "s.csv", set(), set()), **OPTIONS)
    schema, gap = data.schema, table(tmp_path / "t.csv", set(), {55})
    with pytest.raises(SteadfitError, match='fill="forward"'):
        schema.read(gap)
    seen = schema.read(gap, fill="forward").x.padded()[0, -6:-4, 0]
    assert seen.tolist() == pytest.approx([wave()[54]] * 2)
    frame = schema.kind.examples_of(pandas.read_csv(gap), schema.filling("forward"))
    assert frame.x.padded()[0, -6:-4, 0].equal(seen)


@pytest.mark.parametrize("missing", ["refuse", "drop"])
def test_empty_last_rows_are_left_out(tmp_path: Path, missing: str) -> None:
    data = read(table(tmp_path / "s.csv", set(), set()), **OPTIONS)
    found = data.schema.read(table(tmp_path / "t.csv", {58, 59}, set()), missing=missing)
    assert found.x.padded()[0, -1, 0].item() == pytest.approx(wave()[57])
    day = str(np.datetime64(data.schema.read(tmp_path / "s.csv").clocks[0].after(1)[0]) - 2)
    assert found.clocks[0].after(1) == [day]
    assert any("last rows have no sold and are left out" in note for note in found.notes)
    assert any("t.csv (2)" in note for note in found.notes)


def test_without_the_option_the_message_names_it(tmp_path: Path) -> None:
    with pytest.raises(SteadfitError, match=r'got a gap .* fill="forward", or by another rule'):
        read(table(tmp_path / "s.csv", set(), {20}), **OPTIONS)
    with pytest.raises(SteadfitError, match=r'got none in 1: row 22\. .* or fill="forward"'):
        read(table(tmp_path / "s.csv", {20}, set()), **OPTIONS)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"fill": "mean"}, 'no rule for a forecast\'s missing values "mean".* Known: forward'),
        ({"fill": "drop"}, 'no rule .* "drop".* Known: forward, interpolate, season'),
        ({"fill": "season", "season": 1}, "A season must have 2 steps or more for gaps .* got 1"),
        ({"fill": "forward", "missing": "drop"}, 'fill="forward" and missing="drop" both say'),
        ({"fill": "forward", "horizon": None}, "fill apply to forecasts only. Give horizon too"),
    ],
)
def test_what_is_wrong_with_the_option_is_said(
    tmp_path: Path, options: dict, sentence: str
) -> None:
    asked = {**OPTIONS, **options}
    if options.get("horizon", 2) is None:
        asked = {"target": "sold", **options}
    with pytest.raises(SteadfitError, match=sentence):
        read(table(tmp_path / "s.csv", {20}, set()), **asked)


def test_times_that_no_row_could_fill_are_refused(tmp_path: Path) -> None:
    path = table(tmp_path / "s.csv", set(), set())
    path.write_text(path.read_text().replace("2024-02-29", "2924-02-29"))
    with pytest.raises(SteadfitError, match=r"at most 10 rows may be absent .* got 328,7\d\d"):
        read(path, fill="forward", **OPTIONS)
    path.write_text(path.read_text().replace("2924-02-29", "2024-02-29T07:00"))
    with pytest.raises(SteadfitError, match=r"whole number of the smallest step .* 1\.29167 steps"):
        read(path, fill="forward", **OPTIONS)


def test_a_single_absent_row_is_told_as_one(tmp_path: Path) -> None:
    data = read(table(tmp_path / "one.csv", set(), {21}), fill="forward", **OPTIONS)
    assert "1 row that the times leave out was added to be filled: one.csv (1)." in data.notes


@pytest.mark.parametrize("fill", ["forward", "season"])
def test_a_series_of_which_no_window_is_left_is_named(tmp_path: Path, fill: str) -> None:
    """A shop that is closed on each seventh day, and horizons of a week."""
    days = np.datetime64("2024-01-01") + np.arange(60)
    rows = [f"{shop},{day},{i % 7 + 1}" for shop in "ab" for i, day in enumerate(days)
            if shop == "a" or i % 7]  # fmt: skip
    (tmp_path / "s.csv").write_text("shop,day,sold\n" + "\n".join(rows))
    data = read(tmp_path / "s.csv", horizon=7, fill=fill)
    assert any("1 of 2 series are not learned" in note and ": b. " in note for note in data.notes)
    unfilled = any("cannot be filled" in note for note in data.notes)
    assert unfilled == (fill == "season")
    if fill == "forward":
        said = data.schema.read(tmp_path / "s.csv").notes
        assert any("learned nothing of b" in note for note in said)
