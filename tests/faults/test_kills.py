"""Studies that are killed, and studies that share a store: each replica once, the same result.

Four kills here, of a study that trains in its own process; 100 in `make faults`, of studies with
workers, which are killed too. Lost workers alone are in tests/study/test_lost_workers.py.
"""

import os
import random
import signal
import time
from collections import Counter
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from faults.counted import log_of, said_by, start

KILLS = int(os.environ.get("STEADFIT_KILLS", "4"))
WITH_WORKERS = KILLS > 4
PROCESSES = 2 if WITH_WORKERS else 0
WHOM = ("study", "all", "worker", "workers") if WITH_WORKERS else ("study",)  # in turn
FILES = ("study.json", "model/model.json", "model/weights-0.safetensors")

pytestmark = pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="needs Linux's /proc")


def trainings(folder: Path) -> list[str]:
    """The keys of all trainings that have begun, in their order."""
    return log_of(folder).read_text().split() if log_of(folder).exists() else []


def kept(folder: Path) -> set[str]:
    return {path.name for path in (folder / "store").glob("[0-9a-f]*") if len(path.name) == 64}


def workers_of(process: BaseProcess) -> list[int]:
    """Those that have been started: children of the server that the study forks them from."""
    return [worker for child in _children(process.pid) for worker in _children(child)]


def _children(pid: int) -> list[int]:
    try:
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def finish(process: BaseProcess, folder: Path) -> None:
    process.join(120)
    assert process.exitcode == 0, said_by(folder).read_text()


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, float]:
    """The undisturbed study, and the seconds it took."""
    folder = tmp_path_factory.mktemp("whole") / "run"
    process = start(folder, PROCESSES, "dropout")
    began = time.monotonic()
    finish(process, folder)
    assert sorted(trainings(folder)) == sorted(kept(folder))
    assert len(kept(folder)) >= 7, "two arms of three, and the model handed over"
    return folder, time.monotonic() - began


def wait_for_moment(process: BaseProcess, folder: Path, seconds: float, rng: random.Random):
    """Any moment of the run, or one shortly after the beginning of some training."""
    end = time.monotonic() + rng.uniform(0, seconds)
    if rng.random() < 0.7:
        wanted = len(trainings(folder)) + rng.randint(1, 4)
        while process.is_alive() and len(trainings(folder)) < wanted:
            time.sleep(0.005)
        end = time.monotonic() + rng.uniform(0, 0.5)
    while process.is_alive() and time.monotonic() < end:
        time.sleep(0.005)


def kill(process: BaseProcess, whom: str, rng: random.Random) -> bool:
    """Kill the study alone, it with all its processes, one worker or all of them, at once.

    False where there is nobody to kill: it has ended, or no worker has started.
    """
    workers = workers_of(process)
    if not process.is_alive() or (whom.startswith("worker") and not workers):
        return False
    if whom == "study":
        process.kill()
    elif whom == "all":
        os.killpg(process.pid, signal.SIGKILL)
    else:
        for worker in workers if whom == "workers" else [rng.choice(workers)]:
            os.kill(worker, signal.SIGKILL)
    return True


def test_killed_at_random_moments_it_goes_on(whole, tmp_path, capsys) -> None:
    rng, done = random.Random(0), Counter()
    studies = again = 0
    while done.total() < KILLS:
        folder = tmp_path / f"run{studies}"
        studies += 1
        process, killed = start(folder, PROCESSES, "dropout"), []
        for _ in range(min(rng.randint(1, 4) if WITH_WORKERS else KILLS, KILLS - done.total())):
            whom = WHOM[done.total() % len(WHOM)]
            wait_for_moment(process, folder, whole[1], rng)
            assert process.exitcode in (None, 0), said_by(folder).read_text()
            there, begun = kept(folder), len(trainings(folder))
            if kill(process, whom, rng):
                done[whom] += 1
                killed.append((there, begun))
            if whom in ("study", "all"):
                process.join()  # workers without their study end a little later than it
            if not process.is_alive():
                process = start(folder, PROCESSES, "dropout")
        finish(process, folder)
        for there, begun in killed:
            assert not there & set(trainings(folder)[begun:]), "what was kept is trained again"
        for name in FILES:
            assert (folder / name).read_bytes() == (whole[0] / name).read_bytes()
        assert kept(folder) == kept(whole[0])
        assert set(trainings(folder)) == kept(folder)
        assert not list(folder.rglob(".new-*")), "what was left half written"
        again += len(trainings(folder)) - len(kept(whole[0]))
    assert 0 <= again <= max(1, PROCESSES) * done.total(), (
        "more was trained again than was in flight"
    )
    with capsys.disabled():
        print(
            f"\n{done.total()} kills ({dict(done)}) of {studies} studies: all resumed, all results "
            f"equal; {again} trainings that were in flight were begun again"
        )


def test_studies_that_share_a_store_train_each_replica_once(whole, tmp_path, capsys) -> None:
    """Four processes, two studies of them alike: the baseline's replicas are common to all.

    Each takes itself to be on a machine of its own, so that none knows whether another has ended.
    """
    folder, each = tmp_path / "run", min(PROCESSES, 1)
    running = [
        start(folder, each, remedy, f"{machine:012}")
        for machine, remedy in enumerate(("dropout", "l2", "dropout", "l2"))
    ]
    for process in running:
        finish(process, folder)
    found = Counter(trainings(folder))
    assert set(found) == kept(folder)
    assert set(found.values()) == {1}
    finish(start(folder, each, "dropout"), folder)
    assert len(trainings(folder)) == len(found), "nothing is left to train"
    for name in FILES:
        assert (folder / name).read_bytes() == (whole[0] / name).read_bytes()
    with capsys.disabled():
        print(f"\n4 processes, 2 studies, one store: {len(found)} replicas, each trained once")
