"""Plants faults in the making of kernels, one at a time, and shows that random cells find each.

    python tests/cells/planted_faults.py [CELLS]

Each fault is a change of the text of steadfit's source, in a copy. A process of its own runs random
cells on the copy until one differs, CELLS at most (300), and prints the number of that cell; those
of GPU kernels by Triton's interpreter. The self-test of compiled cells is left out, for it would
find most of them first. The exit status is the number of faults that were not found.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
SOURCE = HERE.parents[1] / "src"


@dataclass(frozen=True)
class Fault:
    """What is wrong, and the text of a file of `steadfit/cells` that is replaced once."""

    name: str
    file: str
    right: str
    wrong: str


FAULTS = (
    Fault(
        "planner: neighbours are one product, whatever states they take",
        "plan.py",
        "return product.source, product.turn, product.stage",
        "return min(product.source, 0), product.turn, product.stage",
    ),
    Fault(
        "planner: a gate that takes a value twice uses its first block twice",
        "plan.py",
        "block=next(blocks),",
        "block=[(g.name, s) for g, s in graph.recurrent_blocks].index((gate.name, source)),",
    ),
    Fault(
        "planner: every product is computed at the first stage",
        "plan.py",
        "stage=stages[gate.name],",
        "stage=0,",
    ),
    Fault(
        "planner: what comes back waits for the first of its gates, not for the last",
        "plan.py",
        "else max(takers)",
        "else min(takers)",
    ),
    Fault(
        "derivative: sigmoid",
        "derivative.py",
        '_times(a, lambda: a("multiply", y, a("subtract", a.constant(1), y)))',
        '_times(a, lambda: a("multiply", y, a("subtract", a.constant(1), x[0])))',
    ),
    Fault(
        "derivative: the sign of a quotient's denominator",
        "derivative.py",
        'lambda d: a("negative", a("divide", a("multiply", d, y), args[1]))',
        'lambda d: a("divide", a("multiply", d, y), args[1])',
    ),
    Fault(
        "derivative: maximum hands its adjoint to the smaller",
        "derivative.py",
        '"maximum": lambda a, y, x: [_larger(a, x[0], x[1]), _larger(a, x[1], x[0])]',
        '"maximum": lambda a, y, x: [_larger(a, x[1], x[0]), _larger(a, x[0], x[1])]',
    ),
    Fault(
        "derivative: square root without its half",
        "derivative.py",
        'a("multiply", d, a.constant(0.5)), y)',
        'a("multiply", d, a.constant(1.0)), y)',
    ),
    Fault(
        "derivative: of a value used twice, one use counts",
        "derivative.py",
        'adjoint if known is None else algebra("add", known, adjoint)',
        "adjoint",
    ),
    Fault(
        "masks: the recurrent mask is left out",
        "derivative.py",
        'return builder.add(Node("multiply", (moved[source], mask)))',
        "return moved[source]",
    ),
    Fault(
        "masks: zoneout adds the new value with the wrong sign",
        "derivative.py",
        'Node("subtract", (one, share))',
        'Node("subtract", (share, one))',
    ),
    Fault(
        "emitter: biases in the order of columns",
        "emit.py",
        "_braces(names.index(gate.name) for gate in made.gates)",
        "_braces(range(len(names)))",
    ),
    Fault(
        "emitter: all states have the first one's adjoint",
        "body.py",
        'f"adjoint(row, {graph.states.index(node.name)}, j, left)"',
        '"adjoint(row, 0, j, left)"',
    ),
    Fault(
        "emitter: states' adjoints are overwritten while they are still read",
        "emit.py",
        "            body.value(node)\n        for state",
        "            pass\n        for state",
    ),
    Fault(
        "emitter: backward reads the first of the values that forward kept",
        "body.py",
        "{made.saved.index(index)} * row.width",
        "0 * row.width",
    ),
    Fault(
        "sweeps: a reversed sequence that ends early starts from its neighbour's state",
        "problem.h",
        "if (n > 0 && i < a.sizes[step(n - 1)])",
        "if (n > 0 && i <= a.sizes[step(n - 1)])",
    ),
)

GPU_FAULTS = (
    Fault(
        "GPU emitter: a gate's product is not kept for later stages",
        "emit_triton.py",
        "if node in wanted_later:",
        "if node in wanted_later and number < 0:",
    ),
    Fault(
        "GPU emitter: blocks of the recurrent weights in the order of columns",
        "emit_triton.py",
        'f"{block} * H * H + j * H + m[:, None]"',
        'f"{column} * H * H + j * H + m[:, None]"',
    ),
    Fault(
        "GPU sweeps: the state before a step is taken from the row of the step itself",
        "emit_triton.py",
        "earlier = row_of(n - 1, length",
        "earlier = row_of(n, length",
    ),
    Fault(
        "GPU sweeps: the last units of a tile that is not full are left out",
        "emit_triton.py",
        "inside = live[:, None] & (j < H)",
        "inside = live[:, None] & (j < H // 16 * 16)",
    ),
    Fault(
        "GPU sweeps: maximum is minimum",
        "triton_functions.py",
        "tl.where((x > y) | (x != x), x, y)",
        "tl.where((x < y) | (x != x), x, y)",
    ),
    Fault(
        "GPU sweeps: the adjoint of a step's own output is left out",
        "triton_functions.py",
        "carried += read(d_sequence, row, j, inside, H)",
        "carried += 0.0 * read(d_sequence, row, j, inside, H)",
    ),
    Fault(
        "GPU gradients: biases in the order of columns",
        "triton_kernel.py",
        "[sums[columns[gate.name]] for gate in graph.gates]",
        "list(sums[: len(graph.gates)])",
    ),
    Fault(
        "GPU gradients: x beyond the ends of sequences",
        "triton_kernel.py",
        "if given.lengths is None:\n        return _Steps(starts",
        "if True:\n        return _Steps(starts",
    ),
)

SEARCH = """
import os
import sys
import torch
from hypothesis import HealthCheck, Phase, given, seed, settings
from cells.random_cells import runs
from cells.random_check import check
from steadfit.cells import compiled

