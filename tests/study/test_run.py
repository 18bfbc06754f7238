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
from steadfit.analysis.arm_loss import joined
from steadfit.analysis.intervals import interval
from steadfit.analysis.terms import Failure, Loss, Verdict
from steadfit.data import from_arrays, split
from steadfit.data.dataset import Structure
from steadfit.errors import SteadfitError
from steadfit.recipe import Recipe
from steadfit.report.explain import explain
from steadfit.report.voice import COMMAND_LINE
from steadfit.study.design import Design
from steadfit.study.result import StudyResult
from steadfit.study.run import run_study
from steadfit.study.store import open_store
from steadfit.study.trials import make_arms, make_trials
from steadfit.training import RecipeLearner, fit

RECIPE = Recipe().model_with(name="mlp", width=0.1).training_with(epochs=3, batch=16)
BASE = RecipeLearner(RECIPE)
DESIGN = Design(samples=3, seeds=2)


def parts():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, 150)
    x = rng.normal(size=(150, 8, 8)).astype(np.float32)
    x[np.arange(150), y] += 1
    return split(from_arrays(x, y))


def watched(seen: list):
    return lambda progress: seen.append((progress.done, progress.found))


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("study")
    seen: list = []
    outcome = run_study(
        parts(), BASE, ["dropout"], folder, DESIGN, processes=2, watch=watched(seen)
    )
    return folder, outcome, seen


def test_every_replica_is_trained_once_and_kept(finished):
    folder, outcome, seen = finished
    assert [done for done, _ in seen if done][:18] == list(range(1, 19))
    assert {name: (len(own.drawn), len(own.whole)) for name, own in outcome.replicas.items()} == {
        "baseline": (6, 3),  # 3 × 2 on samples, 3 on all the training data
        "dropout=0.5": (6, 3),
    }
    assert StudyResult.read(folder / "study.json") == outcome.result


def test_a_replica_is_what_fit_gives(finished):
    data = parts()
    trial = make_trials(DESIGN, make_arms(BASE, []), data)[0].drawn[1][1]
    alone = fit(RECIPE, data.train, trial.examples, data.test, trial.seed)
    np.testing.assert_array_equal(finished[1].replicas["baseline"].drawn[3].logits, alone.logits)


def test_one_process_gives_the_same_bytes(finished, tmp_path):
    run_study(parts(), BASE, ["dropout"], tmp_path, DESIGN, processes=1)
    for name in ("study.json", "model/model.json", "model/weights-0.safetensors"):
        assert (tmp_path / name).read_bytes() == (finished[0] / name).read_bytes()


def test_one_arm_more_trains_that_arm_only(finished, tmp_path):
    folder = shutil.copytree(finished[0], tmp_path / "run")
    seen: list = []
    run_study(parts(), BASE, ["dropout", "l2"], folder, DESIGN, watch=watched(seen))
    assert seen[0] == (18, 18)
    assert [done for done, _ in seen[1:10]] == list(range(19, 28))


def test_an_arm_that_diverges_fails_and_the_study_goes_on(tmp_path):
    wild = ["noise=1e38", "dropout"]
    outcome = run_study(parts(), BASE, wild, tmp_path, DESIGN)
    found = outcome.result.analysis
    failed = found.arm("noise=1e38")
    assert failed.verdict is Verdict.FAILED
    assert failed.failed == {Failure.DIVERGED: 9}
    assert found.arm("dropout=0.5").losses
    said = explain(found, COMMAND_LINE)
    assert any("oise=1e38 failed: in 9 retrainings the loss" in sentence for sentence in said)


@pytest.mark.parametrize("scheme", ["both", "bootstrap"])
def test_an_ensemble_is_the_best_arms_replicas_on_all_the_data_if_there_are(
    finished, tmp_path, scheme
):
    folder = tmp_path / "run"
    if scheme == "both":
        shutil.copytree(finished[0], folder)
    design = replace(DESIGN, scheme=scheme)
    again = run_study(parts(), BASE, ["dropout"], folder, design, deliver="ensemble")
    store = open_store(folder / "store")
    own = [store.read(key).logits for key in again.result.model.members]
    assert len(own) == (3 if scheme == "both" else 6)
    np.testing.assert_array_equal(again.model.logits(parts().test.x), np.stack(own))


