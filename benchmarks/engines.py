"""What engines cost, what follows for a cluster, and how long a large store takes to judge.

    python benchmarks/engines.py costs            no-op trainings: 10, 100 and 1,000, local and Ray
    python benchmarks/engines.py driver           what each trial takes of the study's own process
    python benchmarks/engines.py simulate PYTHON WRITE
                                                  10,000 replicas of 30 s on up to 6,400 workers, by
                                                  the milliseconds that `driver` gave
    python benchmarks/engines.py store FOLDER     10,000 replicas: made, then read and judged

Nothing else should run on the machine.
"""

import heapq
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from steadfit.analysis.analyse import analyse
from steadfit.data import Dataset, read
from steadfit.recipe import Recipe
from steadfit.study.claims import Claims
from steadfit.study.design import Design
from steadfit.study.dispatch import train
from steadfit.study.engine import Engine, quiet
from steadfit.study.engines import LocalEngine, RayEngine
from steadfit.study.engines.serial import SerialSession
from steadfit.study.plan import make_plan
from steadfit.study.rounds import Rounds
from steadfit.study.store import Store, open_store, pack
from steadfit.study.trials import Trial, make_arms, repetition_trials
from steadfit.training import RecipeLearner, Replica, own_learner

PROCESSES = 2
REPLICAS, SECONDS = 10_000, 30.0
ARMS, FOLDS, REPETITIONS = 20, 5, 100  # of the store: 10,000 in all


def nothing(x, y, *, seed):
    """A training that learns nothing."""
    return lambda x: np.zeros(len(x), np.int64)


def trials_of(data: Dataset, count: int) -> list[Trial]:
    learner = own_learner(nothing, "nothing", "1")
    plan = make_plan(data, Design(folds=2))
    first, *_ = repetition_trials(plan, make_arms(RecipeLearner(Recipe()), [])[0], 0)
    return [replace(first, learner=learner, seed=seed) for seed in range(count)]


def costs() -> None:
    data = read("digits", limit=100)
    print("| engine | the first, s | 10 more, s | 100, s | 1,000, s | each of these, ms |")
    print("| --- | --- | --- | --- | --- | --- |")
    for name, engine in (("local", LocalEngine(PROCESSES)), ("ray", RayEngine(None, PROCESSES))):
        print(f"| {name} | {' | '.join(cost_of(engine, data))} |", flush=True)


def cost_of(engine: Engine, data: Dataset) -> list[str]:
    """One session: the first trial starts what the engine needs."""
    found = []
    with tempfile.TemporaryDirectory() as folder, engine.opened(data) as session:
        store = open_store(Path(folder) / "store")
        for count in (1, 10, 100, 1000):
            trials = [replace(trial, data=str(count)) for trial in trials_of(data, count)]
            began = time.perf_counter()
            train(session, trials, store)
            found.append(time.perf_counter() - began)
    return [*(f"{seconds:.2f}" for seconds in found), f"{found[-1]:.1f}"]


def driver() -> None:
    """The parts that the study's own process does for each trial of a cluster, for networks of two
    sizes. Python runs one thread at a time; what the system does for it, as copying what is
    written, other cores may do at the same time."""
    data = read("digits", limit=1797)
    print("| weights, MB | of Python, ms | of the system, ms | writing, by the clock, ms |")
    print("| --- | --- | --- | --- |")
    for parameters in (25_000, 2_500_000):
        made = Replica(
            logits=np.zeros((360, 10), np.float32),
            weights={"w": torch.zeros(parameters)},
            preparation={}, curves={"train_loss": [0.0] * 20}, facts={"steps": 1.0}, seconds=1.0,
        )  # fmt: skip
        with tempfile.TemporaryDirectory() as folder:
            store = open_store(Path(folder) / "store")
            found = times(store, trials_of(data, 200), made)
        columns = [4 * parameters / 1e6, *(1000 * seconds / 200 for seconds in found)]
        print(f"| {' | '.join(f'{number:.1f}' for number in columns)} |", flush=True)


def times(store: Store, trials: list[Trial], made: Replica) -> tuple[float, float, float]:
    """Seconds of the processor's time, Python's and the system's, and of writing by the clock."""
    import pickle

    buffers: list[pickle.PickleBuffer] = []  # which Ray shares, as memory
    sent = pickle.dumps(pack(made), protocol=5, buffer_callback=buffers.append)
    clock, began = 0.0, os.times()
    with Claims(store) as claims:
        for trial in trials:
            claims.take(trial.key)
            pickle.dumps(trial)
            files = pickle.loads(sent, buffers=buffers)
            before = time.perf_counter()
            store.write_packed(trial.key, files)
            clock += time.perf_counter() - before
            claims.release(trial.key)
    ended = os.times()
    return ended.user - began.user, ended.system - began.system, clock


