"""Files that would hang a reader or fill the memory: refused, or read, in 10 s and 1 GB.

Small ones here, full size in `make faults`.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from faults.kinds import KINDS, make, path_of
from steadfit.errors import SteadfitError

SECONDS, BYTES = 10, 10**9
SCALE = 1.0 if "STEADFIT_HOSTILE_FILES" in os.environ else 0.05  # of the bombs' full size


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("endless") / "inside"
    make(folder)
    return folder


def a_socket(path: Path) -> None:
    before = os.getcwd()
    os.chdir(path.parent)  # its name may be no longer than some 100 bytes
    try:
        with socket.socket(socket.AF_UNIX) as made:
            made.bind(path.name)
    finally:
        os.chdir(before)


def a_terabyte(path: Path) -> None:
    """Of nothing: it takes no room on the disk."""
    path.touch()
    os.truncate(path, 10**12)


OWN = ("a recipe",)  # its caller opens it
PLACES: dict[str, Callable[[Path], object]] = {
    "a pipe": os.mkfifo,
    "a link to an endless device": lambda path: path.symlink_to("/dev/zero"),
    "a link to itself": lambda path: path.symlink_to(path.name),
    "a folder": Path.mkdir,
    "a socket": a_socket,
    "a terabyte": a_terabyte,
}


@contextmanager
def at_most(seconds: int) -> Iterator[None]:
    """By the clock, as a pipe is waited for without any work."""

    def late(*_: object) -> None:
        raise AssertionError(f"took more than {seconds} s")

    signal.signal(signal.SIGALRM, late)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in OWN])
def test_what_is_no_file_of_a_sane_size_is_refused_at_once(
    good: Path, kind: str, place: str
) -> None:
    path = path_of(kind, good)
    kept = path.with_name("kept")
    path.rename(kept)
    try:
        PLACES[place](path)
        with at_most(60), suppress(SteadfitError):
            KINDS[kind][1](path)
    finally:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
        kept.rename(path)


def zeros(path: Path) -> None:
    n = int(10_000_000 * SCALE)
    np.savez_compressed(path, x=np.zeros((n, 28, 8), np.uint8), y=np.zeros(n))


def a_column(path: Path) -> None:
    n = int(200_000_000 * SCALE)
    values = {"a": pa.array(np.zeros(n, np.int8)), "label": pa.array(np.zeros(n, np.int8))}
    pq.write_table(pa.table(values), path)


def a_line(path: Path) -> None:
    path.write_text("abcdefghij" * int(1_000_000 * SCALE))


def a_line_of_words(path: Path) -> None:
    words = "a b " * int(1_000_000 * SCALE)
    path.write_text(f"text,label\n{words},x\n{words},y\n")


def a_long_series(path: Path) -> None:
    row = ",".join(["1"] * int(2_000_000 * SCALE))
    path.write_text(f"@problemName u\n@classLabel true 0 1\n@data\n{row}:0\n{row}:1\n")


def columns(path: Path) -> None:
    n = int(1_000_000 * SCALE)
    names = ",".join(f"c{i}" for i in range(n))
    path.write_text(f"{names},label\n" + ("1," * n + "x\n") * 2)


BOMBS: dict[str, Callable[[Path], None]] = {
    "zeros.npz": zeros,
    "a column.parquet": a_column,
    "a line.txt": a_line,
    "words.csv": a_line_of_words,
    "a series.ts": a_long_series,
    "columns.csv": columns,
}
READ = """
import resource, sys
from pathlib import Path
from steadfit.data import read
from steadfit.errors import SteadfitError
try:
    print(read(sys.argv[1]))
except SteadfitError as error:
    print(error)
used = resource.getrusage(resource.RUSAGE_SELF)
peak = used.ru_maxrss * (1024 if sys.platform == "linux" else 1)
status = Path("/proc/self/status")
if status.exists():  # ru_maxrss is that of the process that started this one, where it was larger
    (line,) = [line for line in status.read_text().splitlines() if line.startswith("VmHWM")]
    peak = int(line.split()[1]) * 1024
print(used.ru_utime + used.ru_stime, peak)
"""


@pytest.mark.parametrize("name", BOMBS)
def test_a_small_file_of_large_data_is_read_or_refused(name: str, tmp_path: Path) -> None:
    """In a process of its own, which tells its time and memory."""
    BOMBS[name](tmp_path / name)
    done = subprocess.run(
        [sys.executable, "-c", READ, str(tmp_path / name)],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    seconds, peak = map(float, done.stdout.splitlines()[-1].split())
    assert seconds < SECONDS
    assert peak < BYTES
