"""The study from data to model: resumed, killed, in any number of processes, on a failing arm."""

import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy

from steadfit.analysis import decomposition
from steadfit.analysis.analyse import decisions_of
from steadfit.analysis.intervals import interval
from steadfit.analysis.terms import Failure, Loss, Verdict
from steadfit.data import from_arrays
from steadfit.errors import SteadfitError
from steadfit.recipe import Recipe
from steadfit.report.explain import explain
from steadfit.report.voice import COMMAND_LINE
from steadfit.study import rounds, run
from steadfit.study.design import Design
from steadfit.study.plan import make_plan
from steadfit.study.result import StudyResult
from steadfit.study.run import run_study
from steadfit.study.store import open_store
from steadfit.study.trials import drawn_trials, make_arms, repetition_trials
from steadfit.training import RecipeLearner, fit

RECIPE = Recipe().model_with(name="mlp", width=0.1).training_with(epochs=3, batch=16)
BASE = RecipeLearner(RECIPE)
DESIGN = Design(folds=3, repetitions=1, samples=3, seeds=2, variance="all", references=False)


def data():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, 150)
    x = rng.normal(size=(150, 8, 8)).astype(np.float32)
    x[np.arange(150), y] += 1
    return from_arrays(x, y)


def watched(seen: list):
    return lambda progress: seen.append((progress.what, progress.done, progress.found))


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("study")
    seen: list = []
    outcome = run_study(data(), BASE, ["dropout"], folder, DESIGN, processes=2, watch=watched(seen))
    return folder, outcome, seen


def test_every_replica_is_trained_once_and_kept(finished):
    folder, outcome, seen = finished
    done = [(what, done) for what, done, found in seen if done]
    expected = {"repetition 1": 6, "replicas for the variance": 12, "model on all training data": 1}
    assert done == [(what, n + 1) for what, count in expected.items() for n in range(count)]
    assert {
        name: (len(own.compared), len(own.on_samples)) for name, own in outcome.replicas.items()
    } == {"baseline": (3, 6), "dropout=0.5": (3, 6)}
    assert StudyResult.read(folder / "study.json") == outcome.result


def test_a_replica_is_what_fit_gives(finished):
    examples = data()
    plan = make_plan(examples, DESIGN)
    trial = repetition_trials(plan, make_arms(BASE, [])[0], 0)[1]
    alone = fit(RECIPE, examples, trial.examples, examples.take(trial.tested), trial.seed)
    own = finished[1].replicas["baseline"].tested[0][1]
    np.testing.assert_array_equal(own.logits, alone.logits)


def test_no_replica_predicts_what_it_was_trained_on(finished):
    plan = make_plan(data(), replace(DESIGN, repetitions=2))
    arm = make_arms(BASE, [])[0]
    for number in range(2):
        trials = repetition_trials(plan, arm, number)
        tested = torch.cat([trial.tested for trial in trials])
        assert tested.sort().values.tolist() == list(range(150))
        assert all(not set(t.examples.tolist()) & set(t.tested.tolist()) for t in trials)
    assert not set(plan.varied.test.tolist()) & {
        row for of_one in drawn_trials(plan, arm) for one in of_one for row in one.examples.tolist()
    }


def test_one_process_gives_the_same_bytes(finished, tmp_path):
    run_study(data(), BASE, ["dropout"], tmp_path, DESIGN, processes=1)
    for name in ("study.json", "model/model.json", "model/weights-0.safetensors"):
        assert (tmp_path / name).read_bytes() == (finished[0] / name).read_bytes()


def test_one_arm_more_trains_that_arm_only(finished, tmp_path):
    folder = shutil.copytree(finished[0], tmp_path / "run")
    seen: list = []
    run_study(data(), BASE, ["dropout", "l2"], folder, DESIGN, watch=watched(seen))
    first = [done for what, done, _ in seen if what == "repetition 1"]
    assert first == [6, 7, 8, 9]
    assert ("repetition 1", 6, 6) in seen


