"""`Stored`: images in a file, of which only those that are asked for come into memory."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from steadfit.cells.cache import cache_folder, unsafe
from steadfit.errors import SteadfitError

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


@dataclass(frozen=True, eq=False, repr=False)
class Stored:
    """uint8 images of one size, shape (images, channels, height, width), in a file.

    Indexing gives a tensor in memory, `at` other images of the same file. The file is mapped: all
    processes of a machine share what the system keeps of it.

    path: the file. file_shape: of all images in it. positions: of those that are meant, int64,
    shape (images,).
    """

    path: Path
    file_shape: tuple[int, int, int, int]
    positions: Tensor

    @classmethod
    def whole(cls, path: Path, shape: tuple[int, int, int, int]) -> "Stored":
        """All images of a file."""
        return cls(path, shape, torch.arange(shape[0]))

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
        path = photo_folder() / name / PIXELS
        return cls(path, sizes, torch.from_numpy(positions.astype(np.int64)))

    def __len__(self) -> int:
        return len(self.positions)

    def __repr__(self) -> str:
        return f"<Stored {tuple(self.shape)}>"

    @property
    def shape(self) -> torch.Size:
        return torch.Size((len(self), *self.file_shape[1:]))

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
        return torch.from_numpy(self._mapped.take(self.positions[indices].numpy(), axis=0))

    def __iter__(self) -> Iterator[Tensor]:
        return (self[place] for place in range(len(self)))

    def split(self, size: int) -> Iterator[Tensor]:
        """Parts of `size` images each, in memory one after the other; the last may be smaller."""
        return (self[begin : begin + size] for begin in range(0, len(self), size))

    def content(self) -> Iterator[bytes | memoryview]:
        """As `steadfit.kinds.values.content` of the same images in memory."""
        yield f"{np.dtype(np.uint8).str}{tuple(self.shape)}".encode()
        yield from (part.numpy().data for part in self.split(_TOGETHER))

    @cached_property
    def _mapped(self) -> np.ndarray:
        """Not sent to other processes: each maps the file for itself."""
        return mapped(self.path, self.file_shape)

    def __getstate__(self) -> dict[str, object]:
        return {name: value for name, value in vars(self).items() if name != "_mapped"}


def mapped(path: Path, shape: tuple[int, int, int, int]) -> np.ndarray:
    """The images of a file, uint8, not to be written to.

    Raises SteadfitError where it is gone, cut off, or another user could have written it.
    """
    try:
        if path.is_symlink() or unsafe(path) is not None or path.stat().st_size != np.prod(shape):
            raise OSError
        return np.asarray(np.memmap(path, np.uint8, "r", shape=shape))
    except (OSError, ValueError):
        raise SteadfitError(
            f"The decoded photos must lie in {path}, and do not. Read the photos again; where "
            "several machines train, name one folder for all of them in STEADFIT_CACHE."
        ) from None


Pixels = Tensor | Stored
