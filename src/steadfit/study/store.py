"""The store: finished replicas by key, one folder each, and the only state of a study.

A replica is written to a temporary folder, flushed to the disk and renamed, so that it is either
whole or absent. Several processes, and several studies, may share one store.
"""

import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import safetensors.torch
from filelock import FileLock, Timeout
from safetensors import SafetensorError

from steadfit.errors import SteadfitError
from steadfit.training import Replica

FORMAT = 1
_FIGURES, _PREDICTIONS, _WEIGHTS = "replica.json", "predictions.npz", "weights.safetensors"


@dataclass(frozen=True)
class Store:
    """Finished replicas in a folder. `open_store` makes or checks it."""

    folder: Path

    def __contains__(self, key: str) -> bool:
        return (self.folder / key).is_dir()

    def write(self, key: str, replica: Replica) -> None:
        """Keep a replica; all of it or nothing. One that is there already stays as it is.

        Raises SteadfitError when the disk is full or the folder cannot be written.
        """
        with _sentences(self.folder):
            temporary = new_name(self.folder)
            temporary.mkdir()
            try:
                self._fill(temporary, replica)
                os.rename(temporary, self.folder / key)
                _flush(self.folder)
            except OSError:
                shutil.rmtree(temporary, ignore_errors=True)
                if key not in self:
                    raise

    def _fill(self, folder: Path, replica: Replica) -> None:
        np.savez(folder / _PREDICTIONS, logits=replica.logits)
        weights = {name: tensor.contiguous() for name, tensor in replica.weights.items()}
        (folder / _WEIGHTS).write_bytes(safetensors.torch.save(weights))
        figures = asdict(replica)
        del figures["logits"], figures["weights"]
        figures["sha256"] = {name: _digest(folder / name) for name in (_PREDICTIONS, _WEIGHTS)}
        (folder / _FIGURES).write_text(json.dumps(figures, sort_keys=True))
        for path in (*folder.iterdir(), folder):
            _flush(path)

    def read(self, key: str) -> Replica:
        """The replica of this key. Raises SteadfitError where what is there is damaged."""
        folder = self.folder / key
        try:
            figures = json.loads((folder / _FIGURES).read_text())
            for name, digest in figures.pop("sha256").items():
                if _digest(folder / name) != digest:
                    raise ValueError(f"{name} has changed since it was written")
            with np.load(folder / _PREDICTIONS, allow_pickle=False) as file:
                logits = file["logits"]
            weights = safetensors.torch.load_file(folder / _WEIGHTS)
            return Replica(logits=logits, weights=weights, **figures)
        except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
            raise SteadfitError(
                f"The replica in {folder} is damaged ({error}). "
                "Delete that folder and run the study again: this replica alone is trained anew."
            ) from None

    @contextmanager
    def claim(self, key: str) -> Iterator[bool]:
        """Whether this process alone may train the replica; held until the block ends.

        The claim is a lock of the operating system, so it ends with the process that holds it.
        """
        lock = FileLock(self.folder / ".claims" / key)
        try:
            lock.acquire(blocking=False)
        except Timeout:
            yield False
            return
        try:
            yield key not in self
        finally:
            lock.release()


def open_store(folder: Path) -> Store:
    """The store in this folder, made where there is none.

    Raises SteadfitError if it was written in another format, or the folder cannot be written.
    """
    mark = folder / "store.json"
    with _sentences(folder):
        (folder / ".claims").mkdir(parents=True, exist_ok=True)
        if not mark.exists():
            write_text(mark, json.dumps({"format": FORMAT}) + "\n")
        try:
            found = json.loads(mark.read_text()).get("format")
        except (ValueError, AttributeError):
            found = None
    if found != FORMAT:
        raise SteadfitError(
            f"The store {folder} has format {found!r}, and this version of steadfit reads format "
            f"{FORMAT}. Use the version that wrote it, or another folder (--out)."
        )
    return Store(folder)


def write_text(path: Path, text: str) -> None:
    """Write a file whole or not at all: temporary name, flushed to the disk, renamed."""
    with _sentences(path):
        temporary = new_name(path.parent)
        try:
            with temporary.open("w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)


@contextmanager
def _sentences(place: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise SteadfitError(
            f"{place} cannot be written: {error.strerror or error}. Free some space or name "
            "another folder (--out); what was finished is kept."
        ) from None


def new_name(folder: Path) -> Path:
    """A name for something not yet whole; unlike tempfile's, what gets it has usual permissions."""
    return folder / f".new-{uuid.uuid4().hex}"


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
