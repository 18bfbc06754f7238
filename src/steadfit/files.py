"""Files that are whole or absent: written under another name, flushed to the disk, renamed."""

import errno
import os
import re
import shutil
import stat
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from steadfit.errors import SteadfitError
from steadfit.owner import Owner

ELSEWHERE = "choose another folder"
WITHOUT_ROOM = {  # the system's errors, and what a person can do
    errno.ENOSPC: "Free some space",
    errno.EDQUOT: "Free some space",
    errno.EFBIG: "Allow larger files (ulimit -f)",
}


_SPECIAL = (
    (stat.S_ISFIFO, "a named pipe"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISSOCK, "a socket"),
)


def special(mode: int) -> str | None:
    """What a file of this mode is, where it is a pipe, a device or a socket."""
    return next((words for is_kind, words in _SPECIAL if is_kind(mode)), None)


def write_output(path: Path, text: str) -> None:
    """Write a text where a person wants it: a file, or a pipe or a device, be it through a link.

    /dev/stdout is such a link. Raises as `write_text`.
    """
    with writing(path):
        if path.exists() and special(path.stat().st_mode):
            path.write_bytes(text.encode())
            return
    write_text(path, text)


def write_text(path: Path, text: str) -> None:
    """Write a UTF-8 file whole or not at all; its folders are made. Raises as `write_bytes`."""
    write_bytes(path, text.encode())


