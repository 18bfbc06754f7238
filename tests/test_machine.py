"""The memory that there is, where a container has less than the machine."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from steadfit import machine

MB = 2**20


@pytest.fixture
def groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What Linux tells of control groups: here, files. The process is in none so far."""
    monkeypatch.setattr(machine, "_OWN_GROUPS", tmp_path / "own")
    monkeypatch.setattr(machine, "_GROUPS", tmp_path / "groups")
    return tmp_path / "groups"


def write(folder: Path, own: str, **files: object) -> None:
    """A group's files, and the line that says that this process is in it."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name.replace("__", ".")).write_text(f"{content}\n")
    machine._OWN_GROUPS.write_text(f"{own}\n")


def test_without_a_container_the_machine_has_what_it_has(groups: Path) -> None:
    assert machine.free_memory() <= machine.memory()
    assert machine.memory() > 100 * MB


STAT = f"anon 1\ninactive_file {20 * MB}\nactive_file 7"


def test_a_container_of_version_2(groups: Path) -> None:
    """Files that the system keeps in memory and can drop count as free."""
    before = machine.memory()
    usage = {"memory__current": 70 * MB, "memory__stat": STAT}
    write(groups / "a" / "b", "0::/a/b", memory__max=100 * MB, **usage)
    assert machine.memory() == 100 * MB
    assert machine.free_memory() == 50 * MB
    write(groups / "a" / "b", "0::/a/b", memory__max="max")
    assert machine.memory() == before


def test_the_limit_of_a_group_above_is_one_too(groups: Path) -> None:
    write(groups / "a", "", memory__max=90 * MB, memory__current=80 * MB, memory__stat="")
    write(groups / "a" / "b", "0::/a/b", memory__max=100 * MB, memory__current=0, memory__stat="")
    assert machine.memory() == 90 * MB
    assert machine.free_memory() == 10 * MB


def test_a_container_that_sees_itself_as_the_uppermost(groups: Path) -> None:
    usage = {"memory__current": 40 * MB, "memory__stat": ""}
    write(groups, "0::/docker/of-the-machine", memory__max=100 * MB, **usage)
    assert (machine.memory(), machine.free_memory()) == (100 * MB, 60 * MB)
    write(groups, "0::/../../elsewhere")
    assert machine.memory() == 100 * MB


def test_a_container_of_version_1(groups: Path) -> None:
    stat = f"inactive_file 3\ntotal_inactive_file {10 * MB}"
    sizes = {"memory__limit_in_bytes": 100 * MB, "memory__usage_in_bytes": 60 * MB}
    own = "2:cpu:/x\n4:hugetlb,memory:/x\n0::/"
    write(groups / "memory" / "x", own, memory__stat=stat, **sizes)
    assert (machine.memory(), machine.free_memory()) == (100 * MB, 50 * MB)


def test_a_container_that_is_more_than_full_has_nothing_free(groups: Path) -> None:
    usage = {"memory__current": 200 * MB, "memory__stat": ""}
    write(groups, "0::/", memory__max=100 * MB, **usage)
    assert machine.free_memory() == 0


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({}, "1000"),
        ({"GOMP_SPINCOUNT": "5"}, "5"),
        ({"OMP_WAIT_POLICY": "ACTIVE"}, None),
    ],
)
def test_threads_spin_briefly_unless_the_person_has_said_otherwise(
    before: dict[str, str], after: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GOMP_SPINCOUNT", raising=False)
    monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
    for name, value in before.items():
        monkeypatch.setenv(name, value)
    machine.spin_briefly()
    assert os.environ.get("GOMP_SPINCOUNT") == after


def test_the_command_sets_it_before_torch_is_loaded() -> None:
    script = (
        "import os, sys\n"
        "class Seen:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'torch': print(os.environ.get('GOMP_SPINCOUNT'))\n"
        "sys.meta_path.insert(0, Seen())\n"
        "from steadfit.cli import main\n"
        "main(['shapes', 'mlp', '--input', '1x4x4'])\n"
    )
    clean = {k: v for k, v in os.environ.items() if k not in ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY")}
    done = subprocess.run(
        [sys.executable, "-c", script], env=clean, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[0] == "1000"
