"""Compile C++ once and keep it: shared libraries in the cache's folder, found again by a hash.

The hash covers the source, the headers, the compiler with its version, the flags and the processor,
so nothing stale is ever loaded. Beside each library lies the source that it was made from.
"""

import ctypes
import hashlib
import os
import platform
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import torch
from filelock import FileLock

from steadfit.cells.cache import TEMPORARY, beside, cache_folder, clean, finished, record, write

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


@cache
def compiler() -> tuple[str, str]:
    """The command and the version of the C++ compiler: `$CXX`, else g++, clang++ or c++.

    `$CXX` may hold arguments, as in "ccache g++". Raises BuildError if there is none.
    """
    wanted = os.environ.get("CXX")
    for command in [wanted] if wanted else ["g++", "clang++", "c++"]:
        name, *arguments = shlex.split(command) or [""]
        if path := shutil.which(name):
            whole = [path, *arguments]
            return shlex.join(whole), _run([*whole, "--version"]).partition("\n")[0]
    raise BuildError(
        f"no C++ compiler found (looked for {wanted or 'g++, clang++, c++'}). Install g++ or "
        "clang++, or name one in the variable CXX."
    )


def build(
    name: str, source: str, check: Callable[[ctypes.CDLL], None] = lambda library: None
) -> ctypes.CDLL:
    """The library made from this source, from the cache or compiled now.

    name: the beginning of the file's name, ASCII letters, digits and underscores and the floating
    type. check: raises BuildError if a library that was compiled just now does not work; it is not
    kept then. Raises BuildError if there is no library in the end.
    """
    command, version = compiler()
    digest = hashlib.sha256()
    for text in (source, *(header.read_text() for header in sorted(_HEADERS.glob("*.h")))):
        digest.update(text.encode())
    digest.update(repr((command, version, _FLAGS, _processor())).encode())
    try:
        library = cache_folder() / f"{name}-{digest.hexdigest()[:20]}.so"
        if found := _load(library):
            return found
        with FileLock(library.with_suffix(".lock")):
            found = _load(library)  # another process may have made it meanwhile
            return found or _compile(shlex.split(command), source, library, check)
    except OSError as error:
        raise BuildError(
            f"{type(error).__name__}: {error}. The variable STEADFIT_CACHE names another folder."
        ) from None


def _load(library: Path) -> ctypes.CDLL | None:
    """A library of the cache, or None if it is not there or not as it was written."""
    try:
        return ctypes.CDLL(str(library)) if finished(library) else None
    except OSError:
        return None


def _compile(
    command: list[str], source: str, library: Path, check: Callable[[ctypes.CDLL], None]
) -> ctypes.CDLL:
    """Compile under a temporary name, load and check it, then rename; the caller holds the lock."""
    checking = library.with_suffix(".checking")
    if checking.exists():
        raise BuildError(
            "the compiled cell crashed Python when it was tried. To try it again, remove "
            f"{checking}"
        )
    write(library.with_suffix(".cpp"), source.encode())
    handle, temporary = tempfile.mkstemp(prefix=TEMPORARY, suffix=".so", dir=library.parent)
    os.close(handle)
    try:
        text = str(library.with_suffix(".cpp"))
        _run([*command, *_FLAGS, f"-I{_HEADERS}", text, *_openmp(), "-o", temporary])
        os.chmod(temporary, 0o700)
        with open(temporary, "rb") as written:
            os.fsync(written.fileno())  # or a machine that loses its power leaves an empty library
            content = written.read()
        loaded = ctypes.CDLL(temporary)
        checking.touch()
        check(loaded)
        write(beside(library), record(content))
        os.replace(temporary, library)
        clean(library.parent, keep=library)
        return loaded
    finally:
        checking.unlink(missing_ok=True)
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
