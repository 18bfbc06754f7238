"""`Stored`: images in a file, of which only those that are asked for come into memory."""

import math
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import IO

import numpy as np
import torch
from torch import Tensor

from steadfit.cells.cache import cache_folder, unsafe
from steadfit.errors import SteadfitError
from steadfit.files import remove_folder

PIXELS = "pixels"  # the file's name, in the folder of its set
_TOGETHER = 256  # images that are hashed at a time
_NAME = re.compile(r"[0-9a-f]{32}")


def photo_folder() -> Path:
    """Where decoded photos lie, a folder a set; made if missing, for this user alone.

    Raises OSError where it cannot be made.
    """
    folder = cache_folder() / "photos"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


@dataclass(frozen=True, eq=False)
class PixelFile:
    """A file of uint8 images. shape: of all of them, (images, channels, height, width)."""

    path: Path
    shape: tuple[int, int, int, int]

    @cached_property
    def images(self) -> np.ndarray:
        """Mapped, not to be written to; not sent to other processes: each maps the file for itself.

        While it is mapped, `remove_unused` leaves the file where it is.
        Raises SteadfitError where it is gone, cut off, or another user could have written it.
        """
        try:
            if self.path.is_symlink() or unsafe(self.path) is not None:
                raise OSError
            with self.path.open("rb") as file:
                _lock(file, shared=True)  # goes on with the map, which has the file open too
                status = os.fstat(file.fileno())
                removed = not os.path.samestat(status, self.path.stat())
                if removed or status.st_size != math.prod(self.shape):
                    raise OSError
                return np.asarray(np.memmap(file, np.uint8, "r", shape=self.shape))
        except (OSError, ValueError):
            raise SteadfitError(
                f"The decoded photos must lie in {self.path}, and do not. Read the photos again; "
                "where several machines train, name one folder for all of them in STEADFIT_CACHE."
            ) from None

    def __getstate__(self) -> dict[str, object]:
        return {name: value for name, value in vars(self).items() if name != "images"}


def remove_unused(folder: Path) -> bool:
    """Remove the folder of a set, unless a process has its images mapped; whether it is gone."""
    try:
        with (folder / PIXELS).open("r+b") as file:
            _lock(file, shared=False)  # for which some file systems ask that it could be written
            remove_folder(folder)
    except FileNotFoundError:  # another process was faster, or the set is damaged
        shutil.rmtree(folder, ignore_errors=True)
    except OSError:
        return False
    return True


def _lock(file: IO[bytes], *, shared: bool) -> None:
    """Raise BlockingIOError where another process has a lock that excludes this one. Where the
    file system has no locks, nobody waits for any; Windows removes no file that is mapped."""
    try:
        import fcntl
    except ImportError:
        return
    try:
        fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        raise
    except OSError:
        return


@dataclass(frozen=True, eq=False, repr=False)
class Stored:
    """uint8 images of one size, shape (images, channels, height, width), in a file.

    Indexing gives a tensor in memory, `at` other images of the same file. The file is mapped: all
    processes of a machine share what the system keeps of it.

    file: with all images. positions: of those that are meant, int64, shape (images,).
    """

    file: PixelFile
    positions: Tensor

    @classmethod
    def whole(cls, file: PixelFile) -> "Stored":
        """All images of a file."""
        return cls(file, torch.arange(file.shape[0]))

    @classmethod
    def named(cls, name: str, shape: Sequence[int], positions: np.ndarray) -> "Stored":
        """Images of a set in `photo_folder`, as a file tells them, which may come from others.

        Raises ValueError for what no such images have.
        """
        if not _NAME.fullmatch(name):
            raise ValueError("its images are in no set of decoded photos")
        sizes = tuple(map(int, shape))
        if len(sizes) != 4 or min(sizes) < 1 or positions.ndim != 1 or positions.dtype.kind != "i":
            raise ValueError("its images have no size, or no positions")
        if len(positions) and not 0 <= positions.min() <= positions.max() < sizes[0]:
            raise ValueError("its positions are none")
        file = PixelFile(photo_folder() / name / PIXELS, sizes)
        return cls(file, torch.from_numpy(positions.astype(np.int64)))

    def __len__(self) -> int:
        return len(self.positions)

    def __repr__(self) -> str:
        return f"<Stored {tuple(self.shape)}>"

    @property
    def shape(self) -> torch.Size:
        return torch.Size((len(self), *self.file.shape[1:]))

    @property
    def ndim(self) -> int:
        return 4

    @property
    def dtype(self) -> torch.dtype:
        return torch.uint8

    def at(self, indices: Tensor) -> "Stored":
        """The images at these positions, in this order, still in the file."""
        return replace(self, positions=self.positions[indices])

    def __getitem__(self, indices: Tensor | slice | int) -> Tensor:
        """Images in memory; of a single position one image, (channels, height, width).

        Raises SteadfitError where the file is gone.
        """
        return torch.from_numpy(self.file.images.take(self.positions[indices].numpy(), axis=0))

    def __iter__(self) -> Iterator[Tensor]:
        return (self[place] for place in range(len(self)))

    def split(self, size: int) -> Iterator[Tensor]:
        """Parts of `size` images each, in memory one after the other; the last may be smaller."""
        return (self[begin : begin + size] for begin in range(0, len(self), size))

    def content(self) -> Iterator[bytes | memoryview]:
        """As `steadfit.kinds.values.content` of the same images in memory."""
        yield f"{np.dtype(np.uint8).str}{tuple(self.shape)}".encode()
        yield from (part.numpy().data for part in self.split(_TOGETHER))


Pixels = Tensor | Stored
