"""Networks and references on rows of tables, from the fit to the saved model and the program."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from steadfit import fit, study
from steadfit.data import Dataset, from_table
from steadfit.prediction import predictions
from steadfit.training import TrainedModel

QUICK = {"epochs": 4, "batch": 16}


def people(rows: int, seed: int = 0) -> pd.DataFrame:
    """Classes that a number with holes and a category tell together."""
    rng = np.random.default_rng(seed)
    age, town = rng.normal(40, 10, rows), rng.choice(["Ulm", "Bonn", "Kiel"], rows)
    label = np.where((age > 40) == (town == "Ulm"), "yes", "no")
    age[::9] = np.nan
    return pd.DataFrame({"age": age, "town": town, "label": label})


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rows") / "run"
    fit(from_table(people(90), "label"), training=QUICK, out=folder)
    return folder


@pytest.mark.parametrize("model", ["mlp", "table_resnet"])
def test_networks_learn_from_numbers_and_categories_together(model: str, tmp_path: Path) -> None:
    data = from_table(people(300), "label")
    fitted = fit(data, model, training={"epochs": 40, "batch": 32}, out=tmp_path / "run")
    new = people(200, seed=1)
    with pytest.warns(UserWarning, match="values missing in 23 rows"):
        found = fitted.model.predict(new.drop(columns="label"))
    known = new["age"].notna()
    assert (found == new["label"])[known].mean() > 0.9
    linear = next(one for one in fitted.references if one.name == "logistic regression")
    assert linear.error is not None
    assert linear.error > 0.3  # neither tells it alone


def test_a_saved_model_reads_new_rows_by_name(run: Path, tmp_path: Path) -> None:
    new = people(20, seed=2).drop(columns="label")
    new.loc[3, "town"] = "Rome"
    new.assign(more=1)[["more", "town", "age"]].to_csv(tmp_path / "new.csv", index=False)
    found = predictions(run, tmp_path / "new.csv")
    assert len(found.text.splitlines()) == 21
    assert any('taken as one: "Rome"' in note for note in found.notes)
    model = TrainedModel.load(run)
    with pytest.warns(UserWarning, match="taken as one|values missing"):
        expected = model.predict(new)
    classes = [line.split(",")[1].strip('"') for line in found.text.splitlines()[1:]]
    assert classes == expected.tolist()


@pytest.mark.parametrize("to", ["onnx", "torch"])
def test_an_exported_program_gives_what_the_model_gives(run: Path, tmp_path: Path, to) -> None:
    """Numbers with gaps, and categories by their codes."""
    from training.export_cases import by_onnxruntime, by_torch

    model = TrainedModel.load(run)
    assert isinstance(model, TrainedModel)
    program, said = {"onnx": by_onnxruntime, "torch": by_torch}[to](
        model.export(tmp_path / "program", to)
    )
    rows = people(7, seed=3).drop(columns="label")
    rows.loc[2, "town"] = "Rome"
    codes = rows["town"].map({"Bonn": 0, "Kiel": 1, "Ulm": 2}).fillna(3)
    x = np.stack([rows["age"], codes], axis=1).astype(np.float32)
    with pytest.warns(UserWarning, match="taken as one|values? missing"):
        expected = model.probabilities(rows)
    np.testing.assert_allclose(program(x), expected, atol=1e-6)
    assert "town: Bonn, Kiel, Ulm" in str(said["categories"])


def test_a_linear_reference_is_exported_too(tmp_path: Path) -> None:
    from steadfit.references import REFERENCES
    from steadfit.training import TrainedReference
    from training.export_cases import by_torch

    data = from_table(people(90), "label")
    model = TrainedReference(REFERENCES["logistic regression"].fit(data))
    program, _ = by_torch(model.export(tmp_path / "program", "torch"))
    x = data.x.values.numpy()
    np.testing.assert_allclose(program(x), model.probabilities(data.x), atol=1e-5)


def test_a_study_of_rows(tmp_path: Path) -> None:
    """Its points come back from the file, gaps and all, and its table names rows."""
    data: Dataset = from_table(people(60), "label")
    found = study(
        data, remedies=["noise"], samples=2, training=QUICK, settings={"width": 0.1},
        processes=1, out=tmp_path / "run",
    )  # fmt: skip
    assert "60 rows of 2 columns" in str(found)
    assert (tmp_path / "run" / "report.html").exists()
