"""Examples on their way to the network: prepared, drawn, and padded where they are sequences."""

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, overload

import torch
from torch import Tensor, nn

from steadfit.data import Dataset, Inputs, Preparation, Ragged
from steadfit.nn import Padded

Part = tuple[Tensor | Padded, Tensor]  # what the module takes, and what it is to answer
WATCHED = 512  # examples outside the sample whose loss is followed, for the curves only
WATCHED_TEXTS = 32  # the same for tokens, of which an example has many
_EXAMPLES, _STEPS = 512, 2**16  # of a batch that is predicted, at most; steps with their padding


def watched(train: Dataset, indices: Tensor, seed: int) -> Tensor:
    """Some examples that are not in the sample; for a curve, never for a decision."""
    absent = torch.ones(len(train), dtype=torch.bool)
    absent[indices] = False
    rest = absent.nonzero().squeeze(1)
    order = torch.randperm(len(rest), generator=torch.Generator().manual_seed(seed))
    return rest[order[: WATCHED_TEXTS if train.task == "tokens" else WATCHED]]


def prepared(preparation: Preparation, x: Inputs) -> Callable[[Tensor], Inputs]:
    """A function from positions to prepared examples.

    Sequences are prepared here, once; images when they are drawn, as their bytes take less room.
    """
    if isinstance(x, Ragged):
        return preparation.inputs(x).__getitem__
    return lambda rows: preparation.inputs(x[rows])


def placed(inputs: Inputs, device: str) -> Inputs:
    """Where the module is; images with channels last in memory, which is faster."""
    if isinstance(inputs, Tensor) and inputs.ndim == 4:
        return inputs.to(device, memory_format=torch.channels_last)
    return inputs.to(device)


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


@overload
def padded(inputs: Tensor) -> Tensor: ...
@overload
def padded(inputs: Ragged) -> Padded: ...
def padded(inputs: Inputs) -> Tensor | Padded:
    """What the module takes."""
    if isinstance(inputs, Ragged):
        return Padded.of(inputs.padded(), inputs.lengths)
    return inputs


def by_length(rows: Tensor, x: Ragged, generator: torch.Generator) -> Tensor:
    """Shuffled positions in an order in which neighbours are about as long, so that batches of
    neighbours have little padding.

    Lengths are blurred by up to a fifth, so that batches differ from one epoch to the next.
    """
    blur = 1 + 0.2 * torch.rand(len(rows), generator=generator, dtype=torch.float32)
    return rows[torch.argsort(x.lengths[rows] * blur, stable=True)]


def in_any_order(batches: tuple[Tensor, ...], generator: torch.Generator) -> tuple[Tensor, ...]:
    """The same batches, shuffled."""
    return tuple(batches[i] for i in torch.randperm(len(batches), generator=generator).tolist())


def all_of(x: Inputs) -> Iterator[Tensor]:
    """The positions of all examples in batches to predict: sequences of about one length together.

    Long sequences come in smaller batches, so that memory stays bounded.
    """
    if not isinstance(x, Ragged):
        yield from torch.arange(len(x)).split(_EXAMPLES)
        return
    order = torch.argsort(x.lengths, descending=True, stable=True)
    while len(order):
        size = max(1, min(_EXAMPLES, _STEPS // int(x.lengths[order[0]])))
        yield order[:size]
        order = order[size:]


def windows(texts: Padded, size: int) -> Iterator[Padded]:
    """Texts in parts of `size` steps, for truncated backpropagation (Williams and Peng 1990).

    Each part begins with the states in which the one before left the network, as plain numbers:
    no gradient goes back beyond a part's beginning. Lengths are left out: what a network from left
    to right says of a step does not depend on what stands after it.
    """
    states: dict[nn.Module, Any] = {}
    for part in texts.values.split(size, dim=1):
        yield Padded(part, states=states)
        for layer, state in states.items():
            cut = isinstance(state, Tensor)
            states[layer] = state.detach() if cut else tuple(each.detach() for each in state)


def windows_with_answers(texts: Tensor | Padded, y: Tensor, size: int) -> Iterator[Part]:
    """`windows` of texts, each with what is to be answered in it."""
    assert isinstance(texts, Padded)
    answers = y[:, : texts.values.shape[1]].split(size, dim=1)
    return zip(windows(texts, size), answers, strict=True)
