"""Processes to train in, which start at once.

On Linux they are forked from a server: one process of ours that has imported all that a worker
needs and has started no thread. Importing torch takes a worker seconds; a fork takes none.
Elsewhere, where forking is not safe with the system's own libraries, each imports for itself.
"""

import multiprocessing
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import forkserver
from multiprocessing.context import BaseContext
from types import ModuleType

_NEEDED = "steadfit.study.engine"  # by name: here nothing heavy is imported


def context() -> BaseContext:
    """How workers are started."""
    return multiprocessing.get_context("forkserver" if sys.platform == "linux" else "spawn")


def start_server() -> None:
    """Have the server import what workers need while this process goes on; later calls do nothing.

    Whoever will train many replicas calls it first, before importing anything heavy itself.
    """
    if sys.platform == "linux":
        multiprocessing.set_forkserver_preload([_NEEDED])
        with undisturbed_start():
            forkserver.ensure_running()


@contextmanager
def undisturbed_start() -> Iterator[None]:
    """While processes start, `__main__` is an empty module and Ctrl-C waits.

    A started process would otherwise run the program's main file again, which fails where it has no
    `if __name__ == "__main__":` around the call; and one that is still importing would meet Ctrl-C
    with a traceback. Signals can be set in the main thread only.
    """
    own = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    in_main_thread = threading.current_thread() is threading.main_thread()
    handler = signal.signal(signal.SIGINT, signal.SIG_IGN) if in_main_thread else None
    try:
        yield
    finally:
        sys.modules["__main__"] = own
        if in_main_thread:
            signal.signal(signal.SIGINT, handler)
