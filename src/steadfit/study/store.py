"""The store: finished replicas by key, one folder each, and the only state of a study.

A replica is written to a temporary folder, flushed to the disk and renamed, so that it is either
whole or absent. Several processes, and several studies, may share one store.
"""

import hashlib
import io
import json
import math
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.torch
from pydantic import TypeAdapter

from steadfit.analysis.terms import Failure
from steadfit.errors import SteadfitError
from steadfit.files import make_ready, whole_folder, write_text, writing
from steadfit.formats.npz import load_arrays
from steadfit.regular_files import read_json, read_regular
from steadfit.training import Replica
from steadfit.training.weights import read_weights

FORMAT = 2
_MARK, _CLAIMS = "store.json", ".claims"
_FIGURES, _PREDICTIONS, _WEIGHTS = "replica.json", "predictions.npz", "weights.safetensors"

_ARRAYS = ("logits", "weights")  # of a replica: all else is in `replica.json`
_KEY = re.compile(r"\w[\w.-]{0,99}", re.ASCII)  # a name of its own, that leads nowhere else
_DAMAGE = (OSError, ValueError, LookupError, MemoryError, RecursionError)


@dataclass(frozen=True, eq=False)
class Finished:
    """A replica as a study judges it: without its weights. The fields are those of `Replica`."""

    logits: np.ndarray
    curves: dict[str, list[float]]
    facts: dict[str, float]
    seconds: float = 0.0
    failure: Failure | None = None
    reason: str = ""

    @classmethod
    def failed(cls, failure: Failure) -> "Finished":
        """A replica that there is none of."""
        return cls(np.zeros((0, 0), np.float32), {}, {}, failure=failure)


@dataclass(frozen=True)
class _Figures:
    """`replica.json`: what of a `Replica` is no array, and the digests of the files with arrays."""

    preparation: dict[str, Any]
    curves: dict[str, list[float]]
    facts: dict[str, float]
    seconds: float
    failure: Failure | None
    reason: str
    sha256: dict[str, str]


_CHECKED = TypeAdapter(_Figures)


Packed = Mapping[str, np.ndarray]  # the content of a replica's files by name, as bytes


def pack(replica: Replica) -> Packed:
    """The files that a store keeps of a replica, with their digests among them.

    Where replicas are trained on other machines they are packed there, and the process that runs
    the study need not look into them. As arrays, for those are sent without a copy.
    """
    predictions = io.BytesIO()
    np.savez(predictions, logits=replica.logits)
    weights = {name: tensor.contiguous() for name, tensor in replica.weights.items()}
    arrays = {
        _PREDICTIONS: predictions.getvalue(),
        _WEIGHTS: safetensors.torch.save(weights),
    }
    figures = {key: value for key, value in vars(replica).items() if key not in _ARRAYS}
    figures["sha256"] = {name: hashlib.sha256(data).hexdigest() for name, data in arrays.items()}
    files = {**arrays, _FIGURES: json.dumps(figures, sort_keys=True).encode()}
    return {name: np.frombuffer(content, np.uint8) for name, content in files.items()}


