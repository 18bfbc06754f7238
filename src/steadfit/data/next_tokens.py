"""What replicas are held against one another on: the examples, or a text's next tokens."""

from dataclasses import replace

import torch
from torch import Tensor

from steadfit.data.dataset import Dataset
from steadfit.data.ragged import Ragged

MOST = 2**22  # numbers that a replica's predictions of tokens may have: 16 MiB
CONTEXT = 60  # tokens before a next one that are shown with it


def measured(test: Dataset) -> Tensor:
    """The next tokens of the test side on which replicas are compared: positions in y, flattened.

    int64, ascending: every k-th, so that a replica's logits are at most `MOST` numbers.
    """
    known = (test.y.flatten() >= 0).nonzero().squeeze(1)
    return known[:: -(-len(known) * test.outputs // MOST)]


def points(test: Dataset) -> Dataset:
    """The test points, each with a row of a replica's logits.

    The examples; of the task "tokens" the `measured` next tokens: an example each, whose class is
    the token, whose input are the tokens right before it, and whose group is its block, since what
    is near in a text is alike.

    >>> from steadfit.data import read
    >>> copies = read("copy", length=5, train=3, test=2)
    >>> points(copies)
    <Dataset copy 5 · 125 texts of 1 to 25 characters · 10 classes>
    """
    if test.task != "tokens":
        return test
    assert isinstance(test.x, Ragged)
    at = measured(test)
    block, step = at // test.y.shape[1], at % test.y.shape[1]
    lengths = (step + 1).clamp(max=CONTEXT)
    begin = test.x.starts[block] + step + 1 - lengths
    steps = torch.arange(int(lengths.sum()))
    shift = (begin - (lengths.cumsum(0) - lengths)).repeat_interleave(lengths)
    unit = test.x.unit[:-1]
    shown = "" if len(at) == int((test.y >= 0).sum()) else f"{len(at):,} of the "
    return replace(
        test,
        x=replace(test.x, values=test.x.values[steps + shift], lengths=lengths),
        y=test.y.flatten()[at],
        task="classes",
        classes=test.x.tokens,
        ids=tuple(
            f"{unit} {n + 1} after {test.ids[b]}"
            for b, n in zip(block.tolist(), step.tolist(), strict=True)
        ),
        is_test=None,
        groups=block,
        spans=None,
        notes=(
            f"Replicas are compared on {shown}{int((test.y >= 0).sum()):,} next {test.x.unit} "
            f"held out, in {len(test):,} blocks.",
        ),
    )
