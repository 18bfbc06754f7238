"""torch's own recurrent functions, which on a GPU are cuDNN's, for the cells that cuDNN knows.

They give the first state at every step and all states at the end, of one layer in one direction.
Sequences that end early are packed for them; a reversed run is a run over reversed sequences.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import torch
from torch import _VF, Tensor

from steadfit.cells import library
from steadfit.cells.call import Call, leaves, reference_gradients
from steadfit.cells.interface import Result, Sequences, Weights
from steadfit.cells.kernels import Schedule, schedule
from steadfit.cells.language import Cell
from steadfit.cells.plain import readable

_FUNCTIONS: Mapping[Cell, Callable[..., Any]] = MappingProxyType(
    {
        library.rnn: _VF.rnn_tanh,
        library.rnn_relu: _VF.rnn_relu,
        library.lstm: _VF.lstm,
        library.gru_reset_after: _VF.gru,
    }
)


def suits(cell: Cell, masked: bool, device: str) -> bool:
    """Whether cuDNN runs this cell here.

    masked: with a recurrent mask or zoneout, which cuDNN does not have. device: a torch device's
    type, such as "cuda".

    >>> suits(library.lstm, masked=False, device="cuda")
    True
    >>> suits(library.gru, masked=False, device="cuda")  # its reset acts before the product
    False
    """
    return device == "cuda" and not masked and cell in _FUNCTIONS


def run_cudnn(cell: Cell, weights: Weights, sequences: Sequences) -> Result:
    """`steadfit.cells.run` of a cell that `suits`, whose sequences are those of the first state.

    It takes tensors of any device that torch's functions take. sequences: checked.
    """
    call, tensors = Call.of(cell, weights, sequences)
    if torch.is_grad_enabled() and any(tensor.requires_grad for tensor in tensors):
        outputs, *final = _Run.apply(call, *tensors)
    else:
        outputs, *final = _forward(call, tensors)
    return Result(outputs, tuple(final), (outputs,))


class _Run(torch.autograd.Function):
    """torch's function, whose derivatives of higher order go through the reference."""

    @staticmethod
    def forward(ctx: Any, made: Call, *tensors: Tensor) -> tuple[Tensor, ...]:
        """The outputs and the final states."""
        ctx.made = made
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(*tensors)
        ctx.inner = _Inner.of(made, tensors, ctx.needs_input_grad[1:])
        return tuple(output.detach() for output in ctx.inner.outputs)

    @staticmethod
    def backward(ctx: Any, *adjoints: Tensor | None) -> tuple[Tensor | None, ...]:
        """The gradient of each tensor that wants one."""
        made, tensors, needs = ctx.made, ctx.saved_tensors, ctx.needs_input_grad[1:]
        again = torch.is_grad_enabled()
        if again or not readable((*tensors, *(a for a in adjoints if a is not None))):
            hidden = (None for _ in made.cell.states[1:])  # sequences that torch does not give
            all_adjoints = (adjoints[0], *hidden, *adjoints[1:])
            with torch.enable_grad():
                given = tensors if again else leaves(made, tensors)
                found = reference_gradients(made, given, all_adjoints, create_graph=again)
            found += [None] * (len(tensors) - len(found))
            return None, *(g if need else None for g, need in zip(found, needs, strict=True))
        if ctx.inner.changed:  # the caller changed the outputs in place
            ctx.inner = _Inner.of(made, tensors, needs)
        return None, *ctx.inner.gradients(adjoints)


@dataclass(frozen=True, eq=False)
class _Inner:
    """A run under an autograd of its own. leaves: those that want gradients, None for the rest."""

    leaves: Sequence[Tensor | None]
    outputs: Sequence[Tensor]
    versions: Sequence[int]

    @classmethod
    def of(cls, made: Call, tensors: Sequence[Tensor], needs: Sequence[bool]) -> "_Inner":
        with torch.enable_grad():
            copies = [
                t.detach().requires_grad_(need) for t, need in zip(tensors, needs, strict=True)
            ]
            outputs = _forward(made, copies)
        wanted = [t if need else None for t, need in zip(copies, needs, strict=True)]
        return cls(wanted, outputs, [output._version for output in outputs])

    @property
    def changed(self) -> bool:
        """Whether the outputs are no longer what was computed."""
        return [output._version for output in self.outputs] != self.versions

    def gradients(self, adjoints: Sequence[Tensor | None]) -> list[Tensor | None]:
        """For each tensor of the run, None where none is wanted."""
        chosen = [
            (output, adjoint)
            for output, adjoint in zip(self.outputs, adjoints, strict=True)
            if adjoint is not None and output.requires_grad
        ]
        wanted = [leaf for leaf in self.leaves if leaf is not None]
        found = iter(
            torch.autograd.grad(
                [output for output, _ in chosen],
                wanted,
                [adjoint for _, adjoint in chosen],
                retain_graph=True,  # for a caller who goes backward twice
                allow_unused=True,
            )
            if chosen
            else [None] * len(wanted)
        )
        return [None if leaf is None else next(found) for leaf in self.leaves]


