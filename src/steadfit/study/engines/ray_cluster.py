"""The Ray engine: trials are trained on the machines of a Ray cluster, or on this one by Ray.

The data are put into the cluster once. Each replica comes back as soon as it is trained, and is
written into the store by the process that runs the study: the machines need no common folder. It
comes as the files that the store keeps, so that this process, which is one for all machines, copies
and hashes no weights.
"""

import pickle
import platform
import socket
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from importlib.metadata import version
from queue import Empty, SimpleQueue
from typing import Any, NamedTuple

import torch

from steadfit.analysis.terms import Failure
from steadfit.data import Dataset
from steadfit.errors import SteadfitError
from steadfit.study.engine import Outcome, Session, check_counts, trained
from steadfit.study.engines.gpus import GpuUse, check_asked, gpu_use, said, trainings_per_gpu
from steadfit.study.engines.ray_connection import connected, ray_module
from steadfit.study.engines.worker import import_from, import_places, settle
from steadfit.study.store import Packed, Store, pack
from steadfit.study.trials import Trial
from steadfit.training import keep_freed_memory

_WRITERS = 8  # threads that write replicas: what they wait for is the disk


@dataclass(frozen=True)
class RayEngine:
    """Trains by Ray (extra `ray`).

    address: of a cluster, "host:6379", or "auto" for the one that runs on this machine; by default
        Ray is started here for this study alone. A program that has called `ray.init` itself keeps
        its connection.
    processes: trainings at a time, by default as many as there are cores or GPUs.
    per_gpu: trainings that share a GPU, by default as many as its memory holds: the first ones have
        a GPU each, and the first of all tells.
    """

    address: str | None = None
    processes: int | None = None
    per_gpu: int | None = None

    @contextmanager
    def opened(self, data: Dataset) -> Iterator[Session]:
        """As `Engine.opened`; Ray starts with the first trial.

        Raises SteadfitError without Ray, and for less than one process.
        """
        check_counts(self.processes, self.per_gpu)
        ray_module()
        with ExitStack() as stack:
            yield _Cluster(self, data, stack, self.per_gpu)


@dataclass
class _Cluster:
    """What is known from one trial to the next.

    per_gpu: None until it is known. put: the data as the cluster has it, None before the first
    trial. task: what is run there. running: tasks by key. ended: trials, or what went wrong.
    """

    engine: RayEngine
    data: Dataset
    stack: ExitStack
    per_gpu: int | None
    put: Any = None
    task: Any = None
    running: dict[str, Any] = field(default_factory=dict)
    ended: SimpleQueue["_Ended | Exception"] = field(default_factory=SimpleQueue)
    notes: tuple[str, ...] = ()

    @property
    def slots(self) -> int:
        """A few more than are trained at a time, so that none waits for this process."""
        if self.put is None:
            return 1
        most = self._at_a_time()
        return most if most == self.engine.processes else most + 2 + most // 8

    def submit(self, trial: Trial, store: Store) -> None:
        if self.put is None:
            self._join()
        ref = self.task.remote([self.put], pickle.dumps(trial), import_places())
        self.running[trial.key] = ref

        def come(future: "Future[_Trained]") -> None:
            with suppress(RuntimeError):  # the study is over
                self.writers.submit(self._keep, trial.key, store, future)

        ref.future().add_done_callback(come)

    def done(self) -> Iterable[tuple[str, Outcome]]:
        with suppress(Empty):
            found = [self.ended.get(timeout=1)]
            while not self.ended.empty():
                found.append(self.ended.get())
            for one in found:
                if isinstance(one, Exception):
                    raise one
                self.running.pop(one.key)
                self._learn(one.use)
                yield one.key, one.outcome

    def _keep(self, key: str, store: Store, future: "Future[_Trained]") -> None:
        """Write what came back, in a thread of its own."""
        try:
            self.ended.put(_ended(future, key, store))
        except Exception as error:
            self.ended.put(error)

    def _join(self) -> None:
        """Have Ray, and the data in it; all that is started ends with the stack."""
        ray = ray_module()
        self.stack.enter_context(connected(self.engine.address, self.engine.processes))
        self.writers = self.stack.enter_context(ThreadPoolExecutor(_WRITERS))
        self.stack.callback(self._cancel)
        check_asked(self.engine.per_gpu, self._gpus())
        self._check_machines()
        self.task = self._task()
        self.put = ray.put(self.data)

    def _cancel(self) -> None:
        """End what is still trained: in a connection that is not ours it would go on."""
        self.writers.shutdown(wait=False, cancel_futures=True)
        for ref in self.running.values():
            with suppress(Exception):
                ray_module().cancel(ref, force=True)

    def _learn(self, use: GpuUse | None) -> None:
        """How many trainings share a GPU, by what the first of all took of one."""
        if self.per_gpu is None and use is not None:
            self.per_gpu = trainings_per_gpu(use, self._cores() / self._gpus())
            self.task = self._task()
            self.notes = (*self.notes, said(use, self.per_gpu))

    def _task(self) -> Any:
        """The training as Ray places it: made once and not for each trial, as it asks the cluster
        for its GPUs."""
        share = 1 / (self.per_gpu or 1) if self._gpus() else 0
        return ray_module().remote(num_cpus=1, num_gpus=share, max_retries=0)(_train_there)

    def _gpus(self) -> int:
        return int(ray_module().cluster_resources().get("GPU", 0))

    def _cores(self) -> int:
        return int(ray_module().cluster_resources().get("CPU", 0))

    def _at_a_time(self) -> int:
        most = max(1, self._gpus() * (self.per_gpu or 1) or self._cores())
        return min(most, self.engine.processes or most)

    def _check_machines(self) -> None:
        """Ask each machine of the cluster what it has. Raises as `differences`."""
        ray = ray_module()
        ask = ray.remote(num_cpus=0, max_retries=3)(_machine)
        at = ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy
        nodes = [at(node["NodeID"], soft=True) for node in ray.nodes() if node["Alive"]]
        asked = [ask.options(scheduling_strategy=node).remote() for node in nodes]
        self.notes = differences(_machine(), _answers(ray, asked))


