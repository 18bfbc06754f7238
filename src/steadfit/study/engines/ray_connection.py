"""A connection to Ray for a study: one of its own on this machine, or to a cluster."""

import importlib
import logging
import os
import secrets
import signal
import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

from steadfit.errors import SteadfitError
from steadfit.machine import usable_cores
from steadfit.study.engines.worker import environment

_ANSWERS_WITHIN = 5.0  # seconds for an address to take a connection
_QUIET = {  # Ray's settings while it starts; what a person has set stays
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",
}


def ray_module() -> Any:
    """The module. Raises SteadfitError where it is not installed."""
    try:
        with environment(_QUIET):
            import ray
            import ray.util.scheduling_strategies
    except ImportError as error:
        raise SteadfitError(
            f"The engine ray needs Ray, which cannot be imported ({error}). Install it with "
            "pip install 'steadfit[ray]'."
        ) from None
    return ray


@contextmanager
def connected(address: str | None, processes: int | None) -> Iterator[None]:
    """A connection to a cluster until the block ends: to that of the address, or one of our own."""
    ray = ray_module()
    if ray.is_initialized():  # the program's own
        yield
        return
    with ExitStack() as stack:
        if address is None:
            options = {"address": "local", "num_cpus": processes or usable_cores()}
            options |= {"include_dashboard": False}
            options |= {"_temp_dir": stack.enter_context(_short_folder())}
            stack.enter_context(_own_token())
        else:
            _check_answers(address)
            options = {"address": address}
        stack.enter_context(_signals_kept())
        stack.callback(ray.shutdown)
        with _started(address), environment(_QUIET), _silent():
            ray.init(
                **options, job_config=_job_config(), configure_logging=False, log_to_driver=False
            )
        yield


@contextmanager
def _started(address: str | None) -> Iterator[None]:
    """What Ray raises when it cannot start becomes a SteadfitError."""
    ray = ray_module()
    try:
        yield
    except (OSError, RuntimeError, ValueError, ray.exceptions.RayError) as error:
        words = (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
        if address is None:
            raise SteadfitError(
                f"Ray cannot be started here: {words}. Use another engine, or see whether "
                "ray start --head works."
            ) from None
        raise SteadfitError(
            f"address must be that of a Ray cluster of version {ray.__version__}, got {address}: "
            f"{words}. See there what ray status says."
        ) from None


def _check_answers(address: str) -> None:
    """Raise SteadfitError where nobody takes a connection: Ray would wait for minutes."""
    host, _, port = address.rpartition(":")
    if address == "auto" or "://" in address:
        return
    if not (host and port.isdecimal()):
        raise SteadfitError(f'address must be "host:6379" or "auto", got "{address}".')
    try:
        socket.create_connection((host, int(port)), _ANSWERS_WITHIN).close()
    except OSError as error:
        raise SteadfitError(
            f"{address} does not answer ({error.strerror or error}). Give the address of a Ray "
            "cluster's head, or start one there with ray start --head."
        ) from None


def _job_config() -> Any:
    """Ray's, but without the current folder, which may hold files of others, among the places that
    its workers import from."""
    from ray.job_config import JobConfig

    class Config(JobConfig):
        def _runtime_env_has_working_dir(self) -> bool:
            return True  # and Ray adds neither that folder nor the script's: `import_places` does

    return Config()


@contextmanager
def _short_folder() -> Iterator[str]:
    """For Ray's own files. Its sockets' names have 107 letters at most, so TMPDIR is not asked."""
    place = "/tmp" if os.path.isdir("/tmp") else None
    with tempfile.TemporaryDirectory(prefix="ray-", dir=place, ignore_cleanup_errors=True) as name:
        yield name


@contextmanager
def _own_token() -> Iterator[None]:
    """A secret of this study's own for its processes: Ray would leave one in the home folder.

    Ray reads it once, and remembers; a program that joins a cluster afterwards finds it forgotten.
    """
    mode = "RAY_AUTH_MODE"  # which Ray sets, when it finds a token
    set_before = mode in os.environ
    try:
        with environment({"RAY_AUTH_TOKEN": secrets.token_hex(32)}):
            yield
    finally:
        if not set_before:
            os.environ.pop(mode, None)
        with suppress(ImportError, AttributeError):  # names that Ray may change
            known: Any = importlib.import_module("ray._raylet")
            known.Config.initialize("")
            known.AuthenticationTokenLoader.instance().reset_cache()


@contextmanager
def _silent() -> Iterator[None]:
    """Without Ray's warnings while it starts."""
    log = logging.getLogger("ray")
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        log.setLevel(level)


@contextmanager
def _signals_kept() -> Iterator[None]:
    """Ray sets the program's answer to SIGTERM; afterwards it is what it was."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
