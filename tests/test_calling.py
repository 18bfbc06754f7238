"""What a Python program may hand over, and what it is told where it may not."""

import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.utils.data import TensorDataset

import steadfit as sf
from steadfit.data import from_arrays
from steadfit.errors import SteadfitError
from steadfit.prediction import predictions
from steadfit.recipe import Recipe, Training
from steadfit.training import TrainedModel

X = np.random.default_rng(0).integers(0, 255, (12, 4, 4), dtype=np.uint8)
DATA = from_arrays(X, ["a", "b"] * 6)
SMALL = Recipe().model_with(name="mlp", width=0.05).training_with(epochs=1)


@pytest.mark.parametrize("call", [sf.study, sf.fit])
@pytest.mark.parametrize(
    ("beside", "said"),
    [
        ({"model": "mlp"}, "recipe must be given alone, got model beside it"),
        ({"settings": {"width": 2.0}}, "got settings beside it"),
        ({"training": {"epochs": 2}, "model": "mlp"}, "got model and training beside it"),
    ],
)
def test_a_recipe_stands_alone(call, beside: dict, said: str, tmp_path: Path) -> None:
    with pytest.raises(SteadfitError, match=said):
        call(DATA, recipe=SMALL, out=tmp_path / "run", **beside)
    assert not (tmp_path / "run").exists()


def test_a_recipe_is_what_is_trained(tmp_path: Path) -> None:
    fitted = sf.fit(DATA, recipe=SMALL, out=tmp_path / "run")
    assert fitted.model.facts.recipe == SMALL


@pytest.mark.parametrize("call", [sf.study, sf.fit])
@pytest.mark.parametrize(
    ("data", "said"),
    [
        (TensorDataset(torch.zeros(4, 1, 2, 2)), r"must have two tensors, .* a pair \(x, y\)"),
        (X, r"got numpy.ndarray. Give the targets too: a pair \(x, y\)"),
        (None, "got builtins.NoneType. Give a pair"),
    ],
    ids=["TensorDataset", "array", "None"],
)
def test_what_is_no_data_set_is_said(call, data, said: str) -> None:
    with pytest.raises(SteadfitError, match=said):
        call(data)


def test_what_cannot_be_read_is_said() -> None:
    with pytest.raises(SteadfitError, match=r"got numpy.ndarray. Make .*from_arrays\(x, y\)"):
        sf.read(X)


def test_arrays_that_may_not_be_written_to_are_taken_without_a_warning(tmp_path: Path) -> None:
    x = X.copy()
    x.flags.writeable = False
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        data = from_arrays(x, np.broadcast_to(np.int64(1), 12) * np.arange(12) % 2)
        model = sf.fit(data, recipe=SMALL, out=tmp_path / "run").model
        images = X[:, None].astype(np.float32)
        images.flags.writeable = False
        assert len(model.predict(images)) == 12
    assert (data.x.numpy()[:, 0] == X).all()


def test_a_run_and_its_model_are_both_taken(tmp_path: Path, monkeypatch) -> None:
    sf.study(
        DATA, recipe=SMALL, remedies=[], samples=2, out=tmp_path / "run", processes=1,
        reference=False,
    )  # fmt: skip
    np.savez(tmp_path / "x.npz", x=X)
    both = [TrainedModel.load(folder) for folder in (tmp_path / "run", tmp_path / "run" / "model")]
    np.testing.assert_array_equal(*(model.probabilities(X[:, None]) for model in both))
    monkeypatch.chdir(tmp_path / "run" / "model")
    texts = [
        predictions(Path(folder), tmp_path / "x.npz").text
        for folder in (tmp_path / "run", tmp_path / "run" / "model", ".", "../../run")
    ]
    assert len(set(texts)) == 1
    assert '"disagreement"' in texts[0]
    with pytest.raises(SteadfitError, match="There is no model in"):
        TrainedModel.load(tmp_path)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"lr": 0.1}, '"lr". Did you mean "optimizer.learning_rate"'),
        ({"learning_rate": 0.1}, 'Did you mean "optimizer.learning_rate"'),
        ({"batch_size": 3}, 'Did you mean "batch"'),
        ({"epohs": 3}, 'Did you mean "epochs"'),
        ({"optimizer": {"nam": "sgd"}}, 'no setting "nam" in optimizer. Did you mean "name"'),
        ({"epochs": 0}, "epochs must be greater than or equal to 1, got 0"),
        ({"loss": "hinge"}, "loss must be 'cross_entropy' or 'brier', got 'hinge'"),
    ],
)
def test_the_right_name_of_a_setting_is_told(settings: dict, said: str) -> None:
    with pytest.raises(SteadfitError, match=said):
        Training.of(**settings)


@pytest.mark.parametrize("none", ["none", ["none"], []])
def test_without_remedies_the_baseline_is_measured_alone(none, tmp_path: Path) -> None:
    study = sf.study(
        DATA, recipe=SMALL, remedies=none, samples=2, processes=1, out=tmp_path / "run",
        reference=False,
    )  # fmt: skip
    assert [arm.name for arm in study.result.analysis.arms] == ["baseline"]
    assert repr(study) == "<Study of arrays: 1 arm, best baseline>"
    html = study._repr_html_()
    assert "baseline" in html
    assert "<script" not in html


def test_a_frame_has_one_row_an_arm(tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas")
    study = sf.study(
        DATA, recipe=SMALL, remedies="l2", samples=2, processes=1, out=tmp_path / "run"
    )
    frame = study.frame()
    assert isinstance(frame, pandas.DataFrame)
    assert frame["arm"].tolist()[:2] == ["baseline", "l2=0.001"]
    assert set(frame["verdict"][2:]) == {"reference"}
    assert "verdict" in frame.columns


def test_images_are_predicted_in_the_forms_that_from_arrays_takes(tmp_path) -> None:
    rng = np.random.default_rng(0)
    grey, colour = rng.normal(size=(20, 6, 6)), rng.normal(size=(20, 6, 6, 3))
    for x in (grey, colour):
        data = sf.from_arrays(x, ["a", "b"] * 10)
        model = sf.fit(data, recipe=SMALL, out=tmp_path, reference=False).model
        np.testing.assert_array_equal(model.logits(x), model.logits(data.x))
