"""Memory: what one training step frees the next takes again, and what is done where it is short."""

import ctypes
import sys
from collections.abc import Callable
from typing import TypeVar

import torch
from torch import Tensor

from steadfit.errors import MemoryShortError

T = TypeVar("T")
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # glibc's malloc.h
_LARGEST = 32 * 2**20  # bytes; glibc takes no higher threshold
# Torch has a class of its own for a GPU that is full, and only these words for the main memory; the
# last is oneDNN's, which finds no room for the code that it writes.
_SIGNS = (
    "can't allocate memory",
    "not enough memory",
    "std::bad_alloc",
    "ALLOC_FAILED",
    "could not create a primitive",
)


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


def is_short(error: Exception) -> bool:
    """Whether this is what Python, NumPy or torch raise where there is not the memory asked for.

    >>> is_short(MemoryError()), is_short(RuntimeError("shapes differ"))
    (True, False)
    """
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and any(sign in str(error) for sign in _SIGNS)


def in_halves(work: Callable[[Tensor], T], rows: Tensor) -> list[T]:
    """`work` on all rows at once or, where memory is too small for them, on one half after the
    other, and so on. Raises SteadfitError where it is too small for a single one.

    >>> def work(rows):
    ...     if len(rows) > 2:
    ...         raise MemoryError
    ...     return rows.tolist()
    >>> in_halves(work, torch.arange(5))
    [[0, 1], [2], [3, 4]]
    """
    try:
        return [work(rows)]
    except (MemoryError, RuntimeError) as error:
        if not is_short(error):
            raise
    if len(rows) == 1:
        raise _too_short("look at a single example")
    half = len(rows) // 2
    return [*in_halves(work, rows[:half]), *in_halves(work, rows[half:])]


def with_halvings(work: Callable[[int], T], batch: int) -> T:
    """`work`, told how often batches of so many examples are to be halved: as often as it takes.

    It begins anew each time, so that what it gives does not depend on when memory was short. Raises
    SteadfitError where memory is too small for two examples.

    >>> def work(halvings):
    ...     if halvings < 2:
    ...         raise MemoryError
    ...     return halvings
    >>> with_halvings(work, 64)
    2
    """
    for halvings in range(max(1, batch.bit_length() - 1)):
        try:
            return work(halvings)
        except (MemoryError, RuntimeError) as error:
            if not is_short(error):
                raise
    raise _too_short("train on two examples at a time")


def _too_short(purpose: str) -> MemoryShortError:
    """The error for a memory in which even the smallest part of the work finds no room."""
    return MemoryShortError(
        f"There is too little memory to {purpose}. Close other programs, use fewer processes or a "
        "smaller model; what was finished is kept."
    )
