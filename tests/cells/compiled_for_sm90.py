"""Kernels compiled ahead of time for an H100 or H200 (sm_90), which needs no GPU.

    PYTHONPATH=src:tests python tests/cells/compiled_for_sm90.py NAME:UNITS NAME:UNITS:bf16 …

Numbers are float32 where nothing else is said. Prints a line of JSON for each sweep of each cell,
with masks and without: its registers a thread, its shared memory in bytes, and the bytes that are
spilled from registers to memory.
"""

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import triton
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource

from steadfit.cells import CELLS, Cell
from steadfit.cells.triton_kernel import WIDE, gpu_kernel, tiles

PTXAS = Path(triton.__file__).parent / "backends" / "nvidia" / "bin" / "ptxas"
OTHERS = {"starts": "*i64", "lengths": "*i64", "batch": "i32", "hidden": "i32"}
OTHERS |= dict.fromkeys(WIDE, "*fp32")


class Usage(NamedTuple):
    """What a sweep takes of a multiprocessor: registers a thread, and bytes."""

    registers: int
    shared: int
    spilled: int


def usage(cell: Cell, sweep: str, hidden: int, masked: bool, numbers: str) -> Usage:
    """Of one sweep, "forward" or "backward", as it is trained with. numbers: "fp32" or "bf16"."""
    kernel = gpu_kernel(cell, masked, (masked,) * len(cell.states))
    function, chosen = kernel.sweeps[sweep], tiles(hidden)
    constants = {"REVERSE": False, "H": hidden, **chosen.constants}
    if not masked:
        constants |= {n: None for n in function.arg_names if n.startswith(("given", "mask"))}
    if not cell.peepholes:
        constants["peephole"] = None
    names = (name for name in function.arg_names if name not in constants)
    signature = {name: OTHERS.get(name, f"*{numbers}") for name in names}
    signature |= dict.fromkeys(constants, "constexpr")
    aligned = {
        (place,): [["tt.divisibility", 16]]
        for place, name in enumerate(function.arg_names)
        if signature[name].startswith("*")
    }
    source = ASTSource(function, signature, constants, aligned)
    target = GPUTarget("cuda", 90, 32)
    made = triton.compile(source, target=target, options=dict(chosen.options))
    with tempfile.TemporaryDirectory() as folder:
        text = Path(folder) / "sweep.ptx"
        text.write_text(made.asm["ptx"])
        command = [str(PTXAS), "-v", "--gpu-name", "sm_90a", str(text), "-o", f"{folder}/sweep"]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    spills = (int(number) for number in re.findall(r"(\d+) bytes spill", said))
    (registers,) = re.findall(r"Used (\d+) registers", said)
    return Usage(int(registers), made.metadata.shared, sum(spills))


if __name__ == "__main__":
    for word in sys.argv[1:]:
        name, hidden, numbers = [*word.split(":"), "fp32"][:3]
        for sweep in ("forward", "backward"):
            for masked in (False, True):
                found = usage(CELLS[name], sweep, int(hidden), masked, numbers)
                case = {"cell": name, "units": int(hidden), "numbers": numbers}
                case |= {"sweep": sweep, "masked": masked}
                print(json.dumps({**case, **found._asdict()}), flush=True)
