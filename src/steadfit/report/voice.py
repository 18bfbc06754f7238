"""Who is spoken to: the same setting is `--seeds 2` on the command line and `seeds=2` in Python."""

import re
import shlex
from dataclasses import dataclass

from steadfit.errors import SteadfitError

# Settings of the readers as messages have them; each is an option of every command.
_OF_READERS = re.compile(
    r"\b(missing|fill|series|time|group|kind|several|classes|task|decimal|delimiter|encoding|unit"
    r'|strip|fit|layout|zone)="([^"]*)"'
)
_OTHERWISE = {"day_first": "--month-first"}  # of settings that are False
_FLAGS = {"version": "code-version"}  # options that have another name, as --version is steadfit's


@dataclass(frozen=True)
class Voice:
    """How a setting is written for a reader. `COMMAND_LINE` and `PYTHON` are the two there are."""

    flags: bool

    def setting(self, name: str, value: bool | int | float | str | None = None) -> str:
        """A setting, alone or with a value.

        >>> COMMAND_LINE.setting("seeds", 2), PYTHON.setting("scheme", "whole")
        ('--seeds 2', 'scheme="whole"')
        >>> COMMAND_LINE.setting("samples"), PYTHON.setting("samples")
        ('--samples', 'samples')
        >>> COMMAND_LINE.setting("replace", True), PYTHON.setting("replace", True)
        ('--replace', 'replace=True')
        >>> print(COMMAND_LINE.setting("several", ";"))
        --several ';'
        """
        if self.flags:
            if value is False and name in _OTHERWISE:
                return _OTHERWISE[name]
            flag = "--" + _FLAGS.get(name, name.replace("_", "-"))
            return flag if value is None or value is True else f"{flag} {shlex.quote(str(value))}"
        if value is None:
            return name
        return f'{name}="{value}"' if isinstance(value, str) else f"{name}={value}"

    def said(self, error: SteadfitError) -> str:
        """An error's message, with the settings that it names as this reader writes them.

        >>> print(COMMAND_LINE.said(SteadfitError("Add samples=3.", samples=3)))
        Add --samples 3.
        >>> print(COMMAND_LINE.said(SteadfitError('Give missing="drop".')))
        Give --missing drop.
        """
        message = str(error)
        for name, value in error.settings.items():
            message = message.replace(PYTHON.setting(name, value), self.setting(name, value))
            if self.flags and name in _OTHERWISE:
                message = message.replace(PYTHON.setting(name, False), _OTHERWISE[name])
        return self.told(message)

    def told(self, note: str) -> str:
        """A note, with the readers' settings that it names as this reader writes them.

        >>> print(COMMAND_LINE.told('Else kind="table".'), PYTHON.told('Else kind="table".'))
        Else --kind table. Else kind="table".
        """
        return _OF_READERS.sub(lambda found: self.setting(found[1], found[2]), note)

    def training(self, name: str) -> str:
        """A setting of the training that has a flag of its own.

        >>> COMMAND_LINE.training("epochs"), PYTHON.training("epochs")
        ('--epochs', 'training={"epochs": ...}')
        """
        return f"--{name}" if self.flags else f'training={{"{name}": ...}}'


COMMAND_LINE = Voice(flags=True)
PYTHON = Voice(flags=False)
