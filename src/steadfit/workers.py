"""Processes to train in, which start at once.

On Linux they are forked from a server: one process of ours that has imported all that a worker
needs and has started no thread. Importing torch takes a worker seconds; a fork takes none.
Elsewhere, where forking is not safe with the system's own libraries, each imports for itself.

Python would have them look for modules in the current folder first, and people work where their
data is, which may come from others. They start with Python's safe path instead, and then look
where the program that started them does.
"""

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing import connection, forkserver, resource_tracker
from multiprocessing.context import BaseContext
from types import ModuleType

_NEEDED = "steadfit.study.engines.local"  # by name: here nothing heavy is imported
_SAFE_PATH = "PYTHONSAFEPATH"  # the environment variable; an empty value is as good as none


def context() -> BaseContext:
    """How workers are started."""
    return multiprocessing.get_context("forkserver" if sys.platform == "linux" else "spawn")


def start_server(also: Sequence[str] = ()) -> None:
    """Have the server import what workers need while this process goes on; later calls do nothing.

    Whoever will train many replicas calls it first, before importing anything heavy itself. also:
    modules beside these. References need scikit-learn, for example, and each worker imports it when
    it fits the first of them: a study begins sooner so, and many studies take longer.
    """
    if sys.platform == "linux":
        multiprocessing.set_forkserver_preload([_NEEDED, *also])
        with undisturbed_start():
            forkserver.ensure_running()


def end_with_parent() -> None:
    """Have this worker end when the process that started it does, be it that it is killed.

    To be called as the worker starts, as `ProcessPoolExecutor`'s initializer.
    """
    parent = multiprocessing.parent_process()
    assert parent is not None

    def wait() -> None:
        connection.wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


@contextmanager
def undisturbed_start() -> Iterator[None]:
    """While processes start, `__main__` is an empty module and Ctrl-C waits until they have.

    Nor do they import from the current folder (`_safe_path`).

    A started process would otherwise run the program's main file again, which fails where it has no
    `if __name__ == "__main__":` around the call; and one that is still importing would meet Ctrl-C
    with a traceback: processes start with the signals blocked that this thread has blocked.
    """
    with _safe_path():
        resource_tracker.ensure_running()  # which is the first to start, and lets Ctrl-C in again
        own = sys.modules["__main__"]
        sys.modules["__main__"] = ModuleType("__main__")
        try:
            with _interrupts_wait():
                yield
        finally:
            sys.modules["__main__"] = own


@contextmanager
def _interrupts_wait() -> Iterator[None]:
    """Ctrl-C acts at the end of the block.

    Blocking the signal is not enough: the system then gives it to another thread, a library's,
    and Python acts on it here all the same, perhaps where an exception would be swallowed.
    """
    came: list[int] = []
    main = threading.current_thread() is threading.main_thread()
    previous = signal.signal(signal.SIGINT, lambda number, _: came.append(number)) if main else None
    blocked = _block_interrupts()
    try:
        yield
    finally:
        if blocked is not None:
            signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        if previous is not None:
            signal.signal(signal.SIGINT, previous)
        if came:
            signal.raise_signal(signal.SIGINT)


@contextmanager
def _safe_path() -> Iterator[None]:
    """Processes that start meanwhile do not import from the current folder, as with `python -P`."""
    before = os.environ.get(_SAFE_PATH)
    os.environ[_SAFE_PATH] = "1"
    try:
        yield
    finally:
        if before is None:
            del os.environ[_SAFE_PATH]
        else:
            os.environ[_SAFE_PATH] = before


def _block_interrupts() -> set[int] | None:
    """What was blocked before; None where signals cannot be blocked, on Windows."""
    if not hasattr(signal, "pthread_sigmask"):
        return None
    return set(signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT}))
