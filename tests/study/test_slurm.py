"""The Slurm engine, whose jobs are processes of this machine here; with STEADFIT_CLUSTERS=1, whole
studies and jobs that are preempted and killed."""

import os
import signal
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from submitit.core.utils import UncompletedJobError

from steadfit.data import Dataset, read
from steadfit.errors import SteadfitError
from steadfit.recipe import Recipe
from steadfit.study.design import Design
from steadfit.study.dispatch import train
from steadfit.study.engine import Progress
from steadfit.study.engines import SerialEngine, SlurmEngine, slurm
from steadfit.study.engines.slurm import _executor, _Job, _Jobs
from steadfit.study.plan import make_plan
from steadfit.study.run import run_study
from steadfit.study.store import open_store
from steadfit.study.trials import Trial, make_arms, repetition_trials
from steadfit.training import RecipeLearner
from study.killing import Killing
from study.refusing import Refusing

clusters = pytest.mark.skipif(
    "STEADFIT_CLUSTERS" not in os.environ, reason="starts many jobs: set STEADFIT_CLUSTERS=1"
)
RECIPE = Recipe().model_with(name="mlp", width=0.1).training_with(epochs=1, batch=32)
ENGINE = SlurmEngine(processes=2, scheduler="local")


@pytest.fixture(scope="module")
def data() -> Dataset:
    return read("digits", limit=100)


def trials_of(data: Dataset, count: int = 4) -> list[Trial]:
    [arm] = make_arms(RecipeLearner(RECIPE), [])
    return list(repetition_trials(make_plan(data, Design(folds=count)), arm, 0))


def test_without_submitit_or_slurm_a_sentence(data: Dataset, monkeypatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(SteadfitError, match="needs Slurm's command sbatch"):
        SlurmEngine().opened(data).__enter__()
    monkeypatch.setitem(sys.modules, "submitit", None)
    with pytest.raises(SteadfitError, match=r"needs submitit.*pip install 'steadfit\[slurm\]'"):
        SlurmEngine().opened(data).__enter__()


def test_settings_of_sbatch_are_in_the_file_that_it_gets(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "srun").touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))  # submitit looks for it
    settings = {"partition": "cpu", "time": 30, "reservation": "mine", "setup": ["module load x"]}
    executor = _executor(SlurmEngine(sbatch=settings), tmp_path / "jobs")
    executor.parameters["map_count"] = 8
    lines = executor._make_submission_file_text("train", "id").splitlines()
    for line in (
        "#SBATCH --partition=cpu",
        "#SBATCH --time=30",
        "#SBATCH --reservation=mine",
        "#SBATCH --cpus-per-task=1",
        "#SBATCH --job-name=steadfit",
        "#SBATCH --array=0-7%8",
        "#SBATCH --signal=USR2@90",
        "module load x",
    ):
        assert line in lines


def test_jobs_train_what_this_process_would(data: Dataset, tmp_path: Path) -> None:
    """A failure for want of memory is told, not stored; the folder of the jobs goes."""
    trials = trials_of(data)
    trials[3] = replace(trials[3], learner=Refusing(RECIPE, memory=True))
    stores = {}
    for name, engine in (("jobs", ENGINE), ("here", SerialEngine())):
        stores[name], told = open_store(tmp_path / name / "store"), list[Progress]()
        with engine.opened(data) as session:
            assert train(session, trials, stores[name], told.append) == {trials[3].key}
        assert [each.done for each in told] == [0, 1, 2, 3, 4]
    for trial in trials[:3]:
        one, two = (store.replica(trial.key) for store in stores.values())
        np.testing.assert_array_equal(one.logits, two.logits)
    assert not (tmp_path / "jobs" / "jobs").exists()


def test_a_folder_that_machines_do_not_share_is_a_sentence(data: Dataset, tmp_path: Path) -> None:
    """By a stand-in for a job that ends, of whose result nothing is seen here."""

    class Elsewhere:
        job_id, state = "7_0", "COMPLETED"
        paths = SimpleNamespace(stderr=tmp_path / "7_0_log.err")

        def done(self) -> bool:
            return True

        def result(self) -> None:
            raise UncompletedJobError

    with ENGINE.opened(data) as session:
        assert isinstance(session, _Jobs)
        session.store = open_store(tmp_path / "store")
        session.running = [_Job(Elsewhere(), ["a" * 64])]
        with pytest.raises(SteadfitError) as said:
            list(session.done())
    assert str(said.value) == (
        f"Job 7_0 has failed: it is COMPLETED before it trained. See {tmp_path / '7_0_log.err'}. "
        "All machines must share that folder, and have this version of steadfit."
    )


@clusters
def test_a_study_by_jobs_is_that_of_this_process(data: Dataset, tmp_path: Path) -> None:
    found = {
        name: run_study(
            data, RecipeLearner(RECIPE), ["l2"], tmp_path / name, Design(samples=2), engine=engine
        ).result.to_json()
        for name, engine in (("jobs", ENGINE), ("here", SerialEngine()))
    }
    assert found["jobs"] == found["here"]


@clusters
def test_a_preempted_job_goes_on_with_its_share(data: Dataset, tmp_path, monkeypatch) -> None:
    """It is told to end after the first replica, and its share is of six."""
    monkeypatch.setattr(slurm, "_POLL", 0.05)
    learner = Killing(RECIPE, log=tmp_path / "log")  # it takes half a second for each
    trials = [replace(trial, learner=learner) for trial in trials_of(data, 6)]
    store, told = open_store(tmp_path / "store"), []
    with SlurmEngine(processes=1, scheduler="local").opened(data) as session:
        assert isinstance(session, _Jobs)

        def interrupt(progress: Progress) -> None:
            told.append(progress.done)
            if progress.done == 1:  # as Slurm does; submitit's process of the job starts another
                controller = session.running[0].job.job_id
                children = Path(f"/proc/{controller}/task/{controller}/children").read_text()
                os.kill(int(children.split()[0]), signal.SIGUSR2)

        assert train(session, trials, store, interrupt) == frozenset()
        logs = "".join(path.read_text() for path in tmp_path.glob("jobs/*/*_log.err"))
    assert told == list(range(7))
    assert "this job is preempted" in logs
    assert 6 <= len((tmp_path / "log").read_text().split()) <= 7, "at most one is begun again"


@clusters
def test_a_job_that_is_killed_is_charged_to_the_trial_in_training(data, tmp_path: Path) -> None:
    learner = Killing(RECIPE, seeds=(1,), log=tmp_path / "log")
    trials = [replace(one, learner=learner, seed=n) for n, one in enumerate(trials_of(data, 3))]
    store = open_store(tmp_path / "store")
    with SlurmEngine(processes=1, scheduler="local").opened(data) as session:
        assert train(session, trials, store) == {trials[1].key}
    begun = list(map(int, (tmp_path / "log").read_text().split()))
    assert [begun.count(seed) for seed in range(3)] == [1, 4, 1]


@clusters
def test_a_job_that_cannot_begin_is_a_sentence(data: Dataset, tmp_path: Path, monkeypatch) -> None:
    """As where machines do not have steadfit."""
    (tmp_path / "steadfit.py").write_text("raise ImportError('this is another steadfit')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    store = open_store(tmp_path / "store")
    fails = pytest.raises(SteadfitError, match=r"Job \d+ has failed.*All machines must share")
    with ENGINE.opened(data) as session, fails:
        train(session, trials_of(data), store)
