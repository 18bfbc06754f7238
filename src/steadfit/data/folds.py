"""Folds: every example is a test point once, predicted by what was trained on the others."""

import warnings
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from steadfit.data.dataset import Dataset
from steadfit.data.samples import kept_together, natural
from steadfit.data.stretches import most_stretches, stretches
from steadfit.errors import SteadfitError, counted, some


class Fold(NamedTuple):
    """Positions of the examples to train on and of those to test on, int64, ascending."""

    train: Tensor
    test: Tensor


def make_folds(data: Dataset, count: int, repetition: int = 0, seed: int = 0) -> tuple[Fold, ...]:
    """Divide a dataset into `count` folds, for cross-fitting.

    Classes are in proportion; groups stay whole and, where there are none, exact copies together; a
    training side never holds a copy of a test example. Each repetition divides anew.

    Data in time order have expanding windows instead: the last fifth of the steps, or as much as it
    takes for each fold to have one example (at most half), is cut into `count` stretches. Each is
    tested by what was trained on all that ends before it begins, on examples that predict no step
    twice. They are the same in every repetition.

    Raises SteadfitError for fewer than 2 folds, for fewer examples (or groups) than folds, and
    where a training side would lack a class.

    >>> from steadfit.data import read
    >>> folds = make_folds(read("digits"), 5)
    >>> [len(fold.test) for fold in folds]
    [360, 360, 359, 359, 359]
    """
    if count < 2:
        raise SteadfitError(f"folds must be 2 or more to test on each other, got {count}.")
    if data.structure.spans is not None:
        return tuple(
            Fold(*(torch.from_numpy(np.flatnonzero(side)) for side in sides))
            for sides in stretches(data.structure.spans.numpy(), count, data.name)
        )
    unit, units = kept_together(data), fold_units(data)
    if units < count:
        grouped = data.structure.groups is not None
        what = counted(units, "groups" if grouped else "different examples")
        raise SteadfitError(
            f"{data.name} must have at least as many {'groups' if grouped else 'examples'} as "
            f"folds, got {what} for {count} folds. Use fewer folds, or more data."
        )
    entropy = [natural("seed", seed), natural("repetition", repetition)]
    drawn = int(np.random.SeedSequence(entropy).generate_state(1, np.uint32)[0])
    tests = _stratified(unit, data.schema.task.strata(data.y), count, drawn)
    return tuple(_fold(data, test) for test in tests)


def fold_units(data: Dataset) -> int:
    """How many folds there could be at most: groups, or examples that are no copies; in time order
    as many as have a whole example each within the part that may be tested.

    >>> from steadfit.data import read
    >>> fold_units(read("digits"))
    1797
    """
    if data.structure.spans is not None:
        return most_stretches(data.structure.spans.numpy())
    return len(np.unique(kept_together(data)))


def _stratified(unit: np.ndarray, stratum: np.ndarray, count: int, seed: int) -> list[np.ndarray]:
    """The test positions of each fold, ascending: whole units, strata in proportion.

    Without units of several examples, each stratum is dealt out in random order, going on where
    the one before it ended.
    """
    if len(np.unique(unit)) < len(unit):
        from sklearn.model_selection import StratifiedGroupKFold

        divider = StratifiedGroupKFold(count, shuffle=True, random_state=seed)
        with warnings.catch_warnings():  # of rare classes, which `rare_classes` tells
            warnings.simplefilter("ignore", UserWarning)
            return [test for _, test in divider.split(unit, stratum, unit)]
    order = np.random.default_rng(seed).permutation(len(unit))
    order = order[np.argsort(stratum[order], kind="stable")]
    fold = np.empty(len(unit), np.int64)
    fold[order] = np.arange(len(unit)) % count
    return [np.flatnonzero(fold == k) for k in range(count)]


def _fold(data: Dataset, test: np.ndarray) -> Fold:
    is_test = np.zeros(len(data), bool)
    is_test[test] = True
    copied = np.isin(data.first_copy, data.first_copy[test])
    train = np.flatnonzero(~is_test & ~copied)
    if not len(train) or not len(test):
        raise SteadfitError(
            f"{data.name} cannot be divided into folds: one has {len(train)} training and "
            f"{len(test)} test examples once groups and copies are kept on one side. Use fewer "
            "folds, or more data."
        )
    data.schema.task.check_training(data.y[torch.from_numpy(train)], data.name)
    return Fold(torch.from_numpy(train), torch.from_numpy(test))


def rare_classes(data: Dataset, count: int) -> list[str]:
    """What is to be said of classes or labels with fewer examples than folds; nothing without
    such."""
    task = data.schema.task
    sizes = task.counts(data.y)
    few = [f'"{name}" ({size})' for name, size in sizes.items() if size < count]
    if not few:
        return []
    what = f"{len(few)} of {counted(len(sizes), task.learned)}"
    return [f"{what} have fewer examples than folds: {some(few)}."]
