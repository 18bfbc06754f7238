"""What is saved with a model: the form of its data, by which new inputs are read."""

import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.csv
import pytest

from steadfit.data import Schema, from_arrays, from_forecast, from_series, from_texts, read
from steadfit.errors import SteadfitError
from steadfit.formats import ForecastTable
from steadfit.prediction import continued, predictions
from steadfit.tasks import Forecast
from steadfit.training import TrainedModel

OLD = Path(__file__).parent / "format_1"  # models of the first version, and what it predicted
READING = {
    "wide": ("wide.csv", {}),
    "long": ("long.csv", {"series": "run", "time": "at", "target": "label"}),
    "sales": (
        "sales.csv",
        {
            "series": "shop",
            "time": "date",
            "target": "sold",
            "values": "price",
            "horizon": 2,
            "window": 7,
        },
    ),
    "films": ("films.csv", {"target": "score"}),
    "song": ("song.txt", {"block": 60}),
}


@pytest.mark.parametrize("name", READING)
def test_a_model_of_format_1_has_the_schema_of_its_data(name: str) -> None:
    file, options = READING[name]
    model = TrainedModel.load(OLD / name / "model")
    schema = read(OLD / name / file, **options).schema
    if isinstance(schema.form, ForecastTable):  # format 1 does not keep when the series begin
        schema = replace(schema, form=replace(schema.form, begin=None))
    assert model.facts.schema == schema


@pytest.mark.parametrize("name", ["wide.csv", "long.csv", "sales.csv", "films.csv", "digits.npz"])
def test_a_model_of_format_1_predicts_as_it_did(name: str) -> None:
    folder = OLD / name.partition(".")[0]
    found = pyarrow.csv.read_csv(io.BytesIO(predictions(folder, folder / name).text.encode()))
    expected = pyarrow.csv.read_csv(folder / "predicted.csv")
    if "prediction_0" in expected.column_names:  # a single number has no number of its own now
        expected = expected.rename_columns({"prediction_0": "prediction"})
    later = {"time"} - set(expected.column_names)  # columns that came later
    assert set(found.column_names) - later == set(expected.column_names)
    for column in expected.column_names:
        ours, theirs = found[column].to_numpy(), expected[column].to_numpy()
        if column == "input":  # "shop a" of a column called shop is now "a"
            theirs = np.array([name.removeprefix("shop ") for name in theirs], dtype=object)
        if theirs.dtype.kind == "f":
            np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-6)
        else:
            np.testing.assert_array_equal(ours, theirs)


def test_a_language_model_of_format_1_writes_as_it_did() -> None:
    text = continued(OLD / "song", "to be", 20, temperature=0.0, seed=0)
    assert text == (OLD / "song" / "written.txt").read_text()


ARRAYS = np.zeros((4, 8, 8), np.float32)
SERIES = [np.arange(n, dtype=float) for n in (3, 4, 5, 6)]


@pytest.mark.parametrize(
    "data",
    [
        from_arrays(ARRAYS, ["a", "b"] * 2),
        from_arrays(ARRAYS, np.arange(8.0).reshape(4, 2)),
        from_series(SERIES, ["a", "b"] * 2),
        from_texts(["a b", "b", "c", "d"], [1.0, 2.0, 3.0, 4.0], unit="characters"),
        from_forecast([np.arange(20.0)], Forecast(2, 6, season=3)),
        read("copy", length=5, train=3, test=2),
        *(read(OLD / name / file, **options) for name, (file, options) in READING.items()),
    ],
    ids=str,
)
def test_a_schema_comes_back_from_json(data) -> None:
    assert Schema.from_dict(json.loads(json.dumps(data.schema.to_dict()))) == data.schema


@pytest.mark.parametrize(
    "change",
    [
        {"kind": {"name": "dreams"}},
        {"kind": {"name": "series", "channels": 1, "color": "red"}},
        {"kind": {"name": "series", "channels": "many"}},
        {"task": {"name": "classes", "names": []}},
        {"task": {"name": "tokens", "count": 3, "unit": "words"}},
        {"task": {"name": "forecast", "horizon": 1, "window": 2, "targets": [1], "season": 1}},
        {"form": {"name": "wide"}},
        {"other": None},
    ],
)
def test_what_is_no_schema_is_refused(change: dict) -> None:
    plain = from_series(SERIES, ["a", "b"] * 2).schema.to_dict()
    with pytest.raises(ValueError, match=r"."):
        Schema.from_dict({**plain, **change})


def test_a_model_of_another_format_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "model.json").write_text('{"format": 99}')
    with pytest.raises(SteadfitError, match="format must be 1 or 2, got 99"):
        TrainedModel.load(tmp_path)
