"""Data that a reference may not be able to take: it works, or says why in a sentence."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
import torch

from references.cases import RNG, case, images, names, series
from steadfit.data import Dataset, from_arrays, from_series, from_texts, read, split
from steadfit.errors import SteadfitError
from steadfit.kinds import Ragged
from steadfit.references import REFERENCES, ReferenceScore, references_for, scores
from steadfit.report.fits import worse_than_guessing
from steadfit.study.fit_result import ReferenceFacts
from steadfit.training import TrainedModel, TrainedReference

SERIES = ("logistic regression", "nearest neighbour", "boosted trees")


def all_of(train: Dataset, test: Dataset) -> dict[str, ReferenceScore]:
    found = {score.name: score for score in scores(references_for(train), train, test)}
    for score in found.values():
        assert bool(score.left_out) != bool(np.isfinite(score.loss))
        assert score.left_out == "" or score.left_out.endswith(".")
    return found


def without(data: Dataset, gone: int) -> Dataset:
    """The data without the examples of one class."""
    return data.take(torch.from_numpy(np.flatnonzero(data.y.numpy() != gone)))


@pytest.mark.parametrize("name", ["frequencies", "TF-IDF and logistic regression", *SERIES])
def test_a_class_that_is_missing_in_training(name: str) -> None:
    """Its probability is that of Laplace's rule, or the neighbour's rest."""
    data = case(name) if name not in SERIES else from_series(series(), names(np.arange(48) % 3))
    parts = split(data)
    train = without(parts.train, 1)
    found = REFERENCES[name].fit(train).predict(parts.test)
    assert np.isfinite(found).all()
    np.testing.assert_allclose(np.exp(found).sum(1), 1, atol=1e-5)
    if name != "nearest neighbour":
        np.testing.assert_allclose(np.exp(found[:, 1]), 1 / (len(train) + 3), rtol=1e-5)


@pytest.mark.parametrize("name", ["frequencies", "TF-IDF and logistic regression", *SERIES])
def test_one_class_alone(name: str) -> None:
    data = case(name) if name not in SERIES else from_series(series(), names(np.arange(48) % 3))
    train = without(without(data, 1), 2)
    if name == "frequencies":
        assert REFERENCES[name].fit(train).predict(data).argmax(1).max() == 0
        return
    with pytest.raises(SteadfitError, match=r"must have two classes or more, got one\.$"):
        REFERENCES[name].fit(train)


def test_two_examples_of_a_class() -> None:
    data = from_series(series()[:6], names(np.arange(6) % 3))
    train, test = data.take(torch.arange(3)), data.take(torch.arange(3, 6))
    found = all_of(train, test)
    assert set(found) == {"frequencies", *SERIES}
    assert not any(score.left_out for score in found.values())


def test_constant_columns() -> None:
    x = images()
    x[:, :, :, 4:] = 7
    parts = split(from_arrays(x, names(np.arange(48) % 3)))
    assert not any(score.left_out for score in all_of(parts.train, parts.test).values())
    parts = split(from_arrays(np.full((12, 8, 8), 7), names(np.arange(12) % 3)), duplicates="keep")
    found = all_of(parts.train, parts.test)
    assert found["logistic regression"].loss == pytest.approx(np.log(3), abs=0.1)


def test_columns_that_are_the_same() -> None:
    """Singular: twenty columns of one rank."""
    column = RNG.normal(size=(40, 1, 1))
    parts = split(from_series(np.repeat(column, 20, 1), column[:, 0, 0] * 2))
    found = all_of(parts.train, parts.test)
    assert found["ridge regression"].loss < 0.01 * found["mean"].loss


def test_a_hundred_thousand_columns() -> None:
    x = RNG.normal(size=(10, 100_000, 1)).astype(np.float32)
    parts = split(from_series(x, names(np.arange(10) % 2)))
    found = all_of(parts.train, parts.test)
    reason = "the examples must have at most 10,000 columns, got 100,000."
    assert found["logistic regression"].left_out == f"logistic regression: {reason}"
    assert not found["nearest neighbour"].left_out


def test_too_many_pairs_for_the_nearest_neighbour() -> None:
    x = Ragged(torch.zeros(40_000, 1), torch.ones(40_000, dtype=torch.int64))
    many = Ragged(x.values.repeat(300, 1), 300 * x.lengths)
    data = from_series(np.zeros((4, 300, 1)) + np.arange(4)[:, None, None], names(np.arange(4) % 2))
    data = replace(data, x=many, y=torch.arange(40_000) % 2)
    with pytest.raises(SteadfitError, match=r"got 40,000² × 300\.$"):
        REFERENCES["nearest neighbour"].fit(data)


def test_missing_values() -> None:
    """The readers refuse them; trees take them, the others say why not."""
    data = from_series(series(), names(np.arange(48) % 3))
    x = data.x
    assert isinstance(x, Ragged)
    x.values[3] = torch.nan
    found = all_of(data, data)
    assert not found["boosted trees"].left_out
    for name in ("logistic regression", "nearest neighbour"):
        assert found[name].left_out.startswith(f"{name}: it cannot be fitted (Input")


def test_series_of_unequal_length() -> None:
    parts = split(from_series(series((3, 9)), names(np.arange(48) % 3)))
    assert set(all_of(parts.train, parts.test)) == {"frequencies", "nearest neighbour"}
    with pytest.raises(SteadfitError, match="must be of one size, got of 3 to 9 steps × 2"):
        REFERENCES["logistic regression"].fit(parts.train)


def test_new_series_of_another_length(tmp_path: Path) -> None:
    fitted = REFERENCES["logistic regression"].fit(from_series(series(), names(np.arange(48) % 3)))
    TrainedReference(fitted).save(tmp_path)
    longer = from_series(series((12,)), names(np.arange(48) % 3))
    with pytest.raises(SteadfitError, match="takes 20 columns, got 24"):
        TrainedModel.load(tmp_path).predict(longer.x)


def test_texts_without_a_common_word() -> None:
    data = from_texts(["a b", "c d", "e f", "g h"], names(np.arange(4) % 2))
    found = all_of(data, data)["TF-IDF and logistic regression"]
    assert "two texts must have a term in common, got none." in found.left_out
    fitted = REFERENCES["TF-IDF and logistic regression"].fit(
        from_texts(["a b", "a d", "b f", "f h"], names(np.arange(4) % 2))
    )
    unknown = from_texts(["x y", "z"], names(np.arange(2)))
    assert np.isfinite(fitted.predict(unknown)).all()


def test_a_fit_that_does_not_converge(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("steadfit.references.linear.ITERATIONS", 2)
    data = split(read("digits", limit=200))
    found = all_of(data.train, data.test)["logistic regression"]
    assert found.left_out == "logistic regression: the fit did not converge."


def test_a_loss_above_guessing() -> None:
    guess = ReferenceFacts("frequencies", 0.69, 0.5)
    said = worse_than_guessing(5.44, None, [guess, ReferenceFacts("other", 9.0, None)])
    assert said == (
        "Worse than guessing: the loss is 5.44, and that of frequencies 0.69. "
        "Do not use this model."
    )
    assert worse_than_guessing(0.6, None, [guess]) is None
    assert worse_than_guessing(0.6, None, []) is None
    assert (
        worse_than_guessing(0.6, None, [ReferenceFacts("frequencies", None, None, "why.")]) is None
    )


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    data = from_series(series(), names(np.arange(48) % 3))
    TrainedReference(REFERENCES["boosted trees"].fit(data)).save(tmp_path / "model")
    return tmp_path / "model"


def with_arrays(folder: Path, **changes: np.ndarray | None) -> None:
    path = folder / "weights-0.safetensors"
    arrays = safetensors.numpy.load_file(path) | changes
    safetensors.numpy.save_file({n: a for n, a in arrays.items() if a is not None}, path)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"left": None}, "boosted trees learned is damaged"),
        ({"left": np.zeros(10_000, np.int64)}, "10,000 nodes, not|nodes, not 10,000"),
        ({"column": np.full(10_000, 99)}, "10,000 nodes, not|nodes, not 10,000"),
        ({"base": np.zeros(2)}, "boosted trees learned is damaged"),
        ({"base": np.zeros(4)}, "it has learned more classes than there are"),
        ({"present": np.zeros((3, 1))}, r"present of shape \(3, 1\) is none of its arrays"),
        ({"more": np.zeros(3)}, r"more of shape \(3,\) is none of its arrays"),
        ({"roots": np.zeros(301, np.int64)}, "301 trees, not|trees, not 301"),
        ({"base": np.full(3, np.nan)}, "base must be finite, got NaN"),
        ({"value": np.zeros(1)}, "value has 1 nodes|nodes, not 1[)]"),
        ({"base": np.zeros((10**9, 0))}, "base must have values, got the shape"),
    ],
    ids=str,
)
def test_arrays_of_others(saved: Path, changes: dict, said: str) -> None:
    """Wrong, absent, or a path through a tree that goes round: a sentence, and no endless loop."""
    with_arrays(saved, **changes)
    with pytest.raises(SteadfitError, match=said):
        TrainedModel.load(saved).predict(from_series(series(), names(np.arange(48) % 3)).x)


def test_a_tree_that_goes_round(saved: Path) -> None:
    left = safetensors.numpy.load_file(saved / "weights-0.safetensors")["left"]
    with_arrays(saved, left=np.zeros_like(left), right=np.zeros_like(left))
    with pytest.raises(SteadfitError, match="a path through a tree must end"):
        TrainedModel.load(saved).predict(from_series(series(), names(np.arange(48) % 3)).x)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"reference": "my_module.run"}, 'no reference "my_module.run"'),
        ({"reference": "Kneser-Ney"}, "Kneser-Ney does not predict classes"),
        ({"reference": 3}, "valid string"),
        ({"more": 1}, "more"),
        ({"shape": [1, 2, 3]}, "shape"),
        ({"format": 99}, "format"),
    ],
    ids=str,
)
def test_facts_of_others(saved: Path, changes: dict, said: str) -> None:
    path = saved / "model.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))
    with pytest.raises(SteadfitError, match=said) as caught:
        TrainedModel.load(saved)
    assert "\n" not in str(caught.value)


def test_right_but_too_sure_is_told_from_worse_than_guessing() -> None:
    guess = ReferenceFacts("frequencies", 0.6932, 0.5)
    assert (worse_than_guessing(0.79, 0.32, [guess]) or "").startswith("Far too sure: the loss is")
    assert (worse_than_guessing(0.79, 0.52, [guess]) or "").startswith("Worse than guessing")
    assert (worse_than_guessing(0.6941, 0.4, [guess]) or "").startswith("No better than guessing")
