"""Models of long tables and of forecasts predict new files of the same form."""

import csv
import io
from pathlib import Path

import numpy as np
import pytest

from steadfit.api import fit, study
from steadfit.data import from_series, read
from steadfit.errors import SteadfitError
from steadfit.prediction import predictions
from steadfit.training import TrainedModel

QUICK = {"training": {"epochs": 1}}
OLD = Path("old.csv")


def written(path: Path, header: str, rows: list[str]) -> Path:
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


@pytest.fixture(scope="module")
def run_of_long(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of series of two columns, one a name, a step a row."""
    folder, rng = tmp_path_factory.mktemp("long"), np.random.default_rng(0)
    rows = [
        f"s{number},{step},{rng.normal():.3f},{rng.normal():.3f},{'ab'[number % 2]}"
        for number in range(12)
        for step in range(4 + number % 3)
    ]
    data = read(written(folder / OLD, "who,when,left,right,label", rows), series="who", time="when")
    fit(data, out=folder / "run", **QUICK)
    return folder / "run"


@pytest.fixture(scope="module")
def run_of_forecasts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study of two columns to forecast 2 days of, from 4 days of them and of a third."""
    folder = tmp_path_factory.mktemp("forecast")
    rows = [f"2024-01-{day:02d},{day % 3},{day % 5},{day % 2}" for day in range(1, 29)]
    data = read(
        written(folder / OLD, "day,sales,visits,open", rows),
        target="sales,visits",
        values="open",
        time="day",
        horizon=2,
        window=4,
    )
    study(data, remedies=[], samples=2, processes=1, out=folder / "run", **QUICK)
    return folder / "run"


def test_a_long_table_is_predicted_series_by_series(run_of_long: Path, tmp_path: Path) -> None:
    new = written(
        tmp_path / "new.csv",
        "right,weight,who,left,when",
        ["1,80,x,2,5", "7,80,y,8,1", "3,80,x,4,6", "9,80,y,-1,2", "5,80,x,6,7"],
    )
    found = table(predictions(run_of_long, new).text)
    assert [row["input"] for row in found] == ["who x", "who y"]
    wide = written(tmp_path / "same.ts", "@classLabel false\n@data", ["2,4,6:1,3,5", "8,-1:7,9"])
    same = table(predictions(run_of_long, wide).text)
    assert [row["p_a"] for row in found] == [row["p_a"] for row in same]


def test_missing_values_are_filled_on_demand_and_that_is_said(
    run_of_long: Path, tmp_path: Path
) -> None:
    rows = ["x,1,2,3", "x,2,,5", "x,3,4,7"]
    gaps = written(tmp_path / "gaps.csv", "who,when,left,right", rows)
    whole = written(tmp_path / "whole.csv", "who,when,left,right", [rows[0], "x,2,3,5", rows[2]])
    with pytest.raises(SteadfitError, match=r'gaps.csv, column "left": .* row 3\. .*linear'):
        predictions(run_of_long, gaps)
    filled = predictions(run_of_long, gaps, missing="linear")
    assert filled.text == predictions(run_of_long, whole).text
    assert filled.notes[0].startswith("1 value missing in 1 of 1 series (who x): filled")


@pytest.mark.parametrize(
    ("header", "rows", "sentence"),
    [
        (
            "who,left,right",
            ["x,1,2"],
            "the columns left, right, who, when .* got none called when",
        ),
        ("who,when,left", ["x,1,2"], r"got none called right\. Columns: who, when, left"),
        (
            "who,when,left,right",
            ["x,1,1,1", "x,1,1,1"],
            "row 3: .* when must rise .* got 1 after 1",
        ),
        ("who,when,left,right", ["x,1,1,one"], r'column "right": .* row 2 \("one"\).* Fix'),
        ("who,when,left,right", [" ,1,1,1"], 'column "who": each row must have a text.* row 2'),
    ],
)
def test_a_long_table_that_differs_is_refused(
    run_of_long: Path, tmp_path: Path, header: str, rows: list[str], sentence: str
) -> None:
    with pytest.raises(SteadfitError, match=sentence):
        predictions(run_of_long, written(tmp_path / "new.csv", header, rows))


def test_a_forecast_is_of_the_steps_after_the_last(run_of_forecasts: Path, tmp_path: Path) -> None:
    rows = [f"2024-03-{day:02d},{day % 3},{day % 5},{day % 2}" for day in range(1, 8)]
    new = written(tmp_path / "new.csv", "day,sales,visits,open", rows)
    found = table(predictions(run_of_forecasts, new).text)
    assert [(row["input"], row["step"]) for row in found] == [("new.csv", "1"), ("new.csv", "2")]
    ends = [f"{end}_{level}_{of}" for level in (80, 95) for of in ("sales", "visits")
            for end in ("low", "high")]  # fmt: skip
    names = ["input", "time", "step", "prediction_sales", "deviation_sales", "prediction_visits",
             "deviation_visits"]  # fmt: skip
    assert sorted(found[0]) == sorted([*names, *ends])
    assert [row["time"] for row in found] == ["2024-03-08", "2024-03-09"]
    # What is before the window of 4 days says nothing, be it missing.
    for same in (rows[3:], ["2024-03-01,,,", *rows[1:]]):
        written(new, "day,sales,visits,open", same)
        assert table(predictions(run_of_forecasts, new).text) == found


def test_forecasts_stand_in_the_order_of_the_targets(
    run_of_forecasts: Path, tmp_path: Path
) -> None:
    """Against the model itself, whose outputs are the targets of one step after the other."""
    rows = [f"2024-03-{day:02d},{day},{10 * day},{day % 2}" for day in range(1, 5)]
    found = table(
        predictions(
            run_of_forecasts, written(tmp_path / "new.csv", "day,sales,visits,open", rows)
        ).text
    )
    x = np.array([[day, 10 * day, day % 2] for day in range(1, 5)], np.float32)
    (expected,) = TrainedModel.load(run_of_forecasts / "model").predict(from_series([x], [0]).x)
    own = [float(row[f"prediction_{name}"]) for row in found for name in ("sales", "visits")]
    np.testing.assert_allclose(own, expected, rtol=1e-6)


DAYS = [f"2024-03-{day:02d},{day},{day},0" for day in range(1, 7)]
HOURS = [f"2024-03-01T{hour:02d}:00,{hour},{hour},0" for hour in range(6)]


@pytest.mark.parametrize(
    ("header", "rows", "sentence"),
    [
        ("day,sales,visits", DAYS, "must have 3 columns"),
        ("day,sales,visits,closed", DAYS, "got none called open"),
        ("when,sales,visits,open", DAYS, "got none called day"),
        (
            "day,sales,visits,open",
            DAYS[:3],
            r"the 4 rows .* got fewer in all of 1: new.csv \(3\)",
        ),
        ("day,sales,visits,open", DAYS[:3] + DAYS[4:], "row 5: .* a gap .* 2024-03-03 to"),
        ("day,sales,visits,open", [*DAYS[:5], "2024-03-06,,1,0"], '"sales": .* row 7. Nothing is'),
        ("day,sales,visits,open", [*DAYS[:5], "2024-03-06,x,1,0"], r'"sales": .* row 7 \("x"\)'),
        ("day,sales,visits,open", [*DAYS, DAYS[0]], "row 8: .* must rise"),
        ("day,sales,visits,open", DAYS[::2], "trained on rows 1 day apart, and these are 2 days"),
        ("day,sales,visits,open", HOURS, "and these are 1 hour apart. Give rows 1 day apart"),
    ],
)
def test_a_table_that_cannot_be_forecast_is_refused(
    run_of_forecasts: Path, tmp_path: Path, header: str, rows: list[str], sentence: str
) -> None:
    with pytest.raises(SteadfitError, match=sentence):
        predictions(run_of_forecasts, written(tmp_path / "new.csv", header, rows))


def test_a_forecast_takes_a_table(run_of_forecasts: Path, tmp_path: Path) -> None:
    other = written(tmp_path / "a.ts", "@classLabel false\n@data", ["1,2,3,4:1,2,3,4:1,2,3,4"])
    with pytest.raises(SteadfitError, match="takes a table in time order"):
        predictions(run_of_forecasts, other)