def test_an_arm_that_stopped_stays_in_the_family(tmp_path, monkeypatch: pytest.MonkeyPatch):
    """The looks of a running study judge all of its arms, as the result does."""
    families = []

    def looked(evidence):
        families.append({arm.name: len(arm.tested) for arm in evidence.arms})
        found = decisions_of(evidence)
        return {name: replace(one, goes_on=name.startswith("l2")) for name, one in found.items()}

    monkeypatch.setattr(rounds, "decisions_of", looked)
    design = replace(DESIGN, repetitions=2, variance="none")
    run_study(data(), BASE, ["dropout", "l2"], tmp_path, design)
    assert families == [
        {"baseline": 1, "dropout=0.5": 1, "l2=0.001": 1},
        {"baseline": 2, "dropout=0.5": 1, "l2=0.001": 2},
    ]


def test_a_second_round_may_end_before_the_first(tmp_path, monkeypatch: pytest.MonkeyPatch):
    """The baseline keeps the repetitions that other arms have, whatever the joined arm needs."""

    def looked(evidence):
        found = decisions_of(evidence)
        return {name: replace(one, goes_on=name == "l2=0.001") for name, one in found.items()}

    def joined(found, arms):
        return make_arms(BASE, ["dropout+l2"])[1], ()

    monkeypatch.setattr(rounds, "decisions_of", looked)
    monkeypatch.setattr(run, "joined_arm", joined)
    design = replace(DESIGN, repetitions=2, variance="none")
    found = run_study(data(), BASE, ["dropout", "l2"], tmp_path, design).result.analysis
    assert {arm.name: arm.repetitions for arm in found.arms} == {
        "baseline": 2,
        "dropout=0.5": 1,
        "l2=0.001": 2,
        "dropout=0.5+l2=0.001": 1,
    }


def test_an_arm_that_diverges_fails_and_the_study_goes_on(tmp_path):
    outcome = run_study(data(), BASE, ["noise=1e38", "dropout"], tmp_path, DESIGN)
    found = outcome.result.analysis
    failed = found.arm("noise=1e38")
    assert failed.verdict is Verdict.FAILED
    assert failed.failed == {Failure.DIVERGED: 3}
    assert found.arm("dropout=0.5").totals
    said = explain(found, COMMAND_LINE)
    assert any("oise=1e38 failed: in 3 retrainings the loss" in sentence for sentence in said)


def test_an_ensemble_is_the_best_arms_replicas(finished, tmp_path):
    folder = shutil.copytree(finished[0], tmp_path / "run")
    again = run_study(data(), BASE, ["dropout"], folder, DESIGN, hand_over="ensemble")
    store = open_store(folder / "store")
    plan = make_plan(data(), DESIGN)
    for number, key in enumerate(again.result.model.members):
        tested = plan.folds[0][number].test
        mine = again.model.logits(data().x[tested])[number]
        np.testing.assert_allclose(mine, store.read(key).logits, atol=1e-6)
    assert len(again.result.model.members) == 3


def test_the_totals_are_those_of_every_point_once(finished):
    """By torch, from the stored predictions of each fold at its own points."""
    examples, outcome = data(), finished[1]
    plan = make_plan(examples, DESIGN)
    logits = torch.empty(150, 3)
    for fold, own in zip(plan.folds[0], outcome.replicas["baseline"].tested[0], strict=True):
        logits[fold.test] = torch.from_numpy(own.logits)
    totals = outcome.result.analysis.baseline.totals
    assert totals["cross_entropy"] == pytest.approx(cross_entropy(logits, examples.y).item())
    wrong = (logits.argmax(1) != examples.y).double().mean().item()
    assert totals["error"] == pytest.approx(wrong)


# As people write it, with no guard around the call: workers must not run it again.
SCRIPT = """
import sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from test_run import BASE, DESIGN, data
from steadfit.study.run import run_study
run_study(data(), BASE, ["dropout"], Path(sys.argv[1]), DESIGN, processes=2)
"""


def start(tmp_path) -> subprocess.Popen:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT.format(tests=os.path.dirname(__file__)))
    return subprocess.Popen([sys.executable, script, tmp_path / "run"], start_new_session=True)


def finished_replicas(folder) -> set[str]:
    return {path.name for path in (folder / "store").glob("[0-9a-f]*") if len(path.name) == 64}


