"""The command `steadfit`: it parses, calls and prints; the work is done below."""

from steadfit.cli import cells_command as cells_command  # registers its commands
from steadfit.cli import shapes_command as shapes_command  # and so does this
from steadfit.cli.commands import app, main

__all__ = ["app", "main"]
