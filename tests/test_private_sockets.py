"""Processes of a study send each other pickles: no other user can reach their sockets."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

STUDY = """
import os, socket, stat
from contextlib import suppress
from pathlib import Path
import numpy as np
import steadfit as sf

os.umask(0)  # the most careless that a person can be
seen = set()

def ours():
    # This process and all below it.
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                text = (entry / "stat").read_text()
            except OSError:
                continue
            parents[int(entry.name)] = int(text.rpartition(")")[2].split()[1])
    found = {os.getpid()}
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return found

def sockets(pid):
    # Inodes of the sockets that it holds.
    found = []
    with suppress(OSError):
        for link in os.listdir(f"/proc/{pid}/fd"):
            with suppress(OSError):  # that of the listing itself is closed by now
                found.append(os.readlink(f"/proc/{pid}/fd/{link}"))
    return [target[8:-1] for target in found if target.startswith("socket:[")]

def watch(progress):
    held = {inode for pid in ours() for inode in sockets(pid)}
    for line in Path("/proc/net/unix").read_text().splitlines()[1:]:
        parts = line.split(maxsplit=7)
        if len(parts) == 8 and parts[6] in held and parts[7] not in seen:  # it has a name
            seen.add(parts[7])
            assert not parts[7].startswith("@"), "any user can connect to an abstract name"
            folder = Path(parts[7]).parent.lstat()
            print(stat.S_ISDIR(folder.st_mode), oct(stat.S_IMODE(folder.st_mode)), folder.st_uid)

x = np.random.default_rng(0).integers(0, 255, (12, 4, 4), dtype=np.uint8)
np.savez("d.npz", x=x, y=np.arange(12) % 2)
own = socket.socket(socket.AF_UNIX)
own.bind(os.path.abspath("open"))  # which the test must see
sf.study("d.npz", "mlp", "none", samples=2, folds=2, settings={"width": 0.05},
         training={"epochs": 1}, reference=False, processes=2, watch=watch)
"""


@pytest.mark.skipif(not Path("/proc/net/unix").exists(), reason="needs Linux's list of sockets")
def test_only_the_owner_reaches_the_workers(tmp_path: Path) -> None:
    """Of all named sockets that a study's processes hold, the folders, their modes and owners."""
    tmp_path.chmod(0o755)
    done = subprocess.run(
        [sys.executable, "-c", STUDY], cwd=tmp_path, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    found = set(done.stdout.splitlines())
    planted = f"True 0o755 {os.geteuid()}"
    assert planted in found
    assert found - {planted} == {f"True 0o700 {os.geteuid()}"}
