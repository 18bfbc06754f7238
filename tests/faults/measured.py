"""What reading a file takes: time and memory, in a process of its own.

That process is forked from one that has imported all that is needed and has done nothing else, as
imports take longer than most readings.
"""

import multiprocessing
import os
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple

from faults.kinds import KINDS
from steadfit.errors import SteadfitError

PATIENCE = 30  # seconds after which a reader that has not ended is stopped
ROOM = 4 * 10**9  # bytes at which it is stopped too, so that the machine goes on


class Measure(NamedTuple):
    """said: "read", or the sentence. seconds: by the clock, without those in which other processes
    had the cores. peak: bytes of memory at most, with the libraries."""

    said: str
    seconds: float
    peak: int


def measured(kind: str, path: Path) -> Measure:
    """Have a file of `KINDS` read. A reader that does not end is stopped, and it is said."""
    forked = multiprocessing.get_context("fork")
    receiver, sender = forked.Pipe(duplex=False)
    reader = forked.Process(target=_read, args=(sender, kind, path))
    reader.start()
    sender.close()
    began = time.monotonic()
    while not receiver.poll(0.05):
        seconds, peak = time.monotonic() - began - _waited(reader.pid), _peak(reader.pid)
        if seconds > PATIENCE or peak > ROOM:
            reader.kill()
            reader.join()
            return Measure("stopped", seconds, peak)
    try:
        return receiver.recv()
    except EOFError:
        return Measure("ended without a word", time.monotonic() - began, 0)
    finally:
        reader.join()


def _read(sender: Connection, kind: str, path: Path) -> None:
    began, waited = time.monotonic(), _waited(os.getpid())
    try:
        KINDS[kind][1](path)
        said = "read"
    except SteadfitError as error:
        said = str(error)
    seconds = time.monotonic() - began - (_waited(os.getpid()) - waited)
    sender.send(Measure(said, seconds, _peak(os.getpid())))


def _peak(process: int | None) -> int:
    """Bytes that a process has taken at most; 0 once it has ended."""
    try:
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


def _waited(process: int | None) -> float:
    """Seconds in which a process could have worked, and no core was free."""
    try:
        return int(Path(f"/proc/{process}/schedstat").read_text().split()[1]) / 1e9
    except OSError:
        return 0.0
