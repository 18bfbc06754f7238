"""Workers that the system ends: which trial is given up for it, and that results stay."""

from dataclasses import replace
from pathlib import Path

import pytest

from steadfit.data import Split, read, split
from steadfit.recipe import Recipe
from steadfit.study.design import Design
from steadfit.study.local_engine import LocalEngine
from steadfit.study.run import run_study
from steadfit.study.store import open_store
from steadfit.study.trials import make_arms, make_trials
from steadfit.training import RecipeLearner
from study.killing import Killing, KillingOnce

RECIPE = Recipe().model_with(name="mlp", width=0.1).training_with(epochs=1, batch=32)


@pytest.fixture(scope="module")
def parts() -> Split:
    return split(read("digits", limit=100))


def test_only_trials_that_end_their_worker_each_time_are_given_up(
    parts: Split, tmp_path: Path
) -> None:
    learner = Killing(RECIPE, seeds=(0, 3))
    [arm] = make_trials(Design(samples=3), make_arms(RecipeLearner(RECIPE), []), parts)
    trials = [replace(trial, learner=learner, seed=seed) for seed, trial in enumerate(arm)]
    store, told = open_store(tmp_path / "store"), []
    without = LocalEngine(2).train(trials, parts, store, lambda now: told.append(now.done))
    assert without == {trials[0].key, trials[3].key}
    assert [trial.seed for trial in trials if trial.key in store] == [1, 2, 4, 5]
    assert told == list(range(len(trials) + 1))


def test_a_worker_that_is_lost_changes_no_result(parts: Split, tmp_path: Path) -> None:
    learners = {"lost": KillingOnce(RECIPE, tmp_path / "done"), "whole": RecipeLearner(RECIPE)}
    results = {
        name: run_study(parts, learner, ["l2"], tmp_path / name, Design(samples=2), processes=2)
        for name, learner in learners.items()
    }
    assert (tmp_path / "done").exists(), "a worker was lost"
    assert results["lost"].result.to_json() == results["whole"].result.to_json()
    for name in ("model.json", "weights-0.safetensors"):
        lost, whole = (tmp_path / run / "model" / name for run in learners)
        assert lost.read_bytes() == whole.read_bytes()
