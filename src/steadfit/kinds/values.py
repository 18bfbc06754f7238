"""What is handed to a kind, and what it hands back."""

import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from torch import Tensor

from steadfit.errors import SteadfitError
from steadfit.files import reading
from steadfit.formats.calendars import Ticks


class Examples(NamedTuple):
    """New inputs: examples, what each is called, what the reader has to tell, of a forecast the
    times after each, and why inputs that are damaged are none of these, by their names. blank: of
    inputs that have nothing to predict from, their places among all, and what they are called.
    labels: of the examples, where the file has them; "" for none."""

    x: Any
    ids: tuple[str, ...]
    notes: tuple[str, ...] = ()
    clocks: tuple[Ticks, ...] = ()
    damaged: Mapping[str, str] = {}
    blank: Mapping[int, str] = MappingProxyType({})
    labels: tuple[str, ...] = ()


def existing(source: str | Path) -> Path:
    """The path of a file or folder that is there. Raises SteadfitError where there is none."""
    path = Path(source)
    with reading(path):
        found = path.exists()
    if not found:
        raise SteadfitError(f"There is no file or folder {path}.")
    return path


def said(found: Examples) -> Any:
    """The examples; what the reader has to tell of them is a warning each."""
    for note in found.notes:
        warnings.warn(note, stacklevel=2)
    return found.x


def content(tensor: Tensor) -> Iterator[bytes | memoryview]:
    """A tensor's type, shape and values, to be hashed."""
    array = np.ascontiguousarray(tensor.numpy())
    yield f"{array.dtype.str}{array.shape}".encode()
    yield array.data


class Mixture(NamedTuple):
    """Examples that are each made of two: of itself, and of another one of the batch.

    x: as the batch. other: the place of that one, int64, shape (batch,). share: of the first in the
    mixture, and so in its label, float32, shape (batch,).
    """

    x: Any
    other: Tensor
    share: Tensor


class Usual(NamedTuple):
    """How examples are learned where a person names no model: changes of the training, and what to
    say of them."""

    training: Mapping[str, Any] = MappingProxyType({})
    notes: tuple[str, ...] = ()


class Packed(NamedTuple):
    """Examples as they are written to a file: arrays by name, and words for JSON."""

    arrays: Mapping[str, np.ndarray]
    words: Mapping[str, Any]
