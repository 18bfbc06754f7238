"""MNIST in its own idx files, from a folder or downloaded once."""

import gzip
import hashlib
import io
import os
import urllib.request
import zlib
from pathlib import Path

import numpy as np

from steadfit.data.arrays import from_arrays
from steadfit.data.dataset import Dataset
from steadfit.errors import SteadfitError
from steadfit.files import write_bytes
from steadfit.regular_files import open_regular

_MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)
_MD5 = {  # of the published files, uncompressed
    "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
    "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
    "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
    "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
}
_LARGEST = 64 * 2**20  # bytes; more than any of the four files, compressed or not


def read(source: str) -> Dataset:
    """MNIST (LeCun, Cortes and Burges 1998): 60,000 training and 10,000 test digits of 28×28.

    The four idx files, gzip or not, are looked for in the folder that STEADFIT_DATA names, in its
    subfolder mnist, and in the cache folder; what is found nowhere is downloaded into the cache
    once. Each file's MD5 must be the published one.
    """
    notes: list[str] = []
    raw = {name: _file(name, notes) for name in _MD5}
    images = [_idx(raw[name], 3) for name in raw if "images" in name]
    labels = [_idx(raw[name], 1) for name in raw if "labels" in name]
    is_test = np.arange(sum(map(len, labels))) >= len(labels[0])
    ids = [
        f"{side} {i}"
        for side, y in zip(("train", "test"), labels, strict=True)
        for i in range(len(y))
    ]
    return from_arrays(
        np.concatenate(images),
        np.concatenate(labels),
        "mnist",
        ids=ids,
        is_test=is_test,
        notes=notes,
    )


def _file(name: str, notes: list[str]) -> bytes:
    """The uncompressed bytes of one of the four files."""
    for folder in _folders():
        for path in (folder / name, folder / f"{name}.gz"):
            if path.is_file():
                return _checked(_uncompressed(_content(path), str(path)), name, str(path))
    return _download(name, notes)


def _content(path: Path) -> bytes:
    try:
        with open_regular(path) as file:
            return file.read(_LARGEST)
    except OSError as error:
        raise SteadfitError(f"{path} cannot be read: {error.strerror}.") from None


def _folders() -> list[Path]:
    named = os.environ.get("STEADFIT_DATA")
    return [*([Path(named), Path(named) / "mnist"] if named else []), _cache()]


def _cache() -> Path:
    root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(root) / "steadfit" / "mnist"


def _download(name: str, notes: list[str]) -> bytes:
    """Fetch one file from the first mirror that has it whole, and keep it in the cache."""
    failures = []
    for mirror in _MIRRORS:
        url = f"{mirror}{name}.gz"
        try:
            with urllib.request.urlopen(url, timeout=60) as answer:
                packed = answer.read(_LARGEST)
            content = _checked(_uncompressed(packed, url), name, url)
        except (OSError, SteadfitError) as error:
            failures.append(f"{url}: {error}")
            continue
        path = _cache() / f"{name}.gz"
        write_bytes(path, packed, "name another cache folder in XDG_CACHE_HOME")
        notes.append(f"Downloaded {url} to {path}; its MD5 is the published one.")
        return content
    raise SteadfitError(
        f"{name} could not be downloaded. Put the four MNIST files into a folder and name it in "
        f"STEADFIT_DATA. Tried: {'; '.join(failures)}"
    )


def _uncompressed(content: bytes, where: str) -> bytes:
    if content[:2] != b"\x1f\x8b":
        return content
    try:
        with gzip.open(io.BytesIO(content)) as file:
            return file.read(_LARGEST)
    except (OSError, EOFError, zlib.error) as error:
        raise SteadfitError(
            f"{where} is not a complete gzip file ({error}). Get it again."
        ) from None


def _checked(content: bytes, name: str, where: str) -> bytes:
    found = hashlib.md5(content, usedforsecurity=False).hexdigest()
    if found != _MD5[name]:
        raise SteadfitError(
            f"{where} must be MNIST's {name}, got a file with the MD5 {found} instead of "
            f"{_MD5[name]}. Remove it or get it again."
        )
    return content


def _idx(content: bytes, sides: int) -> np.ndarray:
    """An idx file of unsigned bytes: magic 0, 0, 8, sides; each side as four bytes; the data."""
    shape = np.frombuffer(content, ">u4", sides, offset=4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * sides).reshape(shape)
