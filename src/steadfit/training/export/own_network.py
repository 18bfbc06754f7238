"""A person's own network as an ONNX graph beside its weights, so that it loads without its code.

No file holds code that would run here: the graph is of ONNX's operators, which onnxruntime
computes, and it may name no other file.
"""

import copy
import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from steadfit.data import Schema
from steadfit.errors import SteadfitError
from steadfit.kinds import Preparation
from steadfit.nn import Padded
from steadfit.training.export.program import Program
from steadfit.training.export.write import content_of

RUNTIME = ("onnx", "onnxruntime")


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

    It has no parameters and no gradients. Raises SteadfitError for content that is no such graph,
    and without the packages that run it.
    """

    def __init__(self, content: bytes, outputs: int) -> None:
        super().__init__()
        if missing := [name for name in RUNTIME if importlib.util.find_spec(name) is None]:
            raise SteadfitError(
                f"A network without its code needs {' and '.join(RUNTIME)}, got no "
                f"{' or '.join(missing)}. Install them: pip install 'steadfit[export]'."
            )
        import onnxruntime

        _check_alone(content)
        settings = onnxruntime.SessionOptions()
        settings.intra_op_num_threads = torch.get_num_threads()
        settings.log_severity_level = 4  # what fails is raised
        with _raised_by_runtime():
            self._session = onnxruntime.InferenceSession(content, settings)
        self._names = [each.name for each in self._session.get_inputs()]
        self._outputs = outputs

    def forward(self, batch: Tensor | Padded) -> Tensor:
        given = (batch.values, batch.ends() + 1) if isinstance(batch, Padded) else (batch,)
        if len(given) != len(self._names):
            raise SteadfitError(f"{len(given)} inputs were expected, got {len(self._names)}")
        arrays = {
            name: each.detach().cpu().contiguous().numpy()
            for name, each in zip(self._names, given, strict=True)
        }
        with _raised_by_runtime():
            (found,) = self._session.run(None, arrays)
        expected = (len(given[0]), self._outputs)
        if not isinstance(found, np.ndarray) or found.shape != expected:
            raise SteadfitError(f"outputs of shape {expected} were expected")
        return torch.from_numpy(found).to(given[0].device)


def _check_alone(content: bytes) -> None:
    """Raise SteadfitError for a graph that takes its numbers from another file."""
    import onnx
    from google.protobuf.message import DecodeError

    try:
        model = onnx.load_model_from_string(content)
    except DecodeError:
        raise SteadfitError("a graph of ONNX was expected") from None
    if any(each.data_location == onnx.TensorProto.EXTERNAL for each in _tensors(model)):
        raise SteadfitError("a graph without other files was expected")


def _tensors(message: Any) -> Iterator[Any]:
    """Every tensor within a message of ONNX's."""
    for field, value in message.ListFields():
        if field.message_type is None:
            continue
        for part in [value] if hasattr(value, "ListFields") else value:
            if field.message_type.name == "TensorProto":
                yield part
            else:
                yield from _tensors(part)


@contextmanager
def _raised_by_runtime() -> Iterator[None]:
    """What onnxruntime raises, each an Exception of its own, becomes a SteadfitError."""
    try:
        yield
    except Exception as error:
        first = (str(error).splitlines() or [""])[0][:300]
        raise SteadfitError(f"onnxruntime cannot run its network: {first}") from error
