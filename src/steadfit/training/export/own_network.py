"""A person's own network as an ONNX graph beside its weights, so that it loads without its code.

No file holds code that would run here: the graph is of ONNX's operators, which onnxruntime
computes, and it may name no other file.
"""

import copy
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor, nn

from steadfit.data import Schema
from steadfit.errors import SteadfitError
from steadfit.formats.onnx_graphs import Graph
from steadfit.kinds import Preparation
from steadfit.nn import Padded
from steadfit.training.export.program import Program
from steadfit.training.export.write import content_of


class _Entry(nn.Module):
    """Prepared inputs as the network takes them: a tensor, or sequences with their lengths."""

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> Tensor | Padded:
        return x if lengths is None else Padded(x, lengths)


class _Prepared(nn.Module):
    """A network from prepared inputs to its outputs."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network, self.entry = network, _Entry()

    def forward(self, *inputs: Tensor) -> Tensor:
        return self.network(self.entry(*inputs))


def network_content(
    network: nn.Module, schema: Schema, shape: tuple[int, ...], preparation: Preparation
) -> bytes:
    """The graph of a network on prepared inputs. Raises SteadfitError where it cannot be made.

    shape: of an example, as `Dataset.example_shape`.
    """
    whole = schema.kind.signature(shape, [preparation])
    if len(whole.examples) == 1:  # no sequences
        seen = schema.kind.network_shape(shape, preparation)
        whole = replace(whole, names=("x",), examples=(torch.zeros(2, *seen),))
        whole = replace(whole, free=({0: "batch"},))
    else:
        whole = replace(whole, names=("x", "lengths"))
    module = _Prepared(copy.deepcopy(network)).requires_grad_(False).eval()
    return content_of(Program(module, whole, "outputs", {"model": "network"}), "onnx")


class ExportedNetwork(nn.Module):
    """A network whose graph `network_content` wrote: prepared inputs to outputs.

    It has no parameters and no gradients. Raises SteadfitError as `Graph`.
    """

    def __init__(self, content: bytes, outputs: int) -> None:
        super().__init__()
        self._graph = Graph(content)
        self._outputs = outputs

    def forward(self, batch: Tensor | Padded) -> Tensor:
        given = (batch.values, batch.ends() + 1) if isinstance(batch, Padded) else (batch,)
        names = [each.name for each in self._graph.inputs]
        if len(given) != len(names):
            raise SteadfitError(f"{len(given)} inputs were expected, got {len(names)}")
        found = self._graph(
            {
                name: each.detach().cpu().contiguous().numpy()
                for name, each in zip(names, given, strict=True)
            }
        )
        expected = (len(given[0]), self._outputs)
        if len(found) != 1 or not isinstance(found[0], np.ndarray) or found[0].shape != expected:
            raise SteadfitError(f"outputs of shape {expected} were expected")
        return torch.from_numpy(found[0]).to(given[0].device)
