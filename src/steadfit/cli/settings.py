"""Settings of the model and of its training, as they are written on the command line."""

import json
from collections.abc import Mapping
from typing import Any

from steadfit.errors import SteadfitError


def named(pairs: list[str], option: str = "--set width=0.5") -> dict[str, Any]:
    """`--set width=0.5` as {"width": 0.5}: JSON where it is JSON, else the text itself."""
    found = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not equals:
            raise SteadfitError(
                f'{option.split()[0]} takes NAME=VALUE, for example {option}, got "{pair}".'
            )
        try:
            found[name] = json.loads(text)
        except (ValueError, RecursionError):
            found[name] = text
    return found


def nested(settings: Mapping[str, Any]) -> dict[str, Any]:
    """{"optimizer.name": "sgd"} as {"optimizer": {"name": "sgd"}}."""
    changes: dict[str, Any] = {}
    for name, value in settings.items():
        outer, _, inner = name.partition(".")
        if inner and isinstance(changes.get(outer, {}), dict):
            changes[outer] = {**changes.get(outer, {}), inner: value}
        elif not inner:
            changes[outer] = value
    return changes