def write_bytes(path: Path, content: bytes, instead: str = ELSEWHERE) -> None:
    """Write a file whole or not at all; its folders are made. Raises as `writing`, `check_file`."""
    check_file(path)
    with writing(path, instead):
        path.parent.mkdir(parents=True, exist_ok=True)
        new = _new_name(path)
        try:
            with new.open("xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(new, path)
            _flush(path.parent)
        finally:
            new.unlink(missing_ok=True)


def check_file(path: Path) -> None:
    """Raise SteadfitError where a file is to be written and something else has its place.

    A pipe would be waited for, and who made a link may want another file overwritten. To be called
    before long work too, so that its result finds a place.
    """
    with reading(path):
        try:
            mode = path.lstat().st_mode
        except (FileNotFoundError, NotADirectoryError):
            return
        if stat.S_ISREG(mode):
            return
        found = f"a link to {os.readlink(path)}" if stat.S_ISLNK(mode) else special(mode)
    raise SteadfitError(
        f"{path} must be a file or absent, got {found or 'a folder'}. Remove it, or choose another "
        "place."
    )


def check_outside(folder: Path, data: Path) -> None:
    """Raise SteadfitError for a folder to write that lies in the folder of the data.

    What is written there would be taken for data the next time.
    """
    inside = Path(os.path.realpath(folder)).is_relative_to(os.path.realpath(data))
    if data.is_dir() and inside:
        raise SteadfitError(
            f"The folder for the results must lie outside the data, got {folder} inside {data}. "
            "Choose another folder."
        )


def check_own(folder: Path, names: re.Pattern[str]) -> None:
    """Raise SteadfitError where a folder that is to be replaced has anything but these files.

    names: of the files that steadfit wrote there. An absent folder is right.
    """
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        found = "a link" if folder.is_symlink() else "a file"
        raise SteadfitError(f"{folder} must be a folder or absent, got {found}. Move it away.")
    with reading(folder):
        entries = list(os.scandir(folder)) if folder.exists() else []
        others = [
            entry.name
            for entry in entries
            if not (names.fullmatch(entry.name) and entry.is_file(follow_symlinks=False))
        ]
    if others:
        raise SteadfitError(
            f"{folder} would be replaced, and steadfit did not write all that is in it "
            f"({', '.join(sorted(others)[:3])}). Move that away, or {ELSEWHERE}."
        )


@contextmanager
def reading(place: Path) -> Iterator[None]:
    """An OSError within becomes a SteadfitError: that `place` cannot be read, and why."""
    try:
        yield
    except OSError as error:
        raise SteadfitError(f"{place} cannot be read: {error.strerror or error}.") from None


@contextmanager
def whole_folder(folder: Path) -> Iterator[Path]:
    """A new folder to fill, which takes the place of `folder` when the block ends without an error.

    What was there stays until then. It holds files only, no folders. Of several processes that
    write the folder at the same time, the last one's stays. Raises as `writing`.
    """
    with writing(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        new = _new_name(folder)
        new.mkdir()
        try:
            yield new
            for path in (*new.iterdir(), new):
                _flush(path)
            _take_place(new, folder)
            _flush(folder.parent)
        finally:
            shutil.rmtree(new, ignore_errors=True)


@contextmanager
def scratch(place: Path) -> Iterator[Path]:
    """A new folder in this one until the block ends, which does not outlive a killed process long.

    Unlike a temporary folder of the system's it is on the same disk, that of other machines too.
    Raises as `writing`.
    """
    new = _new_name(place / "scratch")
    with writing(place):
        new.mkdir()
    try:
        yield new
    finally:
        shutil.rmtree(new, ignore_errors=True)


def _take_place(new: Path, folder: Path) -> None:
    """Rename a folder, and remove what had its name before; that comes back if it fails."""
    while True:
        old = _new_name(folder)
        with suppress(FileNotFoundError):
            os.rename(folder, old)
        try:
            os.rename(new, folder)
        except OSError as error:
            if error.errno in (errno.ENOTEMPTY, errno.EEXIST):  # another process was faster
                shutil.rmtree(old, ignore_errors=True)
                continue
            with suppress(OSError):
                os.rename(old, folder)
            raise
        shutil.rmtree(old, ignore_errors=True)
        return


def remove_folder(folder: Path) -> None:
    """Remove a folder of files at once: nobody finds it half removed. Raises OSError."""
    old = _new_name(folder)
    os.rename(folder, old)
    shutil.rmtree(old, ignore_errors=True)


def remove_unfinished(path: Path) -> None:
    """Remove what killed processes left of this file or folder; nobody else may be writing it."""
    for other in os.listdir(path.parent):
        if other.startswith(_beginning(path)):
            _remove(path.parent / other)


def remove_abandoned(folder: Path) -> None:
    """Remove what processes that have ended left half written in this folder.

    What belongs to a process on another machine stays: it is not known whether that goes on.
    """
    for name in os.listdir(folder):
        found = _UNFINISHED.fullmatch(name)
        owner = Owner.read(found[1]) if found else None
        if owner is not None and owner.has_ended():
            _remove(folder / name)


def _remove(path: Path) -> None:
    with suppress(OSError):
        path.unlink()
        return
    shutil.rmtree(path, ignore_errors=True)


def make_ready(folder: Path) -> None:
    """Make the folder, without what killed processes left half written in it.

    Raises SteadfitError now rather than later if it cannot be written.
    """
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        new = _new_name(folder / "try")
        new.mkdir()
        new.rmdir()
        remove_abandoned(folder)


@contextmanager
def writing(place: Path, instead: str = ELSEWHERE) -> Iterator[None]:
    """An OSError within becomes a SteadfitError: that `place` cannot be written, why, what to do.

    instead: what a person can do if the place cannot be made writable.
    """
    try:
        yield
    except OSError as error:
        remedy = WITHOUT_ROOM.get(error.errno or 0, "Make it writable")
        raise SteadfitError(
            f"{place} cannot be written: {error.strerror or error}. "
            f"{remedy} or {instead}; "
            "what was finished is kept."
        ) from None


def _new_name(path: Path) -> Path:
    """A name beside `path` for what is not yet whole, which tells whose it is.

    Unlike tempfile's, it has usual permissions.
    """
    return path.parent / f"{_beginning(path)}{Owner.this()}-{uuid.uuid4().hex[:8]}"


def _beginning(path: Path) -> str:
    return f".new-{path.name[:45]}-"  # a name may have 255 bytes, and a character four


_UNFINISHED = re.compile(r"\.new-.*-([0-9a-f.]+)-[0-9a-f]{8}", re.DOTALL)


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
