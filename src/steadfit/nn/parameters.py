"""The parameters of one recurrent layer in one direction: names, shapes, first values.

A parameter's name is that of torch.nn.LSTM, such as `weight_ih_l0_reverse`: what it is, then its
place, `l0_reverse`. What is a bias or an initial state begins with `bias` or `initial`; penalties
on weights leave those out.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor, nn

from steadfit.cells import Cell, Weights, join_biases
from steadfit.errors import SteadfitError

# The fields of `Weights` and torch's names for them, in the order in which torch draws them.
_NAMES = {
    "input": "weight_ih",
    "recurrent": "weight_hh",
    "bias": "bias",
    "peephole": "weight_peephole",
    "projection": "weight_hr",
}


@dataclass(frozen=True)
class Form:
    """What parameters a layer has besides its input's width."""

    cell: Cell
    hidden: int
    projection: int  # 0: none
    bias: bool
    two_biases: bool  # torch's two, whose sum acts
    learned_states: bool
    forget_bias: float | None  # what the forget gate's bias begins with

    def __post_init__(self) -> None:
        """Raise SteadfitError for settings that do not go together."""
        cell = self.cell
        if not 0 <= self.projection < self.hidden:
            raise SteadfitError(
                f"proj_size must be less than hidden_size, {self.hidden}, got {self.projection}."
            )
        if self.two_biases and not (cell.input_blocks and cell.recurrent_blocks):
            raise SteadfitError(
                f"two_biases is for cells whose gates take the input and states; {cell.name} has "
                f"gates on the input: {_list(cell.input_blocks)}; "
                f"on states: {_list(cell.recurrent_blocks)}."
            )
        if self.forget_bias is not None and not (self.bias and "forget" in cell.gates):
            raise SteadfitError(
                "forget_bias needs bias=True and a gate called forget; "
                f"{cell.name} has the gates {_list(cell.gates)}, and bias={self.bias}."
            )

    @cached_property
    def names(self) -> dict[str, str]:
        """torch's names of the `Weights` that are one parameter each; two biases are not."""
        fields = self.cell.shapes(1, self.hidden, self.projection or None)
        single = self.bias and not self.two_biases
        return {f: name for f, name in _NAMES.items() if f in fields and (f != "bias" or single)}

    @property
    def widths(self) -> tuple[int, ...]:
        """The width of each state."""
        return (self.projection or self.hidden, *(self.hidden for _ in self.cell.states[1:]))

    def shapes(self, width: int) -> Iterator[tuple[str, tuple[int, ...]]]:
        """Each parameter's name and shape, for inputs of this width."""
        sizes = self.cell.shapes(width, self.hidden, self.projection or None)
        for field, name in _NAMES.items():
            if field in self.names:
                yield name, sizes[field]
            elif field == "bias" and self.two_biases and self.bias:
                yield "bias_ih", sizes["input"][:1]
                yield "bias_hh", sizes["recurrent"][:1]
        if self.learned_states:
            for state, size in zip(self.cell.states, self.widths, strict=True):
                yield f"initial_{state}", (size,)

    def weights(self, owner: nn.Module, place: str) -> Weights:
        """The parameters of this place, as the cell takes them."""
        found = {field: getattr(owner, f"{name}_{place}") for field, name in self.names.items()}
        if self.bias and self.two_biases:
            pair = getattr(owner, f"bias_ih_{place}"), getattr(owner, f"bias_hh_{place}")
            found["bias"] = join_biases(self.cell, *pair)
        return Weights(**found)

    def initial(self, owner: nn.Module, place: str, batch: int) -> tuple[Tensor, ...] | None:
        """The learned initial states of a batch, or None for zeros."""
        if not self.learned_states:
            return None
        states = self.cell.states
        return tuple(getattr(owner, f"initial_{s}_{place}").expand(batch, -1) for s in states)

    @torch.no_grad()
    def draw(self, owner: nn.Module, place: str, width: int) -> None:
        """Draw this place's parameters as torch does, and set what is to be set."""
        bound = 1 / math.sqrt(self.hidden)
        for name, _ in self.shapes(width):
            parameter = getattr(owner, f"{name}_{place}")
            if name.startswith("initial_"):
                parameter.zero_()
            else:
                parameter.uniform_(-bound, bound)
        if self.forget_bias is not None:
            names = ("bias_ih", "bias_hh") if self.two_biases else ("bias",)
            values = (self.forget_bias, 0.0)  # of two, the sum acts
            for name, value in zip(names, values, strict=False):
                self._forget_block(name, getattr(owner, f"{name}_{place}")).fill_(value)

    def _forget_block(self, name: str, bias: Tensor) -> Tensor:
        cell = self.cell
        blocks = {"bias_ih": cell.input_blocks, "bias_hh": cell.recurrent_blocks}
        gates = blocks.get(name, cell.gates)
        return bias.chunk(len(gates))[gates.index("forget")]


def _list(names: Sequence[str]) -> str:
    return ", ".join(names) or "none"
