"""A live bar of a study's progress, on a terminal or in a notebook."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console

from steadfit.foreign_text import printable

if TYPE_CHECKING:
    from steadfit.study.engine import Progress, Watcher


@contextmanager
def bar(console: Console) -> Iterator[Watcher]:
    """A watcher of a study that shows a bar on this console."""
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )
    from rich.progress import Progress as Bar

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("·"),
        TimeRemainingColumn(),
        TextColumn("left"),
    )
    with Bar(*columns, console=console, transient=True) as shown:
        task = shown.add_task("", total=None)

        def show(progress: Progress) -> None:
            shown.update(
                task,
                description=printable(progress.what),
                completed=progress.done,
                total=progress.total,
            )

        yield show


@contextmanager
def notebook_bar() -> Iterator[Watcher]:
    """A watcher that shows a bar in a notebook, and nothing elsewhere."""
    console = Console()
    if console.is_jupyter:
        with bar(console) as show:
            yield show
    else:
        yield lambda progress: None
