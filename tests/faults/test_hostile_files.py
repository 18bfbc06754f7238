"""Hostile files: damaged, or made to run code, to fill the memory, or to lead out of their folder.

200 here, 10,000 in `make faults`.
"""

import os
import pickle
import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from hypothesis import given, settings

from faults.hostile import WHOLE, altered, damaged, happened
from faults.kinds import KINDS, make, path_of
from steadfit.errors import SteadfitError

CASES = int(os.environ.get("STEADFIT_HOSTILE_FILES", "200"))
EACH = -(-CASES // len(KINDS))  # of each kind, so that they are no fewer in all
ROOM = 4 * 2**30  # bytes that a reader may ask for


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one good file of each kind."""
    folder = tmp_path_factory.mktemp("hostile") / "inside"
    make(folder)
    (folder.parent / "outside").write_text("must not be opened")
    return folder


@pytest.fixture(autouse=True)
def bounded():
    """Within a few GB and seconds: what asks for more than a bomb should get fails."""
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (used + ROOM, hard))
    yield
    resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


@contextmanager
def at_most(seconds: int) -> Iterator[None]:
    """Of this process's own time, so that a machine with other work, or a pause, is no failure."""

    def late(*_: object) -> None:
        raise AssertionError(f"took more than {seconds} s")

    signal.signal(signal.SIGPROF, late)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


@pytest.mark.parametrize("kind", KINDS)
def test_a_hostile_file_is_read_or_a_sentence_and_runs_nothing(good: Path, kind: str) -> None:
    path, done = path_of(kind, good), 0
    change = altered if path.suffix == ".json" else damaged

    @settings(max_examples=EACH, deadline=None)
    @given(content=change(path.read_bytes()))
    def each(content: bytes) -> None:
        nonlocal done
        read_hostile(kind, good, content)
        done += 1

    each()
    assert done >= EACH


@pytest.mark.parametrize("kind", KINDS)
def test_whole_files_of_another_kind_are_too(good: Path, kind: str) -> None:
    for content in WHOLE.values():
        read_hostile(kind, good, content)


def read_hostile(kind: str, good: Path, content: bytes) -> None:
    """Put this in the place of the good file, and read it."""
    reader, path = KINDS[kind][1], path_of(kind, good)
    top = good / path.relative_to(good).parts[0]  # a study writes more than this file
    before = {file: file.read_bytes() for file in (top, *top.rglob("*")) if file.is_file()}
    path.write_bytes(content)
    happened.clear()
    try:
        with at_most(20), suppress(SteadfitError):
            reader(path)
    finally:
        for file, content in before.items():
            if file.read_bytes() != content:
                file.write_bytes(content)
    assert not happened
    assert sorted(p.name for p in good.parent.iterdir()) == ["inside", "outside"]


@pytest.mark.parametrize("kind", KINDS)
def test_the_good_files_are_read(good: Path, kind: str) -> None:
    KINDS[kind][1](path_of(kind, good))


def test_what_would_run_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The oracle itself: each trap, read as it should not be, is noticed."""
    (tmp_path / "inside").mkdir()
    monkeypatch.chdir(tmp_path / "inside")
    for name in ("a pickle", "an old pickle"):
        happened.clear()
        pickle.loads(WHOLE[name])
        assert "pickle.find_class" in happened
        (tmp_path / "outside").unlink()
    happened.clear()
    (tmp_path / "outside").write_bytes(b"")
    assert happened == [f"open {tmp_path / 'outside'}"]