def test_the_model_is_a_replica_on_all_the_data_whose_losses_are_the_totals(finished):
    """So nothing more is trained for it."""
    folder, outcome, seen = finished
    assert seen[-1][1] == 0, "nothing is said of a model that is there already"
    assert [done for done, _ in seen].count(18) == 1
    whole = [open_store(folder / "store").read(key) for key in outcome.result.arms[0].whole]
    y = parts().test.y
    total = np.mean([cross_entropy(torch.from_numpy(own.logits), y).item() for own in whole])
    assert outcome.result.analysis.arms[0].losses["cross_entropy"].total == pytest.approx(total)


# As people write it, with no guard around the call: workers must not run it again.
SCRIPT = """
import sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from test_run import BASE, DESIGN, parts
from steadfit.study.run import run_study
run_study(parts(), BASE, ["dropout"], Path(sys.argv[1]), DESIGN, processes=2)
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
        run_study(parts(), BASE, ["dropout"], tmp_path / "run", DESIGN, watch=watched(seen))
        assert seen[0][1] >= len(kept) - 1
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
        run_study(parts(), BASE, [], tmp_path / "run", DESIGN)


def test_a_design_that_measures_nothing_is_a_sentence():
    with pytest.raises(SteadfitError, match="at least 2 samples"):
        Design(samples=1)
    with pytest.raises(SteadfitError, match="seeds must be 1, got 3"):
        Design(samples=4, seeds=3, scheme="whole")
    with pytest.raises(SteadfitError, match=r"got 3 crossed\. Ask for 12 samples"):
        Design(samples=4, seeds=3, scheme="whole", crossed=True)


def test_on_the_whole_data_only_seeds_differ_and_the_model_is_one_of_the_replicas(tmp_path):
    outcome = run_study(parts(), BASE, [], tmp_path, Design(3, scheme="whole"), processes=1)
    own = outcome.replicas["baseline"]
    assert own.drawn == ()
    assert len({replica.logits.tobytes() for replica in own.whole}) == 3
    data, arms = parts(), make_arms(BASE, [])
    trials = list(make_trials(Design(3, scheme="whole"), arms, data)[0])
    assert all(trial.examples.tolist() == list(range(len(data.train))) for trial in trials)
    stored = [path for path in (tmp_path / "store").iterdir() if len(path.name) == 64]
    assert {path.name for path in stored} == {trial.key for trial in trials}
    assert "on all the training data" in explain(outcome.result.analysis, COMMAND_LINE)[-1]


def test_keys_tell_apart_all_that_determines_a_replica(tmp_path):
    data = parts()
    arms = make_arms(BASE, ["dropout"])
    keys = keys_of(DESIGN, arms, data)
    assert len(keys) == 18
    assert len(keys | keys_of(Design(3, 2, seed=1), arms, data)) == 36
    longer = make_arms(RecipeLearner(RECIPE.training_with(epochs=4)), ["dropout"])
    assert len(keys | keys_of(DESIGN, longer, data)) == 36
    assert open_store(tmp_path).folder == tmp_path


def keys_of(design, arms, data) -> set[str]:
    return {trial.key for own in make_trials(design, arms, data) for trial in own}


def test_two_splits_of_the_same_examples_share_no_key():
    """The examples, their order and their targets alike: only groups, or times, differ."""
    data = parts()
    arms = make_arms(BASE, ["early_stopping"])
    numbers = torch.arange(len(data.train)) // 4
    spans = torch.stack([numbers // 9, numbers, numbers + 1], 1)
    splits = [
        data,
        replace(data, train=replace(data.train, structure=Structure(groups=numbers))),
        replace(data, train=replace(data.train, structure=Structure(groups=numbers // 2))),
        replace(data, train=replace(data.train, structure=Structure(spans=spans))),
        replace(
            data,
            test=replace(data.test, structure=Structure(groups=numbers[: len(data.test)])),
        ),
    ]
    found = [keys_of(Design(3, scheme="whole"), arms, each) for each in splits]
    assert len(set.union(*found)) == sum(map(len, found)) == 30


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


def test_a_study_with_seeds_of_the_samples_own_is_judged_so(finished):
    """By samples as the only units, from the logits: taken for crossed, each figure differs."""
    outcome = finished[1]
    own, y = outcome.result.analysis.arms[0], parts().test.y.numpy()
    replicas = outcome.replicas["baseline"]
    logits = np.stack([replica.logits for replica in replicas.whole])
    whole = decomposition.cross_entropy(logits[:, None], y)
    drawn = np.stack([replica.logits for replica in replicas.drawn])
    drawn = drawn.reshape(3, 2, *drawn.shape[1:])
    shown = own.intervals["cross_entropy"]
    for crossed in (False, True):
        found = decomposition.cross_entropy(drawn, y, crossed=crossed)
        variance = interval(found, "variance")
        total = whole.total + joined(found.losses, whole.losses, crossed).reach(0.95)
        highs = [total, variance.high, whole.total - variance.value]
        of_study = [shown["total"].high, shown["variance"].high, shown["bias_noise"].value]
        same = [a == pytest.approx(b) for a, b in zip(highs, of_study, strict=True)]
        assert same == 3 * [not crossed]
    assert own.components is not None
    assert own.components.interaction is None
    assert not outcome.result.analysis.sampling.crossed
    assert set(own.intervals["brier"]) == {"total", "bias_noise", "variance"}


def test_changes_are_judged_so_too(finished):
    """The change's interval, by `joined` with the variance within samples."""
    outcome, y = finished[1], parts().test.y.numpy()
    losses = {
        name: decomposition.cross_entropy(
            np.stack([replica.logits for replica in (*own.drawn, *own.whole)])[:, None], y
        ).losses[:, 0]
        for name, own in outcome.replicas.items()
    }
    table = losses["dropout=0.5"] - losses["baseline"]
    drawn, whole = table[:6].reshape(3, 2, -1), table[6:, None]
    found = outcome.result.analysis.arm("dropout=0.5").changes["cross_entropy"]
    highs = [
        found.value + joined(drawn, whole, crossed=crossed).reach(0.95) for crossed in (False, True)
    ]
    assert found.high == pytest.approx(highs[0])
    assert found.high != pytest.approx(highs[1])


