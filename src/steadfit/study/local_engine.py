"""The local engine: trials become replicas in the store, one single-threaded process a core.

Every replica is trained in a worker with one thread, whatever the number of workers, so that the
bits do not depend on it. Workers end by themselves when the process that started them dies.
"""

import multiprocessing
import os
import pickle
import shutil
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from multiprocessing import resource_sharer
from multiprocessing.process import BaseProcess

import torch

from steadfit.analysis.terms import Failure
from steadfit.data import Dataset
from steadfit.errors import SteadfitError
from steadfit.study.engine import Progress, Watcher, quiet, trained, usable_cores
from steadfit.study.store import Store
from steadfit.study.trials import Trial
from steadfit.training import keep_freed_memory
from steadfit.workers import context, end_with_parent, start_server, undisturbed_start

_SHARED = "/dev/shm"  # Linux's file system of shared memory
_OTHERS = 2**19  # bytes of it for locks, which the workers' queues need
_AGAIN = 0.2  # seconds, until it is looked again whether another process has trained a replica
LOST_WORKERS = 3  # a trial that lost its worker this often while it was trained alone is given up


@dataclass(frozen=True)
class LocalEngine:
    """Trains on this machine, in worker processes.

    processes: workers, by default one a usable core, or one in all where torch sees a GPU. A worker
    that is killed is replaced; the trials that were in training then are trained alone, one after
    the other, as any of them may be the reason. One that lost its worker `LOST_WORKERS` times while
    alone counts as one that memory was too small for, which is most often the reason.

    A daemonic process, such as a worker of a pool's or of Celery's, may not start others: there the
    trials are trained in the process itself.
    """

    processes: int | None = None

    def train(
        self,
        trials: Sequence[Trial],
        data: Dataset,
        store: Store,
        watch: Watcher = quiet,
        what: str = "replicas",
    ) -> frozenset[str]:
        """As `Engine.train`. Raises SteadfitError for less than one process, for several in a
        daemonic one, and where the store cannot be written."""
        if self.processes is not None and self.processes < 1:
            raise SteadfitError(f"processes must be 1 or more, got {self.processes}.")
        missing = {trial.key: trial for trial in trials if trial.key not in store}
        total = len({trial.key for trial in trials})
        found = total - len(missing)

        def tell() -> None:
            watch(Progress(what, total - len(missing), total, found))

        tell()
        suspects: dict[
            str, int
        ] = {}  # those in training when a worker died; how often it was theirs
        without: set[str] = set()
        device = "cuda" if torch.cuda.is_available() else "cpu"
        if multiprocessing.current_process().daemon:
            _check_alone(self.processes)
            return _train_here(missing, data, store, device, tell)
        workers = min(self.processes or (1 if device == "cuda" else usable_cores()), len(missing))
        while missing:
            suspect = next((key for key in suspects if key in missing), None)
            now = missing.copy() if suspect is None else {suspect: missing[suspect]}
            several = workers if suspect is None else 1
            lost = _run_pool(now, missing, without, data, store, several, device, tell)
            if suspect is None:
                for key in lost:
                    suspects.setdefault(key, 0)
            elif lost:
                suspects[suspect] += 1
                if suspects[suspect] == LOST_WORKERS:
                    without.add(suspect)
                    del missing[suspect]
                    tell()
        return frozenset(without)


def _check_alone(processes: int | None) -> None:
    if processes is not None and processes > 1:
        raise SteadfitError(
            f"processes must be 1 in a daemonic process, which may not start others, got "
            f"{processes}. Give 1, or start the study in a process with daemon=False."
        )


def _train_here(
    missing: dict[str, Trial],
    data: Dataset,
    store: Store,
    device: str,
    tell: Callable[[], None],
) -> frozenset[str]:
    """Train these trials one after the other; as `_run_pool`."""
    without: set[str] = set()
    with _as_workers_compute():
        for key, trial in list(missing.items()):
            while (answer := _claimed(trial, data, store, device)) is _Answer.ELSEWHERE:
                if key in store:
                    break
                time.sleep(_AGAIN)
            if answer is _Answer.NO_MEMORY:
                without.add(key)
            del missing[key]
            tell()
    return frozenset(without)


