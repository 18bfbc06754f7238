"""Two users on one machine: what the one may not read or write, and what the other puts in the way.

The second user is `nobody`. Only root can become another user, and the interpreter may lie where
that user cannot read: a child is forked from this process and becomes `nobody` then.
"""

import io
import json
import multiprocessing
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
from PIL import Image

import steadfit as sf
from steadfit.cli import main
from steadfit.errors import SteadfitError
from steadfit.study.store import open_store

NOBODY = 65534
SMALL = ("--model", "mlp", "--set", "width=0.05", "--epochs", "1")
QUICK = {"settings": {"width": 0.05}, "training": {"epochs": 1}}
RNG = np.random.default_rng(0)

pytestmark = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can be a second user"
)


def become_nobody(place: Path) -> None:
    os.setgroups([])
    os.setgid(NOBODY)
    os.setuid(NOBODY)
    os.chdir(place)


def said(*arguments: object) -> tuple[int, str]:
    """The status of a command, and what it prints; no traceback, as an exception comes through."""
    out, status = io.StringIO(), 0
    # No workers: they would be started from the interpreter's file. All is refused before that.
    with redirect_stdout(out), redirect_stderr(out), mock.patch("steadfit.workers.start_server"):
        try:
            main([str(argument) for argument in arguments])
        except SystemExit as end:
            status = int(end.code or 0)
    return status, out.getvalue()


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    """Where both users can go (pytest's folders are root's alone), with root's run and its data."""
    place = Path(tempfile.mkdtemp(prefix="steadfit-two-users-"))
    place.chmod(0o755)
    images = RNG.integers(0, 255, (12, 4, 4), dtype=np.uint8)
    np.savez(place / "d.npz", x=images, y=np.arange(12) % 2)
    (place / "t.csv").write_text("a,b,label\n" + "1,2,x\n3,4,y\n" * 6)
    for i in range(12):
        folder = place / "photos" / "xy"[i % 2]
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(images[i]).save(folder / f"{i}.png")
    run = place / "run"
    sf.study(place / "d.npz", "mlp", ["l2"], samples=2, processes=1, out=run, **QUICK)
    said("predict", run, place / "photos")  # loads what he could not
    yield place
    shutil.rmtree(place)


@pytest.fixture
def nobody(place: Path) -> Iterator[ProcessPoolExecutor]:
    """Runs what it is given as the second user, in that folder."""
    context = multiprocessing.get_context("fork")
    with ProcessPoolExecutor(
        1, mp_context=context, initializer=become_nobody, initargs=(place,)
    ) as pool:
        assert pool.submit(os.geteuid).result() == NOBODY
        yield pool


@pytest.fixture
def close(place: Path) -> Iterator[Callable[[str], None]]:
    """Takes the right to read a file or a folder from all but root; gives it back in the end."""
    changed: dict[Path, int] = {}

    def close(name: str) -> None:
        changed[place / name] = (place / name).stat().st_mode
        (place / name).chmod(0o700 if (place / name).is_dir() else 0o600)

    yield close
    for path, mode in changed.items():
        path.chmod(mode)


PREDICT = ("predict", "run", "d.npz")
READING = {
    "run": [PREDICT, ("show", "run"), ("report", "run"), ("study", "d.npz", "--out", "run")],
    "run/model": [PREDICT, ("predict", "run/model", "d.npz")],
    "run/model/model.json": [PREDICT],
    "run/model/weights-0.safetensors": [PREDICT],
    "run/study.json": [PREDICT, ("show", "run"), ("report", "run")],
    "run/points.npz": [("report", "run")],
    "d.npz": [PREDICT, ("fit", "d.npz", "--out", "new", *SMALL)],
    "t.csv": [("fit", "t.csv", "--out", "new", *SMALL)],
    "photos": [
        ("fit", "photos", "--out", "new", *SMALL),
        ("predict", "run", "photos"),
        ("predict", "run", "photos/x/0.png"),
    ],
    "photos/x": [("fit", "photos", "--out", "new", *SMALL), ("predict", "run", "photos")],
    "photos/x/0.png": [("predict", "run", "photos/x/0.png")],
}


@pytest.mark.parametrize("closed", READING)
def test_what_he_may_not_read_is_a_sentence(
    nobody: ProcessPoolExecutor, close: Callable[[str], None], closed: str
) -> None:
    close(closed)
    for command in READING[closed]:
        status, words = nobody.submit(said, *command).result(60)
        assert status == 2, words
        assert "Permission denied" in words
        assert "damaged" not in words
        assert len(words.splitlines()) < 4, words