def simulate(python: float, write: float, ray: float = 2.0, start: float = 10.0) -> None:
    """Events of a study on a cluster: each worker trains; what comes back waits for a writer, and
    for the one thread of Python that runs at a time. Trainings take 27 s to 33 s.

    python, write: milliseconds a trial, of `driver`. ray: milliseconds that Ray itself takes in
    the study's process. start: seconds until a worker has imported what it needs.
    """
    print("| workers | seconds | at best | efficient | with no costs at all |")
    print("| --- | --- | --- | --- | --- |")
    for workers in (8, 80, 800, 1600, 3200, 6400):
        took = makespan(workers, (python + ray) / 1000, write / 1000, start)
        free = makespan(workers, 0, 0, 0)
        best = REPLICAS * SECONDS / workers
        print(
            f"| {workers:,} | {took:,.0f} | {best:,.0f} | {best / took:.1%} | {best / free:.1%} |"
        )


def makespan(workers: int, each: float, write: float, start: float) -> float:
    """Seconds until the last replica is stored. each: of Python's time, half of it before a
    training and half after it."""
    rng = random.Random(0)
    first = min(REPLICAS, workers + 2 + workers // 8)  # so many are submitted at a time
    left, waiting, idle, last = REPLICAS - first, 0, 0, 0.0
    python, writers = 0.0, [0.0] * 8  # when each is free
    events = [(start, "idle")] * workers
    for _ in range(first):
        python += each / 2
        events.append((python, "submitted"))
    heapq.heapify(events)
    while events:
        now, what = heapq.heappop(events)
        idle += what in ("idle", "ended")
        waiting += what == "submitted"
        if what == "ended":
            python = max(python, now) + each / 2
            stored = max(heapq.heappop(writers), python) + write
            heapq.heappush(writers, stored)
            heapq.heappush(events, (stored, "stored"))
        if what == "stored":
            last = now
            if left:
                left -= 1
                python = max(python, now) + each / 2
                heapq.heappush(events, (python, "submitted"))
        while waiting and idle:
            waiting, idle = waiting - 1, idle - 1
            heapq.heappush(events, (now + SECONDS * rng.uniform(0.9, 1.1), "ended"))
    return last


def plan_of(data: Dataset):
    design = Design(folds=FOLDS, repetitions=REPETITIONS, references=False, variance="none")
    arms = make_arms(
        RecipeLearner(Recipe()), [f"l2={0.001 * (n + 1):.3f}" for n in range(ARMS - 1)]
    )
    return make_plan(data, design), arms


def make_store(folder: Path) -> None:
    """10,000 replicas of made-up predictions; not flushed to the disk, as making them is not
    measured."""
    os.fsync = lambda handle: None
    data, rng = read("digits"), np.random.default_rng(0)
    plan, arms = plan_of(data)
    store = open_store(folder)
    classes = np.eye(10, dtype=np.float32)[data.y.numpy()]
    for number, arm in enumerate(arms):
        for repetition in range(REPETITIONS):
            for trial in repetition_trials(plan, arm, repetition):
                right = classes[trial.tested.numpy()]
                noise = rng.normal(size=right.shape).astype(np.float32)
                logits = (2 + 0.02 * number) * right + noise
                weights = {"w": torch.zeros(1000)}
                store.write(trial.key, Replica(logits, weights, {}, {}, {"parameters": 1e3}, 1.0))


def judge(folder: Path) -> None:
    if not folder.exists():
        subprocess.run([sys.executable, __file__, "make-store", str(folder)], check=True)
    began = time.perf_counter()
    data = read("digits")
    plan, arms = plan_of(data)
    rounds = Rounds(plan, open_store(folder), SerialSession(data), quiet, arms, (), "cross_entropy")
    for arm in arms:
        numbers = range(REPETITIONS)
        rounds.train([one for n in numbers for one in repetition_trials(plan, arm, n)])
        rounds.repetitions[arm.name] = REPETITIONS
    was_read = time.perf_counter()
    found = analyse(rounds.evidence(arms))
    ended = time.perf_counter()
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"{len(rounds.known):,} replicas of {len(arms)} arms; the best is {found.best}")
    print(f"read in {was_read - began:.1f} s, judged in {ended - was_read:.1f} s, {most:.2f} GB")
    print(f"{time.process_time():.1f} s of the processor's time, imports included")


def main(words: list[str]) -> None:
    match words:
        case ["costs"]:
            costs()
        case ["driver"]:
            driver()
        case ["simulate", python, write]:
            simulate(float(python), float(write))
        case ["store", folder]:
            judge(Path(folder))
        case ["make-store", folder]:
            make_store(Path(folder))
        case _:
            print(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