@contextmanager
def _as_workers_compute() -> Iterator[None]:
    """One thread and no denormal numbers within, so that replicas are those of a worker."""
    threads = torch.get_num_threads()
    flushed = not bool(torch.tensor([1e-40], dtype=torch.float32).mul(1).any())
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
        torch.set_flush_denormal(flushed)


def _run_pool(
    trials: dict[str, Trial],
    missing: dict[str, Trial],
    without: set[str],
    data: Dataset,
    store: Store,
    workers: int,
    device: str,
    tell: Callable[[], None],
) -> list[str]:
    """Train these trials; what is done is taken out of `missing`, and told.

    without: gets the keys of those that memory was too small for. Returns the keys of those that
    were in training when a worker died; none where all are done.
    """
    start_server()
    arguments = (_for_workers(data), store, device)
    before = set(multiprocessing.active_children())
    with _started():
        pool = ProcessPoolExecutor(workers, context(), _start_worker, arguments)
    pending: dict[Future[_Answer], str] = {}
    try:
        with undisturbed_start(), _started():
            for key, trial in trials.items():
                pending[pool.submit(_train, pickle.dumps(trial))] = key
        while pending:
            done, _ = wait(pending, return_when=FIRST_COMPLETED)
            for future in done:
                answer = future.result()
                key = pending.pop(future)
                if answer is _Answer.ELSEWHERE and key not in store:  # look again a little later
                    time.sleep(_AGAIN)
                    pending[pool.submit(_train, pickle.dumps(trials[key]))] = key
                    continue
                if answer is _Answer.NO_MEMORY:
                    without.add(key)
                del missing[key]
                tell()
        return []
    except BrokenProcessPool:
        _stop(before)
        wait(pending)
        broken = [key for future, key in pending.items() if future.exception() is not None]
        return broken[:workers]  # they are begun in this order
    except BaseException:
        _stop(before)
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _stop(before: set[BaseProcess]) -> None:
    """Have the workers end that were not there before."""
    resource_sharer.stop(timeout=5)  # else it shows a traceback for a worker that was fetching
    for child in set(multiprocessing.active_children()) - before:
        child.terminate()


def _for_workers(data: Dataset) -> Dataset | bytes:
    """The data as workers get it: in memory that all share or, where a system has little of that,
    as containers do, packed, for each to have its own. Else torch would share it, and fail.
    """
    if not os.path.isdir(_SHARED):
        return data
    room = shutil.disk_usage(_SHARED).free - _OTHERS
    return data if data.nbytes < room else pickle.dumps(data)


@contextmanager
def _started() -> Iterator[None]:
    """An OSError within becomes a SteadfitError: that no workers can be started, and why."""
    try:
        yield
    except OSError as error:
        raise SteadfitError(
            f"The processes to train in cannot be started: {error.strerror or error}. They need "
            "some shared memory (/dev/shm, 1 MB), open files (ulimit -n) and processes (ulimit -u)."
        ) from None


class _Answer(Enum):
    """A worker's answer. ELSEWHERE: another process holds the replica's claim."""

    DONE = 1
    ELSEWHERE = 2
    NO_MEMORY = 3


def _start_worker(data: Dataset | bytes, store: Store, device: str) -> None:
    """What each worker has: the data, the store, one thread, and an eye on its parent."""
    global _data, _store, _device
    _data = pickle.loads(data) if isinstance(data, bytes) else data
    _store, _device = store, device
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides when to stop
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    keep_freed_memory()
    end_with_parent()


_data: Dataset
_store: Store
_device: str


def _train(packed: bytes) -> _Answer:
    """Train one replica into the store.

    packed: the pickled trial, whose examples else went through shared memory too.
    """
    return _claimed(pickle.loads(packed), _data, _store, _device)


def _claimed(trial: Trial, data: Dataset, store: Store, device: str) -> _Answer:
    """Train one replica into the store, unless another process has begun to."""
    with store.claim(trial.key) as mine:
        if not mine:
            return _Answer.ELSEWHERE
        replica = trained(trial, data, device)
        if replica.failure is Failure.MEMORY:
            return _Answer.NO_MEMORY
        store.write(trial.key, replica)
        return _Answer.DONE
