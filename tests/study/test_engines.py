"""What every engine must do; a new one is tested by being listed here."""

import errno
import multiprocessing
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from steadfit.data import Dataset, read
from steadfit.errors import SteadfitError
from steadfit.recipe import Recipe
from steadfit.study.design import Design
from steadfit.study.dispatch import train
from steadfit.study.engine import Engine, Progress, Session
from steadfit.study.engines import LocalEngine, SerialEngine
from steadfit.study.plan import make_plan
from steadfit.study.run import run_study
from steadfit.study.store import Store, open_store
from steadfit.study.trials import Trial, make_arms, repetition_trials
from steadfit.training import RecipeLearner
from study.refusing import Refusing


class DaemonicEngine(LocalEngine):
    """The local one as in a process that may not start others."""

    @contextmanager
    def opened(self, data: Dataset) -> Iterator[Session]:
        config = multiprocessing.current_process()._config  # type: ignore[attr-defined]
        config["daemon"] = True  # no setter: it can be set before a process starts alone
        try:
            with super().opened(data) as session:
                yield session
        finally:
            del config["daemon"]


ENGINES = {"local": LocalEngine(2), "serial": SerialEngine(), "daemonic": DaemonicEngine()}
LEARNER = RecipeLearner(
    Recipe().model_with(name="mlp", width=0.1).training_with(epochs=1, batch=32)
)


@pytest.fixture(params=list(ENGINES))
def engine(request: pytest.FixtureRequest) -> Engine:
    return ENGINES[request.param]


@pytest.fixture(scope="module")
def data() -> Dataset:
    return read("digits", limit=100)


def trials_of(learner, data: Dataset) -> list[Trial]:
    plan = make_plan(data, Design(folds=4))
    arms = make_arms(learner, ["l2"])
    return [trial for arm in arms for trial in repetition_trials(plan, arm, 0)]


def test_what_is_missing_is_trained_and_told(engine: Engine, data: Dataset, tmp_path) -> None:
    store, trials = open_store(tmp_path / "store"), trials_of(LEARNER, data)
    told: list[Progress] = []
    with engine.opened(data) as session:
        assert train(session, trials[:3], store, told.append, "nets") == frozenset()
    assert [key in store for key in (trial.key for trial in trials)] == [True] * 3 + [False] * 5
    assert [each.done for each in told] == [0, 1, 2, 3]
    assert {(each.what, each.total, each.found) for each in told} == {("nets", 3, 0)}
    told.clear()
    with engine.opened(data) as session:
        train(session, trials[:4], store, told.append)
    assert [(each.done, each.total, each.found) for each in told] == [(3, 4, 3), (4, 4, 3)]


def test_failures_are_stored_and_those_for_want_of_memory_are_told(
    engine: Engine, data: Dataset, tmp_path
) -> None:
    store = open_store(tmp_path / "store")
    refused, short = (
        [replace(one, learner=Refusing(LEARNER.recipe, memory), seed=seed)
         for one in trials_of(LEARNER, data)]
        for seed, memory in ((1, False), (2, True))
    )  # fmt: skip
    with engine.opened(data) as session:
        assert train(session, refused, store) == frozenset()
        assert train(session, short, store) == {trial.key for trial in short}
    assert {store.read(trial.key).reason for trial in refused} == {"a bad sample"}
    assert not any(trial.key in store for trial in short)


def test_a_study_does_not_depend_on_the_engine(data: Dataset, tmp_path: Path) -> None:
    results = {
        name: run_study(data, LEARNER, ["l2"], tmp_path / name, Design(samples=2), engine=engine)
        for name, engine in ENGINES.items()
    }
    assert len({each.result.to_json() for each in results.values()}) == 1


def test_workers_that_cannot_be_started_are_a_sentence(
    data: Dataset, tmp_path, monkeypatch
) -> None:
    def refuse(*arguments) -> None:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    monkeypatch.setattr(multiprocessing, "Pipe", refuse)
    with (
        LocalEngine(1).opened(data) as session,
        pytest.raises(SteadfitError, match="cannot be started: Too many open files"),
    ):
        train(session, trials_of(LEARNER, data), open_store(tmp_path / "store"))


def test_what_a_worker_raises_is_raised_here(data: Dataset, tmp_path: Path) -> None:
    """The store is where nothing can be written."""
    store = open_store(tmp_path / "store")
    with LocalEngine(1).opened(data) as session:
        session.submit(trials_of(LEARNER, data)[0], Store(tmp_path / "store" / "store.json"))
        with pytest.raises(SteadfitError, match=r"store\.json.* cannot be written"):
            next(one for _ in range(600) for one in session.done())
    assert not list(store.folder.glob(".new-*"))


def test_training_in_this_process_leaves_its_settings_as_they_were(data: Dataset, tmp_path) -> None:
    store, before = open_store(tmp_path / "store"), torch.get_num_threads()
    tiny = torch.tensor([torch.finfo(torch.float32).tiny])
    try:
        for flush in (True, False):
            torch.set_num_threads(3)
            torch.set_flush_denormal(flush)
            with SerialEngine().opened(data) as session:
                train(session, trials_of(LEARNER, data)[:1], store)
            assert torch.get_num_threads() == 3
            assert bool((tiny / 2).item()) is not flush
    finally:
        torch.set_flush_denormal(False)
        torch.set_num_threads(before)


def test_a_daemonic_process_refuses_several(data: Dataset) -> None:
    with (
        pytest.raises(SteadfitError, match=r"must be 1 in a daemonic process.* got 2\. Give 1"),
        DaemonicEngine(2).opened(data),
    ):
        pass
