"""`steadfit doctor`: what is found on this machine."""

import sys

from steadfit.cli.app import app


@app.command
def doctor() -> None:
    """Check the machine: compiler, instruction set, threads, GPU, folders, and try kernels."""
    from rich.table import Table
    from rich.text import Text

    from steadfit.cli import checkup, terminal

    outcomes = {"a kernel": checkup.kernel()} | checkup.gpu_kernels()
    words = {label: outcome.words for label, outcome in outcomes.items()}
    table = Table.grid(padding=(0, 2))
    for label, found in (checkup.facts() | words).items():
        table.add_row(label, Text(found))
    terminal.Screen().say(table)
    if not all(outcome.right for outcome in outcomes.values()):
        sys.exit(1)
