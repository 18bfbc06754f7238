"""What goes to the screen: a live bar on a terminal, plain lines elsewhere."""

import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.padding import Padding
from rich.segment import Segment
from rich.text import Text

from steadfit.foreign_text import printable, printable_lines
from steadfit.report.progress import bar
from steadfit.report.voice import COMMAND_LINE

if TYPE_CHECKING:
    from steadfit.study.engine import Progress, Watcher

PLAIN_EVERY = 10.0  # seconds between two lines of progress where there is no terminal
MOST_NOTES = 12


class SafeConsole(Console):
    """A console that shows text of others, and colours and moves the cursor only by itself."""

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> "Iterator[Segment]":
        for text, style, control in super().render(renderable, options):
            yield Segment(text if control else printable_lines(text), style, control)


def write(text: str, *, error: bool = False) -> None:
    """Print a text on a line of its own, as it is but for what would steer the terminal."""
    print(printable_lines(text), file=sys.stderr if error else sys.stdout, flush=True)


def write_json(values: dict[str, Any]) -> None:
    """Print values as JSON, in ASCII alone."""
    print(json.dumps(values, indent=2))


class Screen:
    """Where a command prints. plain: all but the answer goes to stderr, for `--json`."""

    def __init__(self, plain: bool = False) -> None:
        told = "COLUMNS" in os.environ or (sys.stdout and sys.stdout.isatty())
        width = None if told else 120
        self.console = SafeConsole(stderr=plain, width=width, highlight=False)

    def say(self, what: Any) -> None:
        """Print a line, or anything that rich can show; markup in names stays text."""
        self.console.print(
            Text(printable_lines(what)) if isinstance(what, str) else what, soft_wrap=False
        )

    def notes(self, notes: Sequence[str]) -> None:
        """What the reader has to tell; a long list ends with how many more there are."""
        shown = [printable(COMMAND_LINE.told(note)) for note in notes[:MOST_NOTES]]
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
        with bar(self.console) as show:
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
