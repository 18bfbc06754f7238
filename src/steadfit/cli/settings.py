"""Settings of the model and of its training, as they are written on the command line."""

import json
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


def training(
    pairs: list[str],
    epochs: int | None,
    batch: int | None,
    learning_rate: float | None,
    truncation: int | None,
    arithmetic: str | None,
) -> dict[str, Any]:
    """Changes of the recipe's training: `--train` and the options that have a name of their own.

    `--train optimizer.name=sgd` changes a nested setting.
    """
    options = {
        "epochs": epochs,
        "batch": batch,
        "optimizer.learning_rate": learning_rate,
        "truncation": truncation,
        "precision": arithmetic,
    }
    given = named(pairs, "--train loss=brier")
    given |= {name: value for name, value in options.items() if value is not None}
    changes: dict[str, Any] = {}
    for name, value in given.items():
        outer, _, inner = name.partition(".")
        if inner and isinstance(changes.get(outer, {}), dict):
            changes[outer] = {**changes.get(outer, {}), inner: value}
        elif not inner:
            changes[outer] = value
    return changes
