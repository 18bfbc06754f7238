"""The race for a remedy: within its budget, on folds of its own, and it finds what helps."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
import torch

from steadfit.analysis.terms import Loss
from steadfit.data import Forecast, from_arrays, from_forecast
from steadfit.errors import DivergedError, SteadfitError
from steadfit.recipe import Recipe
from steadfit.remedies import Remedy, joined
from steadfit.study.design import Design
from steadfit.study.engine import quiet
from steadfit.study.engines import SerialEngine
from steadfit.study.engines.serial import SerialSession
from steadfit.study.plan import make_plan
from steadfit.study.race import _folds, candidates, laps_within, race
from steadfit.study.rounds import Rounds
from steadfit.study.run import run_study
from steadfit.study.store import open_store
from steadfit.study.trials import Arm
from steadfit.training import RecipeLearner, Replica


@dataclass(frozen=True)
class Shrinking:
    """Predicts 0 and noise, less of it the nearer its strengths are to 1: no network is needed."""

    strengths: tuple[tuple[str, float], ...] = ()
    seeded: bool = True
    own_code: str = ""

    @property
    def identity(self):
        return {"strengths": self.strengths}

    settings = identity

    def decides(self, task):
        return Loss.SQUARED

    def with_remedies(self, remedies):
        if any(one.strength > 5 for one in remedies):
            raise SteadfitError("Too strong.")
        return replace(self, strengths=tuple((one.name, one.strength) for one in remedies))

    def on_share(self, share):
        return self

    def check(self, data):
        pass

    def train(self, data, examples, tested, seed, device="cpu"):
        if any(name == "breaks" for name, _ in self.strengths):
            raise DivergedError("as asked for")
        deviation = 2.0
        for _, strength in self.strengths:
            deviation *= 0.5 + 0.3 * abs(np.log(strength))
        rng = np.random.default_rng([seed, len(examples)])
        logits = (deviation * rng.normal(size=(len(tested), 1))).astype(np.float32)
        return Replica(logits, {}, {}, {}, {}, 0.0)

    def model(self, data, replicas):
        raise SteadfitError("none")


def a_remedy(name, strength):
    return Remedy(name, lambda recipe, strength: recipe, strength)


def rounds_of(tmp_path, design, times=False):
    x = np.random.default_rng(0).normal(size=(80, 3, 1)).astype(np.float32)
    data = from_arrays(x, np.linspace(-0.01, 0.01, 80))
    if times:
        start = torch.arange(80)
        spans = torch.stack([torch.zeros_like(start), start, start], 1)
        data = replace(data, structure=replace(data.structure, spans=spans))
    plan = make_plan(data, design)
    store = open_store(tmp_path / "store")
    return Rounds(plan, store, SerialSession(data), quiet, (Arm((), Shrinking()),), (), "squared")


def test_strengths_around_each_remedy():
    base = RecipeLearner(Recipe())
    found = [arm.name for arm in candidates(base, ["l2", "dropout", "residual", "average=2"])]
    assert found == [
        "l2=0.001", "l2=0.00033", "l2=0.003", "dropout=0.5", "dropout=0.17", "residual",
        "average=2", "average=1", "average=6",
    ]  # fmt: skip
    with pytest.raises(SteadfitError, match="dropout"):
        candidates(base, ["dropout=1.5"])


@pytest.mark.parametrize("budget", [60, 100, 300])
def test_the_best_strength_wins_and_is_joined_within_the_budget(tmp_path, budget):
    rounds = rounds_of(tmp_path, Design(budget=budget))
    arms = candidates(Shrinking(), [a_remedy("a", 3.0), a_remedy("b", 0.33)])
    laps = laps_within(budget, len(arms), rounds.plan)
    winner, facts = race(rounds, arms, laps)
    assert winner.name == facts.winner == "a=1+b=0.99"
    assert facts.trainings == len(rounds.known)
    assert facts.trainings + rounds.plan.trainings(2, 3) <= budget
    assert {racer.name for racer in facts.racers} >= {"baseline", *(arm.name for arm in arms)}


@pytest.mark.parametrize("count", [1, 4, 5, 9, 30])
def test_no_race_costs_more_than_was_said(tmp_path, count):
    rounds = rounds_of(tmp_path, Design(budget=10_000))
    needed = rounds.plan.trainings(2, 3)
    with pytest.raises(SteadfitError, match=r"budget must be (\d+) or more") as refused:
        laps_within(1, count, rounds.plan)
    least = int(str(refused.value).split()[3])
    assert laps_within(least, count, rounds.plan) == 1
    strengths = np.geomspace(0.5, 2, count)
    arms = [Arm((r,), Shrinking().with_remedies([r])) for r in
            (a_remedy(f"r{n}", s) for n, s in enumerate(strengths))]  # fmt: skip
    _, facts = race(rounds, arms, 1)
    assert facts.trainings + needed <= least


def test_the_race_has_folds_and_seeds_of_its_own(tmp_path):
    rounds = rounds_of(tmp_path, Design())
    seen = []
    rounds.watch = lambda progress: None
    train = rounds.train
    rounds.train = lambda trials, what="": (seen.extend(trials), train(trials, what))
    arm = Arm(joined(a_remedy("a", 1.0)), Shrinking((("a", 1.0),)))
    race(rounds, [arm], 5)
    used = {fold.test.numpy().tobytes() for folds in rounds.plan.folds for fold in folds}
    seeds = {rounds.plan.design.replica_seed(n) for n in range(1000)}
    assert not used & {trial.tested.numpy().tobytes() for trial in seen}
    assert not seeds & {trial.seed for trial in seen}


def test_in_time_order_the_race_ends_before_the_study_s_tests_begin(tmp_path):
    rounds = rounds_of(tmp_path, Design(folds=4), times=True)
    seen = []
    train = rounds.train
    rounds.train = lambda trials, what="": (seen.extend(trials), train(trials, what))
    race(rounds, [Arm(joined(a_remedy("a", 1.0)), Shrinking((("a", 1.0),)))], 2)
    last = max(int(positions.max()) for one in seen for positions in (one.examples, one.tested))
    assert last < int(rounds.plan.folds[0][0].test.min())


def test_candidates_that_fail_are_left_behind(tmp_path):
    rounds = rounds_of(tmp_path, Design())
    remedies = [a_remedy("breaks", 1.0), a_remedy("a", 1.0)]
    arms = [Arm((one,), Shrinking().with_remedies([one])) for one in remedies]
    winner, facts = race(rounds, arms, 1)
    assert winner.name == "a=1"
    assert [racer.name for racer in facts.racers if racer.loss is None] == ["breaks=1"]
    with pytest.raises(SteadfitError, match="All candidates of the race failed"):
        race(rounds_of(tmp_path / "again", Design()), arms[:1], 1)


def test_a_study_measures_the_winner_alone(tmp_path):
    rng = np.random.default_rng(0)
    y = np.arange(60) % 2
    x = rng.normal(size=(60, 4, 4)).astype(np.float32)
    x[np.arange(60), y] += 1
    recipe = Recipe().model_with(name="mlp", width=0.1).training_with(epochs=2)
    design = Design(folds=2, repetitions=1, samples=2, budget=30, references=False)
    done = run_study(
        from_arrays(x, y), RecipeLearner(recipe), ["l2"], tmp_path, design, engine=SerialEngine()
    )
    assert done.result.race is not None
    assert [arm.name for arm in done.result.arms] == ["baseline", done.result.race.winner]
    trained = sum(len(set(arm.keys)) for arm in done.result.arms)
    assert trained + done.result.race.trainings <= 30


def test_a_race_of_a_short_series_has_as_many_folds_as_fit():
    """The study's five folds leave too few steps before the first for five of the race."""
    data = from_forecast([50 + np.sin(np.arange(72.0))], Forecast(6, 12))
    plan = make_plan(data, Design(budget=40))
    assert len(plan.folds[0]) == 5
    folds = [fold for fold, _ in zip(_folds(plan), range(4), strict=False)]
    begin = min(int(data.structure.spans[fold.test, 1].min()) for fold in plan.folds[0])
    for train, test in folds:
        assert int(data.structure.spans[torch.cat([train, test]), 2].max()) < begin