@dataclass(frozen=True)
class Store:
    """Finished replicas in a folder. `open_store` makes or checks it."""

    folder: Path

    @property
    def claims(self) -> Path:
        """The folder of claims: `steadfit.study.claims`."""
        return self.folder / _CLAIMS

    def __contains__(self, key: str) -> bool:
        return _KEY.fullmatch(key) is not None and (self.folder / key).is_dir()

    def write(self, key: str, replica: Replica) -> None:
        """Keep a replica; all of it or nothing. One that is there already stays as it is.

        Raises SteadfitError when the disk is full or the folder cannot be written.
        """
        if key not in self:
            self.write_packed(key, pack(replica))

    def write_packed(self, key: str, files: Packed) -> None:
        """As `write`, of a replica that was packed elsewhere."""
        if key in self:
            return
        with whole_folder(self.folder / key) as new:
            for name, content in files.items():
                (new / name).write_bytes(content.data)

    def read(self, key: str) -> Finished:
        """The replica of this key, without its weights, which are not looked at.

        Raises SteadfitError where what is there is damaged.
        """
        with self._undamaged(key):
            figures = self._figures(key)
            logits = self._logits(key, figures)
        return Finished(
            logits,
            figures.curves,
            figures.facts,
            figures.seconds,
            figures.failure,
            figures.reason,
        )

    def replica(self, key: str) -> Replica:
        """The whole replica of this key. Raises SteadfitError as `read` does."""
        with self._undamaged(key):
            figures = self._figures(key)
            logits = self._logits(key, figures)
            weights = read_weights(self._checked(key, _WEIGHTS, figures))
        known = {field: value for field, value in vars(figures).items() if field != "sha256"}
        return Replica(logits=logits, weights=weights, **known)

    def size_of_weights(self, key: str) -> int:
        """Of their file, in bytes. Raises SteadfitError as `read` does."""
        with self._undamaged(key):
            return (self.folder / key / _WEIGHTS).stat().st_size

    def _figures(self, key: str) -> _Figures:
        found = _CHECKED.validate_json(read_json(self.folder / key / _FIGURES))
        if not math.isfinite(found.facts.get("parameters", 0)):
            raise ValueError("its number of parameters is none")
        return found

    def _logits(self, key: str, figures: _Figures) -> np.ndarray:
        path = self._checked(key, _PREDICTIONS, figures)
        logits = load_arrays(path, ["logits"])[0]["logits"]
        if logits.dtype != np.float32:
            raise ValueError(f"its predictions are {logits.dtype}, not float32")
        return logits

    def _checked(self, key: str, name: str, figures: _Figures) -> Path:
        """The path of a file of arrays that is as it was written."""
        path = self.folder / key / name
        if _digest(path) != figures.sha256[name]:
            raise ValueError(f"{name} has changed since it was written")
        return path

    @contextmanager
    def _undamaged(self, key: str) -> Iterator[None]:
        """What reading a damaged replica raises becomes `damaged`."""
        try:
            yield
        except PermissionError as error:
            raise SteadfitError(
                f"The replica in {self.folder / key} cannot be read: {error.strerror}."
            ) from None
        except _DAMAGE as error:
            reason = (str(error) or type(error).__name__).splitlines()[0]
            raise self.damaged(key, reason) from None

    def damaged(self, key: str, reason: str) -> SteadfitError:
        """The error for a replica that is there and cannot be used."""
        return SteadfitError(
            f"The replica in {self.folder / key} is damaged ({reason}). "
            "Delete that folder and run the study again: this replica alone is trained again."
        )


def open_store(folder: Path) -> Store:
    """The store in this folder, made where there is none.

    Raises SteadfitError if it was written in another format, or the folder cannot be written.
    """
    make_ready(folder)
    claims = folder / _CLAIMS
    if claims.is_symlink():
        raise SteadfitError(
            f"{claims} must be a folder or absent, got a link to {os.readlink(claims)}. Remove it."
        )
    with writing(folder):
        claims.mkdir(exist_ok=True)
    if not (folder / _MARK).exists():
        write_text(folder / _MARK, json.dumps({"format": FORMAT}) + "\n")
    return existing_store(folder) or Store(folder)


def existing_store(folder: Path) -> Store | None:
    """The store in this folder, to read from; None where there is none.

    Raises SteadfitError if it cannot be read, or was written in another format.
    """
    try:
        found = json.loads(read_json(folder / _MARK)).get("format")
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise SteadfitError(f"The store {folder} cannot be read: {error.strerror}.") from None
    except SteadfitError:
        raise
    except (ValueError, AttributeError, RecursionError):
        found = None
    if found != FORMAT:
        raise SteadfitError(
            f"The store {folder} has format {found!r}, and this version of steadfit reads format "
            f"{FORMAT}. Use the version that wrote it, or another folder."
        )
    return Store(folder)


def _digest(path: Path) -> str:
    return hashlib.sha256(read_regular(path)).hexdigest()
