"""Decoded photos, kept on the disk: each set is decoded once a machine.

A set is a folder of `steadfit.kinds.stored.photo_folder`: its pixels, and `facts.json`. Its name is
a digest of its files' paths, sizes and times, of what was asked for, and of the decoders. It is
renamed into place when it is complete. Nothing in it is run.
"""

import hashlib
import json
import math
import os
import shutil
import time
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from pydantic import TypeAdapter, ValidationError

from steadfit.cells.cache import unsafe
from steadfit.data.readers.decoded import Asked, Facts, cannot_decode, decode_all
from steadfit.errors import SteadfitError, counted
from steadfit.files import remove_abandoned, whole_folder, write_bytes
from steadfit.formats.pictures import decoders, place
from steadfit.kinds.stored import PIXELS, PixelFile, Pixels, Stored, photo_folder, remove_unused
from steadfit.machine import check_free
from steadfit.regular_files import read_json

VARIABLE = "STEADFIT_CACHE_PHOTOS"  # gigabytes that all sets may take together
_GIGABYTES = 20.0
_FACTS = "facts.json"
_VERSION = 2  # raise it when the same files would give other pixels or facts
_IN_MEMORY = 2**28  # bytes of a set that is held in memory, at most
_RECENT = 2.0  # seconds, in which a file system may not tell a file from the one before it


class _Kept(NamedTuple):
    """A set on the disk. file: mapped, so that nobody removes it meanwhile."""

    file: PixelFile
    facts: Facts


class Photos(NamedTuple):
    """x: of those that could be decoded, uint8, (images, channels, height, width)."""

    x: Pixels
    facts: Facts
    notes: tuple[str, ...] = ()


def decoded_photos(files: Sequence[Path], root: Path, asked: Asked) -> Photos:
    """These files as images of one size: as they were decoded before or, where they were not, now.

    Sets beyond 256 MB stay on the disk, if they may be kept there. Raises SteadfitError for a
    limit that is none, and for more than the memory has room for where nothing is kept.
    """
    name = _name(files, root, asked) if _allowed() else None
    if name is None:
        return _in_memory(files, root, asked)
    if (kept := _known(name, files)) is not None:
        folder = kept.file.path.parent
        said = f"{counted(kept.facts.shape[0], 'images')} decoded before are in {folder}."
        return Photos(_pixels(kept), kept.facts, (said,))
    try:
        kept = _keep(name, files, root, asked)
        return Photos(_pixels(kept), kept.facts)
    except (OSError, SteadfitError):  # as of a full disk
        return _in_memory(files, root, asked)


def _allowed() -> float:
    """Bytes that all sets may take together. Raises SteadfitError for what is no number."""
    told = os.environ.get(VARIABLE, str(_GIGABYTES))
    try:
        gigabytes = float(told)
    except ValueError:
        gigabytes = math.nan
    if not gigabytes >= 0:
        raise SteadfitError(
            f"{VARIABLE} must be how many gigabytes of decoded photos are kept, 0 for none, got "
            f"{told[:40]!r}."
        )
    return gigabytes * 1e9


def _in_memory(files: Sequence[Path], root: Path, asked: Asked) -> Photos:
    held = []

    def room(size: int) -> np.ndarray:
        check_free(f"{root}", size)
        held.append(np.empty(size, np.uint8))
        return held[0]

    facts = decode_all(files, root, asked, room)
    return Photos(torch.from_numpy(held[0][: math.prod(facts.shape)].reshape(facts.shape)), facts)


def _name(files: Sequence[Path], root: Path, asked: Asked) -> str | None:
    """Of the set of these files; None where one has just been written, as it may still change
    without its size and times saying so."""
    known, newest = [], 0
    for file in files:
        try:
            status = file.stat()
        except OSError:  # a link to nothing, which is named when it is decoded
            known.append([place(file, root)])
            continue
        newest = max(newest, status.st_ctime_ns)
        times = status.st_mtime_ns, status.st_ctime_ns
        known.append([place(file, root), status.st_ino, status.st_size, *times])
    if newest > (time.time() - _RECENT) * 1e9:
        return None
    told = [_VERSION, decoders(), asked, str(root.resolve()), known]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:32]


def _known(name: str, files: Sequence[Path]) -> _Kept | None:
    """What is kept under a name; None where it is not whole, where another user could have written
    it, or where a photo that could not be decoded now can."""
    try:
        folder = photo_folder() / name
        if unsafe(folder / _FACTS) is not None:
            return None
        facts = _ADAPTER.validate_json(read_json(folder / _FACTS))
        file = PixelFile(folder / PIXELS, facts.shape)
        if hashlib.sha256(file.images.data).hexdigest() != facts.digest:
            return None
        broken = [files[number] for number in facts.broken]
    except (OSError, SteadfitError, ValidationError, LookupError):
        return None
    if len(files) != facts.shape[0] + len(broken):
        return None
    still = all(cannot_decode(photo, facts.frame) for photo in broken)
    return _Kept(file, facts) if still else None


def _keep(name: str, files: Sequence[Path], root: Path, asked: Asked) -> _Kept:
    """Decode into a new folder. Raises OSError or SteadfitError where it cannot be written."""
    folder = photo_folder()
    remove_abandoned(folder)
    with whole_folder(folder / name) as new:
        facts = decode_all(files, root, asked, partial(_allocated, new / PIXELS))
        os.truncate(new / PIXELS, math.prod(facts.shape))
        write_bytes(new / _FACTS, _ADAPTER.dump_json(facts))
    file = PixelFile(folder / name / PIXELS, facts.shape)
    assert file.images is not None  # mapped
    _clean(folder, keep=folder / name)
    return _Kept(file, facts)


def _allocated(path: Path, size: int) -> np.ndarray:
    """A new file of so many bytes, mapped into memory. All have their place on the disk: else a
    full one would end the process. Raises OSError where they have not."""
    with path.open("xb") as file:
        if size > shutil.disk_usage(path.parent).free:
            raise OSError
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(file.fileno(), 0, size)
        else:
            file.truncate(size)
    return np.asarray(np.memmap(path, np.uint8, "r+", shape=(size,)))


def _pixels(kept: _Kept) -> Pixels:
    """The images, in memory where they are few, and as used just now."""
    with suppress(OSError):
        os.utime(kept.file.path.with_name(_FACTS))
    if math.prod(kept.facts.shape) > _IN_MEMORY:
        return Stored.whole(kept.file)
    return torch.from_numpy(kept.file.images.copy())


def _clean(folder: Path, keep: Path) -> None:
    """Remove the sets longest unused beyond what is allowed, but none that a process has mapped."""
    sets = {}
    for path in folder.glob(f"[!.]*/{_FACTS}"):
        with suppress(OSError):  # another process may remove it at the same time
            size = sum(file.stat().st_size for file in path.parent.iterdir())
            sets[path.parent] = (path.stat().st_mtime, size)
    total = sum(size for _, size in sets.values())
    for path, (_, size) in sorted(sets.items(), key=lambda item: item[1]):
        if total <= _allowed():
            break
        if path != keep and remove_unused(path):
            total -= size


_ADAPTER = TypeAdapter(Facts)
