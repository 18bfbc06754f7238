"""What is checked of every array: that it holds numbers or names, finite ones, one an example."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from steadfit.data.dataset import Task
from steadfit.errors import SteadfitError

_NAMED = 5  # as many rows or names are named in a sentence


def as_array(values: Any, what: str) -> np.ndarray:
    """values as an array of numbers or text; anything else is refused."""
    try:
        array = values.numpy(force=True) if isinstance(values, Tensor) else np.asarray(values)
    except ValueError:
        raise SteadfitError(
            f"{what} is no array: its rows differ in shape. All examples need one shape."
        ) from None
    if not array.ndim:
        raise SteadfitError(f"{what} is a single value, and one for each example was expected.")
    if array.dtype.kind == "S":
        array = np.char.decode(array, "utf-8")
    if array.dtype.kind == "O" and all(isinstance(value, str) for value in array.flat):
        array = array.astype(str)
    if array.dtype.kind not in "biufU":
        raise SteadfitError(
            f"{what} holds {array.dtype}, and numbers{' or text' if what != 'x' else ''} were "
            "expected. Convert it before it is saved or handed over."
        )
    return array


def read_targets(
    y: np.ndarray, task: Task | None, ids: Sequence[str]
) -> tuple[Task, Tensor, tuple[str, ...]]:
    """The task, y as `Dataset` has it, and the classes' names.

    The task is told by y if None: floats are numbers, all else classes.
    """
    if task is None:
        task = "numbers" if y.dtype.kind == "f" else "classes"
    if task not in ("classes", "numbers"):
        raise SteadfitError(
            f'One label or number an example is of the task "classes" or "numbers", got "{task}". '
            "Tokens are predicted in a plain text (.txt)."
        )
    if task == "numbers":
        return task, _numbers(y, ids), ()
    return task, *numbered(y)


def numbered(y: np.ndarray, what: str = "y") -> tuple[Tensor, tuple[str, ...]]:
    """Class numbers in the order of the sorted labels, and the labels as text, each another."""
    if y.ndim == 2 and y.shape[1] == 1:
        y = y[:, 0]
    if y.ndim != 1:
        raise SteadfitError(
            f"{what} has shape {y.shape}, and one label an example was expected. For one-hot rows "
            f'give {what}.argmax(axis=1); for several numbers to learn, task="numbers".'
        )
    if y.dtype.kind == "f" and not np.isfinite(y).all():
        raise SteadfitError(
            f"{what} holds NaN or infinite labels. Remove these examples or label them."
        )
    values, numbers = np.unique(y, return_inverse=True)
    name = partial(np.format_float_positional, trim="-") if y.dtype.kind == "f" else str
    return torch.from_numpy(numbers.astype(np.int64)), tuple(map(name, values))


def named(ids: Sequence[str], examples: int) -> tuple[str, ...]:
    """What each of so many examples is called: its id, or its row where there are none."""
    if len(ids):
        _one_each("ids", len(ids), examples)
    return tuple(ids) or tuple(f"row {i}" for i in range(examples))


def own_test(is_test: Any, examples: int) -> Tensor | None:
    """`Dataset.is_test` of so many examples."""
    if is_test is None:
        return None
    marks = as_array(is_test, "is_test")
    if marks.dtype.kind not in "biu" or marks.ndim != 1:
        raise SteadfitError(
            f"is_test holds {marks.dtype} of shape {marks.shape}, and True or False for each "
            "example was expected."
        )
    _one_each("is_test", len(marks), examples)
    return torch.from_numpy(marks.astype(bool))


def group_numbers(groups: Any, examples: int) -> Tensor | None:
    """`Dataset.groups` of so many examples, from labels of any kind."""
    if groups is None:
        return None
    labels = as_array(groups, "groups")
    _one_each("groups", len(labels), examples)
    return numbered(labels, "groups")[0]


def _one_each(what: str, found: int, examples: int) -> None:
    if found != examples:
        raise SteadfitError(
            f"{what} has {found} entries, and there are {examples} examples. Give one for each."
        )


def refuse_rows(values: np.ndarray, ids: Sequence[str], what: str) -> None:
    """An error that names the rows in which a value is not finite."""
    rows = np.flatnonzero(~np.isfinite(values).reshape(len(values), -1).all(axis=1))
    if len(rows):
        named = some([ids[int(row)] for row in rows])
        raise SteadfitError(
            f"{what} is not finite (NaN, infinite, or beyond float32) in {len(rows)} of "
            f"{len(values)} examples: {named}. Mend or remove them; nothing is filled in silently."
        )


def some(names: Sequence[str]) -> str:
    """The first few of these names, for a sentence."""
    return ", ".join(names[:_NAMED]) + (", …" if len(names) > _NAMED else "")


def _numbers(y: np.ndarray, ids: Sequence[str]) -> Tensor:
    if y.dtype.kind == "U" and y.ndim == 1:
        words = [f'"{value}" ({where})' for value, where in zip(y, ids, strict=True)
                 if not is_number(value)]  # fmt: skip
        raise SteadfitError(
            f'Numbers were expected to be learned, as the task is "numbers", and text was found: '
            f'{some(words) or "in quotes"}. Mend these, or use task="classes" for names.'
        )
    if y.dtype.kind == "U" or y.ndim > 2 or y.size == 0:
        raise SteadfitError(
            f"y holds {y.dtype} of shape {y.shape}, and numbers of shape (examples,) or "
            '(examples, outputs) were expected. For names, use task="classes".'
        )
    with np.errstate(over="ignore"):
        values = y.reshape(len(y), -1).astype(np.float32)
    refuse_rows(values, ids, "y")
    return torch.from_numpy(values)


def is_number(text: str) -> bool:
    """Whether Python reads it as a number."""
    try:
        float(text)
    except ValueError:
        return False
    return True
