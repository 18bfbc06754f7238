"""A run of a cell as one operator of torch, so that torch's transformations see it whole.

`steadfit::cell` and `steadfit::cell_backward` take a flat list of tensors and a text that says what
they are (`Call`). They run the compiled kernel, or the reference where there is none. Derivatives
of higher order go through the reference.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor

from steadfit.cells.interface import Result, Weights
from steadfit.cells.kernel import Forward, Task, kernel, saved_values, schedule
from steadfit.cells.language import Cell, known
from steadfit.cells.reference import run_reference


@dataclass(frozen=True)
class Call:
    """What the tensors of the operator's list are; written as text, as operators take no objects.

    The list holds x, the weights named, the initial states, the recurrent mask, zoneout's masks,
    and lengths or batch_sizes, each if it is there.
    """

    cell: Cell
    weights: tuple[str, ...]
    mask: bool
    zoneout: tuple[bool, ...]
    rows: str  # "padded", "lengths" or "batch_sizes"
    reverse: bool

    def text(self) -> str:
        """One line; `Call.read` reads it."""
        zoneout = "".join(str(int(one)) for one in self.zoneout)
        weights = ",".join(self.weights)
        flags = f"{int(self.mask)} {zoneout} {self.rows} {int(self.reverse)}"
        return f"{self.cell.key} {weights} {flags}"

    @staticmethod
    @lru_cache(maxsize=1024)
    def read(text: str) -> "Call":
        """The call that `text` wrote."""
        key, weights, mask, zoneout, rows, reverse = text.split(" ")
        return Call(
            cell=known(key),
            weights=tuple(weights.split(",")),
            mask=mask == "1",
            zoneout=tuple(one == "1" for one in zoneout),
            rows=rows,
            reverse=reverse == "1",
        )

    @property
    def differentiable(self) -> int:
        """How many tensors at the beginning of the list have gradients: x, weights, states."""
        return 1 + len(self.weights) + len(self.cell.states)

    def arguments(self, tensors: Sequence[Tensor]) -> dict[str, Any]:
        """The list as the arguments of `run_reference`, without the cell."""
        rest = iter(tensors)
        x = next(rest)
        weights = Weights(**{name: next(rest) for name in self.weights})
        states = tuple(next(rest) for _ in self.cell.states)
        mask = next(rest) if self.mask else None
        zoneout = tuple(next(rest) if one else None for one in self.zoneout)
        named = {} if self.rows == "padded" else {self.rows: next(rest)}
        return {
            "x": x,
            "weights": weights,
            "states": states,
            "recurrent_mask": mask,
            "zoneout": zoneout,
            "reverse": self.reverse,
            **named,
        }

    def task(self, tensors: Sequence[Tensor]) -> Task:
        """The list as the kernel takes it."""
        given = self.arguments([tensor.contiguous() for tensor in tensors])
        x, batch = given["x"], given["states"][0].shape[0]
        sizes = given.get("batch_sizes")
        time = x.shape[0] if sizes is None else len(sizes)
        return Task(
            x=x.reshape(-1, x.shape[-1]),
            weights=given["weights"],
            states=given["states"],
            mask=given["recurrent_mask"],
            zoneout=tuple(None if m is None else m.flatten(0, -2) for m in given["zoneout"]),
            schedule=schedule(time, batch, given.get("lengths"), sizes),
            reverse=self.reverse,
        )


@torch.library.custom_op("steadfit::cell", mutates_args=())
def cell_operator(tensors: list[Tensor], call: str, keep: bool) -> list[Tensor]:
    """The sequences, the final states, and what the backward sweep needs (empty without keep)."""
    made = Call.read(call)
    compiled = _kernel(made, tensors[0])
    saved = _saved(made, tensors, keep)
    if compiled is None:
        result = _reference(made, tensors)
        return [*(tensor.clone() for tensor in (*result.sequences, *result.final)), saved]
    task = made.task(tensors)
    done = compiled.forward(task, saved if keep else None)
    shape = tensors[0].shape[:-1]
    return [*(s.view(*shape, s.shape[-1]) for s in done.sequences), *done.final, saved]


@cell_operator.register_fake
def _(tensors: list[Tensor], call: str, keep: bool) -> list[Tensor]:
    made = Call.read(call)
    x, states = tensors[0], made.arguments(tensors)["states"]
    return [
        *(x.new_empty(*x.shape[:-1], state.shape[1]) for state in states),
        *(state.new_empty(state.shape) for state in states),
        _saved(made, tensors, keep),
    ]


@torch.library.custom_op("steadfit::cell_backward", mutates_args=())
def backward_operator(
    tensors: list[Tensor],
    outputs: list[Tensor],
    gradients: list[Tensor],
    given: list[bool],
    call: str,
    wants_x: bool,
) -> list[Tensor]:
    """The gradients of x (empty if not wanted), the weights and the initial states.

    outputs: what `steadfit::cell` gave. gradients: of the sequences and the final states, those
    for which `given` is true.
    """
    made = Call.read(call)
    parts = _spread(gradients, given)
    compiled = _kernel(made, tensors[0])
    if compiled is None:
        found = _reference_gradients(made, tensors, parts, create_graph=False)
        return [torch.zeros_like(t) if g is None else g.clone() for t, g in found]
    task = made.task(tensors)
    states = len(task.states)
    sequences = tuple(output.contiguous().flatten(0, -2) for output in outputs[:states])
    done = Forward(sequences, tuple(outputs[states : 2 * states]), outputs[-1])
    if not outputs[-1].numel():  # the forward sweep did not know that it would be differentiated
        done = compiled.forward(task, _saved(made, tensors, keep=True))
    flat = [None if p is None else p.contiguous().flatten(0, -2) for p in parts]
    found = compiled.backward(task, done, flat[:states], flat[states:], wants_x)
    d_x = tensors[0].new_empty(0) if found.x is None else found.x.view(tensors[0].shape)
    return [d_x, *(w for w in found.weights if w is not None), *found.states]


@backward_operator.register_fake
def _(
    tensors: list[Tensor],
    outputs: list[Tensor],
    gradients: list[Tensor],
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
    ctx.save_for_backward(*tensors, *output)


def _backward(ctx: Any, gradients: Sequence[Tensor | None]) -> tuple[Any, None, None]:
    made = Call.read(ctx.call)
    tensors, outputs = ctx.saved_tensors[: ctx.count], ctx.saved_tensors[ctx.count :]
    parts = list(gradients)[:-1]
    needs = ctx.needs_input_grad[0][: made.differentiable]
    if torch.is_grad_enabled():  # the gradient is to be differentiated again
        found = [g for _, g in _reference_gradients(made, tensors, parts, create_graph=True)]
    else:
        present = [part for part in parts if part is not None]
        given = [part is not None for part in parts]
        found = backward_operator(list(tensors), list(outputs), present, given, ctx.call, needs[0])
    wanted = [gradient if need else None for gradient, need in zip(found, needs, strict=True)]
    return [*wanted, *(None for _ in tensors[made.differentiable :])], None, None


cell_operator.register_autograd(_backward, setup_context=_remember)


def _kernel(made: Call, x: Tensor) -> Any:
    return kernel(made.cell, x.dtype, made.mask, made.zoneout)


def _saved(made: Call, tensors: Sequence[Tensor], keep: bool) -> Tensor:
    """Memory for what the backward sweep needs."""
    if not keep:
        return tensors[0].new_empty(0)
    x, hidden = tensors[0], made.arguments(tensors)["states"][0].shape[1]
    panel = 64 // x.dtype.itemsize  # the kernel keeps whole panels
    width = -(-hidden // panel) * panel
    return x.new_empty(*x.shape[:-1], saved_values(made.cell, made.mask, made.zoneout) * width)


def _reference(made: Call, tensors: Sequence[Tensor]) -> Result:
    return run_reference(made.cell, **made.arguments(tensors))


def _reference_gradients(
    made: Call, tensors: Sequence[Tensor], parts: Sequence[Tensor | None], create_graph: bool
) -> list[tuple[Tensor, Tensor | None]]:
    """Each differentiable tensor with its gradient, by running the reference."""
    leaves = list(tensors[: made.differentiable])
    with torch.enable_grad():
        if not create_graph:
            leaves = [leaf.detach() for leaf in leaves]
        leaves = [leaf if leaf.requires_grad else leaf.requires_grad_() for leaf in leaves]
        result = _reference(made, [*leaves, *tensors[made.differentiable :]])
        outputs = [*result.sequences, *result.final]
        chosen = [
            (output, part)
            for output, part in zip(outputs, parts, strict=True)
            if part is not None and output.requires_grad
        ]
        gradients: Sequence[Tensor | None] = [None] * len(leaves)
        if chosen:
            gradients = torch.autograd.grad(
                [output for output, _ in chosen],
                leaves,
                [part for _, part in chosen],
                create_graph=create_graph,
                allow_unused=True,
            )
    return list(zip(leaves, gradients, strict=True))


def _spread(gradients: Sequence[Tensor], given: Sequence[bool]) -> list[Tensor | None]:
    rest = iter(gradients)
    return [next(rest) if one else None for one in given]
