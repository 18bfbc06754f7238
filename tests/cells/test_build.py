"""Kernels that several processes want at once, a compiler that fails, and memory's bounds.

Kernels for other processors and sanitizers are compiled without optimisation, which takes a tenth
of the time, but in `make slow`.
"""

import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from steadfit.cells import Sequences, Weights, build, cell, compiled, relu, run, run_reference

SLOW = int(os.environ.get("STEADFIT_FUZZ_CELLS", "60")) > 60

ALONE = """
import torch
from steadfit.cells import Sequences, Weights, find, run
one = find("rnn")
weights = Weights(**{name: torch.ones(shape) for name, shape in one.shapes(1, 1).items()})
outputs = run(one, weights, Sequences(torch.ones(1, 1, 1))).outputs
assert torch.allclose(outputs, torch.full((1, 1, 1), 2.0).tanh())
"""

FEWER = """
import torch
from steadfit.cells import Sequences, Weights, find, run, run_reference
torch.set_num_threads(4)
one = find("gru")
shapes = one.shapes(40, 80).items()
weights = Weights(**{name: torch.randn(shape) / 9 for name, shape in shapes})
for batch in (1, 2, 16):
    x = torch.randn(9, batch, 40)
    found, wanted = (way(one, weights, Sequences(x)).outputs for way in (run, run_reference))
    assert torch.allclose(found, wanted, atol=1e-6)
"""


def start(cache: Path, **variables: str) -> subprocess.Popen:
    """A process that runs one cell, warnings shown."""
    environment = {**os.environ, "STEADFIT_CACHE": str(cache), **variables}
    command = [sys.executable, "-c", ALONE]
    return subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)


def test_processes_that_start_at_once_make_one_of_each_library(tmp_path: Path) -> None:
    processes = [start(tmp_path) for _ in range(2)]
    said = [process.communicate()[1] for process in processes]
    assert [process.returncode for process in processes] == [0, 0], said
    assert said == ["", ""]
    for kind in ("sweeps", "rnn"):
        assert len(list(tmp_path.glob(f"{kind}-*.so"))) == 1
        assert len(list(tmp_path.glob(f"{kind}-*.cpp"))) == 1
    assert not [path for path in tmp_path.iterdir() if path.name.startswith("tmp")]


def test_a_failing_compiler_is_said_once_and_the_reference_runs(draw, tmp_path, monkeypatch):
    @cell
    def cannot_be_compiled(x, h, *, gate):
        return relu(gate.only(x, h))

    failing = tmp_path / "failing"  # it has a version, and fails when it is to compile
    failing.write_text('#!/bin/sh\n[ "$1" = --version ] && exit 0\necho "error: no" >&2; exit 1\n')
    failing.chmod(0o755)
    drawn = draw(cannot_be_compiled, 3, 2, 2, 3)
    for compiler in ("false", str(failing)):
        monkeypatch.setenv("CXX", compiler)
        for cached in (build.compiler, compiled.kernel, compiled.warn_once):
            cached.cache_clear()
        with pytest.warns(UserWarning, match="failed with status 1") as said:
            drawn.gradients(drawn.by(run))
        assert len(said) == 1
        found, wanted = drawn.by(run), drawn.by(run_reference)  # a second warning would be an error
        torch.testing.assert_close(found.outputs, wanted.outputs)
        torch.testing.assert_close(drawn.gradients(found), drawn.gradients(wanted))
    for cached in (build.compiler, compiled.kernel, compiled.warn_once):
        cached.cache_clear()


def test_kernels_stay_within_their_tensors() -> None:
    script = Path(__file__).with_name("guard_pages.py")
    done = subprocess.run([sys.executable, script], capture_output=True, text=True)
    assert done.returncode == 0, f"status {done.returncode}\n{done.stdout}{done.stderr}"


def by_other_flags(*flags: str, **variables: str) -> str:
    """What `other_flags.py` says at its end, for a cell with two products that wait."""
    script = Path(__file__).with_name("other_flags.py")
    done = subprocess.run(
        [sys.executable, script, "gru", *flags, *(() if SLOW else ("-O0",))],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, f"status {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout.splitlines()[-1]


@pytest.mark.skipif(platform.machine() != "x86_64", reason="other vectors are of x86-64")
@pytest.mark.parametrize("level", ["x86-64", "x86-64-v3", "x86-64-v4"])
def test_kernels_for_vectors_of_every_width(level: str) -> None:
    said = by_other_flags(f"-march={level}")
    assert said == "all as the reference" or (level == "x86-64-v4" and "not run" in said)


@pytest.mark.skipif(not shutil.which("clang++"), reason="clang++ is not installed")
def test_kernels_by_clang() -> None:
    assert by_other_flags(CXX="clang++") == "all as the reference"


def sanitizer() -> Path | None:
    """g++'s AddressSanitizer, which has to be loaded before Python starts."""
    if not shutil.which("g++"):
        return None
    command = ["g++", "-print-file-name=libasan.so"]
    found = Path(subprocess.run(command, capture_output=True, text=True).stdout.strip())
    return found if found.is_absolute() else None


@pytest.mark.skipif(sanitizer() is None, reason="g++ with AddressSanitizer is not installed")
def test_kernels_under_address_sanitizer() -> None:
    variables = {"CXX": "g++", "LD_PRELOAD": str(sanitizer()), "ASAN_OPTIONS": "detect_leaks=0"}
    assert by_other_flags("-fsanitize=address", **variables) == "all as the reference"


def test_fewer_threads_than_asked_for_do_all_the_work() -> None:
    for limit in ("1", "3"):
        environment = {**os.environ, "OMP_THREAD_LIMIT": limit}
        done = subprocess.run(
            [sys.executable, "-c", FEWER],
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("count", [1, 9])
def test_what_no_kernel_can_run_is_said_once(count: int) -> None:
    names = ", ".join(f"s{number}" for number in range(count))
    gate = "gate.only(x, s0)" if count > 1 else "s0 * peephole.decay"
    rest = "".join(f", s{number}" for number in range(1, count))
    source = f"def odd(x, {names}, *, gate, peephole):\n    return relu({gate}){rest}\n"
    scope = {"relu": relu}
    exec(source, scope)
    one = cell(scope["odd"])
    shapes = one.shapes(3, 5)
    weights = Weights(**{name: torch.ones(shape) for name, shape in shapes.items()})
    compiled.warn_once.cache_clear()
    said = "has 9 states" if count > 1 else "has no gates"
    with pytest.warns(UserWarning, match=said):
        found = run(one, weights, Sequences(torch.ones(2, 4, 3)))
    wanted = run_reference(one, weights, Sequences(torch.ones(2, 4, 3)))  # which warns of nothing
    torch.testing.assert_close(found.outputs, wanted.outputs)
    run(one, weights, Sequences(torch.ones(2, 4, 3)))  # a second warning would be an error
