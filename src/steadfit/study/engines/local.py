"""The local engine: trials become replicas in the store, one single-threaded process a core or GPU.

A worker has one trial at a time, so that it is known whose training ended it. It ends by itself
when the process that started it dies.
"""

import multiprocessing
import os
import pickle
import shutil
import signal
import traceback
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing import connection, resource_sharer
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess

from steadfit.data import Dataset
from steadfit.errors import SteadfitError
from steadfit.machine import usable_cores
from steadfit.study.engine import Outcome, Session, check_counts, put, trained
from steadfit.study.engines.gpus import (
    VISIBLE,
    GpuUse,
    check_asked,
    gpu_use,
    on_the_processor,
    said,
    trainings_per_gpu,
    visible_gpus,
)
from steadfit.study.engines.serial import SerialEngine
from steadfit.study.engines.worker import settle
from steadfit.study.store import Store
from steadfit.study.trials import Trial
from steadfit.training import keep_freed_memory
from steadfit.workers import context, end_with_parent, start_server, undisturbed_start

_SHARED = "/dev/shm"  # Linux's file system of shared memory
_OTHERS = 2**19  # bytes of it that are left to others


@dataclass(frozen=True)
class LocalEngine:
    """Trains on this machine, in worker processes.

    processes: workers, by default one a usable core or, where torch sees GPUs, as many as there is
        place on these. A worker that dies is replaced.
    per_gpu: workers that share a GPU, by default as many as its memory holds: the first training on
        each GPU has it alone, and tells.

    A daemonic process, such as a worker of a pool's or of Celery's, may not start others: there the
    trials are trained in the process itself.
    """

    processes: int | None = None
    per_gpu: int | None = None

    @contextmanager
    def opened(self, data: Dataset) -> Iterator[Session]:
        """As `Engine.opened`. Raises SteadfitError for less than one process, for several in a
        daemonic one, and where a GPU is to be shared that is not there."""
        check_counts(self.processes, self.per_gpu)
        if multiprocessing.current_process().daemon:
            _check_alone(self.processes)
            with SerialEngine().opened(data) as session:
                yield session
            return
        found = visible_gpus()
        check_asked(self.per_gpu, len(found.names), found.unusable)
        notes = on_the_processor(found.unusable)
        workers = _Workers(data, self.processes, found.names, self.per_gpu, notes=notes)
        try:
            yield workers
        except BaseException:
            resource_sharer.stop(timeout=5)  # else it shows a traceback for one that was fetching
            raise
        finally:
            workers.stop()


def _check_alone(processes: int | None) -> None:
    if processes is not None and processes > 1:
        raise SteadfitError(
            f"processes must be 1 in a daemonic process, which may not start others, got "
            f"{processes}. Give 1, or start the study in a process with daemon=False."
        )


def places(processes: int | None, gpus: tuple[str, ...]) -> tuple[str, ...]:
    """The GPU of each worker, "" for none. gpus: each as often as it has place for a worker.

    >>> places(None, ("0", "1"))
    ('0', '1')
    >>> places(3, ("0", "1") * 2)
    ('0', '1', '0')
    >>> places(2, ())
    ('', '')
    """
    return gpus[:processes] or ("",) * (processes or usable_cores())


@dataclass(eq=False)
class _Worker:
    """A process, the way to it, its place, and the key that it trains; "" where it is idle."""

    process: BaseProcess
    pipe: Connection
    place: str
    key: str = ""

    def answer(self) -> "_Ended | _Raised | None":
        """What it said; None where it has died instead."""
        try:
            return self.pipe.recv() if self.pipe.poll() else None
        except (EOFError, ConnectionResetError):
            return None


