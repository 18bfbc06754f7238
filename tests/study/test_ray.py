"""The Ray engine: what it says without a cluster; and with STEADFIT_CLUSTERS=1, a minute or more
each, the same study as elsewhere, whatever dies in it."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

import pytest

import steadfit as sf
from steadfit.errors import SteadfitError
from steadfit.recipe import Recipe
from steadfit.study.design import Design
from steadfit.study.engines import ENGINES, RayEngine, engine_of, ray_connection
from steadfit.study.engines.ray_cluster import differences
from steadfit.study.run import run_study
from study.on_gpus import OnGpu

clusters = pytest.mark.skipif(
    "STEADFIT_CLUSTERS" not in os.environ, reason="starts Ray many times: set STEADFIT_CLUSTERS=1"
)
FILES = ("study.json", "model/model.json", "model/weights-0.safetensors")
STUDY = (
    "study digits --limit 120 --model mlp --set width=0.2 --epochs 60 --samples 3 --folds 3 "
    "--repetitions 1 --remedy dropout --no-reference --processes 2"
)
MARK = "STEADFIT_TESTED"  # an environment variable, by which all processes of a study are found


def test_names_and_settings_of_engines() -> None:
    assert engine_of("ray", processes=2, address=None) == RayEngine(processes=2)
    mine = RayEngine("there:1")
    assert engine_of(mine) is mine
    for engine, setting, words in (
        ("serial", {"processes": 2}, "The engine serial takes no processes, got 2"),
        ("local", {"address": "a:1"}, "The engine local takes no address, got a:1"),
        (mine, {"processes": 2}, "An engine of your own takes no processes, got 2"),
        ("rey", {}, 'no engine "rey".* Did you mean "ray"'),
    ):
        with pytest.raises(SteadfitError, match=words):
            engine_of(engine, **setting)
    helped = subprocess.run(
        [sys.executable, "-m", "steadfit", "study", "--help"], capture_output=True, text=True
    ).stdout
    choices = re.search(r"--engine.*?choices: ([^\]]*)\]", helped, re.DOTALL)
    assert set(re.findall(r"\w+", choices[1])) == set(ENGINES)


@pytest.mark.parametrize("setting", [{"processes": 0}, {"per_gpu": 0}])
def test_fewer_than_one_is_refused(setting: dict, tmp_path: Path) -> None:
    for kind in ("local", "ray"):
        opened = ENGINES[kind](**setting).opened(sf.read("digits", limit=20))
        with pytest.raises(SteadfitError, match=f"{next(iter(setting))} must be 1 or more"), opened:
            pass


def test_without_ray_a_sentence_names_the_extra(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(SteadfitError, match=r"needs Ray.*pip install 'steadfit\[ray\]'"):
        sf.study("digits", "mlp", [], engine="ray", out=tmp_path / "run")


def test_other_versions_are_refused_and_other_processors_said() -> None:
    ours = {"host": "a", "steadfit": "1", "torch": "2", "python": "3.11", "processor": "x avx2"}
    assert differences(ours, [ours, ours | {"host": "b"}]) == ()
    (said,) = differences(ours, [ours | {"host": "c", "processor": "x avx512"}, ours])
    assert "than this machine's (x avx2): c (x avx512). Their last bits" in said
    for name in ("steadfit", "torch", "python"):
        with pytest.raises(SteadfitError, match=f"d must have {name} .* got 0. Install the same"):
            differences(ours, [ours, ours | {"host": "d", name: "0"}])


@pytest.mark.filterwarnings("ignore")  # Ray's own, as it is imported
def test_an_address_that_does_not_answer_is_a_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    for address, words in (
        (f"127.0.0.1:{port}", "does not answer .*Connection refused.*ray start --head"),
        ("no.such.host.invalid:6379", "does not answer"),
        ("there", 'address must be "host:6379" or "auto", got "there"'),
    ):
        with pytest.raises(SteadfitError, match=words):
            sf.study("digits", "mlp", [], engine=RayEngine(address), out=tmp_path / "run")


def test_a_cluster_of_another_version_of_ray_is_a_sentence(monkeypatch) -> None:
    """By a stand-in for Ray, with the words that it has for it."""

    def init(**_: object) -> None:
        raise RuntimeError("Version mismatch: The cluster was started with:\n    Ray: 2.40.0")

    ray = SimpleNamespace(
        __version__="2.60.0", is_initialized=lambda: False, init=init, shutdown=lambda: None,
        exceptions=SimpleNamespace(RayError=KeyError),
    )  # fmt: skip
    monkeypatch.setattr(ray_connection, "ray_module", lambda: ray)
    monkeypatch.setattr(ray_connection, "_job_config", lambda: None)
    refused = pytest.raises(
        SteadfitError, match=r"cluster of version 2.60.0, got auto: Version mis"
    )
    with refused, ray_connection.connected("auto", None):
        pass


# ------------------------------------------------------------------------------- with clusters


def begin(out: Path, *more: str) -> subprocess.Popen:
    """A study as a command in a session of its own."""
    command = [sys.executable, "-m", "steadfit", *STUDY.split(), "--out", str(out), *more]
    return subprocess.Popen(
        command, start_new_session=True, env={**os.environ, MARK: str(out)},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


def finish(process: subprocess.Popen, status: int = 0) -> str:
    said, _ = process.communicate(timeout=500)
    assert process.returncode == status, said
    return said


def processes_of(out: Path, called: str = "") -> list[int]:
    """All that the study has started, wherever they are by now."""
    found = []
    for entry in Path("/proc").iterdir():
        with suppress(OSError):
            marked = f"{MARK}={out}\0".encode() in (entry / "environ").read_bytes()
            if entry.name.isdecimal() and marked:
                found += [int(entry.name)] * (called in (entry / "cmdline").read_text())
    return found


def until(true: Callable[[], object], seconds: float = 300) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.1)


def kept(out: Path) -> int:
    return len(list((out / "store").glob("[0-9a-f]*")))


def same(one: Path, other: Path) -> bool:
    return all((one / name).read_bytes() == (other / name).read_bytes() for name in FILES)


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The study on the local engine."""
    out = tmp_path_factory.mktemp("local") / "run"
    finish(begin(out))
    return out


