"""One run of a cell as a flat list of tensors and a text that says what they are.

That is all that operators of torch can take. `forward` and `gradients` do the work, by the compiled
kernel or, where there is none, by the reference.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from functools import lru_cache

import torch
from torch import Tensor

from steadfit.cells.compiled import Sweeps, kernel, saved_width
from steadfit.cells.emit import Variant
from steadfit.cells.interface import Result, Sequences, Weights
from steadfit.cells.kernels import Task
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

    @staticmethod
    def of(cell: Cell, weights: Weights, sequences: Sequences) -> "tuple[Call, list[Tensor]]":
        """The call of a run whose sequences are checked, and its list of tensors."""
        assert sequences.states is not None
        assert sequences.zoneout is not None
        named = {name: w for name, w in weights._asdict().items() if w is not None}
        rows = {"lengths": sequences.lengths, "batch_sizes": sequences.batch_sizes}
        counts = {name: count for name, count in rows.items() if count is not None}
        made = Call(
            cell=cell,
            weights=tuple(named),
            mask=sequences.recurrent_mask is not None,
            zoneout=tuple(mask is not None for mask in sequences.zoneout),
            rows=next(iter(counts), "padded"),
            reverse=sequences.reverse,
        )
        given = (sequences.values, *named.values(), *sequences.states)
        return made, [*given, *sequences.masks(), *counts.values()]

    def arguments(self, tensors: Sequence[Tensor]) -> tuple[Weights, Sequences]:
        """The list as `run_reference` takes it."""
        rest = iter(tensors)
        values = next(rest)
        weights = Weights(**{name: next(rest) for name in self.weights})
        sequences = Sequences(
            values,
            states=tuple(next(rest) for _ in self.cell.states),
            recurrent_mask=next(rest) if self.mask else None,
            zoneout=tuple(next(rest) if one else None for one in self.zoneout),
            reverse=self.reverse,
        )
        if self.rows == "padded":
            return weights, sequences
        return weights, replace(sequences, **{self.rows: next(rest)})

    def task(self, tensors: Sequence[Tensor]) -> Task:
        """The list as the kernel takes it."""
        return Task(*self.arguments([tensor.resolve_neg().contiguous() for tensor in tensors]))


def forward(made: Call, tensors: Sequence[Tensor], saved: Tensor | None) -> list[Tensor]:
    """The sequences, then the final states. saved: filled for `gradients` if there is one."""
    compiled = _kernel(made, tensors)
    if compiled is None:
        result = _reference(made, tensors)
        return [tensor.clone() for tensor in (*result.sequences, *result.final)]
    with _named(made, "forward"):
        done = compiled.forward(made.task(tensors), saved)
    return [*done.sequences, *done.final]


def gradients(
    made: Call,
    tensors: Sequence[Tensor],
    sequences: Sequence[Tensor],
    saved: Tensor | None,
    adjoints: Sequence[Tensor | None],
    wants_x: bool,
) -> list[Tensor]:
    """The gradients of x (empty if not wanted), the weights and the initial states.

    sequences: what `forward` gave. adjoints: how the loss changes with them and the final states.
    """
    compiled = _kernel(made, tensors)
    x = tensors[0]
    if compiled is None:
        with torch.enable_grad():
            found = reference_gradients(made, leaves(made, tensors), adjoints, False)
        all_of_x, *rest = (
            torch.zeros_like(tensor) if gradient is None else gradient.clone()
            for tensor, gradient in zip(tensors, found, strict=False)
        )
        return [all_of_x if wants_x else x.new_empty(0), *rest]
    task = made.task(tensors)
    states = len(made.cell.states)
    if saved is None:  # the forward run did not know that it would be differentiated
        saved = memory(made, tensors)
        compiled.forward(task, saved)
    done = [sequence.contiguous() for sequence in sequences]
    given = [None if a is None else a.contiguous() for a in adjoints]
    with _named(made, "backward"):
        result = compiled.backward(task, done, saved, given[:states], given[states:], wants_x)
    d_x = x.new_empty(0) if result.x is None else result.x
    return [d_x, *(w for w in result.weights if w is not None), *result.states]


def leaves(made: Call, tensors: Sequence[Tensor]) -> list[Tensor]:
    """The same tensors, without the history of those that can have gradients."""
    count = made.differentiable
    return [*(t.detach().requires_grad_() for t in tensors[:count]), *tensors[count:]]


def reference_gradients(
    made: Call,
    tensors: Sequence[Tensor],
    adjoints: Sequence[Tensor | None],
    create_graph: bool,
) -> list[Tensor | None]:
    """The gradient of each tensor that can have one and wants one, by running the reference."""
    result = _reference(made, tensors)
    outputs = [*result.sequences, *result.final]
    chosen = [
        (output, adjoint)
        for output, adjoint in zip(outputs, adjoints, strict=True)
        if adjoint is not None and output.requires_grad
    ]
    wanted = [t for t in tensors[: made.differentiable] if t.requires_grad]
    found: Sequence[Tensor | None] = [None] * len(wanted)
    if chosen:
        found = torch.autograd.grad(
            [output for output, _ in chosen],
            wanted,
            [adjoint for _, adjoint in chosen],
            create_graph=create_graph,
            allow_unused=True,
        )
    rest = iter(found)
    return [next(rest) if t.requires_grad else None for t in tensors[: made.differentiable]]


def memory(made: Call, tensors: Sequence[Tensor]) -> Tensor:
    """Room for what the backward sweep needs, beside x's rows."""
    x, hidden = tensors[0], _hidden(made, tensors)
    variant = Variant(made.cell, made.mask, made.zoneout)
    return x.new_empty(*x.shape[:-1], saved_width(variant, x.dtype, hidden))


def _named(made: Call, sweep: str) -> AbstractContextManager[object]:
    """A line of its own in torch's profiler, where one is at work."""
    if torch._C._autograd._profiler_enabled():  # type: ignore[attr-defined]
        return torch.profiler.record_function(f"steadfit::{made.cell.name} {sweep}")
    return nullcontext()


def _kernel(made: Call, tensors: Sequence[Tensor]) -> Sweeps | None:
    x, masks = tensors[0], (made.mask, made.zoneout)
    if x.is_cpu:
        return kernel(made.cell, x.dtype, *masks)
    from steadfit.cells.triton_kernel import tried_kernel

    return tried_kernel(made.cell, *masks, _hidden(made, tensors), x.dtype, x.device)


def _hidden(made: Call, tensors: Sequence[Tensor]) -> int:
    return tensors[1 + len(made.weights)].shape[1]  # of the first state


def _reference(made: Call, tensors: Sequence[Tensor]) -> Result:
    return run_reference(made.cell, *made.arguments(tensors))
