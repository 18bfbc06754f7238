"""`run`: a cell over sequences, by the fastest way that there is."""

from collections.abc import Sequence

from torch import Tensor

from steadfit.cells.interface import Result, Weights, problem
from steadfit.cells.language import Cell
from steadfit.cells.reference import evaluate


def run(
    cell: Cell,
    x: Tensor,
    weights: Weights,
    states: Sequence[Tensor] | None = None,
    *,
    lengths: Tensor | None = None,
    batch_sizes: Tensor | None = None,
    reverse: bool = False,
    recurrent_mask: Tensor | None = None,
    zoneout: Sequence[Tensor | None] | None = None,
) -> Result:
    """Run a cell over a batch of sequences.

    x: (T, B, I); or, with batch_sizes, the data of a packed batch, (N, I).
    weights: see `Weights`; `Cell.shapes` gives the shapes.
    states: the initial states, (B, P) for the first and (B, H) for the rest; zeros if None.
    lengths: (B,) int64, for padded sequences that end early: from its length on a sequence keeps
    its state, and its outputs are zero. batch_sizes: (T,) int64, as in torch's PackedSequence.
    reverse: from the last step to the first. With lengths or batch_sizes each sequence starts at
    its own last step.
    recurrent_mask: (B, P), multiplied with whatever enters the recurrent products at every step
    (variational dropout, Gal and Ghahramani 2016); with a state of another width than P, as (B, H).
    zoneout: for each state None or (T, B, width) as x is laid out: the share of the old value that
    is kept, new = m * old + (1 - m) * new (Krueger et al. 2017); 0 and 1 in training, the
    probability in evaluation.

    x, weights, states and masks have one dtype and device. Returns `Result`. Raises SteadfitError
    for shapes that do not fit.

    >>> import torch
    >>> from steadfit.cells import find
    >>> lstm = find("lstm")
    >>> shapes = lstm.shapes(input=3, hidden=5)
    >>> weights = Weights(**{name: torch.zeros(shape) for name, shape in shapes.items()})
    >>> outputs, (h, c), sequences = run(lstm, torch.ones(7, 2, 3), weights)
    >>> outputs.shape, c.shape
    (torch.Size([7, 2, 5]), torch.Size([2, 5]))
    """
    task = problem(
        cell,
        x,
        weights,
        states,
        lengths=lengths,
        batch_sizes=batch_sizes,
        reverse=reverse,
        recurrent_mask=recurrent_mask,
        zoneout=zoneout,
    )
    return evaluate(task)
