"""Targets and what comes with each example, from arrays of any kind."""

from collections.abc import Sequence
from functools import partial
from typing import Any, Literal, NamedTuple

import numpy as np
import torch
from torch import Tensor

from steadfit.data.label_words import (
    Marks,
    check_words,
    list_notes,
    several_notes,
    spelling_notes,
    split_labels,
)
from steadfit.errors import SteadfitError, some
from steadfit.formats.arrays import as_array, is_number, one_each, refuse_rows
from steadfit.formats.label_lists import MARKS
from steadfit.tasks import Classes, Numbers, Several, Task

_FEW = 10  # different whole numbers, at most, that may be classes where they are floats
_MANY = 20  # different whole numbers, more than that may be numbers
TaskName = Literal["classes", "numbers", "several", "tokens"]  # what readers can be told


class Targets(NamedTuple):
    """The task, y as it has them, and what is to be said of them."""

    task: Task
    y: Tensor
    notes: Sequence[str]


def read_targets(
    y: np.ndarray, task: TaskName | None, ids: Sequence[str], several: str | None = None
) -> Targets:
    """The task is told by y if None: floats are numbers, all else classes.

    several: the mark between the labels of one example; y is then text, and the task "several".
    With that task and no mark, y is marks 0 and 1, shape (examples, labels).
    Raises SteadfitError for one-hot rows, for several labels an example where that was not asked
    for, and for dates.
    """
    if several is not None or task == "several":
        return _read_several(y, task, several)
    if task is None and _all_differ(y):
        return Targets(*_read_one(y, "numbers", ids), [_whole("numbers", "classes", y)])
    found, targets = _read_one(y, task, ids)
    return Targets(found, targets, target_notes(y, task))


def _all_differ(y: np.ndarray) -> bool:
    """Whether labels are whole numbers, too many to be classes: most come once."""
    return y.dtype.kind in "iu" and y.size == len(y) and _MANY < len(np.unique(y)) > len(y) / 2


def _whole(task: TaskName, other: TaskName, y: np.ndarray) -> str:
    """That whole numbers are learned as this task, and how they are learned as the other."""
    return (
        f"The targets are whole numbers, {len(np.unique(y)):,} different ones, and are learned as "
        f'{task}; task="{other}" makes them {other}.'
    )


def _read_one(y: np.ndarray, task: TaskName | None, ids: Sequence[str]) -> tuple[Task, Tensor]:
    """A class or number each, or several numbers."""
    if task is None:
        if y.dtype.kind == "f" and _are_marks(y):
            raise _not_one_each(y, "y")
        if y.dtype.kind == "U" and y.ndim == 1:
            check_words(y)
        task = "numbers" if y.dtype.kind == "f" else "classes"
    if task not in _READ:
        raise SteadfitError(
            f'task must be "classes", "numbers" or "several" for labelled examples, got "{task}". '
            "Tokens are predicted in a plain text (.txt)."
        )
    return _READ[task](y, ids)


def _read_classes(y: np.ndarray, ids: Sequence[str]) -> tuple[Task, Tensor]:
    targets, classes = numbered(y)
    return Classes(classes), targets


def _read_numbers(y: np.ndarray, ids: Sequence[str]) -> tuple[Task, Tensor]:
    targets = _numbers(y, ids)
    return Numbers(targets.shape[1]), targets


def _read_several(y: np.ndarray, task: TaskName | None, mark: str | None) -> Targets:
    if task not in (None, "several"):
        raise SteadfitError(
            f'several is the mark between the labels of an example, got task="{task}" beside it. '
            "Leave one of them out."
        )
    if y.ndim == 1 and mark is not None:
        found = split_labels(list(map(str, y.tolist())), mark)
    elif y.dtype.kind in "biuf" and _are_marks(y) and mark is None:
        found = Marks(tuple(map(str, range(y.shape[1]))), y.astype(bool))
    else:
        raise SteadfitError(
            "y must be text, with the mark between its labels, or marks 0 and 1 of shape "
            f"(examples, labels) without one, got {y.dtype} of shape {y.shape}. Give the mark: "
            'several=";".',
            several=";",
        )
    task_of = Several(found.names, _free_mark(found.names, mark or Several.mark))
    return Targets(task_of, torch.from_numpy(found.there), several_notes(found))