def _forward(made: Call, tensors: Sequence[Tensor]) -> list[Tensor]:
    weights, sequences = made.arguments(tensors)
    states = sequences.states
    assert states is not None
    run = _Function(made.cell, weights)
    x, reverse = sequences.values, sequences.reverse
    if made.rows == "padded":
        outputs, final = run((x.flip(0) if reverse else x,), states)
        return [outputs.flip(0) if reverse else outputs, *final]
    time = len(x if sequences.batch_sizes is None else sequences.batch_sizes)
    plan = schedule(time, sequences.batch, sequences.lengths, sequences.batch_sizes)
    if not plan.rows:
        return [x.new_zeros(*x.shape[:-1], states[0].shape[1]), *(s.clone() for s in states)]
    rows, order = (index.to(x.device) for index in (_rows(plan, reverse), plan.order))
    sizes = plan.sizes[plan.sizes > 0]
    running, ordered = int(sizes[0]), [state[order] for state in states]
    packed, ends = run((x.flatten(0, -2)[rows], sizes), tuple(state[:running] for state in ordered))
    empty = packed.new_zeros(x.shape[:-1].numel(), packed.shape[1])
    outputs = empty.index_copy(0, rows, packed).view(*x.shape[:-1], -1)
    back = order.argsort()
    final = (
        torch.cat([end, state[running:]])[back] for end, state in zip(ends, ordered, strict=True)
    )
    return [outputs, *final]


def _rows(plan: Schedule, reverse: bool) -> Tensor:
    """The caller's row of each row that torch computes, step by step, longest sequence first."""
    steps = torch.arange(len(plan.sizes)).repeat_interleave(plan.sizes)
    which = torch.arange(plan.rows) - (plan.sizes.cumsum(0) - plan.sizes)[steps]
    if reverse:
        ends = (plan.sizes[:, None] > torch.arange(len(plan.order))).sum(0)
        steps = ends[which] - 1 - steps
    return plan.starts[steps] + plan.order[which]


@dataclass(frozen=True, eq=False)
class _Function:
    """torch's function of a cell, with weights in torch's form."""

    cell: Cell
    weights: Weights

    def __call__(
        self, given: tuple[Tensor, ...], states: Sequence[Tensor]
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        """The outputs and final states. given: x (T, B, I), or packed rows and batch_sizes."""
        one = [state[None] for state in states]
        weights = self.weights
        both = () if weights.bias is None else self._biases(weights.bias)
        all_weights = [weights.input, weights.recurrent, *both]
        if weights.projection is not None:
            all_weights.append(weights.projection)
        hx = tuple(one) if len(one) > 1 else one[0]
        settings = (weights.bias is not None, 1, 0.0, torch.is_grad_enabled(), False)
        last = () if len(given) > 1 else (False,)  # batch_first
        outputs, *final = _FUNCTIONS[self.cell](*given, hx, all_weights, *settings, *last)
        return outputs, tuple(state[0] for state in final)

    def _biases(self, bias: Tensor) -> tuple[Tensor, Tensor]:
        """torch's two: of the gates on x, and of those on the state alone."""
        cell = self.cell
        blocks = dict(zip(cell.gates, bias.chunk(len(cell.gates)), strict=True))
        zero = torch.zeros_like(blocks[cell.gates[0]])
        of_state = (zero if n in cell.input_blocks else blocks[n] for n in cell.recurrent_blocks)
        return torch.cat([blocks[n] for n in cell.input_blocks]), torch.cat([*of_state])
