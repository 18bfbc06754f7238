"""A cell's equations run step by step, by nothing that steadfit's own ways use.

Neither graph nor plan nor reference: the function is called on plain tensors, and which block of
the weights a product takes is counted from the calls, as the documentation of `Weights` has it.
Gates come in the order of their first use; a gate has a block for x if it takes x, and one for each
other argument in the order of its arguments.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

Equations = Callable[..., Tensor | tuple[Tensor, ...]]
GATE, INPUT, RECURRENT = "bias", "input", "recurrent"  # which matrix a block is of


@dataclass
class Blocks:
    """Hands out the number of each block of the weights, at its first use."""

    numbers: dict[tuple[str, str, int], int] = field(default_factory=dict)

    def number(self, kind: str, name: str, turn: int = 0) -> int:
        """Of the block of this matrix for this gate's argument `turn`."""
        taken = sum(known == kind for known, _, _ in self.numbers)
        return self.numbers.setdefault((kind, name, turn), taken)


class Gates:
    """`gate`: the sum of the blocks' products and the block of the bias."""

    def __init__(
        self, blocks: Blocks, weights: Mapping[str, Tensor], hidden: int, x: Tensor, mask: Tensor
    ) -> None:
        self.blocks, self.weights, self.hidden, self.x, self.mask = blocks, weights, hidden, x, mask

    def _block(self, kind: str, name: str, turn: int = 0) -> Tensor:
        number = self.blocks.number(kind, name, turn)
        return self.weights[kind][number * self.hidden : (number + 1) * self.hidden]

    def __getattr__(self, name: str) -> Callable[..., Tensor]:
        def gate(*arguments: Tensor) -> Tensor:
            self.blocks.number(GATE, name)
            total = self._block(GATE, name) if GATE in self.weights else torch.zeros(())
            turn = 0
            for argument in arguments:
                if argument is self.x:
                    total = total + argument @ self._block(INPUT, name).T
                else:
                    taken = argument.expand(len(self.x), self.hidden) * self.mask
                    total = total + taken @ self._block(RECURRENT, name, turn).T
                    turn += 1
            return total.expand(len(self.x), self.hidden)

        return gate


class Peepholes:
    """`peephole`: the rows of its matrix, in the order of their first use."""

    def __init__(self, names: list[str], weights: Mapping[str, Tensor]) -> None:
        self.names, self.weights = names, weights

    def __getattr__(self, name: str) -> Tensor:
        if name not in self.names:
            self.names.append(name)
        return self.weights["peephole"][self.names.index(name)]


@dataclass(frozen=True)
class Sequences:
    """Which row of x is which step: `rows[t][i]` is step t of sequence `running[t][i]`."""

    rows: list[Tensor]
    running: list[Tensor]

    @staticmethod
    def padded(time: int, batch: int, lengths: Tensor | None = None) -> "Sequences":
        """Of x of the shape (T, B, I), flattened to (T * B, I)."""
        ends = torch.full((batch,), time) if lengths is None else lengths
        running = [torch.nonzero(t < ends).flatten() for t in range(time)]
        return Sequences([t * batch + running[t] for t in range(time)], running)

    @staticmethod
    def packed(batch_sizes: Tensor) -> "Sequences":
        """Of x of the shape (N, I)."""
        rows = list(torch.arange(int(batch_sizes.sum())).split(batch_sizes.tolist()))
        return Sequences(rows, [torch.arange(len(one)) for one in rows])


def unrolled(
    equations: Equations,
    x: Tensor,
    weights: Mapping[str, Tensor],
    states: Sequence[Tensor],
    sequences: Sequences,
    reverse: bool = False,
    recurrent_mask: Tensor | None = None,
    zoneout: Sequence[Tensor | None] | None = None,
) -> tuple[list[Tensor], list[Tensor]]:
    """Each state at every row of x, zero at rows that are no step, and each state at the end.

    x: (rows, I). weights: those of `Weights` by name. states: (B, H) each. recurrent_mask: (B, H).
    zoneout: (rows, H) each.
    """
    hidden = states[0].shape[1]
    blocks, names = Blocks(), list[str]()
    asked = inspect.signature(equations).parameters.keys()
    mask = torch.ones_like(states[0]) if recurrent_mask is None else recurrent_mask
    kept = zoneout or [None] * len(states)
    current = list(states)
    everything = [x.new_zeros(len(x), hidden) for _ in states]
    steps = range(len(sequences.rows))
    for step in reversed(steps) if reverse else steps:
        rows, running = sequences.rows[step], sequences.running[step]
        now, old = x[rows], [state[running] for state in current]
        given = {
            "gate": Gates(blocks, weights, hidden, now, mask[running]),
            "peephole": Peepholes(names, weights),
        }
        new = equations(now, *old, **{name: given[name] for name in given if name in asked})
        for number, value in enumerate(new if isinstance(new, tuple) else (new,)):
            value = value.expand(len(rows), hidden)
            if (share := kept[number]) is not None:
                value = share[rows] * old[number] + (1 - share[rows]) * value
            current[number] = current[number].index_copy(0, running, value)
            everything[number] = everything[number].index_copy(0, rows, value)
    return everything, current
