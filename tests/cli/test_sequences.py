"""Series and texts from a file to the report and to predictions."""

import csv
import io

import numpy as np
import pytest

from steadfit.api import cell_arms, study
from steadfit.cells import CELLS
from steadfit.data import Forecast, from_forecast, read
from steadfit.errors import SteadfitError
from steadfit.prediction import predictions
from steadfit.training import TrainedModel

SMALL = {"samples": 2, "seeds": 2, "processes": 1, "settings": {"hidden": 4, "embedding": 4}}
ONCE = {"training": {"epochs": 1}}


def texts(path):
    rng = np.random.default_rng(0)
    rows = [(" ".join(rng.choice(["so", "a", "film"], 5)) + (" bad", " good")[i % 2], "np"[i % 2])
            for i in range(40)]  # fmt: skip
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([("text", "label"), *rows])
    return path


def series(path):
    """Wide: a row a series, of 6 to 9 steps."""
    rng = np.random.default_rng(0)
    lines = ["t0,t1,t2,t3,t4,t5,t6,t7,t8,target"]
    for i in range(40):
        steps = [f"{value:.3f}" for value in rng.normal(size=rng.integers(6, 10)) + 3 * (i % 2)]
        lines.append(",".join([*steps, *[""] * (9 - len(steps)), f"{2.5 * (i % 2)}"]))
    path.write_text("\n".join(lines))
    return path


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_texts_from_a_table_to_predictions(tmp_path):
    source = texts(tmp_path / "films.csv")
    done = study(
        source, "recurrent", ["cell=lstm", "word_dropout"], out=tmp_path / "run", **SMALL, **ONCE
    )
    assert {arm.settings["model"]["settings"]["cell"] for arm in done.result.arms} == {
        "gru",
        "lstm",
    }
    page = (tmp_path / "run" / "report.html").read_text()
    assert "<blockquote>" in page
    rows = table(predictions(tmp_path / "run", source).text)
    assert [row["input"] for row in rows][:2] == ["films.csv row 2", "films.csv row 3"]
    assert {row["class"] for row in rows} <= {"n", "p"}
    lines = tmp_path / "new.txt"
    lines.write_text("a good film\n\nunheard-of words\n")
    assert [row["input"] for row in table(predictions(tmp_path / "run", lines).text)] == [
        "line 1",
        "line 3",
    ]
    with pytest.raises(SteadfitError, match="one object over several lines"):
        predictions(tmp_path / "run", tmp_path / "run" / "study.json")


def test_a_study_of_a_text_shows_the_rival_beside_the_curves(tmp_path):
    (tmp_path / "a.txt").write_text("to be or not to be, that is the question. " * 60)
    text = read(tmp_path / "a.txt", block=100)
    done = study(text, remedies=[], variance="none", out=tmp_path / "run", **SMALL, **ONCE)
    page = (tmp_path / "run" / "report.html").read_text()
    assert "; dashed, the loss of Kneser-Ney on the test points." in page
    assert '"dash":"dash"' in page
    assert "Kneser-Ney is better than the best arm, baseline: cross-entropy " in str(done)
    assert " bits a character, " in str(done)


def test_numbers_of_series_from_a_table_to_predictions(tmp_path):
    source = series(tmp_path / "waves.csv")
    done = study(source, "recurrent", ["jitter"], out=tmp_path / "run", **SMALL, **ONCE)
    assert done.result.analysis.decides == "squared"
    assert "data:image/svg+xml" in (tmp_path / "run" / "report.html").read_text()
    rows = table(predictions(tmp_path / "run", source).text)
    assert len(rows) == 40
    assert np.isfinite([float(row["prediction"]) for row in rows]).all()
    with pytest.raises(SteadfitError, match="no file"):
        predictions(tmp_path / "run", tmp_path / "absent.csv")


def test_the_data_choose_model_and_remedies(tmp_path):
    images, words = read("digits", limit=50), read(texts(tmp_path / "films.csv"))
    assert images.schema.model == "convnet"
    assert words.schema.model == "bag"
    assert "augment" in images.schema.remedies
    assert "word_dropout" in words.schema.remedies
    assert "jitter" in read(series(tmp_path / "waves.csv")).schema.remedies


def test_all_cells_are_arms_but_the_baselines():
    arms = {arm.removeprefix("cell=") for arm in cell_arms({})}
    assert arms == set(CELLS) - {"gru"}


def test_a_model_that_does_not_fit_the_data_is_told_before_any_training(tmp_path):
    source = texts(tmp_path / "films.csv")
    with pytest.raises(SteadfitError, match="convnet does not take texts"):
        study(source, model="convnet", remedies=[], out=tmp_path / "run")
    assert not list((tmp_path / "run").rglob("replica.json"))


def test_a_forecast_of_arrays_predicts_arrays_and_refuses_a_table(tmp_path):
    """The columns of arrays have no names, so that none can be found in a table."""
    data = from_forecast([np.sin(np.arange(60) / 5)[:, None]], Forecast(horizon=3, window=5))
    done = study(data, "recurrent", [], out=tmp_path / "run", **SMALL, **ONCE)
    model = TrainedModel.load(done.folder / "model")
    assert model.predict(data.x).shape == (len(data), 3)
    rows = tmp_path / "rows.csv"
    rows.write_text("day,x\n" + "".join(f"{day},{day}\n" for day in range(9)))
    with pytest.raises(SteadfitError, match="trained on arrays"):
        predictions(done.folder, rows)
