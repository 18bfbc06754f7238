"""What every engine must do; a new one is tested by being listed here."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from steadfit.data import Split, read, split
from steadfit.recipe import Recipe
from steadfit.study.design import Design
from steadfit.study.engine import Engine, Progress
from steadfit.study.local_engine import LocalEngine
from steadfit.study.run import run_study
from steadfit.study.store import open_store
from steadfit.study.trials import Trial, make_arms, make_trials
from steadfit.training import RecipeLearner
from study.refusing import Refusing
from study.serial_engine import SerialEngine

ENGINES = {"local": LocalEngine(2), "serial": SerialEngine()}
LEARNER = RecipeLearner(
    Recipe().model_with(name="mlp", width=0.1).training_with(epochs=1, batch=32)
)


@pytest.fixture(autouse=True)
def one_thread():
    """As engines must; what a replica gives depends on it in the last bits."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(params=list(ENGINES))
def engine(request: pytest.FixtureRequest) -> Engine:
    return ENGINES[request.param]


@pytest.fixture(scope="module")
def parts() -> Split:
    return split(read("digits", limit=100))


def trials_of(learner, parts: Split) -> list[Trial]:
    arms = make_arms(learner, ["l2"])
    return [trial for own in make_trials(Design(samples=2), arms, parts) for trial in own]


def test_what_is_missing_is_trained_and_told(engine: Engine, parts: Split, tmp_path) -> None:
    store, trials = open_store(tmp_path / "store"), trials_of(LEARNER, parts)
    told: list[Progress] = []
    assert engine.train(trials[:3], parts, store, told.append, "nets") == frozenset()
    assert [key in store for key in (trial.key for trial in trials)] == [True] * 3 + [False] * 5
    assert [each.done for each in told] == [0, 1, 2, 3]
    assert {(each.what, each.total, each.found) for each in told} == {("nets", 3, 0)}
    told.clear()
    engine.train(trials[:4], parts, store, told.append)
    assert [(each.done, each.total, each.found) for each in told] == [(3, 4, 3), (4, 4, 3)]


def test_failures_are_stored_and_those_for_want_of_memory_are_told(
    engine: Engine, parts: Split, tmp_path
) -> None:
    store = open_store(tmp_path / "store")
    refused, short = (
        [replace(one, learner=Refusing(LEARNER.recipe, memory), seed=seed)
         for one in trials_of(LEARNER, parts)]
        for seed, memory in ((1, False), (2, True))
    )  # fmt: skip
    assert engine.train(refused, parts, store) == frozenset()
    assert {store.read(trial.key).reason for trial in refused} == {"a bad sample"}
    assert engine.train(short, parts, store) == {trial.key for trial in short}
    assert not any(trial.key in store for trial in short)


def test_a_study_does_not_depend_on_the_engine(parts: Split, tmp_path: Path) -> None:
    results = {
        name: run_study(parts, LEARNER, ["l2"], tmp_path / name, Design(samples=2), engine=engine)
        for name, engine in ENGINES.items()
    }
    assert results["serial"].result.to_json() == results["local"].result.to_json()
