"""The commands, a file each or a few of one subject; importing them registers them.

What is heavy is imported in the functions, where it is used, so that `--help` answers at once.
"""

from steadfit.cli.commands import (
    analyse,
    cells,
    doctor,
    export,
    fit,
    lists,
    measure,
    predict,
    shapes,
    show,
    study,
)

__all__ = [
    "analyse",
    "cells",
    "doctor",
    "export",
    "fit",
    "lists",
    "measure",
    "predict",
    "shapes",
    "show",
    "study",
]