@pytest.mark.parametrize("whom", ["study", "worker"])
def test_killed_in_the_middle_it_goes_on(finished, tmp_path, whom):
    process = start(tmp_path)
    deadline = time.monotonic() + 120
    while len(finished_replicas(tmp_path / "run")) < 4 and time.monotonic() < deadline:
        time.sleep(0.02)
    if whom == "study":
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        time.sleep(0.5)
        kept = finished_replicas(tmp_path / "run")
        assert 4 <= len(kept) < 18
        seen: list = []
        run_study(data(), BASE, ["dropout"], tmp_path / "run", DESIGN, watch=watched(seen))
        assert seen[0][2] >= min(len(kept), 6) - 1
    else:
        workers = [pid for child in _children(process.pid) for pid in _children(child)]
        os.kill(workers[-1], signal.SIGKILL)
        assert process.wait(120) == 0
    same = (tmp_path / "run" / "study.json").read_bytes()
    assert same == (finished[0] / "study.json").read_bytes()


def _children(pid: int) -> list[int]:
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return [int(word) for word in file.read().split()]


def test_a_store_that_cannot_be_written_is_a_sentence(tmp_path):
    (tmp_path / "run").write_text("a file")
    with pytest.raises(SteadfitError, match="cannot be written"):
        run_study(data(), BASE, [], tmp_path / "run", DESIGN)


def test_on_the_whole_data_only_seeds_differ(tmp_path):
    design = Design(folds=1, repetitions=2, samples=3, scheme="whole", references=False)
    outcome = run_study(data(), BASE, [], tmp_path, design, processes=1)
    own = outcome.replicas["baseline"]
    assert len({replica.logits.tobytes() for replica in own.on_samples}) == 3
    plan = make_plan(data(), design)
    trials = drawn_trials(plan, make_arms(BASE, [])[0])
    train = plan.varied.train.tolist()
    assert len(train) == 120
    assert all(one.examples.tolist() == train for of_one in trials for one in of_one)
    said = " ".join(explain(outcome.result.analysis, COMMAND_LINE))
    assert "3 retrainings on the same 120 examples" in said


def keys_of(design: Design, learner, examples) -> set[str]:
    plan = make_plan(examples, design)
    return {
        trial.key
        for arm in make_arms(learner, ["dropout"])
        for of_one in (repetition_trials(plan, arm, 0), *drawn_trials(plan, arm))
        for trial in of_one
    }


def test_keys_tell_apart_all_that_determines_a_replica():
    keys = keys_of(DESIGN, BASE, data())
    assert len(keys) == 18
    assert len(keys | keys_of(replace(DESIGN, seed=1), BASE, data())) == 36
    longer = RecipeLearner(RECIPE.training_with(epochs=4))
    assert len(keys | keys_of(DESIGN, longer, data())) == 36
    other = replace(data(), y=data().y.flip(0))
    assert len(keys | keys_of(DESIGN, BASE, other)) == 36


def test_a_new_setting_with_its_default_changes_no_key():
    """As a later release would add one: to the training, and to the model."""
    learner = RecipeLearner(RECIPE.training_with(penalties={"l2": 0.5}))
    assert learner.identity == {
        "model": "mlp",
        "settings": {"width": 0.1},
        "training": {"epochs": 3, "batch": 16, "penalties": {"l2": 0.5}},
    }
    written_out = RecipeLearner(RECIPE.model_with(depth=2, dropout=0.0))
    assert written_out.identity == BASE.identity


def test_seeds_of_the_samples_own_are_judged_so(finished):
    """By samples as the only units, from the logits: taken for crossed, each figure differs."""
    outcome = finished[1]
    own = outcome.result.analysis.baseline.variance
    y = outcome.tested.data.y.numpy()[outcome.tested.sampled]
    logits = np.stack([replica.logits for replica in outcome.replicas["baseline"].on_samples])
    logits = logits.reshape(3, 2, *logits.shape[1:])
    shown = own.intervals["cross_entropy"]
    for crossed in (False, True):
        found = decomposition.cross_entropy(logits, y, crossed=crossed)
        figures = [interval(found, "total").high, interval(found, "variance").high]
        same = [
            a == pytest.approx(b)
            for a, b in zip(figures, (shown["total"].high, shown["variance"].high), strict=True)
        ]
        assert same == 2 * [not crossed]
    assert own.components is not None
    assert own.components.interaction is None
    assert set(own.intervals["brier"]) == {"total", "bias_noise", "variance"}


