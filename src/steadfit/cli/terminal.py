"""What goes to the screen: a live bar on a terminal, plain lines elsewhere."""

import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from steadfit.report.wording import printable

if TYPE_CHECKING:
    from steadfit.study.engine import Progress, Watcher

PLAIN_EVERY = 10.0  # seconds between two lines of progress where there is no terminal
MOST_NOTES = 12


class Screen:
    """Where a command prints. plain: all but the answer goes to stderr, for `--json`."""

    def __init__(self, plain: bool = False) -> None:
        told = "COLUMNS" in os.environ or (sys.stdout and sys.stdout.isatty())
        width = None if told else 120
        self.console = Console(stderr=plain, width=width, highlight=False)

    def say(self, what: Any) -> None:
        """Print a line, or anything that rich can show; markup in names stays text."""
        self.console.print(Text(what) if isinstance(what, str) else what, soft_wrap=False)

    def notes(self, notes: Sequence[str]) -> None:
        """What the reader has to tell; a long list ends with how many more there are."""
        shown = [printable(note) for note in notes[:MOST_NOTES]]
        if len(notes) > MOST_NOTES:
            shown.append(f"… and {len(notes) - MOST_NOTES} more notes; the report has them all.")
        for note in shown:
            self.console.print(Padding(Text(note), (0, 0, 0, 2), expand=False))

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
            TextColumn("{task.description}"),
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
                bar.update(
                    task,
                    description=progress.what,
                    completed=progress.done,
                    total=progress.total,
                )

            yield show


class _Lines:
    """Progress as plain lines, at most one every `PLAIN_EVERY` seconds."""

    def __init__(self, screen: Screen) -> None:
        self.screen = screen
        self.last = time.monotonic()

    def __call__(self, progress: "Progress") -> None:
        now = time.monotonic()
        first, last = progress.done == progress.found, progress.done == progress.total
        what = f"{progress.what}: {progress.done} of {progress.total}"
        if first and progress.found:
            self.screen.say(f"{what}, there already")
        elif last or now - self.last >= PLAIN_EVERY:
            self.last = now
            self.screen.say(what)
