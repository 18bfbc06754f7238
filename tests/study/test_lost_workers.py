"""Workers that the system ends: which trial is given up for it, and that results stay."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from steadfit.data import Dataset, read
from steadfit.recipe import Recipe
from steadfit.study.design import Design
from steadfit.study.dispatch import LOST_WORKERS, train
from steadfit.study.engines import LocalEngine
from steadfit.study.plan import make_plan
from steadfit.study.run import run_study
from steadfit.study.store import open_store
from steadfit.study.trials import make_arms, repetition_trials
from steadfit.training import RecipeLearner
from study.killing import Killing, KillingOnce

RECIPE = Recipe().model_with(name="mlp", width=0.1).training_with(epochs=1, batch=32)


@pytest.fixture(scope="module")
def data() -> Dataset:
    return read("digits", limit=100)


def test_only_trials_that_end_their_worker_each_time_are_given_up(
    data: Dataset, tmp_path: Path
) -> None:
    """And no other is begun again: it is known whose training ended a worker."""
    learner = Killing(RECIPE, seeds=(0, 3), log=tmp_path / "log")
    [arm] = make_arms(RecipeLearner(RECIPE), [])
    planned = repetition_trials(make_plan(data, Design(folds=6)), arm, 0)
    trials = [replace(trial, learner=learner, seed=seed) for seed, trial in enumerate(planned)]
    store, told = open_store(tmp_path / "store"), []
    with LocalEngine(2).opened(data) as session:
        without = train(session, trials, store, lambda now: told.append(now.done))
    assert without == {trials[0].key, trials[3].key}
    assert [trial.seed for trial in trials if trial.key in store] == [1, 2, 4, 5]
    assert told == list(range(len(trials) + 1))
    begun = Counter(map(int, (tmp_path / "log").read_text().split()))
    assert begun == {0: 1 + LOST_WORKERS, 3: 1 + LOST_WORKERS, 1: 1, 2: 1, 4: 1, 5: 1}


def test_a_worker_that_is_lost_changes_no_result(data: Dataset, tmp_path: Path) -> None:
    learners = {"lost": KillingOnce(RECIPE, tmp_path / "done"), "whole": RecipeLearner(RECIPE)}
    design = Design(folds=2, repetitions=1, samples=2)
    results = {
        name: run_study(data, learner, ["l2"], tmp_path / name, design, processes=2)
        for name, learner in learners.items()
    }
    assert (tmp_path / "done").exists(), "a worker was lost"
    assert results["lost"].result.to_json() == results["whole"].result.to_json()
    for name in ("model.json", "weights-0.safetensors"):
        lost, whole = (tmp_path / run / "model" / name for run in learners)
        assert lost.read_bytes() == whole.read_bytes()
