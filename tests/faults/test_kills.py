"""Studies that are killed, and studies that share a store: each replica once, the same result.

4 kills here, one of each kind; 100 in `make faults`.
"""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from faults.counted import LOG

KILLS = int(os.environ.get("STEADFIT_KILLS", "4"))
WHOM = ("study", "all", "worker", "workers")  # in turn
TESTS = Path(__file__).parent.parent
PROCESSES = 2
FILES = ("study.json", "model/model.json", "model/weights-0.safetensors")

pytestmark = pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="needs Linux's /proc")


def start(folder: Path, processes: int = PROCESSES, remedy: str = "dropout") -> subprocess.Popen:
    own = os.environ.get("PYTHONPATH", "")
    environment = {**os.environ, LOG: str(log_of(folder)), "PYTHONPATH": f"{TESTS}:{own}"}
    command = [sys.executable, "-m", "faults.counted", str(folder), str(processes), remedy]
    with said_by(folder).open("a") as said:
        return subprocess.Popen(command, env=environment, start_new_session=True, stderr=said)


def said_by(folder: Path) -> Path:
    return folder.with_suffix(".stderr")


def log_of(folder: Path) -> Path:
    return folder.with_suffix(".log")


def trainings(folder: Path) -> list[str]:
    """The keys of all trainings that have begun, in their order."""
    return log_of(folder).read_text().split() if log_of(folder).exists() else []


def kept(folder: Path) -> set[str]:
    return {path.name for path in (folder / "store").glob("[0-9a-f]*") if len(path.name) == 64}


def workers_of(process: subprocess.Popen) -> list[int]:
    """Those that have been started: children of the server that the study forks them from."""
    return [worker for child in _children(process.pid) for worker in _children(child)]


def _children(pid: int) -> list[int]:
    try:
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def finish(process: subprocess.Popen, folder: Path) -> None:
    assert process.wait(120) == 0, said_by(folder).read_text()


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, float]:
    """The undisturbed study, and the seconds it took."""
    folder = tmp_path_factory.mktemp("whole") / "run"
    began = time.monotonic()
    finish(start(folder), folder)
    assert sorted(trainings(folder)) == sorted(kept(folder))
    assert len(kept(folder)) >= 7, "two arms of three, and the model handed over"
    return folder, time.monotonic() - began


def wait_for_moment(process: subprocess.Popen, folder: Path, seconds: float, rng: random.Random):
    """Any moment of the run, or one shortly after the beginning of some training."""
    end = time.monotonic() + rng.uniform(0, seconds)
    if rng.random() < 0.7:
        wanted = len(trainings(folder)) + rng.randint(1, 4)
        while process.poll() is None and len(trainings(folder)) < wanted:
            time.sleep(0.005)
        end = time.monotonic() + rng.uniform(0, 0.5)
    while process.poll() is None and time.monotonic() < end:
        time.sleep(0.005)


def kill(process: subprocess.Popen, whom: str, rng: random.Random) -> bool:
    """Kill the study alone, it with all its processes, one worker or all of them, at once.

    False where there is nobody to kill: it has ended, or no worker has started.
    """
    workers = workers_of(process)
    if process.poll() is not None or (whom.startswith("worker") and not workers):
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
        for _ in range(rng.randint(1, 4)):
            whom = WHOM[done.total() % len(WHOM)]
            process = start(folder)
            wait_for_moment(process, folder, whole[1], rng)
            there = kept(folder)
            begun = len(trainings(folder))
            killed = kill(process, whom, rng)
            done[whom] += killed
            if killed and whom in ("study", "all"):
                process.wait()  # workers without their study end a little later than it
            else:
                finish(process, folder)
            repeated = trainings(folder)[begun:]
            assert not there & set(repeated), "what was kept is trained again"
            if done.total() == KILLS:
                break
        if process.returncode != 0:  # the last kill ended the study itself
            finish(start(folder), folder)
        for name in FILES:
            assert (folder / name).read_bytes() == (whole[0] / name).read_bytes()
        assert kept(folder) == kept(whole[0])
        assert set(trainings(folder)) == kept(folder)
        assert not list(folder.rglob(".new-*")), "what was left half written"
        again += len(trainings(folder)) - len(kept(whole[0]))
    assert 0 <= again <= PROCESSES * done.total(), "more was trained again than was in flight"
    with capsys.disabled():
        print(
            f"\n{done.total()} kills ({dict(done)}) of {studies} studies: all resumed, all results "
            f"equal; {again} trainings that were in flight were begun again"
        )


def test_studies_that_share_a_store_train_each_replica_once(whole, tmp_path, capsys) -> None:
    """Four processes, two studies of them alike: the baseline's replicas are common to all."""
    folder = tmp_path / "run"
    running = [start(folder, 1, remedy) for remedy in ("dropout", "l2", "dropout", "l2")]
    for process in running:
        finish(process, folder)
    found = Counter(trainings(folder))
    assert set(found) == kept(folder)
    assert set(found.values()) == {1}
    finish(start(folder, 1, "dropout"), folder)
    assert len(trainings(folder)) == len(found), "nothing is left to train"
    for name in FILES:
        assert (folder / name).read_bytes() == (whole[0] / name).read_bytes()
    with capsys.disabled():
        print(f"\n4 processes, 2 studies, one store: {len(found)} replicas, each trained once")
