"""What goes to the screen: a live bar on a terminal, plain lines elsewhere."""

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from steadfit.report.wording import printable

if TYPE_CHECKING:
    from steadfit.models import Row
    from steadfit.study.engine import Progress, Watcher

PLAIN_EVERY = 10.0  # seconds between two lines of progress where there is no terminal
MOST_NOTES = 12


class Screen:
    """Where a command prints. plain: all but the answer goes to stderr, for `--json`."""

    def __init__(self, plain: bool = False) -> None:
        width = None if sys.stdout.isatty() else 100
        self.console = Console(stderr=plain, width=width, highlight=False)

    def say(self, what: Any) -> None:
        """Print a line, or anything that rich can show; markup in names stays text."""
        self.console.print(Text(what) if isinstance(what, str) else what, soft_wrap=False)

    def notes(self, notes: Sequence[str]) -> None:
        """What the reader has to tell; a long list ends with how many more there are."""
        for note in notes[:MOST_NOTES]:
            self.say(f"  {printable(note)}")
        if len(notes) > MOST_NOTES:
            self.say(f"  … and {len(notes) - MOST_NOTES} more notes; the report has them all.")

    @contextmanager
    def watching(self) -> "Iterator[Watcher]":
        """A watcher of a study: a live bar on a terminal, else a line now and then."""
        if not self.console.is_terminal:
            yield _Lines(self)
            return
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            Progress,
            TextColumn,
            TimeElapsedColumn,
            TimeRemainingColumn,
        )

        columns = (
            TextColumn("replicas"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("·"),
            TimeRemainingColumn(),
            TextColumn("left"),
        )
        with Progress(*columns, console=self.console, transient=True) as bar:
            task = bar.add_task("", total=None)

            def show(progress: "Progress") -> None:
                bar.update(task, completed=progress.done, total=progress.total)

            yield show


class _Lines:
    """Progress as plain lines, at most one every `PLAIN_EVERY` seconds."""

    def __init__(self, screen: Screen) -> None:
        self.screen = screen
        self.last = time.monotonic()

    def __call__(self, progress: "Progress") -> None:
        now = time.monotonic()
        first, last = progress.done == progress.found, progress.done == progress.total
        if first and progress.found:
            self.screen.say(f"{progress.found} of {progress.total} replicas are there already")
        elif last or now - self.last >= PLAIN_EVERY:
            self.last = now
            self.screen.say(f"{progress.done} of {progress.total} replicas")


def shapes_table(rows: "Sequence[Row]") -> Table:
    """The lecture's table of a net, with parameters, work, sight and memory; totals at the foot."""
    table = Table(box=None, pad_edge=False, show_footer=True, header_style="bold")
    parameters = sum(row.parameters for row in rows)
    work = sum(row.multiply_adds for row in rows)
    memory = sum(row.memory for row in rows)
    table.add_column("Layer", "Total", no_wrap=True)
    table.add_column("Output size", no_wrap=True)
    table.add_column("Weight size", no_wrap=True)
    for heading, total in (("Parameters", parameters), ("Multiply-\nadds", work)):
        table.add_column(heading, f"{total:,}", justify="right")
    table.add_column("Receptive\nfield", justify="right")
    table.add_column("Activations,\nbytes", f"{memory:,}", justify="right")
    for row in rows:
        table.add_row(
            Text(row.layer),
            _times(row.output),
            _times(row.weight),
            f"{row.parameters:,}" if row.parameters else "",
            f"{row.multiply_adds:,}" if row.multiply_adds else "",
            _times(row.receptive_field),
            f"{row.memory:,}",
        )
    return table


def _times(shape: Sequence[int]) -> str:
    return " x ".join(map(str, shape))
