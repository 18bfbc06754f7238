"""What every task of the registry must do; a new one is tested by being registered and given a
case here."""

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import torch

from steadfit.analysis.evidence import DECOMPOSITIONS
from steadfit.api.recipes import steps_of
from steadfit.data import (
    Dataset,
    Forecast,
    fit_preparation,
    from_arrays,
    from_forecast,
    from_texts,
    points,
    read,
    split,
)
from steadfit.models import MODELS
from steadfit.recipe import Recipe, Training
from steadfit.references import REFERENCES
from steadfit.remedies import REMEDIES
from steadfit.tasks import TASKS, Classes, Numbers, Tokens
from steadfit.training import fit, trained_model

RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 256, (40, 8, 8), np.uint8)


def case(name: str) -> Dataset:
    if name == "classes":
        return from_arrays(IMAGES, ["a", "b"] * 20)
    if name == "several":
        return from_arrays(IMAGES, ["a", "b;c", "", "a;c"] * 10, several=";")
    if name == "numbers":
        return from_arrays(IMAGES, RNG.normal(100.0, 20.0, (40, 3)))
    if name == "forecast":
        return from_forecast([RNG.normal(size=60) for _ in "ab"], Forecast(2, 4))
    if name == "tokens":
        return read("copy", length=4, train=20, test=6)
    raise AssertionError(f"Give the task {name} a case.")


@pytest.fixture(params=list(TASKS), scope="module")
def data(request: pytest.FixtureRequest) -> Dataset:
    return case(request.param)


def test_it_comes_back_from_json(data: Dataset) -> None:
    task = data.schema.task
    task.check_kind(data.schema.kind)
    plain = json.loads(json.dumps(asdict(task)))
    again = type(task)(**{k: tuple(v) if isinstance(v, list) else v for k, v in plain.items()})
    assert again == task


def test_what_is_tried_by_default_is_there(data: Dataset) -> None:
    assert data.schema.model in MODELS
    assert set(data.schema.remedies) <= set(REMEDIES)
    assert set(data.schema.references) <= set(REFERENCES)
    assert set(data.schema.task.losses) <= set(DECOMPOSITIONS)
    assert data.schema.task.decides(Training()) in data.schema.task.losses
    assert data.schema.epochs(20, steps_of(data, Training())) >= 20


def test_labels_are_those_of_classes_alone(data: Dataset) -> None:
    labels = data.schema.task.labels(data.y)
    assert labels == tuple(data.classes[int(k)] for k in data.y if data.classes)


def test_one_training_goes_the_whole_way(data: Dataset) -> None:
    """A trained model agrees with its replica, and its columns have a
    row for each answer."""
    task, parts = data.schema.task, split(data)
    own = {"language": {"hidden": 4, "embedding": 4}, "linear": {}}
    small = own.get(data.schema.model, {"width": 0.2})
    recipe = Recipe().model_with(name=data.schema.model, **small).training_with(epochs=1)
    replica = fit(recipe, parts.train, torch.arange(len(parts.train)), parts.test, seed=0)
    tested = points(parts.test)
    assert replica.logits.shape == (len(tested), task.outputs)
    loss, _ = tested.schema.task.score(torch.from_numpy(replica.logits), tested.y)
    assert 0 < loss < float("inf")
    assert "0.25" in task.in_words(0.25)
    preparation = fit_preparation(parts.train, torch.arange(len(parts.train)))
    assert len(preparation.target_mean) == task.means
    if task.every_step:
        return
    model = trained_model(recipe, parts.train, [replica])
    logits = model.logits(parts.test.x)
    np.testing.assert_array_equal(logits[0], replica.logits)
    assert len(model.predict(parts.test.x)) == len(parts.test)
    alone = task.columns(parts.test.ids, logits, None)
    both = task.columns(parts.test.ids, logits, np.concatenate([logits, logits]))
    assert set(alone) < set(both)
    assert len({len(column) for column in both.values()}) == 1
    for name in set(both) - set(alone):
        assert (both[name] == 0).all()  # two replicas that agree do not differ


def test_the_loss_of_a_perfect_answer() -> None:
    """Against sums by hand."""
    y, sure = torch.tensor([0, 1, 1]), 1e4 * torch.tensor([[1.0, 0], [0, 1], [0, 1]])
    classes, numbers = Classes(("a", "b")), Numbers(2)
    assert classes.loss(sure, y, Training()) == 0
    assert classes.loss(torch.zeros(3, 2), y, Training()) == pytest.approx(np.log(2))
    assert classes.loss(torch.zeros(3, 2), y, Training(loss="brier")) == pytest.approx(0.5)
    assert classes.score(sure.flip(1), y)[1] == 1.0
    wanted = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
    assert numbers.loss(wanted + 2, wanted, Training()) == 4
    assert numbers.score(wanted + 2, wanted) == (8.0, None)
    assert numbers.in_words(8.0) == "test squared error 8, summed over 2 outputs"
    assert Tokens(4, "words").in_words(np.log(80)) == "test loss 4.3820 nats, perplexity 80.0"


def test_classes_are_held_in_proportion_and_numbers_are_one_stratum() -> None:
    y = torch.tensor([2, 0, 1])
    assert Classes(("a", "b", "c")).strata(y).tolist() == [2, 0, 1]
    assert Numbers(1).strata(y[:, None].float()).tolist() == [0, 0, 0]


def test_a_new_task_needs_no_other_file(tmp_path: Path) -> None:
    """A task of a person's own, passed as an object: ordered grades, learned as numbers."""
    from dataclasses import dataclass, replace

    @dataclass(frozen=True)
    class Grades(Numbers):
        name = "grades"

        def in_words(self, loss: float) -> str:
            return f"{loss**0.5:.2f} grades off"

    data = from_texts([f"{'good ' * k}film" for k in range(1, 13)], np.arange(12.0))
    data = replace(data, schema=replace(data.schema, task=Grades(1)))
    parts = split(data)
    recipe = Recipe().model_with(name="recurrent", hidden=4).training_with(epochs=1)
    replica = fit(recipe, parts.train, torch.arange(len(parts.train)), parts.test, seed=0)
    model = trained_model(recipe, parts.train, [replica])
    assert model.predict(parts.test.x).shape == (len(parts.test), 1)
    assert model.facts.schema.task.in_words(4.0) == "2.00 grades off"
