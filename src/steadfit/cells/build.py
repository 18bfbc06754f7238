"""Compile C++ once and keep it: shared libraries in a cache folder, found again by a hash.

The folder is `$STEADFIT_CACHE`, else `steadfit` in `$XDG_CACHE_HOME` or `~/.cache`. The hash covers
the source, the headers, the compiler with its version, the flags and the processor, so nothing
stale is ever loaded. Beside each library lies the source that it was made from.
"""

import ctypes
import hashlib
import os
import platform
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

import torch
from filelock import FileLock

from steadfit.errors import SteadfitError
from steadfit.files import write_text

_HEADERS = Path(__file__).parent
_FLAGS = (
    "-std=gnu++17",
    "-O2",  # -O3 takes twice as long to compile and was slower
    "-march=native",
    "-ffp-contract=fast",
    "-fno-math-errno",
    "-fPIC",
    "-shared",
    "-fvisibility=hidden",
)


class BuildError(Exception):
    """There is no compiler, or it failed; the message says which and how."""


def cache_folder() -> Path:
    """Where compiled kernels are kept; made if missing."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = Path(os.environ.get("STEADFIT_CACHE") or Path(base) / "steadfit")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@cache
def compiler() -> tuple[str, str]:
    """Path and version of the C++ compiler: `$CXX`, else g++, clang++ or c++ on the path.

    Raises BuildError if there is none.
    """
    wanted = os.environ.get("CXX")
    for name in [wanted] if wanted else ["g++", "clang++", "c++"]:
        if path := shutil.which(name):
            return path, _run([path, "--version"]).partition("\n")[0]
    raise BuildError(
        f"no C++ compiler found (looked for {wanted or 'g++, clang++, c++'}). Install g++ or "
        "clang++, or name one in the variable CXX."
    )


def build(name: str, source: str) -> ctypes.CDLL:
    """The library made from this source, from the cache or compiled now (a few seconds).

    name: the beginning of the file's name. Raises BuildError if it cannot be compiled or loaded.
    """
    path, version = compiler()
    digest = hashlib.sha256()
    for text in (source, *(header.read_text() for header in sorted(_HEADERS.glob("*.h")))):
        digest.update(text.encode())
    digest.update(repr((path, version, _FLAGS, _processor())).encode())
    try:
        library = cache_folder() / f"{name}-{digest.hexdigest()[:20]}.so"
        if not library.exists():
            with FileLock(library.with_suffix(".lock")):
                if not library.exists():
                    _compile(path, source, library)
        return ctypes.CDLL(str(library))
    except (OSError, SteadfitError) as error:
        raise BuildError(
            f"{type(error).__name__}: {error}. The variable STEADFIT_CACHE names another folder."
        ) from None


def _compile(path: str, source: str, library: Path) -> None:
    """Write the source beside the library, compile under a temporary name, then rename."""
    write_text(library.with_suffix(".cpp"), source)
    handle, temporary = tempfile.mkstemp(suffix=".so", dir=library.parent)
    os.close(handle)
    try:
        text = str(library.with_suffix(".cpp"))
        _run([path, *_FLAGS, f"-I{_HEADERS}", text, *_openmp(), "-o", temporary])
        with open(temporary, "rb") as written:
            os.fsync(written.fileno())  # or a machine that loses its power leaves an empty library
        os.replace(temporary, library)
    finally:
        Path(temporary).unlink(missing_ok=True)


def _run(command: list[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BuildError(f"{command[0]}: {error}") from None
    if done.returncode:
        lines = done.stderr.strip().splitlines()
        found = next((line for line in lines if "error" in line), lines[-1] if lines else "")
        raise BuildError(
            f"{command[0]} failed with status {done.returncode}: {found}. The variable CXX names "
            "another compiler."
        )
    return done.stdout


def _openmp() -> list[str]:
    """torch's own OpenMP library: two of them in one process would fight over the cores."""
    found = sorted((Path(torch.__file__).parent / "lib").glob("libgomp*.so*"))
    return [str(found[0]) if found else "-lgomp"]


@cache
def _processor() -> str:
    """What -march=native depends on."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() + platform.machine()
    kept = ("model name", "flags", "Features", "CPU part")
    return "\n".join(sorted({line for line in lines if line.startswith(kept)}))
