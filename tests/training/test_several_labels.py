"""Networks of several labels: texts whose labels single words decide, and programs in files."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn import metrics

import steadfit as sf
from steadfit.data import Dataset, from_table, from_texts, split
from steadfit.errors import SteadfitError
from steadfit.recipe import Recipe
from steadfit.references import REFERENCES
from steadfit.report.fits import confusions, figures
from steadfit.training import TrainedModel, TrainedReference, fit
from training.export_cases import by_onnxruntime

WORDS = {"storm": "weather", "goal": "sport"}  # a word, and the label that it decides
RNG = np.random.default_rng(0)


def films(count: int) -> tuple[list[str], list[str]]:
    texts, cells = [], []
    for _ in range(count):
        there = RNG.random(2) < 0.4
        chosen = [word for word, here in zip(WORDS, there, strict=True) if here]
        others = RNG.choice([f"word{k}" for k in range(20)], 6).tolist()
        texts.append(" ".join(RNG.permutation([*chosen, *others])))
        cells.append(";".join(WORDS[word] for word in chosen))
    return texts, cells


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> sf.Fitted:
    data = from_texts(*films(160), "news", several=";")
    folder = tmp_path_factory.mktemp("news")
    training = {"epochs": 200, "augmentation": {"word_dropout": 0.1}}
    return sf.fit(data, training=training, out=folder / "run")


def test_each_word_decides_its_label(fitted: sf.Fitted) -> None:
    new, cells = films(100)
    said, told = (
        np.array([[name in cell for name in ("sport", "weather")] for cell in each])
        for each in (cells, fitted.model.predict(new))
    )
    assert (said != told).mean() < 0.04  # guessing is wrong of 40%
    assert fitted.error == 0.0
    assert fitted.result.confusion.classes == ()
    scores = fitted.result.label_scores
    assert scores.hamming == fitted.error
    assert (scores.exact_match, scores.macro_f1, scores.micro_f1) == (1, 1, 1)
    assert [one.name for one in scores.labels] == ["sport", "weather"]


def test_its_figures_are_scikit_learns_and_shown(fitted: sf.Fitted) -> None:
    new, cells = films(60)
    y = np.array([[name in cell for name in ("sport", "weather")] for cell in cells])
    shares = fitted.model.probabilities(new)
    expected = np.mean([metrics.log_loss(y[:, k], shares[:, k]) for k in range(2)])
    logits = torch.from_numpy(fitted.model.logits(new)[0])
    loss, _ = fitted.model.facts.schema.task.score(logits, torch.from_numpy(y))
    assert loss == pytest.approx(expected, rel=1e-4)
    shown = dict(figures(fitted.result))
    assert shown["test Hamming loss"] == "0.00%"
    assert shown["macro F1"] == shown["micro F1"] == "1"
    assert shown["reference: label frequencies"].endswith("% wrong labels")
    (grid,) = confusions(fitted.result)
    assert grid.headings[0] == "label"
    assert {row[0] for row in grid.rows} == {"sport", "weather"}
    assert "2 labels" in str(fitted)


def test_it_is_saved_and_calibrated(fitted: sf.Fitted) -> None:
    again = TrainedModel.load(fitted.folder)
    new, _ = films(5)
    np.testing.assert_array_equal(again.probabilities(new), fitted.model.probabilities(new))
    assert again.facts.schema.task == fitted.model.facts.schema.task
    assert "temperature" in fitted.result.facts  # as a bag of words has it by default


def table() -> Dataset:
    x = RNG.normal(size=(90, 4))
    return from_table(x, np.stack([x[:, 0] > 0, x[:, 1] + x[:, 2] > 1], 1), task="several")


def test_a_program_gives_a_probability_of_each_label(tmp_path: Path) -> None:
    data = table()
    model = sf.fit(data, "mlp", training={"epochs": 2}, reference=False, out=tmp_path / "r").model
    program, said = by_onnxruntime(model.export(tmp_path / "model.onnx"))
    x = data.x.values.numpy()
    np.testing.assert_allclose(program(x), model.probabilities(x), atol=1e-5)
    assert json.loads(said["labels"]) == ["0", "1"]
    assert said["output"].startswith("probabilities: float32, batch × labels")


def test_a_reference_is_a_program_too(tmp_path: Path) -> None:
    data = table()
    model = TrainedReference(REFERENCES["logistic regression per label"].fit(data))
    program, _ = by_onnxruntime(model.export(tmp_path / "model.onnx"))
    x = data.x.values.numpy()
    np.testing.assert_allclose(program(x), model.probabilities(x), atol=1e-5)


def test_a_loss_of_ones_own_gets_logits_and_booleans() -> None:
    data = split(table())
    recipe = Recipe().model_with(name="mlp").training_with(epochs=2)
    own = recipe.training_with(own_loss=binary)
    found = [fit(one, data.train, torch.arange(len(data.train)), data.test, 0)
             for one in (recipe, own)]  # fmt: skip
    np.testing.assert_array_equal(found[0].logits, found[1].logits)


def binary(outputs: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    return torch.nn.functional.binary_cross_entropy_with_logits(outputs, y.float())


def test_models_of_numbers_have_no_probabilities(tmp_path: Path) -> None:
    x = RNG.normal(size=(40, 2))
    model = sf.fit(from_table(x, x[:, 0]), training={"epochs": 1}, out=tmp_path / "run").model
    with pytest.raises(SteadfitError, match="must be of classes or labels to give probabilities"):
        model.probabilities(x)
