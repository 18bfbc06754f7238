"""Recurrent cells, written as the equations of one step and run over whole sequences.

- `cell` makes a `Cell` of a function of one step; `CELLS` and `find` give the library's.
- `sigmoid`, `tanh`, `relu` and the like are what equations are written with.
- `run` takes a cell, `Weights` and `Sequences`, and gives a `Result`;
  `run_reference` does the same step by step in torch.
- `equations`, `latex`, `svg`, `stages` and `parameter_count` describe a cell.
- `compiler`, `cache_folder` and `kernel` say what kernels are made with, and make one.
- `Cell.shapes` says which weights a cell has; `join_biases` maps torch's two biases to one.

A user's own cell:

>>> from steadfit.cells import cell, sigmoid, tanh
>>> @cell
... def minimal(x, h, *, gate):
...     f = sigmoid(gate.forget(x, h))
...     return (1 - f) * h + f * tanh(gate.candidate(x, f * h))
"""

import torch  # noqa: F401  first, as steadfit registers its operators when torch is imported

from steadfit.cells.build import BuildError, compiler
from steadfit.cells.cache import cache_folder
from steadfit.cells.compiled import kernel
from steadfit.cells.describe import equations, latex, parameter_count, stages
from steadfit.cells.diagram import svg
from steadfit.cells.functions import (
    absolute,
    exp,
    log,
    maximum,
    minimum,
    relu,
    sigmoid,
    sqrt,
    tanh,
)
from steadfit.cells.interface import Result, Sequences, Weights, join_biases
from steadfit.cells.language import Cell, cell
from steadfit.cells.reference import run_reference
from steadfit.cells.registry import CELLS, find
from steadfit.cells.run import run

__all__ = [
    "CELLS",
    "BuildError",
    "Cell",
    "Result",
    "Sequences",
    "Weights",
    "absolute",
    "cache_folder",
    "cell",
    "compiler",
    "equations",
    "exp",
    "find",
    "join_biases",
    "kernel",
    "latex",
    "log",
    "maximum",
    "minimum",
    "parameter_count",
    "relu",
    "run",
    "run_reference",
    "sigmoid",
    "sqrt",
    "stages",
    "svg",
    "tanh",
]
