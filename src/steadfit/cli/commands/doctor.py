"""`steadfit doctor`: what is found on this machine."""

import sys

from steadfit.cli.app import app


@app.command
def doctor() -> None:
    """Check the machine: compiler, instruction set, threads, GPU, folders, one kernel."""
    from rich.table import Table
    from rich.text import Text

    from steadfit.cli import checkup, terminal

    outcome = checkup.kernel()
    table = Table.grid(padding=(0, 2))
    for label, found in (checkup.facts() | {"a kernel": outcome.words}).items():
        table.add_row(label, Text(found))
    terminal.Screen().say(table)
    if not outcome.right:
        sys.exit(1)
