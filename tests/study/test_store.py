import json
import os
import pickle
import resource
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from steadfit.errors import SteadfitError
from steadfit.study.result import read_result
from steadfit.study.store import open_store, pack
from steadfit.training import Replica

KEY = "a" * 64


def replica(value: float = 1.0) -> Replica:
    return Replica(
        logits=np.full((3, 2), value, np.float32),
        weights={"w": torch.tensor([value, float("nan")]), "n": torch.tensor(3)},
        preparation={"mean": [0.1], "std": [1 / 3]},
        curves={"train_loss": [1.0, 0.1]},
        facts={"steps": 7.0},
        seconds=0.25,
    )


def test_what_is_written_is_read_back(tmp_path):
    store = open_store(tmp_path / "store")
    assert KEY not in store
    store.write(KEY, replica())
    assert KEY in open_store(tmp_path / "store")
    found = store.replica(KEY)
    np.testing.assert_array_equal(found.logits, replica().logits)
    np.testing.assert_array_equal(store.read(KEY).logits, replica().logits)
    assert store.read(KEY).curves == found.curves
    assert torch.equal(found.weights["n"], torch.tensor(3))
    assert found.weights["w"][0] == 1
    assert (found.preparation, found.curves, found.facts, found.seconds) == (
        replica().preparation,
        replica().curves,
        replica().facts,
        0.25,
    )


def test_a_replica_packed_on_another_machine_is_the_same_files(tmp_path):
    here, there = open_store(tmp_path / "here"), open_store(tmp_path / "there")
    here.write(KEY, replica())
    there.write_packed(KEY, pickle.loads(pickle.dumps(pack(replica()))))
    names = sorted(path.name for path in (here.folder / KEY).iterdir())
    assert names == ["predictions.npz", "replica.json", "weights.safetensors"]
    for name in names:
        assert (here.folder / KEY / name).read_bytes() == (there.folder / KEY / name).read_bytes()
    there.write_packed(KEY, pack(replica(2.0)))
    assert there.read(KEY).logits[0, 0] == 1.0  # the first one stays


def test_the_first_replica_of_a_key_stays(tmp_path):
    store = open_store(tmp_path)
    store.write(KEY, replica(1.0))
    store.write(KEY, replica(2.0))
    assert store.read(KEY).logits[0, 0] == 1.0
    assert not list(tmp_path.glob(".new-*"))


@pytest.mark.parametrize("file", ["replica.json", "predictions.npz", "weights.safetensors"])
@pytest.mark.parametrize("damage", ["absent", "empty", "nested", "truncated", "bit flipped"])
def test_a_damaged_replica_is_a_sentence(tmp_path, file, damage):
    store = open_store(tmp_path)
    store.write(KEY, replica())
    path = tmp_path / KEY / file
    content = bytearray(path.read_bytes())
    if damage == "absent":
        path.unlink()
    elif damage in ("empty", "nested"):
        path.write_bytes(b"" if damage == "empty" else b"[" * 100_000)
    elif damage == "truncated":
        path.write_bytes(content[: len(content) // 2])
    else:
        place = content.index(b":") if file == "replica.json" else len(content) // 2
        content[place] ^= 1
        path.write_bytes(content)
    with pytest.raises(SteadfitError, match=rf"{KEY} is damaged .*Delete that folder"):
        store.replica(KEY)
    if file != "weights.safetensors":
        with pytest.raises(SteadfitError, match=rf"{KEY} is damaged .*Delete that folder"):
            store.read(KEY)


def test_weights_are_not_looked_at_where_predictions_are_asked_for(tmp_path):
    store = open_store(tmp_path)
    store.write(KEY, replica())
    (tmp_path / KEY / "weights.safetensors").unlink()
    np.testing.assert_array_equal(store.read(KEY).logits, replica().logits)


@pytest.mark.parametrize(
    ("figure", "value"),
    [("facts", {"steps": "many"}), ("facts", {"parameters": float("nan")}), ("seconds", None),
     ("curves", {"train_loss": 1}), ("failure", "\ud800"), ("preparation", [])],
)  # fmt: skip
def test_figures_of_another_kind_are_a_sentence(tmp_path, figure, value):
    store = open_store(tmp_path)
    store.write(KEY, replica())
    path = tmp_path / KEY / "replica.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), figure: value}))
    with pytest.raises(SteadfitError, match=r"is damaged .*Delete that folder"):
        store.read(KEY)


def test_a_file_that_is_too_large_for_the_system_leaves_the_others(tmp_path):
    """A limit of the system's own, as a full disk would have it in the middle of a file."""
    store = open_store(tmp_path)
    store.write(KEY, replica())
    kept = {path: path.read_bytes() for path in (tmp_path / KEY).iterdir()}
    other, large = "b" * 64, replace(replica(), logits=np.zeros((3000, 2), np.float32))
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (8192, hard))
    try:
        with pytest.raises(SteadfitError, match=r"File too large\. Allow larger files"):
            store.write(other, large)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert other not in store
    assert not list(tmp_path.glob(".new-*"))
    assert {path: path.read_bytes() for path in kept} == kept
    store.write(other, large)
    np.testing.assert_array_equal(store.read(other).logits, large.logits)


def test_a_pickle_is_never_loaded(tmp_path):
    import hashlib

    store = open_store(tmp_path)
    store.write(KEY, replica())
    path = tmp_path / KEY / "predictions.npz"
    touched = tmp_path / "touched"

    class Evil:
        def __reduce__(self):
            return Path.touch, (touched,)

    np.savez(path, logits=np.array([Evil()], dtype=object))
    figures = json.loads((tmp_path / KEY / "replica.json").read_text())
    figures["sha256"]["predictions.npz"] = hashlib.sha256(path.read_bytes()).hexdigest()
    (tmp_path / KEY / "replica.json").write_text(json.dumps(figures))
    with pytest.raises(SteadfitError, match="damaged"):
        store.read(KEY)
    assert not touched.exists()


@pytest.mark.parametrize("content", ['{"format": 99}', "no json", "[]"])
def test_a_store_of_another_version_is_a_sentence(tmp_path, content):
    (tmp_path / "store.json").write_text(content)
    with pytest.raises(SteadfitError, match=r"format .*reads format 2"):
        open_store(tmp_path)


def test_a_file_where_the_folder_should_be_is_a_sentence(tmp_path):
    (tmp_path / "runs").write_text("")
    with pytest.raises(SteadfitError, match="cannot be written"):
        open_store(tmp_path / "runs" / "store")


def test_a_full_disk_is_a_sentence_and_leaves_nothing(tmp_path, monkeypatch):
    store = open_store(tmp_path)

    def full(handle):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(SteadfitError, match="No space left on device"):
        store.write(KEY, replica())
    assert KEY not in store
    assert not list(tmp_path.glob(".new-*"))


def test_a_study_that_is_not_finished_is_said_to_go_on(tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    with pytest.raises(SteadfitError, match="not finished"):
        read_result(tmp_path)