def test_an_ensemble_is_measured_against_one_of_its_members(finished):
    """The centre of the cross-entropy is the geometric mean: bias+noise, before its correction."""
    outcome = finished[1]
    variance = outcome.result.analysis.baseline.variance
    logits = np.stack([one.logits for one in outcome.replicas["baseline"].on_samples])
    shares = torch.from_numpy(logits).double().log_softmax(-1)
    y = outcome.tested.data.y[torch.from_numpy(outcome.tested.sampled)]
    alone = np.mean([cross_entropy(one, y).item() for one in shares])
    together = cross_entropy(shares.mean(0), y).item()
    assert variance.ensemble["cross_entropy"].value == pytest.approx(together - alone)


def test_what_the_baseline_learns_by_decides(tmp_path):
    learner = RecipeLearner(RECIPE.training_with(loss="brier", epochs=1))
    design = replace(DESIGN, seeds=3, crossed=True)
    result = run_study(data(), learner, ["l2"], tmp_path, design).result.analysis
    assert result.decides == "brier"
    assert result.sampling.crossed
    trials = drawn_trials(make_plan(data(), design), make_arms(learner, [])[0])
    assert len({trial.seed for sample in trials for trial in sample}) == 3
    for arm in result.arms:
        of = arm.variance
        names = set(of.intervals[Loss.BRIER])
        assert names == {"total", "bias_noise", "variance", "sample", "seed", "interaction"}
        for name in ("total", "bias_noise", "variance"):
            expected = getattr(of.losses[Loss.BRIER], name)
            assert of.intervals[Loss.BRIER][name].value == pytest.approx(expected)
        assert set(of.intervals[Loss.CROSS_ENTROPY]) == {"total", "bias_noise", "variance"}
        assert set(of.intervals[Loss.ZERO_ONE]) == {"total"}, "Domingos's parts have none"


@pytest.mark.parametrize("name", ["error", "balanced_error", "f1", "auc", "brier"])
def test_another_measure_decides(finished, tmp_path, name):
    folder = shutil.copytree(finished[0], tmp_path / "run")
    found = run_study(
        data(), BASE, ["dropout"], folder, replace(DESIGN, decide_by=name)
    ).result.analysis
    assert found.decides == name
    assert found.arms[1].judged_by == name


def test_a_measure_of_another_task_is_a_sentence(tmp_path):
    with pytest.raises(SteadfitError, match="mase"):
        run_study(data(), BASE, [], tmp_path, Design(decide_by="mase"))


def test_only_the_baseline_and_the_best_are_drawn(finished, tmp_path):
    folder = shutil.copytree(finished[0], tmp_path / "run")
    found = run_study(data(), BASE, ["dropout", "l2"], folder, replace(DESIGN, variance="best"))
    drawn = {arm.name for arm in found.result.arms if arm.drawn}
    assert drawn == {"baseline", found.result.analysis.best}
    none = run_study(data(), BASE, ["dropout"], folder, replace(DESIGN, variance="none"))
    assert none.result.analysis.sampling is None


def test_other_sets_are_told_where_they_are_asked_for(finished, tmp_path):
    assert finished[1].result.analysis.arms[1].other_sets is None
    folder = shutil.copytree(finished[0], tmp_path / "run")
    asked = run_study(data(), BASE, ["dropout"], folder, replace(DESIGN, other_sets=True))
    arm = asked.result.analysis.arms[1]
    assert arm.other_sets.value == arm.changes["cross_entropy"].value
    assert arm.other_sets.error >= arm.changes["cross_entropy"].error


def test_disjoint_samples_are_as_many_as_asked_for():
    plan = make_plan(data(), Design(samples=4, scheme="disjoint"))
    drawn = np.concatenate([sample.numpy() for sample in plan.samples])
    assert len(drawn) == len(set(drawn)) == 4 * (len(plan.varied.train) // 4)
