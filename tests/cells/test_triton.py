"""GPU kernels without a GPU: their numbers by Triton's interpreter, and what they take of a chip.

`make test` runs a share of it, `make slow` and `make fuzz` more, by STEADFIT_FUZZ_CELLS.
"""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from steadfit.cells import CELLS

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("triton") is None,
    reason="Triton is absent: pip install 'steadfit[gpu]'",
)
FUZZ = int(os.environ.get("STEADFIT_FUZZ_CELLS", "60"))
SEED = int(os.environ.get("STEADFIT_FUZZ_SEED", "0"))
SLOW = FUZZ > 60
PARTS = 2 if SLOW else 1  # for as many processes; each takes seconds to import
HERE = Path(__file__).parent
SHARED_MEMORY = 227 * 1024  # of a program, on an H100


def said_by(program: str, *words: str, **variables: str) -> str:
    """What a program of this folder prints, in a process of its own."""
    path = os.pathsep.join([str(HERE.parents[1] / "src"), str(HERE.parent)])
    environment = {**os.environ, "PYTHONPATH": path, **variables}
    command = [sys.executable, str(HERE / program), *words]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("names", [list(CELLS)[part::PARTS] for part in range(PARTS)], ids=str)
def test_cells_of_the_library(names: list[str]) -> None:
    said = said_by("by_triton.py", "all" if SLOW else "some", *names, TRITON_INTERPRET="1")
    assert len(said.splitlines()) == len(names) * (12 if SLOW else 2)


@pytest.mark.parametrize("part", range(PARTS))
def test_random_cells_by_the_interpreter(part: int) -> None:
    words = (str(FUZZ // (6 * PARTS)), str(SEED * PARTS + part))
    said = said_by("by_triton.py", "random", *words, TRITON_INTERPRET="1")
    assert "are their equations" in said


def test_transforms_of_torch_and_a_kernel_that_is_wrong() -> None:
    said = said_by("by_triton.py", "torch", TRITON_INTERPRET="1")
    *transforms, warning = said.splitlines()
    assert transforms == ["autograd", "compile", "vmap", "autocast"]
    assert "run step by step" in warning
    assert "Triton's rnn does not give on cpu what its equations give" in warning


def test_no_register_is_spilled_and_the_memory_suffices(tmp_path) -> None:
    every = [
        f"{name}:{hidden}:{numbers}"
        for name in CELLS for hidden in (64, 128) for numbers in ("fp32", "bf16")
    ]  # fmt: skip
    words = every if SLOW else ["gru:64:fp32", "lstm:128:bf16"]
    said = said_by("compiled_for_sm90.py", *words, TRITON_CACHE_DIR=str(tmp_path))
    found = [json.loads(line) for line in said.splitlines()]
    assert len(found) == 4 * len(words)
    for sweep in found:
        assert sweep["spilled"] == 0, sweep
        assert sweep["shared"] <= SHARED_MEMORY, sweep
