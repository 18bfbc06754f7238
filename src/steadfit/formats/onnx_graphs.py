"""Graphs in ONNX files, which may come from others: onnxruntime computes them.

A graph may name no other file.
"""

import importlib.util
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch

from steadfit.errors import SteadfitError

_RUNTIME = ("onnx", "onnxruntime")


class Graph:
    """A graph that is run on the CPU, by as many threads as torch has.

    inputs, outputs: onnxruntime's facts on each: its `name`, `type` as "tensor(float)", and `shape`
    of numbers, texts and None, of which the latter two are any number.

    Raises SteadfitError, with the reason alone, for content that is no graph or needs another file,
    and without the packages that run it.
    """

    def __init__(self, content: bytes) -> None:
        _check_packages()
        import onnxruntime

        _check_alone(content)
        settings = onnxruntime.SessionOptions()
        settings.intra_op_num_threads = torch.get_num_threads()
        settings.log_severity_level = 4  # what fails is raised
        with _raised_by_runtime():
            self._session = onnxruntime.InferenceSession(content, settings)
        self.inputs = list[Any](self._session.get_inputs())
        self.outputs = list[Any](self._session.get_outputs())

    def __call__(self, arrays: Mapping[str, np.ndarray]) -> list[Any]:
        """All outputs, of inputs by name. Raises SteadfitError for what it does not take."""
        with _raised_by_runtime():
            return list(self._session.run(None, dict(arrays)))


def _check_packages() -> None:
    if missing := [name for name in _RUNTIME if importlib.util.find_spec(name) is None]:
        raise SteadfitError(
            f"ONNX needs {' and '.join(_RUNTIME)} to be run, got no {' or '.join(missing)}. "
            "Install them: pip install 'steadfit[export]'."
        )


def _check_alone(content: bytes) -> None:
    """Raise SteadfitError for a graph that takes its numbers from another file."""
    import onnx
    from google.protobuf.message import DecodeError

    try:
        model = onnx.load_model_from_string(content)
    except DecodeError:
        raise SteadfitError("a graph of ONNX was expected") from None
    if any(each.data_location == onnx.TensorProto.EXTERNAL for each in _tensors(model)):
        raise SteadfitError(
            "a graph without other files was expected, and its weights lie in one beside it. Write "
            "both into one: onnx.save(onnx.load(FILE), NEW)"
        )


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
