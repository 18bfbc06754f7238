"""Disks that are full, read only or elsewhere, and too little shared memory: real ones, mounted.

In a mount namespace of their own, which needs no rights where users may have one.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parent.parent
UNSHARED = ("unshare", "--user", "--map-root-user", "--mount")


def cannot_mount(folder: Path) -> str:
    """Empty, or why not."""
    try:
        tried = subprocess.run(
            [*UNSHARED, "mount", "-t", "tmpfs", "none", str(folder)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    except FileNotFoundError as error:
        return str(error)
    return tried.stderr


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict:
    """What `disks.py` found."""
    folder = tmp_path_factory.mktemp("disks")
    if why := cannot_mount(folder):
        pytest.skip(f"disks cannot be mounted here: {why.strip()}")
    own = os.environ.get("PYTHONPATH", "")
    done = subprocess.run(
        [*UNSHARED, sys.executable, "-m", "faults.disks", str(folder)],
        capture_output=True, text=True, timeout=600, check=False,
        env={**os.environ, "PYTHONPATH": f"{TESTS}:{own}"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    return json.loads(done.stdout)


def replicas(study: dict) -> dict[str, str]:
    return {name: content for name, content in study["kept"].items() if name.startswith("store")}


def test_a_full_disk_keeps_what_was_finished_and_goes_on_when_it_has_room(found: dict) -> None:
    whole, full, room = found["whole"], found["full"], found["room"]
    assert len(replicas(whole)) >= 3 * 7, "two arms of three and the model handed over; three files"
    assert len(whole["kept"]) == len(replicas(whole)) + 3, "the result, and the model's two files"
    assert full["status"] == 2
    assert "cannot be written: No space left on device. Free some space or choose" in full["said"]
    assert 0 < len(replicas(full)) < len(replicas(whole))
    assert len(replicas(full)) % 3 == 0, "a replica without one of its files"
    assert room["status"] == 0
    assert re.search(rf": {len(replicas(full)) // 3} of \d+, there already", room["said"])
    assert {name: room["kept"][name] for name in replicas(full)} == replicas(full)
    assert results(room) == results(whole)
    assert full["left"] == room["left"] == []


def results(study: dict) -> dict[str, str]:
    """All but `replica.json`, which says how long it took."""
    return {name: held for name, held in study["kept"].items() if "replica.json" not in name}


@pytest.mark.parametrize("run", ["again", "other"])
def test_a_read_only_disk_is_a_sentence(found: dict, run: str) -> None:
    assert found[run]["status"] == 2
    assert "cannot be written: Read-only file system. Make it writable or" in found[run]["said"]
    assert found[run]["kept"] == (found["room"]["kept"] if run == "again" else {})


def test_a_study_on_a_read_only_disk_is_shown(found: dict) -> None:
    assert found["show"]["status"] == 0
    assert "dropout=0.5" in found["show"]["said"]


def test_a_store_on_another_disk_is_as_good(found: dict) -> None:
    assert found["elsewhere"]["status"] == 0, found["elsewhere"]["said"]
    assert results(found["elsewhere"]) == results(found["whole"])


@pytest.mark.parametrize("size", ["64k", "4k"])
def test_data_larger_than_the_shared_memory_are_handed_over_otherwise(
    found: dict, size: str
) -> None:
    assert found[size]["status"] == 0, found[size]["said"]
    assert results(found[size]) == results(found["whole"])
