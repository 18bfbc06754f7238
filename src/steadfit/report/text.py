"""What rich shows of something, as plain text."""

import io
from typing import Any


def as_text(shown: Any) -> str:
    """At 100 columns, without colours. shown: has `__rich__`."""
    from rich.console import Console

    console = Console(file=io.StringIO(), width=100)
    console.print(shown.__rich__())
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().rstrip()
