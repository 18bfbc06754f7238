"""Folds that leak make a learner that only remembers look better; a study's folds must not.

Labels are chance, half of the images are copies of others, and the arm gives an image that it was
trained on its label, so that nothing but a leak makes it better than guessing.
"""

from collections.abc import Callable, Sequence

import numpy as np
import pytest
import torch

from steadfit.analysis.analyse import analyse
from steadfit.analysis.evidence import ArmEvidence, Comparing, Evidence
from steadfit.analysis.measures import Points
from steadfit.analysis.terms import Route, Verdict
from steadfit.data import Dataset, Fold, from_arrays, make_folds

FOLDS, STUDIES = 5, 30
Divide = Callable[[Dataset, int], Sequence[Fold]]


def examples(rng: np.random.Generator) -> Dataset:
    x = rng.normal(size=(60, 4, 4)).astype(np.float32)
    y = rng.permutation(np.arange(60) % 2)
    return from_arrays(np.concatenate([x, x]), np.concatenate([y, y]), task="classes")


def remembered(data: Dataset, fold: Fold) -> np.ndarray:
    """Logits at the fold's test points, of what knows its training examples and nothing else."""
    trained = data.first_copy[fold.train.numpy()]
    known = np.isin(data.first_copy[fold.test.numpy()], trained)
    return 3.0 * known[:, None] * np.eye(2)[data.y[fold.test].numpy()]


def called_better(divide: Divide) -> float:
    """How often a study of one repetition calls what remembers better than chance alone."""
    rng = np.random.default_rng(0)
    comparing, found = Comparing(FOLDS, (1,), Route.NO_TEST_SET), []
    for study in range(STUDIES):
        data = examples(rng)
        which = np.empty((1, len(data)), np.int64)
        guesses, own = rng.normal(size=(2, 1, len(data), 2)) * 0.3
        for number, fold in enumerate(divide(data, study)):
            which[0, fold.test] = number
            own[0, fold.test] += remembered(data, fold)
        arms = ArmEvidence("baseline", guesses), ArmEvidence("remembers", own)
        told = analyse(Evidence(arms, Points(data.y.numpy()), which, comparing, "cross_entropy"))
        found.append(told.arm("remembers").verdict is Verdict.BETTER)
    return float(np.mean(found))


def test_what_remembers_is_not_called_better():
    assert called_better(lambda data, seed: make_folds(data, FOLDS, seed=seed)) < 0.2


def copies_apart(data: Dataset, seed: int) -> Sequence[Fold]:
    fold = torch.from_numpy(np.random.default_rng(seed).permutation(len(data)) % FOLDS)
    return [
        Fold(*(torch.nonzero(side)[:, 0] for side in (fold != k, fold == k))) for k in range(FOLDS)
    ]


def trained_on_everything(data: Dataset, seed: int) -> Sequence[Fold]:
    folds = make_folds(data, FOLDS, seed=seed)
    return [Fold(torch.arange(len(data)), fold.test) for fold in folds]


@pytest.mark.parametrize("leak", [copies_apart, trained_on_everything])
def test_leaks_are_seen(leak: Divide):
    assert called_better(leak) > 0.9
