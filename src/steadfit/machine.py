"""The machine that this process runs on."""

import os
import sys

from steadfit.errors import SteadfitError

_LEAST = 10**9  # bytes of addresses that are mapped once PyTorch is imported
_SMALL = 700 * 10**6  # bytes that any file may take once it is unpacked
_RATIO = 100  # and how many times its own size a larger one may


def memory() -> int:
    """Bytes that this process may take: the machine's memory, or the limit set for the process."""
    if not hasattr(os, "sysconf"):
        return sys.maxsize  # Windows does not tell
    import resource

    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    whole = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return whole if limit == resource.RLIM_INFINITY else min(limit, whole)


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
            f"This process may take {limit / 1e9:,.1f} GB of addresses (ulimit -v), and PyTorch "
            f"alone takes {_LEAST / 1e9:,.1f} GB. Raise the limit."
        )


def check_unpacked(needed: float, packed: int, instead: str) -> None:
    """Raise SteadfitError where a file would take far more memory than its size lets expect.

    needed: bytes at the peak, as estimated. packed: the file's bytes. What repeats packs to a
    thousandth, so that a small file could fill the memory; data seldom pack to a hundredth.
    instead: what to do.
    """
    allowed = max(_SMALL, _RATIO * packed)
    if needed > min(allowed, memory() // 2):
        raise SteadfitError(
            f"it would take {needed / 1e9:,.1f} GB of memory once it is unpacked, and may take "
            f"{min(allowed, memory() // 2) / 1e9:,.1f} GB. {instead}"
        )


def check_memory(needed: int, what: str, instead: str) -> None:
    """Raise SteadfitError where more bytes are needed than this process may take.

    what: that needs them, with its verb, "a million series take". instead: what to do.
    """
    there_is = memory()
    if needed > there_is:
        raise SteadfitError(
            f"{what} {needed / 1e9:,.1f} GB, and this process may take {there_is / 1e9:,.1f} GB. "
            f"{instead}"
        )