def _free_mark(names: Sequence[str], mark: str) -> str:
    """The mark, or another one where a name has it, as those of lists may."""
    free = [each for each in (mark, *MARKS) if not any(each in name for name in names)]
    return free[0] if free else mark


_READ = {"classes": _read_classes, "numbers": _read_numbers}


def numbered(y: np.ndarray, what: str = "y") -> tuple[Tensor, tuple[str, ...]]:
    """Class numbers in the order of the sorted labels, and the labels as text, each another."""
    if y.ndim == 2 and y.shape[1] == 1:
        y = y[:, 0]
    if y.ndim != 1:
        raise _not_one_each(y, what)
    if y.dtype.kind == "f" and not np.isfinite(y).all():
        raise SteadfitError(
            f"{what} must be finite labels, got NaN or infinity. Label these examples or remove "
            "them."
        )
    values, numbers = np.unique(y, return_inverse=True)
    name = partial(np.format_float_positional, trim="-") if y.dtype.kind == "f" else str
    return torch.from_numpy(numbers.astype(np.int64)), tuple(map(name, values))


def _are_marks(y: np.ndarray) -> bool:
    """Whether rows are marks, 0 or 1, one for each of several classes."""
    return y.ndim == 2 and y.shape[1] > 1 and len(y) > 0 and bool(((y == 0) | (y == 1)).all())


def _not_one_each(y: np.ndarray, what: str) -> SteadfitError:
    several = _are_marks(y) and bool((y.sum(1) != 1).any())
    advice = (
        f'Several labels an example are learned by task="several", or one at a time, {what}[:, 0]'
        if several
        else f"For one-hot rows give {what}.argmax(axis=1)"
    )
    return SteadfitError(
        f"{what} must be a label for each example, got shape {y.shape}. {advice}; to predict "
        'several numbers, task="numbers".'
    )


def target_notes(y: np.ndarray, task: TaskName | None) -> list[str]:
    """That a few whole numbers, written as 0.0 and 1.0, are learned as numbers, and many others as
    classes; that classes are the same but for their spelling, or may be several labels each."""
    if y.dtype.kind == "U" and y.ndim == 1 and task != "numbers":
        names = np.unique(y).tolist()
        return [*spelling_notes(names), *list_notes(names)]
    if task is None and y.dtype.kind in "iu" and len(np.unique(y)) > _MANY:
        return [_whole("classes", "numbers", y)]
    if task is not None or y.dtype.kind != "f" or y.size < 2 or not np.isfinite(y).all():
        return []
    values = np.unique(y)
    if len(values) > _FEW or len(values) > y.size / 2 or (values != np.rint(values)).any():
        return []
    named = some([f"{value:g}" for value in values])
    return [f'The targets {named} are learned as numbers; task="classes" makes them classes.']


def own_test(is_test: Any, examples: int) -> Tensor | None:
    """`Structure.is_test` of so many examples."""
    if is_test is None:
        return None
    marks = as_array(is_test, "is_test")
    if marks.dtype.kind not in "biu" or marks.ndim != 1:
        raise SteadfitError(
            f"is_test must be True or False for each example, got {marks.dtype} of shape "
            f"{marks.shape}."
        )
    one_each("is_test", len(marks), examples)
    return torch.from_numpy(marks.astype(bool))


def group_numbers(groups: Any, examples: int) -> Tensor | None:
    """`Structure.groups` of so many examples, from labels of any kind."""
    if groups is None:
        return None
    labels = as_array(groups, "groups")
    one_each("groups", len(labels), examples)
    return numbered(labels, "groups")[0]


def _numbers(y: np.ndarray, ids: Sequence[str]) -> Tensor:
    if y.dtype.kind == "U" and y.ndim == 1:
        words = [f'"{value}" ({where})' for value, where in zip(y, ids, strict=True)
                 if not is_number(value)]  # fmt: skip
        found = some(words) if words else "numbers in quotes"
        raise SteadfitError(
            f'y must be numbers for task="numbers", got text: {found}. Fix these, or use '
            'task="classes".'
        )
    if y.dtype.kind == "U" or y.ndim > 2 or y.size == 0:
        raise SteadfitError(
            f"y must be numbers of shape (examples,) or (examples, outputs), got {y.dtype} of "
            f'shape {y.shape}. For names, use task="classes".'
        )
    with np.errstate(over="ignore"):
        values = y.reshape(len(y), -1).astype(np.float32)
    refuse_rows(values, ids, "y")
    return torch.from_numpy(values)
