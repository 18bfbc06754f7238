"""The Slurm engine: trials are trained by array jobs, on a folder that all machines share.

Each job of the array has a share of the trials, and writes each replica into the store as soon as
it is trained. A job that is preempted or out of time goes back into the queue, and goes on with
what is missing of its share. submitit writes the jobs and asks Slurm how they are.
"""

import os
import pickle
import shutil
import time
import uuid
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from steadfit.data import Dataset
from steadfit.errors import SteadfitError
from steadfit.files import remove_unfinished, writing
from steadfit.study.claims import Claims
from steadfit.study.engine import Outcome, Session, check_counts, put, trained
from steadfit.study.engines.worker import environment, import_from, import_places, settle
from steadfit.study.store import Store
from steadfit.study.trials import Trial
from steadfit.training import keep_freed_memory

_JOBS = 64  # of an array, where nothing else is asked for
_POLL = 2.0  # seconds between looks at the store
_REQUEUES = 1000  # after time-outs; each time a job has trained some of its share
_USUAL = {"job_name": "steadfit", "cpus_per_task": 1, "time": 60, "use_srun": False}


@dataclass(frozen=True)
class SlurmEngine:
    """Trains by array jobs of Slurm (extra `slurm`).

    processes: jobs of an array, of one core each; 64 by default.
    sbatch: settings of sbatch by name, as {"partition": "cpu", "time": 30}; time in minutes, 60 by
        default. "setup" is a list of lines for the shell before Python starts.
    scheduler: "slurm", or "local": the jobs are then processes of this machine, to try it.
    """

    processes: int | None = None
    sbatch: Mapping[str, Any] | None = None
    scheduler: str = "slurm"

    @contextmanager
    def opened(self, data: Dataset) -> Iterator[Session]:
        """As `Engine.opened`. Raises SteadfitError without submitit or Slurm, and for less than one
        process. Logs of the jobs stay in `jobs/` beside the store where the study fails."""
        check_counts(self.processes)
        _submitit()
        if self.scheduler == "slurm" and shutil.which("sbatch") is None:
            raise SteadfitError(
                "The engine slurm needs Slurm's command sbatch, which is not found here. Run the "
                "study on a machine from which jobs can be submitted."
            )
        jobs = _Jobs(self, data)
        try:
            yield jobs
        except BaseException:
            jobs.cancel()
            raise
        jobs.cancel()
        jobs.forget()


@dataclass
class _Job:
    """A job of submitit's, and the keys of its share that have not ended, in their order."""

    job: Any
    keys: list[str]


@dataclass
class _Jobs:
    """Jobs that run. waiting: trials for the next array."""

    engine: SlurmEngine
    data: Dataset
    waiting: list[Trial] = field(default_factory=list)
    running: list[_Job] = field(default_factory=list)
    folders: dict[Path, Path] = field(default_factory=dict)  # by that of the store's
    store: Store = field(init=False)
    notes: tuple[str, ...] = ()
    slots: int = 10**9  # as many as there are: Slurm's queue takes them

    def submit(self, trial: Trial, store: Store) -> None:
        self.waiting.append(trial)
        self.store = store

    def done(self) -> Iterable[tuple[str, Outcome]]:
        if self.waiting:
            self._submit_array()
        time.sleep(_POLL)
        ended = [one for one in self.running if one.job.done()]  # before the store is read
        there = set(os.listdir(self.store.folder))
        for one in self.running:
            stored = [key for key in one.keys if key in there]
            one.keys = [key for key in one.keys if key not in there]
            yield from ((key, Outcome.STORED) for key in stored)
        for one in ended:
            self.running.remove(one)
            yield from self._left(one)

    def _left(self, ended: _Job) -> list[tuple[str, Outcome]]:
        """What came of the trials that a job has not stored."""
        if not ended.keys:
            return []
        try:
            without = ended.job.result()
        except _submitit().core.utils.FailedJobError as error:
            trace = str(error).split("-" * 22)[1].strip()
            raise SteadfitError(_words(ended, trace.splitlines()[-1])) from None
        except _submitit().core.utils.UncompletedJobError:  # it was killed
            begun = self._folder() / "begun"
            lost = [key for key in ended.keys if (begun / f"{ended.job.job_id}-{key}").exists()]
            if not lost and not any(begun.glob(f"{ended.job.job_id}-*")):
                state = f"it is {ended.job.state} before it trained"
                raise SteadfitError(_words(ended, state)) from None
            return [(k, Outcome.LOST if k in lost[-1:] else Outcome.AGAIN) for k in ended.keys]
        return [(k, Outcome.NO_MEMORY if k in without else Outcome.AGAIN) for k in ended.keys]

    def _submit_array(self) -> None:
        folder = self._folder()
        executor = _executor(self.engine, folder)
        count = min(len(self.waiting), self.engine.processes or _JOBS)
        shares = [self.waiting[number::count] for number in range(count)]
        tasks = [
            _Share(folder, self.store, pickle.dumps(share), import_places()) for share in shares
        ]
        try:
            with environment({"PYTHONSAFEPATH": "1"}):  # no imports from the current folder
                jobs = executor.submit_array(tasks)
        except _submitit().core.utils.FailedSubmissionError as error:
            words = str(error).strip().splitlines()
            raise SteadfitError(
                f"Slurm refuses the jobs: {words[-1] if words else error}. Change the settings of "
                "sbatch."
            ) from None
        self.running += [
            _Job(job, [trial.key for trial in share])
            for job, share in zip(jobs, shares, strict=True)
        ]
        self.waiting = []

    def _folder(self) -> Path:
        """For jobs and the data, where no other user can write: they are pickles, as submitit's."""
        place = self.store.folder.parent.absolute()
        if place not in self.folders:
            folder = place / "jobs" / uuid.uuid4().hex[:8]
            with writing(folder):
                folder.parent.mkdir(mode=0o700, exist_ok=True)
                folder.mkdir(mode=0o700)
                (folder / "begun").mkdir()
                (folder / "data").write_bytes(pickle.dumps(self.data))
            self.folders[place] = folder
        return self.folders[place]

    def cancel(self) -> None:
        """Have all jobs end; those that have nothing left to train do so by themselves."""
        for one in (job for job in self.running if job.keys):
            with suppress(Exception):  # whatever Slurm's commands do
                one.job.cancel(check=False)
        if self.engine.scheduler == "local":  # where they are processes of this one's
            end = time.monotonic() + 10
            while not all([one.job.done() for one in self.running]) and time.monotonic() < end:
                time.sleep(0.1)

    def forget(self) -> None:
        """Remove what the jobs have written beside replicas."""
        for folder in self.folders.values():
            shutil.rmtree(folder, ignore_errors=True)
            with suppress(OSError):  # those of another run are there
                folder.parent.rmdir()


