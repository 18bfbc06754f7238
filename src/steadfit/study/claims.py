"""`Claims`: which trials this process alone may train, of all processes that share a store.

A claim is a file, `KEY.0`, that only one process can make: a file system that several machines
share promises that of `O_EXCL`, and little more. It holds whose it is. Each process that has claims
also writes a number into a file of its own, `beat-WHOSE`, and raises it every few seconds.

A claim is dead when its process is known to have ended, on this machine, or when its number was
seen unchanged for a minute, by the watcher's own steady clock: no two clocks are compared, and one
that jumps changes nothing. A dead claim stays where it is, and who makes `KEY.1` has the next one:
again only one can.

Should two train the same trial all the same, as a process may that was stopped for minutes and then
goes on, nothing is lost but time: both get the same bits, and the first replica stays.
"""

import os
import threading
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from pathlib import Path

from steadfit.files import check_file, remove_unfinished, writing
from steadfit.owner import Owner
from steadfit.regular_files import read_regular
from steadfit.study.store import Store

BEAT = 10.0  # seconds
DEAD = 60.0  # seconds without a beat
_LONGEST = 200  # bytes of a claim


class Claims:
    """The claims of this process on a store's keys, until the block ends.

    >>> from tempfile import TemporaryDirectory
    >>> from steadfit.study.store import open_store
    >>> with TemporaryDirectory() as folder:
    ...     store = open_store(Path(folder) / "store")
    ...     with Claims(store) as ours, Claims(store) as others:
    ...         ours.take("a"), others.take("a"), ours.release("a"), others.take("a")
    (True, False, None, True)
    """

    def __init__(self, store: Store, clock: Callable[[], float] = time.monotonic) -> None:
        self._store, self._clock = store, clock
        self._folder = store.claims
        self._whose = f"{Owner.this()}-{uuid.uuid4().hex[:8]}"
        self._held: dict[str, int] = {}
        self._seen: dict[str, tuple[str, float]] = {}  # of others, a beat, and since when
        self._ended = threading.Event()
        self._beating: threading.Thread | None = None

    def __enter__(self) -> "Claims":
        return self

    def __exit__(self, *error: object) -> None:
        for key in tuple(self._held):
            self.release(key)
        self._ended.set()
        if self._beating is not None:
            self._beating.join()
            with suppress(OSError):
                self._beat.unlink()

    def take(self, key: str) -> bool:
        """Whether this process alone may train the replica, until it releases the key.

        What dead processes left half written of it is removed. Raises SteadfitError where the store
        cannot be written.
        """
        with writing(self._store.folder):
            self._begin()
            number = 0
            while not self._make(self._folder / f"{key}.{number}"):
                if not self._is_dead(self._folder / f"{key}.{number}"):
                    return False
                number += 1
            self._held[key] = number
            if number:
                remove_unfinished(self._store.folder / key)
        return True

    def release(self, key: str) -> None:
        """Let others have it; nothing happens where it is not held."""
        for number in range(self._held.pop(key, -1) + 1):
            with suppress(OSError):
                os.unlink(self._folder / f"{key}.{number}")

    @property
    def _beat(self) -> Path:
        return self._folder / f"beat-{self._whose}"

    def _begin(self) -> None:
        if self._beating is None:
            self._write_beat(0)
            self._beating = threading.Thread(target=self._keep_beating, daemon=True)
            self._beating.start()

    def _keep_beating(self) -> None:
        for number in count(1):
            if self._ended.wait(BEAT):
                return
            with suppress(OSError):  # others take over where it cannot be written for a minute
                self._write_beat(number)

    def _write_beat(self, number: int) -> None:
        """In place: it is small, and who reads it half sees it changed, which is right."""
        handle = os.open(self._beat, os.O_WRONLY | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o666)
        try:
            os.write(handle, b"%012d" % number)
        finally:
            os.close(handle)  # a file system on the net sends it now

    def _make(self, path: Path) -> bool:
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        except FileExistsError:
            return False
        try:
            os.write(handle, self._whose.encode())
        finally:
            os.close(handle)
        return True

    def _is_dead(self, path: Path) -> bool:
        """Whether the process that made this claim has ended."""
        check_file(path)
        whose = _content(path)
        if whose is None:
            return False  # it was released just now
        owner = Owner.read(whose.rpartition("-")[0])
        if owner is not None and owner.has_ended():
            return True
        beat = _content(self._folder / f"beat-{whose}") if owner else None
        before, since = self._seen.get(path.name, (None, 0.0))
        now = self._clock()
        if before == f"{whose} {beat}":
            return now - since > DEAD
        self._seen[path.name] = f"{whose} {beat}", now
        return False


def _content(path: Path) -> str | None:
    try:
        return read_regular(path, _LONGEST).decode(errors="replace")
    except OSError:
        return None