def differences(ours: Mapping[str, str], others: Sequence[Mapping[str, str]]) -> tuple[str, ...]:
    """What is to be said of machines whose processors are of another kind, on which sums are
    rounded in another order. Raises SteadfitError where a machine has other versions."""
    for there in others:
        for name in ("steadfit", "torch", "python"):
            if there[name] != ours[name]:
                raise SteadfitError(
                    f"{there['host']} must have {name} {ours[name]}, as this machine has, got "
                    f"{there[name]}. Install the same version on every machine of the cluster."
                )
    odd = {
        f"{there['host']} ({there['processor']})"
        for there in others
        if there["processor"] != ours["processor"]
    }
    if not odd:
        return ()
    return (
        "Some replicas may have been trained on processors of another kind than this machine's "
        f"({ours['processor']}): {', '.join(sorted(odd))}. Their last bits can differ from those "
        "of a training here.",
    )


def _answers(ray: Any, refs: list[Any]) -> list[Mapping[str, str]]:
    try:
        return ray.get(refs)
    except ray.exceptions.RayError as error:
        words = str(error).strip().splitlines()
        raise SteadfitError(
            f"A machine of the Ray cluster cannot run steadfit: {words[-1] if words else error}. "
            "Install steadfit, in this version, on every machine of the cluster."
        ) from None


class _Trained(NamedTuple):
    """What a worker of Ray's gives: the replica's files, None where memory was too small for it,
    and what it takes of its GPU."""

    files: Packed | None
    use: GpuUse | None


class _Ended(NamedTuple):
    """What came of a trial."""

    key: str
    outcome: Outcome
    use: GpuUse | None = None


def _ended(future: "Future[_Trained]", key: str, store: Store) -> _Ended:
    """What came of a trial, whose replica is put into the store. Raises what its training raised,
    as none should."""
    errors = ray_module().exceptions
    try:
        trained = future.result()
    except (errors.WorkerCrashedError, errors.OutOfMemoryError):
        return _Ended(key, Outcome.LOST)
    except errors.RayTaskError as error:
        cause = error.cause
        raise (cause if isinstance(cause, SteadfitError) else RuntimeError(str(error))) from None
    except errors.RayError:  # its machine was taken away, or what it had trained with it
        return _Ended(key, Outcome.AGAIN)
    if trained.files is None:
        return _Ended(key, Outcome.NO_MEMORY, trained.use)
    store.write_packed(key, trained.files)
    return _Ended(key, Outcome.STORED, trained.use)


_known: dict[str, Dataset] = {}  # in a worker: the study's data


def _train_there(data: list[Any], packed: bytes, places: list[str]) -> _Trained:
    """In a worker of Ray's: train a trial that was pickled. places: to import from.

    data: where the cluster has them, in a list, as Ray would else unpack them for each trial.
    """
    import_from(places)
    settle()
    keep_freed_memory()
    (ref,) = data
    if ref.hex() not in _known:
        _known.clear()
        _known[ref.hex()] = ray_module().get(ref)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    replica = trained(pickle.loads(packed), _known[ref.hex()], device)
    files = None if replica.failure is Failure.MEMORY else pack(replica)
    return _Trained(files, gpu_use())


def _machine() -> dict[str, str]:
    """What must be the same on all machines, and what may differ."""
    return {
        "host": socket.gethostname(),
        "steadfit": version("steadfit"),
        "torch": torch.__version__,
        "python": ".".join(platform.python_version_tuple()[:2]),
        "processor": f"{platform.machine()} {torch.backends.cpu.get_cpu_capability()}",
    }
