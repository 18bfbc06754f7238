"""What replicas of a language model are compared on: the next tokens of the test side."""

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from steadfit.kinds import Ragged
from steadfit.tasks.classes import Classes
from steadfit.tasks.values import Points

MOST = 2**22  # numbers that a replica's predictions of tokens may have: 16 MiB
CONTEXT = 60  # tokens before a next one that are shown with it


def measured(y: Tensor, tokens: int) -> Tensor:
    """The next tokens on which replicas are compared: positions in y, flattened.

    int64, ascending: every k-th, so that a replica's logits are at most `MOST` numbers.
    """
    known = (y.flatten() >= 0).nonzero().squeeze(1)
    return known[:: -(-len(known) * tokens // MOST)]


def next_tokens(x: Ragged, y: Tensor, tokens: int, ids: Sequence[str]) -> Points[Classes]:
    """The `measured` next tokens: an example each, whose class is the token, whose input are the
    tokens right before it, and whose group is its block, since what is near in a text is alike."""
    at = measured(y, tokens)
    block, step = at // y.shape[1], at % y.shape[1]
    lengths = (step + 1).clamp(max=CONTEXT)
    begin = x.starts[block] + step + 1 - lengths
    steps = torch.arange(int(lengths.sum()))
    shift = (begin - (lengths.cumsum(0) - lengths)).repeat_interleave(lengths)
    unit, known = x.unit[:-1], int((y >= 0).sum())
    shown = "" if len(at) == known else f"{len(at):,} of the "
    return Points(
        x=replace(x, values=x.values[steps + shift], lengths=lengths),
        y=y.flatten()[at],
        task=Classes(x.tokens),
        ids=tuple(
            f"{unit} {n + 1} after {ids[b]}"
            for b, n in zip(block.tolist(), step.tolist(), strict=True)
        ),
        groups=block,
        note=f"Replicas are compared on {shown}{known:,} next {x.unit} held out, in "
        f"{len(y):,} blocks.",
    )
