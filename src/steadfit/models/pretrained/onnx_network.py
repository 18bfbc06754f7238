"""A network in an ONNX file as the features of images: onnxruntime runs it as it is."""

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from steadfit.errors import SteadfitError
from steadfit.formats.onnx_graphs import Graph
from steadfit.models.pretrained.source import Preferred
from steadfit.models.pretrained.weights import FileWeights, MemoryWeights

PREFIX = "onnx"
_FLOATS = "tensor(float)"


@dataclass(frozen=True)
class OnnxNetwork:
    """An ONNX file's graph; `steadfit.models.pretrained.source.Source` says what its parts are for.

    known_as: the file's name. size: its bytes.
    """

    known_as: str
    preferred: Preferred
    size: int

    classifier = own_code = ""
    learns = False

    @property
    def name(self) -> str:
        return f"{PREFIX}:{self.known_as}"

    def backbone(self) -> nn.Module:
        return OnnxBackbone(self.size)

    def drawn_anew(self) -> nn.Module:
        raise SteadfitError(
            f"{self.name} has no weights that can be drawn anew. Learn frozen, or give the network "
            "as a module."
        )

    def check_portable(self) -> None:
        """It is sent by its file's path, and read again."""
        return None

    def weights_at_hand(self) -> None:
        return None

    weights_place = "they are in the file itself"


class OnnxBackbone(nn.Module):
    """A graph that gives features of images. It is a buffer, so that saved models carry it.

    It has no gradients.
    """

    graph: Tensor

    def __init__(self, size: int) -> None:
        super().__init__()
        self.register_buffer("graph", torch.zeros(size, dtype=torch.uint8))
        self.register_load_state_dict_post_hook(_forget_graph)
        self._running: _ImageGraph | None = None

    def __getstate__(self) -> dict[str, Any]:
        return {**vars(self), "_running": None}  # onnxruntime's session is not to be copied

    def forward(self, x: Tensor) -> Tensor:
        if self._running is None:
            self._running = _ImageGraph(self.graph.cpu().numpy().tobytes())
        return torch.from_numpy(self._running(x.detach().float().cpu().numpy())).to(x.device)


def _forget_graph(backbone: nn.Module, _: object) -> None:
    backbone._running = None  # pyright: ignore[reportAttributeAccessIssue, reportArgumentType]


class _ImageGraph:
    """A graph by what it takes: float32 images, and gives: float32 features.

    Raises SteadfitError, with the reason alone, for a graph that takes or gives anything else.
    """

    def __init__(self, content: bytes) -> None:
        self._graph = Graph(content)
        self._name, shape = _images_of(self._graph)
        _check_features(self._graph, self._name)
        self._last = shape[1] != 3 and shape[3] == 3
        batch, _, *sides = [shape[axis] for axis in (0, 3, 1, 2)] if self._last else shape
        self._batch = batch if isinstance(batch, int) else None
        fixed = [side for side in sides if isinstance(side, int)]
        if fixed and fixed != [fixed[0]] * 2:
            raise SteadfitError(f"square images, or any, were expected to be taken, got {sides}")
        self.side = fixed[0] if fixed else None  # in pixels; None: any

    def __call__(self, images: np.ndarray) -> np.ndarray:
        """Of images (batch, 3, height, width): (batch, features), means over what places are left.

        A graph of a fixed number of images is run as often as that takes, the last time with some
        twice.
        """
        images = np.ascontiguousarray(images.transpose(0, 2, 3, 1) if self._last else images)
        count = self._batch or len(images)
        rows = np.arange(-(-len(images) // count) * count).clip(max=len(images) - 1)
        parts = [self._graph({self._name: images[part]})[0] for part in rows.reshape(-1, count)]
        features = np.concatenate(parts)[: len(images)]
        if features.ndim == 4:
            return features.mean((1, 2) if self._last else (2, 3))
        return features


def _images_of(graph: Graph) -> tuple[str, list[Any]]:
    """The name and the shape of the only input."""
    if len(graph.inputs) != 1:
        raise SteadfitError(f"one input, images, was expected, got {_named(graph.inputs)}")
    [taken] = graph.inputs
    shape = list(taken.shape)
    channels = 3 in (shape[1], shape[3]) or not isinstance(shape[1], int) if len(shape) == 4 else 0
    if taken.type != _FLOATS or not channels:
        raise SteadfitError(
            "an input of float32 images, (batch, 3, height, width) or with channels last, was "
            f"expected, got {_named([taken])}"
        )
    return taken.name, shape


def _check_features(graph: Graph, images: str) -> None:
    if len(graph.outputs) == 1 and graph.outputs[0].type == _FLOATS:
        return
    raise SteadfitError(
        f"one output of float32 features was expected, got {_named(graph.outputs)}. Cut the graph "
        f'at one: onnx.utils.extract_model(FILE, NEW, ["{images}"], [OUTPUT])'
    )


def _named(values: list[Any]) -> str:
    return ", ".join(f"{each.name} ({each.type}, {each.shape})" for each in values) or "none"


class _GraphFile(FileWeights):
    """An ONNX file's content as the one weight of its `OnnxBackbone`."""

    def read(self) -> dict[str, Tensor]:
        """Raises SteadfitError for a file that has changed."""
        return {"graph": torch.frombuffer(bytearray(self.content()), dtype=torch.uint8)}


def onnx_file(path: str | Path, shown: Preferred) -> tuple[OnnxNetwork, FileWeights]:
    """The network in a file, shown images so, at its own size where it takes no other; and its
    weights.

    Raises SteadfitError where there is no such file, and for one that does not take images.
    """
    weights = _GraphFile.of(path)
    known_as = re.sub(r"[;\s]", "_", Path(path).name)  # with one of these it would be a layer list
    return _network(known_as, weights.content(), shown, str(path)), weights


def onnx_in(name: str, graph: Tensor, shown: Preferred) -> tuple[OnnxNetwork, MemoryWeights]:
    """The same of the content of a file, as a saved model carries it. name: `OnnxNetwork`'s."""
    source = _network(name.partition(":")[2], graph.numpy().tobytes(), shown, name)
    backbone = source.backbone()
    backbone.load_state_dict({"graph": graph})
    return source, MemoryWeights.of(backbone)


def _network(known_as: str, content: bytes, shown: Preferred, said: str) -> OnnxNetwork:
    try:
        side = _ImageGraph(content).side
    except SteadfitError as error:
        reason = str(error).removesuffix(".")
        raise SteadfitError(f"{said} cannot give features of images: {reason}.") from error
    own = replace(shown, size=side or shown.size, fixed=side is not None)
    return OnnxNetwork(known_as, own, len(content))
