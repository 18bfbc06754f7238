"""Examples on their way to the network."""

import math
from collections.abc import Sequence
from typing import overload

import torch
from torch import Tensor

from steadfit.data import Dataset
from steadfit.kinds import Inputs, Ragged


def watched(train: Dataset, indices: Tensor, seed: int) -> Tensor:
    """Some examples that are not in the sample; for a curve, never for a decision."""
    absent = torch.ones(len(train), dtype=torch.bool)
    absent[indices] = False
    rest = absent.nonzero().squeeze(1)
    order = torch.randperm(len(rest), generator=torch.Generator().manual_seed(seed))
    return rest[order[: train.schema.task.watched]]


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
