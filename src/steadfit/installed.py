"""What installed packages add: models, remedies and readers, each an entry point by its name.

Nothing of such a package is loaded before its name is asked for, and a name that is built in is
never looked for. Names in files of models and studies are not looked for either.
"""

from importlib.metadata import entry_points
from typing import Any, Literal

from steadfit.errors import SteadfitError

Group = Literal["models", "remedies", "readers"]


def installed(group: Group, name: str) -> Any | None:
    """What a package has registered under this name in `steadfit.GROUP`; None where none has.

    Raises SteadfitError where it cannot be loaded, and where two packages have the name.
    """
    found = list({point.value: point for point in _points(group) if point.name == name}.values())
    if not found:
        return None
    if len(found) > 1:
        places = " and ".join(point.value for point in found)
        raise SteadfitError(
            f'"{name}" must be one of steadfit.{group}, got {places}. Uninstall one of them, or '
            "give the object itself."
        )
    try:
        return found[0].load()
    except Exception as error:  # a package may raise anything
        raise SteadfitError(
            f'"{name}" is {found[0].value}, which cannot be loaded ({type(error).__name__}: '
            f"{error}). Install its package anew."
        ) from error


def installed_names(group: Group) -> list[str]:
    """The names that packages have registered; nothing is loaded."""
    return sorted({point.name for point in _points(group)})


def _points(group: Group) -> Any:
    return entry_points(group=f"steadfit.{group}")
