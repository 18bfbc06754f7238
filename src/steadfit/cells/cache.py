"""The folder of compiled libraries: where it is, whom it must belong to, what is kept in it.

A library is loaded into this process, so neither it nor its folder, nor a folder above, may be one
that another user could write. Beside each library lies a file with its size and digest, without
which it counts as unfinished: a library that was cut off would end Python when it is loaded.
"""

import atexit
import hashlib
import os
import re
import shutil
import stat
import tempfile
import time
import warnings
from contextlib import suppress
from functools import cache
from pathlib import Path

from steadfit.foreign_text import printable

LIMIT = 200 * 2**20  # bytes of all libraries together
_UNFINISHED = 3600.0  # seconds after which a file that nothing has finished is removed
TEMPORARY = ".steadfit-"  # what names of files begin with until they are finished
_OURS = re.compile(rf"{re.escape(TEMPORARY)}.*|\w+-(float|double)-[0-9a-f]{{20}}\.\w+", re.ASCII)


def cache_folder() -> Path:
    """Where compiled kernels are kept; made if missing, for this user alone.

    That is `$STEADFIT_CACHE`, else `steadfit` in `$XDG_CACHE_HOME` or `~/.cache`. Where that folder
    cannot be made, or another user could write it, a private one among the temporary files is used,
    and a warning says so once.
    """
    wanted = _wanted()
    reason = "there is no home folder" if wanted is None else _prepare(wanted)
    if wanted is not None and reason is None:
        return wanted
    private = Path(tempfile.gettempdir()) / f"steadfit-{os.geteuid()}"
    if _prepare(private) is not None:
        private = _own_folder()
    _say(f"Compiled kernels are kept in {private}, as {reason}. STEADFIT_CACHE names a folder.")
    return private


def unsafe(path: Path) -> str | None:
    """Why a file or folder must not be loaded from, or None: who could write it or what is above.

    A folder above that all may write is safe where its sticky bit keeps them from renaming.
    """
    for whole in dict.fromkeys((path.absolute(), path.resolve())):
        for part in (whole, *whole.parents):
            for status in (part.lstat(), part.stat()):
                if status.st_uid not in (0, os.geteuid()):
                    return f"{part} belongs to another user"
            sticky = part != whole and bool(status.st_mode & stat.S_ISVTX)
            if _shared(status) and not sticky:
                return f"other users could write {part}"
    return None


def record(content: bytes) -> bytes:
    """What the file beside a library holds."""
    return f"{len(content)} {hashlib.sha256(content).hexdigest()}\n".encode()


def finished(library: Path) -> bool:
    """Whether a library is there, as it was written, and safe; it then counts as used just now."""
    try:
        if not stat.S_ISREG(library.lstat().st_mode) or unsafe(library) is not None:
            return False
        if beside(library).read_bytes() != record(library.read_bytes()):
            return False
        os.utime(library)
    except OSError:
        return False
    return True


def beside(library: Path) -> Path:
    """The file with a library's size and digest."""
    return library.with_suffix(".sum")


def write(path: Path, content: bytes) -> None:
    """Write a file under another name, then rename; a link in its place is replaced."""
    handle, name = tempfile.mkstemp(prefix=TEMPORARY, dir=path.parent)
    try:
        with open(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())  # or a machine that loses its power leaves an empty file
        os.replace(name, path)
    finally:
        Path(name).unlink(missing_ok=True)


def clean(folder: Path, keep: Path) -> None:
    """Remove what was never finished, and the libraries longest unused beyond `LIMIT`.

    A process that has loaded a library keeps it until it ends, whatever happens to the file.
    """
    libraries = {}
    for path in folder.iterdir():
        if not _OURS.fullmatch(path.name):
            continue
        with suppress(OSError):  # another process may remove it at the same time
            status = path.lstat()
            finished = beside(path).exists()
            if finished and path.suffix == ".so":
                libraries[path] = status
            elif not finished and time.time() - status.st_mtime > _UNFINISHED:
                path.unlink()
    total = sum(status.st_size for status in libraries.values())
    for path, status in sorted(libraries.items(), key=lambda item: item[1].st_mtime):
        if total <= LIMIT:
            break
        if path != keep:
            total -= status.st_size
            for suffix in (".sum", ".so", ".cpp", ".lock"):
                with suppress(OSError):
                    path.with_suffix(suffix).unlink(missing_ok=True)


def _wanted() -> Path | None:
    """The folder that the environment names, or None without a home."""
    if named := os.environ.get("STEADFIT_CACHE"):
        return Path(named)
    if base := os.environ.get("XDG_CACHE_HOME"):
        return Path(base) / "steadfit"
    try:
        return Path.home() / ".cache" / "steadfit"
    except RuntimeError:
        return None


def _prepare(folder: Path) -> str | None:
    """Make a folder, its owner's alone; why it cannot be used, or None."""
    try:
        if not folder.is_dir():
            folder.parent.mkdir(parents=True, exist_ok=True)
            folder.mkdir(mode=0o700, exist_ok=True)
        if reason := unsafe(folder):
            return reason
        if not os.access(folder, os.W_OK | os.X_OK):
            return f"{folder} cannot be written"
    except OSError as error:
        return f"{folder} cannot be made ({error.strerror})"
    return None


@cache
def _own_folder() -> Path:
    """A folder of this process, removed at its end."""
    folder = tempfile.mkdtemp(prefix="steadfit-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


def _shared(status: os.stat_result) -> bool:
    """Whether a mode lets others than the owner write."""
    if status.st_mode & stat.S_IWOTH:
        return True
    return bool(status.st_mode & stat.S_IWGRP) and not _alone(status.st_gid)


def _alone(group: int) -> bool:
    """Whether this is root's group, or the group that a system makes for this user alone."""
    import grp
    import pwd

    if group == 0:
        return True
    try:
        found, user = grp.getgrgid(group), pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return False
    return found.gr_name == user and set(found.gr_mem) <= {user}


@cache
def _say(sentence: str) -> None:
    warnings.warn(printable(sentence), stacklevel=2)
