"""Hostile files: damaged, or made to run code, to fill the memory, or to lead out of their folder.

200 here, 10,000 in `make faults`.
"""

import hashlib
import io
import json
import os
import pickle
import resource
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from faults.hostile import WHOLE, altered, damaged, happened
from steadfit.data import from_arrays, read, split
from steadfit.data.inputs import read_inputs
from steadfit.data.sequence_inputs import read_sequences
from steadfit.errors import SteadfitError
from steadfit.recipe import Recipe
from steadfit.report import summary
from steadfit.study import Design, StudyResult, run_study
from steadfit.study.store import existing_store
from steadfit.training import TrainedModel

CASES = int(os.environ.get("STEADFIT_HOSTILE_FILES", "200"))
ROOM = 4 * 2**30  # bytes that a reader may ask for

Reader = Callable[[Path], object]
RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 255, (12, 8, 8), dtype=np.uint8)
LABELS = np.arange(12) % 2


def table(path: Path) -> object:
    return [read(path, **options) for options in ({}, {"target": "label"})]


def images(path: Path) -> object:
    """The image in a folder of classes with others."""
    return read(path.parent.parent, damaged=0.9)


def model(path: Path) -> object:
    return TrainedModel.load(path.parent).predict(torch.zeros(1, 1, 8, 8))


def result(path: Path) -> object:
    from rich.console import Console

    found = StudyResult.read(path)
    Console(file=io.StringIO()).print(summary(found))
    store = existing_store(path.parent / "store")
    return [store.read(key) for arm in found.arms for key in arm.replicas if store and key in store]


def replica(path: Path) -> object:
    """The store's file, its digest right: what does harm must be refused for what it is."""
    figures = path.parent / "replica.json"
    if path != figures:
        known = json.loads(figures.read_bytes())
        known["sha256"][path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
        figures.write_text(json.dumps(known))
    store = existing_store(path.parent.parent)
    assert store is not None
    return store.read(path.parent.name)


KINDS: dict[str, tuple[str, Reader]] = {
    "an npz": ("a.npz", read),
    "an npz to predict": ("a.npz", lambda path: read_inputs(path, (1, 8, 8))),
    "a table": ("t.csv", table),
    "a long table": ("t.csv", lambda path: read(path, series="a", target="label")),
    "a table to forecast": ("t.csv", lambda path: read(path, horizon=2, target="b")),
    "a table of texts": ("t.csv", lambda path: read(path, text="label", target="a")),
    "a table to predict": ("t.csv", lambda path: read_sequences(path, "steps")),
    "texts to predict": ("t.csv", lambda path: read_sequences(path, "words", ("label",))),
    "parquet": ("t.parquet", table),
    "ts": ("u.ts", read),
    "ts to predict": ("u.ts", lambda path: read_sequences(path, "steps")),
    "text": ("c.txt", read),
    "a png": ("p/x/0.png", images),
    "a jpeg": ("p/x/1.jpg", images),
    "an image to predict": ("p/x/2.gif", lambda path: read_inputs(path, (1, 8, 8))),
    "a model": ("run/model/model.json", model),
    "weights": ("run/model/weights-0.safetensors", model),
    "a replica": ("run/store/{key}/replica.json", replica),
    "its predictions": ("run/store/{key}/predictions.npz", replica),
    "its weights": ("run/store/{key}/weights.safetensors", replica),
    "a result": ("run/study.json", result),
    "a recipe": ("recipe.json", lambda path: Recipe.from_json(path.read_text("utf-8", "replace"))),
}


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one good file of each kind."""
    folder = tmp_path_factory.mktemp("hostile") / "inside"
    (folder / "p" / "x").mkdir(parents=True)
    (folder / "p" / "y").mkdir()
    (folder.parent / "outside").write_text("must not be opened")
    np.savez(folder / "a.npz", x=IMAGES, y=LABELS)
    rows = [f"{i // 3},{i},{i % 5}.5,{'xy'[i // 3 % 2]}" for i in range(36)]
    (folder / "t.csv").write_text("a,b,c,label\n" + "\n".join(rows))
    columns = {"a": list(range(12)), "b": [0.5] * 12, "label": ["x", "y"] * 6}
    pq.write_table(pa.table(columns), folder / "t.parquet")
    series = "\n".join(f"1,2,{i}:{i % 2}" for i in range(12))
    (folder / "u.ts").write_text(f"@problemName u\n@classLabel true 0 1\n@data\n{series}\n")
    (folder / "c.txt").write_text("the cat sat on the mat. " * 100)
    for i in range(8):
        suffix = (".png", ".jpg", ".gif", ".bmp")[i % 4]
        Image.fromarray(IMAGES[i]).save(folder / "p" / "xy"[i // 4] / f"{i}{suffix}")
    (folder / "recipe.json").write_text(Recipe().to_json())
    parts = split(from_arrays(IMAGES, LABELS))
    recipe = Recipe().model_with(name="mlp", width=0.05).training_with(epochs=1)
    run_study(parts, recipe, ["l2"], folder / "run", Design(samples=2, seeds=1), processes=1)
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
@settings(max_examples=CASES // len(KINDS), deadline=None)
@given(data=st.data())
def test_a_hostile_file_is_read_or_a_sentence_and_runs_nothing(
    good: Path, kind: str, data: st.DataObject
) -> None:
    path = path_of(kind, good)
    change = altered if path.suffix == ".json" else damaged
    read_hostile(kind, good, data.draw(change(path.read_bytes()), label=kind))


@pytest.mark.parametrize("kind", KINDS)
def test_whole_files_of_another_kind_are_too(good: Path, kind: str) -> None:
    for content in WHOLE.values():
        read_hostile(kind, good, content)


def path_of(kind: str, good: Path) -> Path:
    return next(good.glob(KINDS[kind][0].format(key="[0-9a-f]" * 64)))


def read_hostile(kind: str, good: Path, content: bytes) -> None:
    """Put this in the place of the good file, and read it."""
    reader, path = KINDS[kind][1], path_of(kind, good)
    beside = {file: file.read_bytes() for file in path.parent.iterdir() if file.is_file()}
    path.write_bytes(content)
    happened.clear()
    try:
        with at_most(20), suppress(SteadfitError):
            reader(path)
    finally:
        for file, content in beside.items():
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
