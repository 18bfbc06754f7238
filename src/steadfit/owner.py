"""`Owner`: the process that something on the disk belongs to, and whether it has ended."""

import hashlib
import os
import re
import sys
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_PROC = Path("/proc")
_WRITTEN = re.compile(r"([0-9a-f]{12})\.(\d{1,10})\.(\d{1,20})")


@dataclass(frozen=True)
class Owner:
    """A process as others can tell it, those on other machines and in containers too.

    place: what its number is unique in: a machine since it was switched on, or a container there;
    12 hexadecimal digits. pid: its number. began: when it began, in the system's own ticks, as
    numbers are used again; 0 where the system does not tell.
    """

    place: str
    pid: int
    began: int

    @classmethod
    def this(cls) -> "Owner":
        """This process."""
        pid = os.getpid()
        return cls(_place(), pid, _began(pid) or 0)

    @classmethod
    def read(cls, text: str) -> "Owner | None":
        """From its text; None for another text."""
        found = _WRITTEN.fullmatch(text)
        return cls(found[1], int(found[2]), int(found[3])) if found else None

    def __str__(self) -> str:
        """For names and files.

        >>> str(Owner("0123456789ab", 7, 42))
        '0123456789ab.7.42'
        """
        return f"{self.place}.{self.pid}.{self.began}"

    def has_ended(self) -> bool:
        """Whether it is known to have ended: never of a process elsewhere."""
        if self.place != _place():
            return False
        if _PROC.joinpath("self", "stat").exists():
            return _began(self.pid) != self.began
        return not _is_there(self.pid)


def _is_there(pid: int) -> bool:
    if sys.platform == "win32":  # its `os.kill` has no signal that does nothing
        return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:  # another user's
        return True
    return True


@cache
def _place() -> str:
    """A container has numbers of its own for its processes, and may have the machine's name."""
    import socket  # here, as a command that only helps needs neither
    import uuid

    told = [socket.gethostname(), str(uuid.getnode())]
    with suppress(OSError):
        boot = _PROC.joinpath("sys", "kernel", "random", "boot_id").read_text().strip()
        told = [boot, os.readlink(_PROC / "self" / "ns" / "pid")]
    return hashlib.sha256("\n".join(told).encode()).hexdigest()[:12]


def _began(pid: int) -> int | None:
    """When the process began; None where it has ended, or the system does not tell.

    One that was killed keeps its number until its parent has asked for it, in state Z.
    """
    try:
        words = _PROC.joinpath(str(pid), "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if words[0] in "ZX" else int(words[19])  # man 5 proc: fields 3 and 22