@pytest.fixture
def out(tmp_path: Path) -> Iterator[Path]:
    """A folder for a study, which leaves nothing else behind."""
    before = set(Path("/tmp").glob("ray-*"))
    yield tmp_path / "run"
    until(lambda: not processes_of(tmp_path / "run"), 60)
    assert not set(Path("/tmp").glob("ray-*")) - before


@clusters
def test_a_study_on_ray_is_that_on_this_machine_and_goes_on(local: Path, out: Path) -> None:
    finish(begin(out, "--engine", "ray"))
    assert same(local, out)
    for name in ("study.json", "report.html"):
        (out / name).unlink()
    finish(begin(out, "--engine", "ray", "--address", "no.such.host.invalid:1"))
    assert same(local, out), "nothing is left to train, so Ray is not asked"


@clusters
@pytest.mark.filterwarnings("ignore")  # Ray's own
def test_a_gpu_is_shared_by_as_many_as_the_first_leaves_room_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a cluster that says it has one."""
    import ray

    monkeypatch.setenv("RAY_AUTH_TOKEN", "0" * 64)  # else Ray leaves one in the home folder

    recipe = Recipe().model_with(name="mlp", width=0.1).training_with(epochs=1)
    learner = OnGpu(recipe, taken=10**9, free=4 * 10**9, log=tmp_path / "log")
    ray.init("local", num_cpus=4, num_gpus=1, include_dashboard=False, log_to_driver=False)
    try:
        design = Design(folds=2, repetitions=3, samples=2, references=False)
        done = run_study(
            sf.read("digits", limit=60), learner, [], tmp_path / "run", design, engine=RayEngine()
        )
    finally:
        ray.shutdown()
    assert any("Trainings at a time on a GPU: 3" in note for note in done.about.notes)
    seen = {line.split()[0] for line in (tmp_path / "log").read_text().splitlines()}
    assert seen == {"0"}


@clusters
def test_ctrl_c_leaves_nothing_behind(local: Path, out: Path) -> None:
    process = begin(out, "--engine", "ray")
    until(lambda: kept(out) > 1)
    os.killpg(process.pid, signal.SIGINT)
    assert "the same command goes on" in finish(process, 130)
    until(lambda: not processes_of(out), 60)
    finish(begin(out, "--engine", "ray"))
    assert same(local, out)


@clusters
def test_a_worker_of_ray_that_is_killed_changes_no_result(local: Path, out: Path) -> None:
    process = begin(out, "--engine", "ray")
    for count in (1, 3):
        until(lambda count=count: kept(out) >= count and processes_of(out, "ray::_train_there"))
        os.kill(processes_of(out, "ray::_train_there")[0], signal.SIGKILL)
    finish(process)
    assert same(local, out)


@clusters
def test_a_study_on_ray_that_is_killed_goes_on(local: Path, tmp_path: Path) -> None:
    """Its processes end with it; Ray's own files stay in /tmp, as nobody is left to remove them."""
    out = tmp_path / "run"
    before = set(Path("/tmp").glob("ray-*"))
    process = begin(out, "--engine", "ray")
    until(lambda: kept(out) > 2)
    process.kill()
    process.communicate()
    there = kept(out)
    until(lambda: not processes_of(out), 60)
    for left in set(Path("/tmp").glob("ray-*")) - before:
        subprocess.run(["rm", "-r", left], check=True)
    assert kept(out) >= there
    finish(begin(out, "--engine", "ray"))
    assert same(local, out)


@clusters
def test_machines_that_come_and_go_change_no_result(local: Path, tmp_path: Path, capsys) -> None:
    """Two machines of a cluster, in turn taken away in the middle of a training and replaced."""
    out = tmp_path / "run"
    script = Path(__file__).with_name("ray_machines.py")
    done = subprocess.run(
        [sys.executable, str(script), *STUDY.split(), "--out", str(out)],
        capture_output=True, text=True, timeout=500,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    removed = int(re.search(r"(\d+) machines removed", done.stdout)[1])
    assert removed >= 3
    assert same(local, out)
    with capsys.disabled():
        print(f"\n{removed} machines removed while a study ran on two: equal byte for byte")