torch.set_num_threads(1)
compiled.try_step = lambda *_: None
shown = lambda one: one
if "TRITON_INTERPRET" in os.environ:
    from cells.by_triton import small as shown, use_triton
    use_triton()
count = 0

@seed(1)
@settings(max_examples=int(sys.argv[1]), database=None, deadline=None, phases=[Phase.generate],
          suppress_health_check=list(HealthCheck))
@given(one=runs())
def search(one):
    global count
    count += 1
    print(count, flush=True)
    try:
        check(shown(one))
    except (AssertionError, ValueError):  # a plan may also fall over its fault
        os._exit(9)  # not by an exception, which hypothesis may wrap

search()
"""


def plant(fault: Fault, folder: Path) -> None:
    """A copy of steadfit with the fault."""
    shutil.copytree(SOURCE, folder, dirs_exist_ok=True)
    file = folder / "steadfit" / "cells" / fault.file
    text = file.read_text()
    assert text.count(fault.right) == 1, f"{fault.file} has changed: {fault.right}"
    file.write_text(text.replace(fault.right, fault.wrong))


def found_after(fault: Fault, cells: int) -> int | None:
    """How many cells were run until one differed, or None."""
    with tempfile.TemporaryDirectory() as folder:
        plant(fault, Path(folder))
        path = os.pathsep.join([folder, str(HERE.parent)])
        environment = {**os.environ, "PYTHONPATH": path}
        if fault in GPU_FAULTS:
            environment["TRITON_INTERPRET"] = "1"
        command = [sys.executable, "-c", SEARCH, str(cells)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if not done.returncode:
        return None
    if done.returncode != 9:  # neither a difference nor a plan that falls over its fault
        raise RuntimeError(done.stderr[-2000:])
    return int(done.stdout.split()[-1])


def main() -> int:
    """Print what was found when; the number of faults that were not."""
    cells = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    missed = 0
    for fault in (*FAULTS, *GPU_FAULTS):
        after = found_after(fault, cells)
        missed += after is None
        print(f"| {fault.name} | {'**not found**' if after is None else after} |", flush=True)
    return missed


if __name__ == "__main__":
    sys.exit(main())
