"""The way in for files that others may have made: regular files of a size that fits, at once.

A named pipe would be waited for, and a link to an endless device read until the memory is full.
Every reader opens its files here. `steadfit.files` is the way out.
"""

import os
from io import BufferedReader
from pathlib import Path

from steadfit.errors import SteadfitError
from steadfit.files import special
from steadfit.machine import memory

_SHARE = 4  # of the memory: a file that is held as a whole takes no more than one part of so many
MB = 2**20
_FITS = 16 * MB  # a part of the memory that torch alone needs
_LONGEST_JSON = 128 * MB
_MOST_VALUES = 5_000_000  # of a JSON text, at some 100 bytes each once it is read


def open_regular(path: Path) -> BufferedReader:
    """Open a file to read, if it is a regular one; links are followed.

    Raises SteadfitError for a pipe, a device or a socket, without waiting for it; OSError, as
    `open` does, for what is absent, a folder, or not readable.
    """
    _check_kind(path, os.stat(path).st_mode)  # before it is opened, which may wind a tape back
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    try:
        _check_kind(path, os.fstat(handle).st_mode)  # again, as it may have been replaced
        return os.fdopen(handle, "rb")
    except BaseException:
        os.close(handle)
        raise


def read_regular(path: Path, most: int | None = None) -> bytes:
    """The content of a regular file.

    most: bytes that it may have; a quarter of the memory that there is if None. Raises as
    `open_regular`, and SteadfitError for a larger file.
    """
    with open_regular(path) as file:
        size = os.fstat(file.fileno()).st_size
        allowed = _allowed(size) if most is None else most
        content = b"" if size > allowed else file.read(allowed + 1)
    if max(size, len(content)) > allowed:
        raise SteadfitError(
            f"{path} must have at most {allowed / MB:,.0f} MB, got {size / MB:,.0f} MB. "
            "Divide it, or check that it is the file you mean."
        )
    return content


def _allowed(size: int) -> int:
    """Bytes that a file may have; the system is not asked for those that fit anywhere, as a study
    reads thousands of them."""
    return _FITS if size <= _FITS else memory() // _SHARE


def read_json(path: Path) -> bytes:
    """The content of a regular file that is to be parsed as JSON. Raises as `read_regular` and
    `check_json`."""
    return check_json(path, read_regular(path, _LONGEST_JSON))


def check_json(path: Path, content: bytes) -> bytes:
    """The content itself. Raises SteadfitError where it would take far more memory once it is
    parsed: of small values, as [] or 0, up to 30 times its size."""
    values = sum(map(content.count, (b",", b"[", b"{")))
    if len(content) > _LONGEST_JSON or values > _MOST_VALUES:
        raise SteadfitError(
            f"{path} must have at most {_MOST_VALUES:,} values and {_LONGEST_JSON / MB:,.0f} MB "
            f"of JSON, got {values:,} and {len(content) / MB:,.0f} MB. Check that it is the file "
            "you mean."
        )
    return content


def _check_kind(path: Path, mode: int) -> None:
    kind = special(mode)
    if kind is not None:
        raise SteadfitError(f"{path} must be a regular file, got {kind}. Give a file.")
