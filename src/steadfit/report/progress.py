"""A live bar of a study's progress, on a terminal or in a notebook."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
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
    """A watcher that shows a bar in a notebook, and nothing elsewhere.

    It is made of HTML, which every notebook shows; rich's own takes ipywidgets.
    """
    if not Console().is_jupyter:
        yield lambda progress: None
        return
    from IPython.display import HTML, DisplayHandle

    shown = DisplayHandle()
    shown.display(HTML(""))
    try:
        yield lambda progress: shown.update(HTML(_html(progress)))
    finally:
        shown.update(HTML(""))


def _html(progress: Progress) -> str:
    """
    >>> from steadfit.study.engine import Progress
    >>> _html(Progress("replicas", 3, 12, 0))
    '<progress value="3" max="12"></progress> replicas: 3 of 12'
    """
    done, total, what = progress.done, progress.total, escape(printable(progress.what))
    return f'<progress value="{done}" max="{total}"></progress> {what}: {done} of {total}'
