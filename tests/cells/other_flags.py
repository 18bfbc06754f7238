"""Compiles kernels with further flags and holds them against the reference.

    python tests/cells/other_flags.py CELL,CELL,… [FLAG …]

Cells: names, or "all". The compiler is that of the variable CXX, as ever. A process of its own, for
a sanitizer ends it. A kernel that this processor cannot run is compiled, and that is said.
"""

import sys
import warnings

import torch

from conftest import problems
from steadfit.cells import CELLS, build, compiled, kernel, run, run_reference

TOLERANCES = {torch.float64: 1e-10, torch.float32: 1e-4}  # gradients are sums of many numbers


def main() -> None:
    """Four problems of each cell, in both floating types."""
    names, *flags = sys.argv[1:]
    chosen = list(CELLS) if names == "all" else names.split(",")
    build._FLAGS = (*build._FLAGS, *flags)  # of two -march the last one counts
    warnings.simplefilter("error")  # a compiler that fails is a warning
    foreign = "-march=x86-64-v4" in flags and torch.backends.cpu.get_cpu_capability() != "AVX512"
    if foreign:
        compiled.try_step = lambda *_: None  # it would end the process
    for dtype, tolerance in TOLERANCES.items():
        for name in chosen:
            kernel(CELLS[name], dtype, False, (False,) * len(CELLS[name].states))
        for drawn in problems(0 if foreign else 4 * len(chosen), dtype, chosen):
            found, expected = drawn.by(run), drawn.by(run_reference)
            ours = [*found.sequences, *found.final, *drawn.gradients(found)]
            theirs = [*expected.sequences, *expected.final, *drawn.gradients(expected)]
            for one, other in zip(ours, theirs, strict=True):
                assert (one - other).norm() <= tolerance * (1 + other.norm())
    print("compiled, not run: this processor has no AVX-512" if foreign else "all as the reference")


if __name__ == "__main__":
    main()
