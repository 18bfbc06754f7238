"""What engines do where a replica is trained, so that its bits do not depend on the engine."""

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
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


def import_places() -> tuple[str, ...]:
    """Where this program imports from, but for the current folder, which may hold files of others:
    processes elsewhere import from there too."""
    here = os.path.realpath(os.curdir)
    return tuple(place for place in sys.path if place and os.path.realpath(place) != here)


def import_from(places: Sequence[str]) -> None:
    """Import from these places too, which another process named."""
    sys.path.extend(place for place in places if place not in sys.path)


@contextmanager
def environment(settings: Mapping[str, str]) -> Iterator[None]:
    """These variables, where they are not set, until the block ends."""
    before = {name: os.environ.get(name) for name in settings}
    os.environ.update({name: value for name, value in settings.items() if before[name] is None})
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
