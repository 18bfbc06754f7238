"""How every engine has a replica computed, so that its bits do not depend on the engine."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch


def settle() -> None:
    """For a process that trains and does nothing else: one thread, and no denormal numbers.

    On processors that have the switch, numbers too small to have all their digits are zero: they
    take a hundred times as long as others, and change nothing that is told.
    """
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)


@contextmanager
def settled() -> Iterator[None]:
    """The same while the block runs; then all is as before."""
    threads, flushes = torch.get_num_threads(), _flushes_denormals()
    settle()
    try:
        yield
    finally:
        torch.set_flush_denormal(flushes)
        torch.set_num_threads(threads)


def _flushes_denormals() -> bool:
    smallest = torch.tensor([torch.finfo(torch.float32).tiny], dtype=torch.float32)
    return not bool((smallest / 2).item())