@dataclass(frozen=True)
class _Share:
    """What a job does. trials: pickled. places: to import from."""

    folder: Path
    store: Store
    trials: bytes
    places: Sequence[str]

    def __call__(self) -> list[str]:
        """Train each trial that is missing; the keys of those that memory was too small for.

        Jobs of a study that was killed may still run: they and ours claim from each other.
        """
        import submitit

        job = submitit.JobEnvironment().job_id
        import_from(self.places)
        settle()
        keep_freed_memory()
        device = "cuda" if torch.cuda.is_available() else "cpu"
        data: Dataset = pickle.loads((self.folder / "data").read_bytes())
        waiting: deque[Trial] = deque(pickle.loads(self.trials))
        without: list[str] = []
        with Claims(self.store) as claims:
            while waiting:
                trial = waiting.popleft()
                if trial.key in self.store:
                    continue
                if not claims.take(f"{trial.key}-job"):
                    waiting.append(trial)
                    time.sleep(_POLL)
                    continue
                (self.folder / "begun" / f"{job}-{trial.key}").touch()
                remove_unfinished(self.store.folder / trial.key)
                outcome = put(trained(trial, data, device), trial.key, self.store)
                claims.release(f"{trial.key}-job")
                if outcome is Outcome.NO_MEMORY:
                    without.append(trial.key)
        return without

    def checkpoint(self) -> Any:
        """What submitit puts into the queue again, on preemption and before the time is over."""
        return _submitit().helpers.DelayedSubmission(self)


def _words(ended: _Job, what: str) -> str:
    return (
        f"Job {ended.job.job_id} has failed: {what.rstrip('.')}. See {ended.job.paths.stderr}. All "
        "machines must share that folder, and have this version of steadfit."
    )


def _executor(engine: SlurmEngine, folder: Path) -> Any:
    """submitit's, with the settings of sbatch. Raises SteadfitError for those that are none."""
    submitit = _submitit()
    if engine.scheduler == "local":
        executor = submitit.LocalExecutor(folder, max_num_timeout=_REQUEUES)
        executor.update_parameters(timeout_min=60)
        return executor
    executor = submitit.SlurmExecutor(folder, max_num_timeout=_REQUEUES)
    usual = {**_USUAL, "array_parallelism": engine.processes or _JOBS}
    settings = {**usual, **(engine.sbatch or {})}
    known = executor._valid_parameters()
    more = {name: value for name, value in settings.items() if name not in known}
    settings = {name: value for name, value in settings.items() if name in known}
    try:
        executor.update_parameters(**settings, additional_parameters=more)
    except (TypeError, ValueError) as error:
        raise SteadfitError(f"sbatch has a setting that it does not take: {error}.") from None
    return executor


def _submitit() -> Any:
    """The module. Raises SteadfitError where it is not installed."""
    try:
        import submitit
        import submitit.core.utils
        import submitit.helpers
    except ImportError as error:
        raise SteadfitError(
            f"The engine slurm needs submitit, which cannot be imported ({error}). Install it with "
            "pip install 'steadfit[slurm]'."
        ) from None
    return submitit
