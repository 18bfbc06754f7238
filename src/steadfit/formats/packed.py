"""Compressed text files: gzip, bzip2, xz, and zip archives of one file, told by how they begin."""

import bz2
import gzip
import io
import lzma
import zipfile
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import IO

from steadfit.errors import SteadfitError, some
from steadfit.machine import check_unpacked
from steadfit.regular_files import MB, open_regular

PACKED = (".gz", ".bz2", ".xz", ".zip")  # what the names of such files end in
_COPIES = 3  # of the content, at the peak: its chunks, its bytes, its text
_LONGEST = 8 * MB
_LEFT_BY_SYSTEMS = ("__MACOSX", ".DS_Store", "Thumbs.db", "desktop.ini")
_DAMAGE = (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError, zipfile.BadZipFile,
           NotImplementedError, RuntimeError)  # fmt: skip


class Parts(io.BufferedReader):
    """A zip file, whose list of members is read at once: each takes ten times what it has there."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > _LONGEST:
            raise ValueError(f"{size // MB} MB of names of members, and {_LONGEST // MB} are read")
        return super().read(size)


def plain_name(path: Path) -> str:
    """A file's name without the suffix of its compression: "a.csv" for "a.csv.gz", "a.csv.zip" and
    "a.zip", as what is zipped is taken for a table."""
    if path.suffix.lower() not in PACKED:
        return path.name
    if path.suffix.lower() == ".zip" and not Path(path.stem).suffix:
        return f"{path.stem}.csv"
    return path.stem


def inner_name(path: Path) -> str:
    """The name of what a file holds: of a zip archive its only member's, else `plain_name`."""
    if path.suffix.lower() == ".zip":
        with suppress(*_DAMAGE), open_regular(path) as file:
            archive = zipfile.ZipFile(Parts(file.raw))  # pyright: ignore[reportArgumentType]
            names = [name for name in archive.namelist() if not _is_left_over(name)]
            if len(names) == 1 and Path(names[0]).suffix:
                return PurePosixPath(names[0]).name
    return plain_name(path)


def head(path: Path, size: int) -> bytes:
    """The first bytes of a file, or of what is compressed in it; none of what is damaged."""
    with open_regular(path) as file:
        content = file.read(size)
        opened = next((way for begin, way in _WAYS.items() if content.startswith(begin)), None)
        if opened is None:
            return content
        try:
            with opened(path, content + file.read()) as inner:
                return inner.read(size)
        except (SteadfitError, *_DAMAGE):
            return b""


def is_packed_workbook(path: Path) -> bool:
    """Whether it is a .zip file with a workbook of Excel in it, and nothing else."""
    if path.suffix.lower() != ".zip":
        return False
    with suppress(*_DAMAGE), open_regular(path) as file:
        archive = zipfile.ZipFile(Parts(file.raw))  # pyright: ignore[reportArgumentType]
        names = [name for name in archive.namelist() if not _is_left_over(name)]
        return len(names) == 1 and names[0].lower().endswith((".xlsx", ".xlsm"))
    return False


def unpacked(path: Path, content: bytes) -> bytes:
    """The content itself, or what is compressed in it.

    Raises SteadfitError for what is damaged, for an archive of several files or with a password,
    and for what would fill the memory once it is unpacked.
    """
    opened = next((way for begin, way in _WAYS.items() if content.startswith(begin)), None)
    if opened is None:
        return content
    try:
        with opened(path, content) as file:
            return _read(path, file, len(content))
    except SteadfitError:
        raise
    except _DAMAGE as error:
        raise SteadfitError(
            f"{path} cannot be unpacked ({error}). Get it again, or unpack it with the program "
            "that made it."
        ) from None


def _read(path: Path, file: IO[bytes] | gzip.GzipFile, packed: int) -> bytes:
    chunks, size = [], 0
    while chunk := file.read(MB):
        chunks.append(chunk)
        size += len(chunk)
        check_unpacked(path.name, _COPIES * size, packed, "unpack it")
    return b"".join(chunks)


def _gzip(_: Path, content: bytes) -> gzip.GzipFile:
    return gzip.open(io.BytesIO(content))


def _bzip2(_: Path, content: bytes) -> IO[bytes]:
    return bz2.open(io.BytesIO(content))


def _xz(_: Path, content: bytes) -> IO[bytes]:
    return lzma.open(io.BytesIO(content))


def _zip(path: Path, content: bytes) -> IO[bytes]:
    archive = zipfile.ZipFile(Parts(io.BytesIO(content)))  # pyright: ignore[reportArgumentType]
    names = [name for name in archive.namelist() if not _is_left_over(name)]
    if "[Content_Types].xml" in names:
        raise SteadfitError(
            f"{path} is a workbook of Excel. Name it .xlsx, or save the sheet as CSV (UTF-8)."
        )
    if len(names) != 1:
        raise SteadfitError(
            f"{path} must have one file in it, got {some(names) if names else 'none'}. Unpack it, "
            "and give the file that you mean."
        )
    return archive.open(names[0])


def _is_left_over(name: str) -> bool:
    parts = PurePosixPath(name).parts
    hidden = any(part in _LEFT_BY_SYSTEMS or part.startswith("._") for part in parts)
    return name.endswith("/") or hidden


_WAYS: dict[bytes, Callable[[Path, bytes], IO[bytes] | gzip.GzipFile]] = {
    b"\x1f\x8b": _gzip,
    **{b"BZh%d1AY&SY" % level: _bzip2 for level in range(1, 10)},
    b"\xfd7zXZ\0": _xz,
    b"PK\x03\x04": _zip,
    b"PK\x05\x06": _zip,  # without a member
}
