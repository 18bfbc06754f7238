"""A run of a cell as one function of torch's autograd, and as one operator for its compiler.

`Run` is what eager code uses. `steadfit::cell` is the same for torch.compile and torch.export,
which want an operator with a declared schema. Derivatives of higher order go through the reference.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from steadfit.cells.call import Call, forward, gradients, leaves, memory, reference_gradients
from steadfit.cells.plain import readable


class Run(torch.autograd.Function):
    """The sequences and the final states, from a call and its tensors."""

    @staticmethod
    def forward(ctx: Any, made: Call, *tensors: Tensor) -> tuple[Tensor, ...]:
        """See `call.forward`."""
        saved = memory(made, tensors)
        outputs = forward(made, tensors, saved)
        sequences = outputs[: len(made.cell.states)]
        ctx.made, ctx.count = made, len(tensors)
        ctx.set_materialize_grads(False)
        # The caller may change the outputs in place (out *= mask). Their memory is kept without
        # autograd's check, and `given` tells by its version whether it still holds what was given.
        ctx.save_for_backward(*tensors, *(sequence.data for sequence in sequences), saved)
        ctx.given = [sequence.detach() for sequence in sequences]
        ctx.versions = [sequence._version for sequence in sequences]
        return tuple(outputs)

    @staticmethod
    def backward(ctx: Any, *adjoints: Tensor | None) -> tuple[Tensor | None, ...]:
        """See `call.gradients`."""
        *both, saved = ctx.saved_tensors
        tensors, sequences = both[: ctx.count], both[ctx.count :]
        if [given._version for given in ctx.given] != ctx.versions:
            sequences = forward(ctx.made, tensors, saved)[: len(sequences)]
        found = _gradients(ctx.made, tensors, sequences, saved, adjoints, ctx.needs_input_grad[1:])
        return None, *found


def _gradients(
    made: Call,
    tensors: Sequence[Tensor],
    sequences: Sequence[Tensor],
    saved: Tensor,
    adjoints: Sequence[Tensor | None],
    needs: Sequence[bool],
) -> list[Tensor | None]:
    """A gradient for each tensor of the call, None where none is wanted.

    sequences and saved: what the forward run gave. Where the gradient will itself be differentiated
    or batched, kernels cannot be used, and the reference is.
    """
    if torch.is_grad_enabled():
        found = reference_gradients(made, tensors, adjoints, create_graph=True)
    elif torch._C._are_functorch_transforms_active() or torch.compiler.is_compiling():
        present = [adjoint for adjoint in adjoints if adjoint is not None]
        given = [adjoint is not None for adjoint in adjoints]
        found = backward_operator(
            list(tensors), list(sequences), saved, present, given, made.text(), needs[0]
        )
    elif not readable([*tensors, *(adjoint for adjoint in adjoints if adjoint is not None)]):
        with torch.enable_grad():
            found = reference_gradients(made, leaves(made, tensors), adjoints, create_graph=False)
    else:
        found = gradients(made, tensors, sequences, saved, adjoints, needs[0])
    padded = [*found, *(None for _ in needs[len(found) :])]
    return [gradient if need else None for gradient, need in zip(padded, needs, strict=True)]


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
    x, states = tensors[0], made.arguments(tensors)[1].states or ()
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
    *both, saved = ctx.saved_tensors
    tensors, sequences = both[: ctx.count], both[ctx.count :]
    made, wanted = Call.read(ctx.call), ctx.needs_input_grad[0]
    return _gradients(made, tensors, sequences, saved, list(adjoints)[:-1], wanted), None, None


cell_operator.register_autograd(_backward, setup_context=_remember)


def _each(operator: Any) -> Any:
    """vmap's rule for an operator: one call an item, since a kernel has no axis to spare."""

    def rule(info: Any, in_dims: tuple[Any, ...], *args: Any) -> tuple[list[Tensor], list[int]]:
        results = [
            operator(*(_item(arg, dim, place) for arg, dim in zip(args, in_dims, strict=True)))
            for place in range(info.batch_size)
        ]
        return [torch.stack(one) for one in zip(*results, strict=True)], [0] * len(results[0])

    return rule


def _item(argument: Any, dims: Any, place: int) -> Any:
    """One item of a batched argument: a tensor, a list of tensors, or what has no batch."""
    if isinstance(argument, list):
        dims = dims if isinstance(dims, (list, tuple)) else [dims] * len(argument)
        return [_item(one, dim, place) for one, dim in zip(argument, dims, strict=True)]
    return argument if dims is None else argument.select(dims, place)


cell_operator.register_vmap(_each(cell_operator))
backward_operator.register_vmap(_each(backward_operator))
