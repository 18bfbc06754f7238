"""The machine that this process runs on."""

import os
import sys


def memory() -> int:
    """Bytes that this process may take: the machine's memory, or the limit set for the process."""
    if not hasattr(os, "sysconf"):
        return sys.maxsize  # Windows does not tell
    import resource

    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    whole = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return whole if limit == resource.RLIM_INFINITY else min(limit, whole)