def test_what_the_baseline_learns_by_decides(tmp_path):
    learner = RecipeLearner(RECIPE.training_with(loss="brier", epochs=1))
    run = run_study(parts(), learner, ["l2"], tmp_path, Design(3, 3, crossed=True))
    result = run.result.analysis
    assert result.decides is Loss.BRIER
    assert result.sampling.crossed
    [trials] = make_trials(Design(3, 3, crossed=True), make_arms(learner, []), parts())
    assert len({trial.seed for sample in trials.drawn for trial in sample}) == 3
    assert "Brier score is variance" in explain(result, COMMAND_LINE)[0]
    for arm in result.arms:
        of = arm.intervals["brier"]
        assert set(of) == {"total", "bias_noise", "variance", "sample", "seed", "interaction"}
        for name in ("total", "bias_noise", "variance"):
            assert of[name].value == pytest.approx(getattr(arm.losses["brier"], name))
        assert arm.components is not None
        assert of["sample"].value == pytest.approx(arm.components.sample)
        assert set(arm.intervals["cross_entropy"]) == {"total", "bias_noise", "variance"}
        assert set(arm.intervals["zero_one"]) == {"total"}, "Domingos's parts have none"
        error = arm.intervals["zero_one"]["total"]
        assert error.value == pytest.approx(arm.losses["zero_one"].total)


def test_disjoint_samples_are_as_many_as_asked_for():
    [trials] = make_trials(Design(4, scheme="disjoint"), make_arms(BASE, []), parts())
    drawn = np.concatenate([trial.examples.numpy() for trial in trials])
    assert len(drawn) == len(set(drawn)) == 4 * (len(parts().train) // 4)