def test_a_store_that_he_may_not_read_leaves_him_the_model(
    nobody: ProcessPoolExecutor, close: Callable[[str], None]
) -> None:
    for closed in ("run/store", "run/store/store.json"):
        close(closed)
        status, words = nobody.submit(said, *PREDICT).result(60)
        assert status == 0, words
        assert "disagreement are left out. The store" in words
        assert "cannot be read: Permission denied" in words
        assert len([line for line in words.splitlines() if line.startswith('"row ')]) == 12, words
        status, words = nobody.submit(said, "report", "run").result(60)
        assert status == 2, words
        assert "The store run/store cannot be read: Permission denied." in words
        assert "replicas" not in words, "none is missing"


def test_a_replica_that_he_may_not_read_is_not_called_damaged(
    place: Path, nobody: ProcessPoolExecutor, close: Callable[[str], None]
) -> None:
    found = json.loads((place / "run" / "study.json").read_text())
    close(f"run/store/{found['arms'][0]['tested'][0][0]}/replica.json")
    status, words = nobody.submit(said, "report", "run").result(60)
    assert status == 2, words
    assert "cannot be read: Permission denied" in words
    assert "Delete" not in words


@pytest.mark.parametrize(
    "command",
    [
        ("fit", "d.npz", "--out", "new", *SMALL),
        ("study", "d.npz", "--out", "run", *SMALL),
        ("study", "d.npz", "--out", "new", *SMALL),
        (*PREDICT, "--out", "p.csv"),
        (*PREDICT, "--out", "run/study.json"),
        ("report", "run"),
    ],
    ids=" ".join,
)
def test_where_he_may_not_write_is_a_sentence_and_nothing_changes(
    place: Path, nobody: ProcessPoolExecutor, command: tuple[str, ...]
) -> None:
    before = {path: path.stat().st_mtime_ns for path in place.rglob("*")}
    status, words = nobody.submit(said, *command).result(60)
    assert status == 2, words
    assert "cannot be written: Permission denied" in words
    assert {path: path.stat().st_mtime_ns for path in place.rglob("*")} == before


def test_a_store_of_another_user_is_no_place_for_his_replicas(
    place: Path, nobody: ProcessPoolExecutor
) -> None:
    with pytest.raises(SteadfitError, match="store cannot be written: Permission denied"):
        nobody.submit(open_store, place / "run" / "store").result(60)


@pytest.mark.parametrize("name", ["report.html", "study.json", "run.json", "points.npz"])
def test_a_link_he_planted_among_the_results_is_refused(
    place: Path, nobody: ProcessPoolExecutor, name: str
) -> None:
    shared, mine = _like_tmp(place), place / "mine"
    mine.write_text("years of work")
    nobody.submit(os.symlink, mine, shared / name).result(60)
    assert (shared / name).lstat().st_uid == NOBODY
    with pytest.raises(SteadfitError, match=f"{name} must be a file or absent, got a link to"):
        sf.study(place / "d.npz", "mlp", ["l2"], samples=2, out=shared, **QUICK)
    assert mine.read_text() == "years of work"
    assert not (shared / "store").exists()


def test_a_link_he_planted_for_predictions_or_a_model_is_refused(
    place: Path, nobody: ProcessPoolExecutor
) -> None:
    shared, mine = _like_tmp(place), place / "mine"
    mine.write_text("years of work")
    nobody.submit(os.symlink, mine, shared / "p.csv").result(60)
    nobody.submit(os.symlink, place / "run" / "model", shared / "model").result(60)
    before = (place / "run" / "model" / "model.json").read_bytes()
    status, words = said("predict", place / "run", place / "d.npz", "--out", shared / "p.csv")
    assert status == 2
    assert "p.csv must be a file or absent, got a link to" in words
    with pytest.raises(SteadfitError, match="model must be a folder or absent, got a link"):
        sf.fit(place / "d.npz", "mlp", out=shared, **QUICK)
    assert mine.read_text() == "years of work"
    assert (place / "run" / "model" / "model.json").read_bytes() == before


def _like_tmp(place: Path) -> Path:
    """A new folder in which all may write, and nobody remove what others wrote."""
    shared = Path(tempfile.mkdtemp(dir=place))
    shared.chmod(0o1777)
    return shared
