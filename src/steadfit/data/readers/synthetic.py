"""Problems that are made rather than read, with their length as an option."""

import numpy as np
import torch

from steadfit.data.dataset import Dataset, Structure
from steadfit.data.schema import Schema
from steadfit.data.sequences import from_series
from steadfit.errors import SteadfitError
from steadfit.kinds import Ragged, Texts
from steadfit.machine import check_memory
from steadfit.tasks import Tokens

_SYMBOLS, _MEMORY = 8, 10  # of the copying problem, as in the papers
_BYTES = 32  # that a step takes while it is made


def read_adding(
    source: str, *, length: int = 200, train: int = 10_000, test: int = 1_000, seed: int = 0
) -> Dataset:
    """The adding problem (Hochreiter and Schmidhuber 1997, 5.4), as Arjovsky et al. 2016 pose it.

    Each series has two channels: numbers drawn evenly from 0 to 1, and marks, 1 at one place of
    the first half and one of the second, 0 elsewhere. The sum of the two marked numbers is to be
    predicted; always answering 1 has a mean squared error of 1/6.
    length: steps, at least 2. train, test: examples. seed: of the whole data set.
    """
    _check(length=(length, 2), train=(train, 1), test=(test, 1), seed=(seed, 0))
    _check_memory(length, train + test)
    rng = np.random.default_rng(seed)
    n, half = train + test, length // 2
    x = np.zeros((n, length, 2), np.float32)
    x[..., 0] = rng.random((n, length))
    places = np.stack([rng.integers(0, half, n), rng.integers(half, length, n)], axis=1)
    np.put_along_axis(x[..., 1], places, 1.0, axis=1)
    y = np.take_along_axis(x[..., 0], places, axis=1).sum(axis=1)
    return from_series(x, y, f"adding {length}", is_test=np.arange(n) >= train)


def read_copy(
    source: str, *, length: int = 100, train: int = 10_000, test: int = 1_000, seed: int = 0
) -> Dataset:
    """The copying problem (Hochreiter and Schmidhuber 1997), as Arjovsky et al. 2016 pose it.

    Ten symbols out of eight, then `length` steps of which the last is a sign to begin, then ten
    steps in which the symbols are to be given back in order; before them, a blank at each step. A
    network without memory reaches a cross-entropy of 10 ln 8 / (length + 20) nats a step.
    length: steps between, at least 1. train, test: examples. seed: of the whole data set.
    """
    _check(length=(length, 1), train=(train, 1), test=(test, 1), seed=(seed, 0))
    _check_memory(length + 2 * _MEMORY, train + test)
    rng = np.random.default_rng(seed)
    n, blank, begin = train + test, _SYMBOLS, _SYMBOLS + 1
    symbols = rng.integers(0, _SYMBOLS, (n, _MEMORY))
    x = np.full((n, length + 2 * _MEMORY), blank)
    x[:, :_MEMORY] = symbols
    x[:, _MEMORY + length - 1] = begin
    y = np.full_like(x, blank)
    y[:, -_MEMORY:] = symbols
    return Dataset(
        name=f"copy {length}",
        x=Ragged(
            torch.from_numpy(x.ravel()),
            torch.full((n,), x.shape[1]),
            (*"abcdefgh", "blank", "begin"),
            "characters",
        ),
        y=torch.from_numpy(y),
        schema=Schema(Texts("characters"), Tokens(begin + 1, "characters")),
        structure=Structure(is_test=torch.arange(n) >= train),
        ids=tuple(f"row {i}" for i in range(n)),
    )


def _check(**options: tuple[int, int]) -> None:
    for name, (value, least) in options.items():
        if value < least:
            raise SteadfitError(f"{name} must be {least} or more, got {value}.")


def _check_memory(length: int, examples: int) -> None:
    series = f"{examples:,} series of {length:,} steps take"
    check_memory(_BYTES * length * examples, series, "Give a smaller length.")
