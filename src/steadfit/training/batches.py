"""Examples on their way to the network."""

import math
from collections.abc import Sequence
from typing import overload

import torch
from torch import Tensor, nn

from steadfit.data import Dataset
from steadfit.kinds import Inputs, Ragged


def watched(train: Dataset, indices: Tensor, seed: int) -> Tensor:
    """Some examples that are not in the sample; for a curve, never for a decision."""
    absent = torch.ones(len(train), dtype=torch.bool)
    absent[indices] = False
    rest = absent.nonzero().squeeze(1)
    order = torch.randperm(len(rest), generator=torch.Generator().manual_seed(seed))
    return rest[order[: train.schema.task.watched]]


def balanced(
    y: Tensor, rows: Tensor, batches: int, generator: torch.Generator
) -> tuple[Tensor, ...]:
    """As many examples as `rows` has, in batches in which every class is drawn equally often.

    y: class numbers, shape (examples,). rows: the examples' positions, of the same shape. In a
    batch, and in all batches together, two classes that `y` has differ by one example at most. A
    class's examples come in random order; where they are too few they come again, in another order,
    and where they are too many some are left out.

    >>> y = torch.tensor([0] * 9 + [1] * 3)
    >>> parts = balanced(y, torch.arange(12), 3, torch.Generator().manual_seed(0))
    >>> [torch.bincount(y[part]).tolist() for part in parts]
    [[2, 2], [2, 2], [2, 2]]
    """
    classes = y.unique()
    turns = torch.randperm(len(classes), generator=generator)
    place = turns[torch.arange(len(rows)) % len(classes)]
    found = torch.empty(len(rows), dtype=torch.int64)
    for number, label in enumerate(classes):
        mine = (place == number).nonzero().squeeze(1)
        found[mine] = _repeated(rows[y == label], len(mine), generator)
    return found.tensor_split(batches)


def normalises_over_batch(module: nn.Module) -> bool:
    """Whether a network has batch normalisation. In training it then measures an example by the
    others of its batch, and later by all of the sample, so that a batch must be drawn evenly.

    >>> normalises_over_batch(nn.Sequential(nn.BatchNorm1d(3))), normalises_over_batch(nn.ReLU())
    (True, False)
    """
    return any(isinstance(part, nn.modules.batchnorm._BatchNorm) for part in module.modules())


def _repeated(rows: Tensor, count: int, generator: torch.Generator) -> Tensor:
    """`count` of these, each as often as any other but for one, in random order."""
    rounds = math.ceil(count / len(rows))
    orders = [torch.randperm(len(rows), generator=generator) for _ in range(rounds)]
    return rows[torch.cat([torch.empty(0, dtype=torch.int64), *orders])[:count]]


@overload
def in_pieces(batch: Tensor, most: int) -> Sequence[Tensor]: ...
@overload
def in_pieces(batch: Ragged, most: int) -> Sequence[Ragged]: ...
def in_pieces(batch: Inputs, most: int) -> Sequence[Inputs]:
    """A batch in pieces of nearly equal size, of about `most` examples each; none is a lone rest.

    >>> [len(piece) for piece in in_pieces(torch.zeros(7, 1), 4)]
    [4, 3]
    >>> [len(piece) for piece in in_pieces(torch.zeros(5, 1), 2)]
    [3, 2]
    """
    number = min(math.ceil(len(batch) / most), max(1, len(batch) // 2))
    if number == 1:
        return [batch]
    return [batch[piece] for piece in torch.arange(len(batch)).tensor_split(number)]
