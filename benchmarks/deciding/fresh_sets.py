"""Fresh sets of warped digits, what each arm's replicas predict on them, and what is true."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from small_nets import Arm, Net, predict, train
from torch import Tensor
from warped import Images, draw

from steadfit.analysis.jackknife import Floats
from steadfit.analysis.measures import MEASURES, Points
from steadfit.data import make_folds
from steadfit.data.arrays import from_arrays

BASELINE = Arm("baseline")
FOLDS, REPETITIONS = 5, 3
TRUTHS, FRESH = 2, 1_000  # further repetitions, and their points
AT_ONCE = 10  # sets that are trained at once
FURTHER = 1  # to have other seeds than the study
TOLD = ("cross_entropy", "brier")


@dataclass(frozen=True, eq=False)
class FreshSet:
    """folds: which replica of a repetition predicted a point, (3, N). logits: of each arm, (3, N,
    classes). seen: by measure, the loss of each arm that is not null, on fresh points, in each
    further repetition."""

    y: NDArray[np.integer]
    folds: NDArray[np.integer]
    logits: Mapping[str, np.ndarray]
    seen: Mapping[str, Mapping[str, Floats]]


def fresh_sets(
    net: Net, size: int, epochs: int, count: int, arms: Sequence[Arm], seed: tuple[int, ...]
) -> Iterator[FreshSet]:
    """So many sets of this size. An arm that only has another seed than the baseline is null: what
    is true of it is known."""
    for first in range(0, count, AT_ONCE):
        images = draw(min(AT_ONCE, count - first), size, seed=(*seed, first))
        yield from _made(net, images, arms, epochs, (*seed, first))


def _made(
    net: Net, images: Images, arms: Sequence[Arm], epochs: int, seed: tuple[int, ...]
) -> Iterator[FreshSet]:
    sets = len(images.y)
    folds = np.stack([
        [_folds(x, y, repetition, seed[-1] + number) for repetition in range(REPETITIONS + TRUTHS)]
        for number, (x, y) in enumerate(zip(images.x, images.y, strict=True))
    ])  # fmt: skip
    study, further = np.split(folds, [REPETITIONS], 1)
    flat = Images(images.x.flatten(0, 1), images.y.flatten())
    own = _for_each(images.x[:, None].expand(-1, REPETITIONS, *images.x.shape[1:]))
    fresh = draw(sets, TRUTHS, FRESH, seed=(*seed, FURTHER))
    labels = Points(fresh.y[:, :, None].expand(-1, -1, FOLDS, -1).flatten().numpy())
    tested: dict[str, np.ndarray] = {}
    on_fresh: dict[str, np.ndarray] = {}

    for arm in (BASELINE, *arms):
        if arm.floor:
            tested[arm.name] = _with_floor(tested[BASELINE.name], arm.floor)
            on_fresh[arm.name] = _with_floor(on_fresh[BASELINE.name], arm.floor)
            continue
        layers = train(net, arm, flat, _rows(study), epochs, seed)
        tested[arm.name] = _of_other_folds(predict(net, layers, own), study)
        if not arm.is_null:
            layers = train(net, arm, flat, _rows(further), epochs, (*seed, FURTHER))
            on_fresh[arm.name] = predict(net, layers, _for_each(fresh.x)).numpy()
    seen = {
        measure: {
            name: _losses(measure, found, labels).reshape(sets, TRUTHS, -1).mean(2)
            for name, found in on_fresh.items()
        }
        for measure in TOLD
    }
    for number, y in enumerate(images.y.numpy()):
        yield FreshSet(
            y,
            study[number],
            {name: found[number] for name, found in tested.items()},
            {what: {name: of[number] for name, of in by.items()} for what, by in seen.items()},
        )


def _folds(x: Tensor, y: Tensor, repetition: int, seed: int) -> NDArray[np.integer]:
    """Which fold tests each image: steadfit's own division."""
    data = from_arrays(x.numpy(), y.numpy(), task="classes")
    which = np.empty(len(y), np.int64)
    for number, fold in enumerate(make_folds(data, FOLDS, repetition, seed)):
        which[fold.test.numpy()] = number
    return which


def _rows(folds: NDArray[np.integer]) -> Tensor:
    """The positions that a replica is trained on, a line for each set, repetition and fold; as many
    in each line, so that an example is left out where folds are not equal."""
    size = folds.shape[-1]
    count = size - int(np.ceil(size / FOLDS))
    lines = [
        number * size + np.flatnonzero(which != fold)[:count]
        for number, of_set in enumerate(folds)
        for which in of_set
        for fold in range(FOLDS)
    ]
    return torch.from_numpy(np.stack(lines))


def _for_each(x: Tensor) -> Tensor:
    """Images (sets, repetitions, points, …) for each of the replicas, a line each."""
    return x.flatten(0, 1).repeat_interleave(FOLDS, 0)


def _of_other_folds(found: Tensor, folds: NDArray[np.integer]) -> np.ndarray:
    """At each point what the replica says that was not trained on it: (sets, repetitions, N, C)."""
    by_fold = found.numpy().reshape(*folds.shape[:2], FOLDS, *found.shape[1:])
    return np.take_along_axis(by_fold, folds[:, :, None, :, None], 2)[:, :, 0]


def _with_floor(logits: np.ndarray, share: float) -> np.ndarray:
    shares = torch.from_numpy(logits).double().softmax(-1)
    return ((1 - share) * shares + share / shares.shape[-1]).log().numpy()


def _losses(measure: str, logits: np.ndarray, labels: Points) -> Floats:
    flat = logits.reshape(-1, logits.shape[-1]).astype(np.float64)
    return MEASURES[measure].values(flat, labels)
