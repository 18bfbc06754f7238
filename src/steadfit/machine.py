"""The machine that this process runs on."""

import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from steadfit.errors import SteadfitError

_OWN_GROUPS = Path("/proc/self/cgroup")
_GROUPS = Path("/sys/fs/cgroup")
_LEAST = 10**9  # bytes of addresses that are mapped once PyTorch is imported
_FITS = 16 * 2**20  # bytes that fit anywhere, as torch alone needs more
_SMALL = 700 * 10**6  # bytes that any file may take once it is unpacked
_RATIO = 100  # and how many times its own size a larger one may


def usable_cores() -> int:
    """The cores this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def memory() -> int:
    """Bytes that this process may use: the machine's memory, or the limit set for the process or
    for a container that it runs in.
    """
    if not hasattr(os, "sysconf"):
        return sys.maxsize  # Windows does not tell
    import resource

    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    whole = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    own = whole if limit == resource.RLIM_INFINITY else limit
    return min(own, whole, *(group.limit for group in _groups()))


def check_limit() -> None:
    """Raise SteadfitError where a limit of the process leaves no room even for its libraries, which
    then fail to load in ways of their own.
    """
    if sys.platform != "linux" or "torch" in sys.modules:
        return
    import resource

    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit != resource.RLIM_INFINITY and limit < _LEAST:
        raise SteadfitError(
            f"This process may use {limit / 1e9:,.1f} GB of addresses (ulimit -v), and PyTorch "
            f"alone needs {_LEAST / 1e9:,.1f} GB. Raise the limit."
        )


def spin_briefly() -> None:
    """Have OpenMP's threads sleep soon where they wait, in this process and those it starts.

    They spin for milliseconds by default. Threads of several programs on the same cores then spin
    against one another. To be called before torch is imported; what a person has set stays. Of
    libgomp alone (GCC).
    """
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", "1000")


def one_thread_after_fork() -> None:
    """Have processes that are forked from this one compute with one thread, where torch is loaded.

    A forked process has none of its parent's threads. libgomp (GCC) does not know, and waits for
    them for ever, in torch's own operations too. `torch.set_num_threads` raises the number again.
    """

    def one_thread() -> None:
        torch = sys.modules.get("torch")
        if torch is not None:
            torch.set_num_threads(1)

    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=one_thread)


def free_memory() -> int:
    """Bytes that this process can still take without pushing others out, or being ended in a
    container that is full: at most `memory()`.

    Where the system does not tell, all of `memory()`.
    """
    free = [memory(), *(max(0, group.limit - group.used) for group in _groups())]
    with suppress(OSError, ValueError):
        lines = Path("/proc/meminfo").read_text().splitlines()
        [available] = [line.split()[1] for line in lines if line.startswith("MemAvailable:")]
        free.append(int(available) * 1024)
    return min(free)


class _Group(NamedTuple):
    """Bytes that the processes of a control group may use together, and those that they do use."""

    limit: int
    used: int


_VERSIONS = {  # the files of a group by Linux's two versions, and what is no use: cache it can drop
    1: ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file "),
    2: ("memory.max", "memory.current", "inactive_file "),
}


def _groups() -> Iterator[_Group]:
    """The control groups that this process is in and that have a limit, as containers have.

    A container may see its own group as the uppermost, while `_OWN_GROUPS` names it as the machine
    does: what is not there is left out.
    """
    with suppress(OSError):
        for line in _OWN_GROUPS.read_text().splitlines():
            number, controllers, path = line.split(":", 2)
            if number == "0":
                top, files = _GROUPS, _VERSIONS[2]
            elif "memory" in controllers.split(","):
                top, files = _GROUPS / "memory", _VERSIONS[1]
            else:
                continue
            own = top / path.strip("/")
            for folder in (own, *own.parents):
                if folder.is_relative_to(top):
                    with suppress(OSError, ValueError):  # absent, or the word "max"
                        yield _group(folder, *files)


def _group(folder: Path, limit: str, usage: str, droppable: str) -> _Group:
    dropped = [
        int(line.removeprefix(droppable))
        for line in (folder / "memory.stat").read_text().splitlines()
        if line.startswith(droppable)
    ]
    most, used = (int((folder / name).read_text()) for name in (limit, usage))
    return _Group(most, used - sum(dropped))


def check_free(name: str, needed: float) -> None:
    """Raise SteadfitError where a file would take more memory than is free: bytes, as estimated."""
    free = free_memory()
    if needed > free:
        raise SteadfitError(
            f"{name} would take {needed / 1e9:,.1f} GB of memory, and {free / 1e9:,.1f} GB are "
            "free. Leave a part of it out, or read it on a larger machine."
        )


def check_unpacked(name: str, needed: float, packed: int, unpacked: str) -> None:
    """Raise SteadfitError where a file would fill the memory once it is unpacked.

    It may take what is free, but for what repeats so often that it packs to a hundredth, as data
    seldom do and files that are made to do harm do: such a file may take 0.7 GB.
    needed: bytes at the peak, as estimated. packed: the file's bytes. unpacked: how to save it so.
    """
    if needed > _FITS:  # of small files a study reads thousands
        check_free(name, needed)
    if needed > max(_SMALL, _RATIO * packed):
        raise SteadfitError(
            f"{name} would take {needed / 1e9:,.1f} GB of memory, {needed / packed:,.0f} times its "
            f"size, as files do that are made to fill the memory: at most {_RATIO} times, or "
            f"{_SMALL / 1e9:,.1f} GB. If you trust it, {unpacked}."
        )


def check_memory(needed: int, what: str, instead: str) -> None:
    """Raise SteadfitError where more bytes are needed than this process may use.

    what: that needs them, with its verb, "a million series take". instead: what to do.
    """
    there_is = memory()
    if needed > there_is:
        raise SteadfitError(
            f"{what} {needed / 1e9:,.1f} GB, and this process may use {there_is / 1e9:,.1f} GB. "
            f"{instead}"
        )
