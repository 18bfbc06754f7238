"""The command `steadfit`: it parses, calls and prints; the work is done below."""

import io
import os
import sys
from collections.abc import Sequence

from steadfit.cli import commands as commands  # registers them
from steadfit.cli.app import app
from steadfit.cli.terminal import SafeConsole
from steadfit.errors import SteadfitError
from steadfit.files import WITHOUT_ROOM
from steadfit.foreign_text import printable_lines
from steadfit.machine import check_limit, spin_briefly
from steadfit.report.voice import COMMAND_LINE

__all__ = ["app", "main"]


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; a person's mistake ends in one sentence and status 2.

    arguments: without the program's name; by default those the process was started with.
    """
    try:
        _escape_what_cannot_be_encoded()
        check_limit()
        spin_briefly()
        app.error_console = SafeConsole(stderr=True)
        app(sys.argv[1:] if arguments is None else arguments)
        print(end="", flush=True)
    except SteadfitError as error:
        print(f"steadfit: {printable_lines(COMMAND_LINE.said(error))}", file=sys.stderr)
        sys.exit(2)
    except MemoryError:
        print("steadfit: There is too little memory. Close other programs.", file=sys.stderr)
        sys.exit(2)
    except BrokenPipeError:
        _write_no_more()
        sys.exit(1)  # as the rest of a pipe has it that has read enough
    except OSError as error:
        if error.errno not in WITHOUT_ROOM:
            raise
        _write_no_more()
        print(f"steadfit: The output cannot be written: {error.strerror}.", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        print("\nStopped. What was finished is kept; the same command goes on.", file=sys.stderr)
        sys.exit(130)


def _escape_what_cannot_be_encoded() -> None:
    """Names of classes and the signs of our own lines may lack in the encoding of the output."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # neither absent nor another program's
            stream.reconfigure(errors="backslashreplace")


def _write_no_more() -> None:
    """Let go what is not written yet: at its end Python would try it again, and fail again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
