"""Who is spoken to: the same setting is `--seeds 2` on the command line and `seeds=2` in Python."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Voice:
    """How a setting is written for a reader. `COMMAND_LINE` and `PYTHON` are the two there are."""

    flags: bool

    def setting(self, name: str, value: int | float | str | None = None) -> str:
        """A setting, alone or with a value.

        >>> COMMAND_LINE.setting("seeds", 2), PYTHON.setting("scheme", "whole")
        ('--seeds 2', 'scheme="whole"')
        >>> COMMAND_LINE.setting("samples"), PYTHON.setting("samples")
        ('--samples', 'samples')
        """
        if self.flags:
            flag = "--" + name.replace("_", "-")
            return flag if value is None else f"{flag} {value}"
        if value is None:
            return name
        return f'{name}="{value}"' if isinstance(value, str) else f"{name}={value}"


COMMAND_LINE = Voice(flags=True)
PYTHON = Voice(flags=False)
