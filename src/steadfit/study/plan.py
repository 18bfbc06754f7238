"""`Plan`: what a design comes to on some data. Which examples train and which test, and how often.

One way for all: the data stay whole, and every trial names the positions it is trained on and those
it predicts.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from steadfit.analysis.evidence import Comparing, Sampling
from steadfit.analysis.learning_curve import SHARES
from steadfit.analysis.terms import Route, Scheme
from steadfit.data import (
    Dataset,
    Fold,
    carve,
    draw,
    fold_units,
    make_folds,
    points,
    rare_classes,
    sides,
)
from steadfit.errors import SteadfitError
from steadfit.study.design import (
    FEW,
    FOLDS,
    LOOKS_ON_FOLDS,
    LOOKS_ON_TEST_SET,
    Design,
    Varied,
)
from steadfit.study.tested import Tested

DRAWS = 100  # of a sample that cannot be divided, before it is taken all the same
_SHARE = 0.2  # of a sample that a training may hold out


@dataclass(frozen=True, eq=False)
class Plan:
    """design: as asked for. data: all examples. folds: of each repetition, one where a test side
    tests. looks: after how many repetitions decisions are possible. route: why so many folds.
    rows: the positions of the examples that are tested, ascending; test: these examples, whose
    steps or selves are the test points, `tested`. notes: what there is to say."""

    data: Dataset
    design: Design
    folds: tuple[tuple[Fold, ...], ...]
    looks: tuple[int, ...]
    route: Route
    rows: Tensor
    test: Dataset
    tested: Tested
    notes: tuple[str, ...] = ()

    @property
    def comparing(self) -> Comparing:
        """The design of the comparison, as the analysis knows it."""
        return Comparing(len(self.folds[0]), self.looks, self.route, self.design.other_sets)

    @property
    def sampling(self) -> Sampling:
        """The design of the variance, as the analysis knows it."""
        design, (train, _) = self.design, self.varied
        return Sampling(
            design.samples,
            design.seeds,
            Scheme(design.scheme),
            design.crossed,
            len(self.tested.sampled),
            len(train),
        )

    @property
    def varied(self) -> Fold:
        """The sides of the replicas on drawn samples: those of the first fold."""
        return self.folds[0][0]

    @property
    def everything(self) -> Tensor:
        """What the model handed over is trained on: all examples but a test side's. Of a forecast
        the test side's too: the newest steps say most of the next ones."""
        if len(self.folds[0]) > 1 or self.data.schema.task.steps_ahead:
            return torch.arange(len(self.data))
        return self.varied.train

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the examples, and of all that says how they may be divided."""
        return digest(self.data)

    @cached_property
    def samples(self) -> tuple[Tensor, ...]:
        """The positions of each drawn sample."""
        return tuple(self._sample(number) for number in range(self.design.samples))

    def part(self, train: Tensor, share: float) -> Tensor:
        """The positions of a share of some examples, half after half, so that a smaller share lies
        within a larger one. Classes in proportion, groups whole; in time order the last ones.

        Raises SteadfitError where nothing would be left.
        """
        left = train
        while share < 1:
            try:
                left, share = carve(self.data, left, 0.5, self.design.seed)[1], share * 2
            except SteadfitError:
                raise SteadfitError(
                    "A learning curve must have a quarter of the data to train on, got "
                    f"{len(train)} examples, which cannot be halved twice. Use more data, or leave "
                    "the curve out."
                ) from None
        return left

    def trainings(self, arms: int, repetitions: int) -> int:
        """How many replicas so many arms have after so many repetitions, with their variance and
        the learning curve."""
        each = self.design.samples * self.design.seeds
        varied = {Varied.NONE: 0, Varied.BEST: min(arms, 2), Varied.ALL: arms}[self.design.varied]
        folds = len(self.folds[0])
        curve = len(SHARES) * folds * self.looks[0] if self.design.learning_curve else 0
        return arms * folds * repetitions + varied * each + curve

    def within_ceiling(self, arms: int) -> "Plan":
        """The same with as many looks as the ceiling of trainings allows.

        Raises SteadfitError where it does not allow the first.
        """
        ceiling = self.design.trainings
        if ceiling is None:
            return self
        looks = tuple(n for n in self.looks if self.trainings(arms, n) <= ceiling)
        if looks:
            return replace(self, looks=looks)
        needed = self.trainings(arms, self.looks[0])
        raise SteadfitError(
            f"trainings must be {needed} or more for {arms} arms, got {ceiling}. Allow more, name "
            "fewer remedies, or leave out the variance."
        )

    def _sample(self, number: int) -> Tensor:
        """A sample of groups drawn with replacement can be of a single group, which nothing can be
        held out of. It is drawn again, for every arm alike."""
        design, train = self.design, self.varied.train
        side = self.data.take(train)
        share = 1 / design.samples if design.scheme == "disjoint" else 0.5
        sample = draw(side, design.scheme, number, design.seed, share)
        if design.scheme in ("bootstrap", "subsample") and side.structure.groups is not None:
            for again in range(1, DRAWS):
                if _can_be_divided(side, sample):
                    break
                sample = draw(side, design.scheme, number + again * 2**32, design.seed, share)
        return train[sample]


def make_plan(data: Dataset, design: Design, test: float = 0.2) -> Plan:
    """The plan of a design on these data. Raises SteadfitError for what cannot be.

    test: the share of a test side, where one is asked for and the data has none of its own.
    """
    data.schema.task.check_targets(data.y, data.name)
    count, route = _route(data, design)
    if count == 1:
        side = sides(data, test, design.seed)
        fold = Fold(side.train, side.test)
        looks = _looks(LOOKS_ON_TEST_SET, design.repetitions)
        test_side = data.take(side.test)
        tested = points(test_side)
        said = () if tested is test_side else tested.notes
        plain = np.zeros((looks[-1], len(tested)), np.int64)
        return Plan(
            data,
            design,
            ((fold,),) * looks[-1],
            looks,
            route,
            side.test,
            test_side,
            Tested(tested, plain),
            (*side.notes, *said),
        )
    looks = _looks(LOOKS_ON_FOLDS, design.repetitions)
    folds = tuple(make_folds(data, count, number, design.seed) for number in range(looks[-1]))
    rows = torch.cat([fold.test for fold in folds[0]]).sort().values
    test_side = data.take(rows)
    tested = Tested(test_side, _which(folds, rows.numpy()))
    notes = _notes(data, count)
    return Plan(data, design, folds, looks, route, rows, test_side, tested, notes)


def digest(data: Dataset) -> str:
    """SHA-256 of the examples, their form, groups and time spans; 64 hexadecimal digits."""
    found = hashlib.sha256(data.fingerprint.encode())
    found.update(json.dumps(data.schema.to_dict(), sort_keys=True).encode())
    structure = data.structure
    for column in (structure.is_test, structure.groups, structure.spans):
        values = None if column is None else np.ascontiguousarray(column.numpy())
        found.update(b"none" if values is None else hashlib.sha256(values.tobytes()).digest())
    if data.vectors is not None:
        found.update(repr(data.vectors.words).encode())
        found.update(np.ascontiguousarray(data.vectors.values).tobytes())
    return found.hexdigest()


def _route(data: Dataset, design: Design) -> tuple[int, Route]:
    """How many folds, and why; fewer than usual where there are few groups."""
    most, own = data.schema.task.most_folds, data.structure.is_test
    if design.folds is not None and design.folds > most:
        raise SteadfitError(
            f"folds must be {most} where each step of a text is a test point, got {design.folds}."
        )
    if design.folds is not None:
        return design.folds, Route.ASKED
    if most == 1:
        return 1, Route.STEPS
    if own is not None and int(own.sum()) >= FEW:
        return 1, Route.TEST_SET
    folds = max(2, min(FOLDS, fold_units(data)))
    return folds, Route.NO_TEST_SET if own is None else Route.FEW_TEST_POINTS


def _looks(usual: Sequence[int], repetitions: int | None) -> tuple[int, ...]:
    """The usual looks; other ones end with the repetitions asked for.

    >>> _looks((1, 2, 3), None), _looks((1, 2, 3), 2), _looks((3, 5, 8), 20)
    ((1, 2, 3), (1, 2), (3, 5, 8, 20))
    """
    if repetitions is None:
        return tuple(usual)
    return (*(n for n in usual if n < repetitions), repetitions)


def _which(folds: Sequence[Sequence[Fold]], rows: np.ndarray) -> np.ndarray:
    """Of each repetition, which fold tests each of these positions."""
    which = np.empty((len(folds), len(rows)), np.int64)
    for repetition, of_one in enumerate(folds):
        for number, fold in enumerate(of_one):
            which[repetition, np.searchsorted(rows, fold.test.numpy())] = number
    return which


def _notes(data: Dataset, count: int) -> tuple[str, ...]:
    if data.structure.spans is not None:
        return (
            f"In time order: each of the last {count} stretches is tested by what was trained on "
            "all that ends before it.",
        )
    copies = int((data.first_copy != np.arange(len(data))).sum())
    said = [f"{copies:,} exact duplicates; all copies are in the same fold."] if copies else []
    if copies and data.structure.groups is not None:
        said = [f"{copies:,} exact duplicates; none is trained on where a copy is tested."]
    return (*said, *data.schema.task.training_notes(data.y), *rare_classes(data, count))


def _can_be_divided(side: Dataset, sample: Tensor) -> bool:
    """Whether a part of the sample can be held out, groups whole, as early stopping does."""
    try:
        carve(side, sample, _SHARE, seed=0)
    except SteadfitError:
        return False
    return True
