"""A trained model as one module, with the preparation of its inputs and its answers inside."""

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version

import torch
from torch import Tensor, nn

from steadfit.data import Schema
from steadfit.kinds import Preparation, Signature
from steadfit.nn import Padded
from steadfit.references import FittedReference
from steadfit.tasks import Task

Members = Sequence[tuple[nn.Module, Preparation]]


@dataclass(frozen=True, eq=False)
class Program:
    """A module, and how it is called.

    module: takes the signature's inputs in their order, and gives one tensor. answer: the tensor's
    name. said: what its user must know, by name: texts, or lists of them.
    """

    module: nn.Module
    signature: Signature
    answer: str
    said: Mapping[str, str | Sequence[str]]


class Averaged(nn.Module):
    """The networks of a model on unprepared inputs, and their average."""

    def __init__(self, members: Members, entries: Sequence[nn.Module], task: Task) -> None:
        super().__init__()
        self.networks = nn.ModuleList(network for network, _ in members)
        self.entries = nn.ModuleList(entries)
        self.preparations = [preparation for _, preparation in members]
        self.task = task

    def forward(self, *inputs: Tensor) -> Tensor:
        found = []
        for network, entry, preparation in zip(
            self.networks, self.entries, self.preparations, strict=True
        ):
            outputs = network(entry(*inputs))
            values = outputs.values if isinstance(outputs, Padded) else outputs
            found.append(preparation.restore(values.float()))
        return self.task.averaged(torch.stack(found))


class Referred(nn.Module):
    """A reference's module, with the answer that its task gives."""

    def __init__(self, module: nn.Module, task: Task) -> None:
        super().__init__()
        self.module = module
        self.task = task

    def forward(self, *inputs: Tensor) -> Tensor:
        return self.task.averaged(self.module(*inputs)[None])


def program(schema: Schema, shape: tuple[int, ...], members: Members, name: str) -> Program:
    """shape: of an example, as `Dataset.example_shape`. members: each network and its preparation.
    name: the model's, for people."""
    preparations = [preparation for _, preparation in members]
    signature = schema.kind.signature(shape, preparations)
    module = Averaged(members, signature.entries, schema.task)
    module = copy.deepcopy(module).requires_grad_(False).eval()  # with gradients, scan is slow
    facts = {"model": name, "networks": str(len(members))}
    return Program(module, signature, schema.task.answer, facts | _said(schema, signature))


def reference_program(fitted: FittedReference) -> Program:
    """The program of a fitted reference. Raises SteadfitError as `Reference.module`."""
    schema, reference = fitted.schema, fitted.reference
    module = Referred(reference.module(fitted.learned, schema), schema.task).eval()
    whole = schema.kind.signature(fitted.shape, [])
    example = whole.examples[0]
    size = " × ".join(map(str, example.shape[1:]))
    signature = replace(  # its columns are of one size, so nothing but the batch is free
        whole,
        names=whole.names[:1],
        examples=(example,),
        free=({0: "batch"},),
        said={"input": f"x: float32, batch × {size}, in the units of the training data"},
    )
    facts = {"model": reference.name}
    return Program(module, signature, schema.task.answer, facts | _said(schema, signature))


def _said(schema: Schema, signature: Signature) -> dict[str, str | Sequence[str]]:
    return {
        "producer": f"steadfit {version('steadfit')}",
        "task": schema.task.name,
        **signature.said,
        **schema.task.said(),
    }