@dataclass
class _Workers:
    """Workers, started when there is something for them. per_gpu: None until it is known."""

    data: Dataset
    processes: int | None
    gpus: tuple[str, ...]
    per_gpu: int | None
    running: list[_Worker] = field(default_factory=list)
    notes: tuple[str, ...] = ()

    @property
    def slots(self) -> int:
        return len(self._places())

    def _places(self) -> tuple[str, ...]:
        return places(self.processes, self.gpus * (self.per_gpu or 1))

    def submit(self, trial: Trial, store: Store) -> None:
        """To an idle worker, or a new one. The pickled trial goes through a pipe: its examples
        else went through shared memory too."""
        worker = next((one for one in self.running if not one.key), None) or self._start()
        worker.key = trial.key
        with suppress(BrokenPipeError, ConnectionResetError):  # it died while it was idle
            worker.pipe.send_bytes(pickle.dumps((trial, store)))

    def done(self) -> Iterable[tuple[str, Outcome]]:
        busy = [worker for worker in self.running if worker.key]
        signs = [sign for one in busy for sign in (one.pipe, one.process.sentinel)]
        ready = set(connection.wait(signs, timeout=1))
        for worker in busy:
            if ready.isdisjoint((worker.pipe, worker.process.sentinel)):
                continue
            key, worker.key = worker.key, ""
            answer = worker.answer()
            if answer is None:
                self.running.remove(worker)
                _end(worker)
                yield key, Outcome.LOST
                continue
            if isinstance(answer, _Raised):
                raise answer.error from RuntimeError(answer.traceback)
            self._learn(answer.use)
            yield key, answer.outcome

    def _learn(self, use: GpuUse | None) -> None:
        """How many workers share a GPU, by what the first of all took of it."""
        if self.per_gpu is None and use is not None:
            self.per_gpu = trainings_per_gpu(use, usable_cores() / len(self.gpus))
            self.notes = (said(use, self.per_gpu),)

    def stop(self) -> None:
        """Have all workers end, in the middle of a training too."""
        for worker in self.running:
            worker.process.terminate()
        for worker in self.running:
            _end(worker)
        self.running.clear()

    def _start(self) -> _Worker:
        """A worker at the place that has the fewest."""
        taken, there = [worker.place for worker in self.running], self._places()
        place = min(there, key=lambda one: taken.count(one) / there.count(one))
        start_server()
        with _started():
            ours, its = multiprocessing.Pipe()
        arguments = (its, _for_workers(self.data), place)
        process = context().Process(target=_work, args=arguments)  # type: ignore[attr-defined]
        worker = _Worker(process, ours, place)
        with undisturbed_start(), _started():
            process.start()
            self.running.append(worker)
        its.close()
        return worker


def _end(worker: _Worker) -> None:
    worker.process.join(timeout=5)
    if worker.process.is_alive():  # in code that does not let itself be ended
        worker.process.kill()
        worker.process.join()
    worker.pipe.close()
    worker.process.close()


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
            "open files (ulimit -n), processes (ulimit -u) and memory."
        ) from None


@dataclass(frozen=True)
class _Ended:
    """What came of a trial in a worker, and what the worker takes of its GPU."""

    outcome: Outcome
    use: GpuUse | None


@dataclass(frozen=True)
class _Raised:
    """What a worker raised: to be raised where the study runs."""

    error: Exception
    traceback: str


def _work(pipe: Connection, data: Dataset | bytes, place: str) -> None:
    """What a worker does, until its pipe is closed: train a trial, and say what came of it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides when to stop
    end_with_parent()
    if place:
        os.environ[VISIBLE] = place  # CUDA has not begun in this process
    settle()
    keep_freed_memory()
    known = pickle.loads(data) if isinstance(data, bytes) else data
    while True:
        try:
            trial, store = pickle.loads(pipe.recv_bytes())
        except EOFError:
            return
        try:
            replica = trained(trial, known, "cuda" if place else "cpu")
            answer = _Ended(put(replica, trial.key, store), gpu_use())
        except Exception as error:
            answer = _Raised(_portable(error), traceback.format_exc())
        pipe.send(answer)


def _portable(error: Exception) -> Exception:
    """The error, or one with its words where it cannot be sent."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:  # whatever an object's own pickling raises
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error
