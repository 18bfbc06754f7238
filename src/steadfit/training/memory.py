"""What one training step frees, the next takes again."""

import ctypes
import sys

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # glibc's malloc.h
_LARGEST = 32 * 2**20  # bytes; glibc takes no higher threshold


def keep_freed_memory() -> None:
    """Have the C library keep freed memory instead of handing it back to the system.

    A training step asks for the same large arrays as the one before. By default glibc gives them
    back in between, and every page is mapped and zeroed anew. Only for glibc, for arrays of at most
    32 MiB, and for the whole process, whose size no longer shrinks.
    """
    if sys.platform != "linux":
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_MMAP_THRESHOLD, _LARGEST)
        mallopt(_TRIM_THRESHOLD, 2**31 - 1)
