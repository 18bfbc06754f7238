"""Which examples are for training and which for testing, and what must not be on both sides."""

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from steadfit.data.dataset import Dataset, Split
from steadfit.data.samples import hold_out, kept_together, natural
from steadfit.data.timeline import apart, cut_in_time
from steadfit.errors import SteadfitError, counted, some, unknown


def split(dataset: Dataset, test: float = 0.2, seed: int = 0, duplicates: str = "drop") -> Split:
    """Divide a dataset into training and test examples, each in the dataset's order.

    The data's own test set is taken where it has one. Of data in time order the last `test` of the
    examples are, as far as they predict no step twice; those that predict steps on both sides of
    the cut are dropped and counted. Else a
    share `test` is drawn, classes in proportion, with groups whole and exact copies of one example
    on one side. Of groups that have examples in the data's own test set, the training examples are
    taken out and named.
    duplicates: "drop" takes a training example whose input is bit for bit that of a test example
        out of the training side; "keep" leaves copies where they fall. Both report them.

    Raises SteadfitError for a single class, fewer than two examples of a class, numbers to predict
    that are all the same, and a side or a class that is left without training examples.

    >>> from steadfit.data import read
    >>> parts = split(read("digits"))
    >>> len(parts.train), len(parts.test)
    (1438, 359)
    """
    found = sides(dataset, test, seed, duplicates)
    return Split(dataset.take(found.train), dataset.take(found.test), found.notes)


class Sides(NamedTuple):
    """Positions of the training and of the test examples, int64, ascending, and what there is to
    say of them."""

    train: Tensor
    test: Tensor
    notes: tuple[str, ...]


def sides(dataset: Dataset, test: float = 0.2, seed: int = 0, duplicates: str = "drop") -> Sides:
    """As `split`, by position."""
    if duplicates not in ("drop", "keep"):
        raise unknown("way with duplicates", duplicates, ["drop", "keep"])
    if not 0 < test < 1:
        raise SteadfitError(f"The test share must be above 0 and below 1, got {test:g}.")
    natural("seed", seed)
    task, structure = dataset.schema.task, dataset.structure
    task.check_targets(dataset.y, dataset.name)
    if structure.is_test is None and structure.spans is not None:
        spans = structure.spans.numpy()
        is_train, after = cut_in_time(spans, test)
        is_test = apart(spans, after)
        notes = _cut_notes(dataset, is_train, is_test, after)
    else:
        is_test = _sides(dataset, test, seed, duplicates)
        crossing = ~is_test & np.isin(dataset.first_copy, dataset.first_copy[is_test])
        divided = _divided(dataset, is_test)
        is_train = ~is_test & ~divided & ~(crossing & (duplicates == "drop"))
        notes = [
            *_group_notes(dataset, divided),
            *_duplicate_notes(dataset, crossing, duplicates),
            *_conflict_notes(dataset),
        ]
    train, held = (torch.from_numpy(np.flatnonzero(side)) for side in (is_train, is_test))
    _check_sides(dataset, train, held)
    of_train = task.training_notes(dataset.y[train])
    return Sides(train, held, (*notes, *of_train, *task.test_notes(dataset.y[held])))


def _cut_notes(
    dataset: Dataset, is_train: np.ndarray, is_test: np.ndarray, after: np.ndarray
) -> list[str]:
    spans = dataset.structure.spans
    assert spans is not None
    tested = np.flatnonzero(is_test)
    first = _names(dataset, tested[[int(spans[tested, 1].argmin())]])
    across, overlapping = int((~is_train & ~after).sum()), int((after & ~is_test).sum())
    left_out = {
        "that predict steps on both sides of the cut": across,
        "after it that predict steps again": overlapping,
    }
    said = [f"{counted(n, 'examples')} {which}" for which, n in left_out.items() if n]
    rest = f"; left out: {' and '.join(said)}" if said else ""
    return [f"Divided by time: testing starts with {first[0]}{rest}."]


def _sides(dataset: Dataset, test: float, seed: int, duplicates: str) -> np.ndarray:
    """True for the test examples."""
    if dataset.structure.is_test is not None:
        return dataset.structure.is_test.numpy()
    alone = duplicates == "keep" and dataset.structure.groups is None
    unit = np.arange(len(dataset)) if alone else kept_together(dataset)
    return hold_out(unit, dataset.schema.task.strata(dataset.y), test, np.random.default_rng(seed))


def _divided(dataset: Dataset, is_test: np.ndarray) -> np.ndarray:
    """True for the training examples whose group has test examples too, as the data's own test set
    may have it."""
    if dataset.structure.groups is None:
        return np.zeros(len(dataset), bool)
    groups = dataset.structure.groups.numpy()
    return ~is_test & np.isin(groups, groups[is_test])


def _group_notes(dataset: Dataset, divided: np.ndarray) -> list[str]:
    rows = np.flatnonzero(divided)
    if not len(rows):
        return []
    return [
        f"{len(rows)} training examples are of groups that have test examples too, taken out of "
        f"the training side: {some(_names(dataset, rows))}."
    ]


def _check_sides(data: Dataset, train: Tensor, test: Tensor) -> None:
    if not len(train) and data.structure.spans is not None:
        raise _too_few_steps(data)
    if not len(train) or not len(test):
        raise SteadfitError(
            f"{data.name} has {len(train)} training and {len(test)} test examples once groups "
            "and copies are kept on one side. Add examples or groups."
        )
    data.schema.task.check_training(data.y[train], data.name)


def _too_few_steps(data: Dataset) -> SteadfitError:
    """Every window that could be learned predicts tested steps too."""
    assert data.structure.spans is not None
    _, first, last = data.structure.spans.unbind(1)
    horizon, window = int((last - first).max()) + 1, data.example_shape[1]
    return SteadfitError(
        f"{data.name} has no window to train on that ends before the tested steps: windows of "
        f"{counted(window, 'steps')} and horizons of {horizon} leave {len(data)} in all. Give a "
        "smaller window or horizon, or more rows: a window and three horizons are enough, here "
        f"{window + 3 * horizon}."
    )


def _duplicate_notes(dataset: Dataset, crossing: np.ndarray, duplicates: str) -> list[str]:
    notes = []
    rows = np.flatnonzero(crossing)
    if len(rows):
        done = "taken out of the training side" if duplicates == "drop" else "kept in both"
        count = counted(len(rows), "training examples")
        notes.append(
            f"{count} with an exact copy in the test set, {done}: {some(_names(dataset, rows))}."
        )
    copies = np.flatnonzero((dataset.first_copy != np.arange(len(dataset))) & ~crossing)
    if len(copies):
        notes.append(
            f"{counted(len(copies), 'examples')} with an exact copy before them on their side: "
            f"{some(_names(dataset, copies))}."
        )
    return notes


def _conflict_notes(dataset: Dataset) -> list[str]:
    """Copies that do not agree on the target."""
    different = (dataset.y != dataset.y[torch.from_numpy(dataset.first_copy)]).numpy()
    rows = np.flatnonzero(different.reshape(len(dataset), -1).any(axis=1))
    if not len(rows):
        return []
    pairs = [
        " and ".join(_names(dataset, np.array([dataset.first_copy[row], row]))) for row in rows
    ]
    count = counted(len(rows), "examples")
    return [f"{count} with another target than their first exact copy: {some(pairs)}."]


def _names(dataset: Dataset, rows: np.ndarray) -> list[str]:
    return [dataset.ids[row] if dataset.ids else f"example {row}" for row in rows]
