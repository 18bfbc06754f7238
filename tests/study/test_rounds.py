"""What a study has trained: no more than its ceiling allows, and nothing twice."""

import numpy as np
import pytest

from steadfit.data import from_arrays
from steadfit.recipe import Recipe
from steadfit.study.design import Design
from steadfit.study.engine import quiet
from steadfit.study.engines.serial import SerialSession
from steadfit.study.plan import make_plan
from steadfit.study.references import reference_arms
from steadfit.study.rounds import Rounds
from steadfit.study.store import open_store
from steadfit.study.trials import make_arms, repetition_trials
from steadfit.training import RecipeLearner

BASE = RecipeLearner(Recipe().model_with(name="mlp", width=0.1).training_with(epochs=1))


def rounds_of(tmp_path, design):
    rng = np.random.default_rng(0)
    data = from_arrays(rng.normal(size=(60, 4, 4)).astype(np.float32), np.arange(60) % 2)
    arms = make_arms(BASE, ["l2", "dropout", "dropout+l2"])
    plan = make_plan(data, design)
    store = open_store(tmp_path / "store")
    first, joined = arms[:-1], arms[-1]
    references = reference_arms(data)
    rounds = Rounds(plan, store, SerialSession(data), quiet, first, references, "cross_entropy")
    return rounds, joined


@pytest.mark.parametrize(("ceiling", "affordable"), [(None, True), (30, True), (29, False)])
def test_the_joined_arm_counts_among_the_trainings(tmp_path, ceiling, affordable):
    rounds, joined = rounds_of(tmp_path, Design(trainings=ceiling, samples=5))
    rounds.repetitions = {arm.name: 1 for arm in rounds.arms}  # 15, and 10 for the variance
    assert rounds.affords([joined], 1) is affordable
    rounds.repetitions[joined.name] = 1
    assert rounds.affords([joined], 2) is (ceiling is None)


def test_a_reference_is_fitted_once_on_the_same_examples(tmp_path):
    rounds, _ = rounds_of(tmp_path, Design(folds=1))
    (*_, last) = rounds.references
    trials = [repetition_trials(rounds.plan, last, number)[0] for number in range(3)]
    assert len({trial.key for trial in trials}) == 1
    rounds.train(trials)
    assert len(list((tmp_path / "store").glob("**/*.npz"))) == 1
    network = [repetition_trials(rounds.plan, rounds.arms[0], number)[0] for number in range(3)]
    assert len({trial.key for trial in network}) == 3
