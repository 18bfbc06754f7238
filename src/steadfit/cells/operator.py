"""A run of a cell as one function of torch's autograd, and as one operator for its compiler.

`Run` is what eager code uses. `steadfit::cell` is the same for torch.compile and torch.export,
which want an operator with a declared schema. Derivatives of higher order go through the reference.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from steadfit.cells.call import Call, forward, gradients, memory, reference_gradients


class Run(torch.autograd.Function):
    """The sequences and the final states, from a call and its tensors."""

    @staticmethod
    def forward(ctx: Any, made: Call, *tensors: Tensor) -> tuple[Tensor, ...]:
        """See `call.forward`."""
        saved = memory(made, tensors)
        outputs = forward(made, tensors, saved)
        ctx.made, ctx.count = made, len(tensors)
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(*tensors, *outputs[: len(made.cell.states)], saved)
        return tuple(outputs)

    @staticmethod
    def backward(ctx: Any, *adjoints: Tensor | None) -> tuple[Tensor | None, ...]:
        """See `call.gradients`."""
        *both, saved = ctx.saved_tensors
        tensors, sequences = both[: ctx.count], both[ctx.count :]
        needs = ctx.needs_input_grad[1:]
        if torch.is_grad_enabled():  # the gradient is to be differentiated again
            found = reference_gradients(ctx.made, tensors, adjoints, create_graph=True)
        else:
            found = gradients(ctx.made, tensors, sequences, saved, adjoints, needs[0])
        return None, *_wanted(found, needs)


@torch.library.custom_op("steadfit::cell", mutates_args=())
def cell_operator(tensors: list[Tensor], call: str, keep: bool) -> list[Tensor]:
    """The sequences, the final states, and what the backward sweep needs (empty without keep)."""
    made = Call.read(call)
    saved = memory(made, tensors) if keep else None
    outputs = forward(made, tensors, saved)
    return [*outputs, tensors[0].new_empty(0) if saved is None else saved]


@cell_operator.register_fake
def _(tensors: list[Tensor], call: str, keep: bool) -> list[Tensor]:
    made = Call.read(call)
    x, states = tensors[0], made.arguments(tensors)["states"]
    return [
        *(x.new_empty(*x.shape[:-1], state.shape[1]) for state in states),
        *(state.new_empty(state.shape) for state in states),
        memory(made, tensors) if keep else x.new_empty(0),
    ]


@torch.library.custom_op("steadfit::cell_backward", mutates_args=())
def backward_operator(
    tensors: list[Tensor],
    sequences: list[Tensor],
    saved: Tensor,
    adjoints: list[Tensor],
    given: list[bool],
    call: str,
    wants_x: bool,
) -> list[Tensor]:
    """The gradients of x (empty if not wanted), the weights and the initial states.

    sequences and saved: what `steadfit::cell` gave. adjoints: of the sequences and the final
    states, those for which `given` is true.
    """
    rest = iter(adjoints)
    return gradients(
        Call.read(call),
        tensors,
        sequences,
        saved if saved.numel() else None,
        [next(rest) if one else None for one in given],
        wants_x,
    )


@backward_operator.register_fake
def _(
    tensors: list[Tensor],
    sequences: list[Tensor],
    saved: Tensor,
    adjoints: list[Tensor],
    given: list[bool],
    call: str,
    wants_x: bool,
) -> list[Tensor]:
    made = Call.read(call)
    x, *rest = tensors[: made.differentiable]
    d_x = x.new_empty(x.shape) if wants_x else x.new_empty(0)
    return [d_x, *(tensor.new_empty(tensor.shape) for tensor in rest)]


def _remember(ctx: Any, inputs: tuple[list[Tensor], str, bool], output: list[Tensor]) -> None:
    tensors, ctx.call, _ = inputs
    ctx.count = len(tensors)
    ctx.set_materialize_grads(False)
    states = len(Call.read(ctx.call).cell.states)
    ctx.save_for_backward(*tensors, *output[:states], output[-1])


def _backward(ctx: Any, adjoints: Sequence[Tensor | None]) -> tuple[Any, None, None]:
    made = Call.read(ctx.call)
    *both, saved = ctx.saved_tensors
    tensors, sequences = both[: ctx.count], both[ctx.count :]
    adjoints = list(adjoints)[:-1]
    needs = ctx.needs_input_grad[0]
    if torch.is_grad_enabled():
        found = reference_gradients(made, tensors, adjoints, create_graph=True)
    else:
        present = [adjoint for adjoint in adjoints if adjoint is not None]
        given = [adjoint is not None for adjoint in adjoints]
        found = backward_operator(tensors, sequences, saved, present, given, ctx.call, needs[0])
    return _wanted(found, needs), None, None


cell_operator.register_autograd(_backward, setup_context=_remember)


def _wanted(found: Sequence[Tensor | None], needs: Sequence[bool]) -> list[Tensor | None]:
    """A gradient for each tensor of the list, None where none is wanted."""
    padded = [*found, *(None for _ in needs[len(found) :])]
    return [gradient if need else None for gradient, need in zip(padded, needs, strict=True)]
