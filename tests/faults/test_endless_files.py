"""Files that would hang a reader or fill the memory: refused, or read, in 10 s and 1 GB.

Small ones here, each read as one kind; full size, all kinds, and a table of what they took, in
`make hostile`.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path

import pytest

from faults.endless import FILES, PLACES
from faults.kinds import KINDS, make, path_of
from faults.measured import Measure, measured

SECONDS, BYTES = 10, 10**9
FULL = "STEADFIT_FULL_SIZE" in os.environ
SCALE = 1.0 if FULL else 0.005  # of the files' full size
OWN = ("a recipe",)  # its caller opens it

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/schedstat").exists(), reason="needs what Linux tells of a process"
)
Read = Callable[[str, Path], Measure]


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("endless") / "inside"
    make(folder)
    return folder


@pytest.fixture(scope="module")
def read() -> Iterator[Read]:
    """Have a file read in a process that is forked from one that has only imported all."""
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        yield lambda kind, path: pool.submit(measured, kind, path).result()


@contextmanager
def in_the_place_of(path: Path) -> Iterator[None]:
    """The good file comes back in the end; meanwhile it is beside its place, as `kept`."""
    kept = path.rename(path.with_name("kept"))
    try:
        yield
    finally:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
        kept.rename(path)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in OWN])
def test_what_is_no_file_of_a_sane_size_is_refused_at_once(
    good: Path, kind: str, read: Read, capsys: pytest.CaptureFixture[str]
) -> None:
    path, found = path_of(kind, good), {}
    for place, plant in PLACES.items():
        with in_the_place_of(path):
            plant(path)
            found[place] = read(kind, path)
    check(kind, found, capsys)


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_would_fill_the_memory_is_read_or_refused(
    good: Path, name: str, read: Read, capsys: pytest.CaptureFixture[str]
) -> None:
    kinds, plant = FILES[name]
    found = {}
    for kind in kinds if FULL else kinds[:1]:
        path = path_of(kind, good)
        with in_the_place_of(path):
            plant(path, SCALE)
            found[kind] = read(kind, path)
    check(name, found, capsys)


def check(name: str, found: dict[str, Measure], capsys: pytest.CaptureFixture[str]) -> None:
    if FULL:  # the table of docs/faults.md
        seconds = max(one.seconds for one in found.values())
        peak = max(one.peak for one in found.values())
        with capsys.disabled():
            print(f"\n| {name} | {len(found)} | {seconds:.1f} | {peak / 1e6:,.0f} |", end="")
    for other, one in found.items():
        took = f"{name}, {other}: {one.seconds:.1f} s, {one.peak / 1e6:,.0f} MB: {one.said}"
        assert one.seconds < SECONDS, took
        assert one.peak < BYTES, took
        assert one.said not in ("stopped", "ended without a word"), took
