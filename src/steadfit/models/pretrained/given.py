"""`pretrained`: what a person names or gives becomes a `Pretrained`."""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from torch import Tensor

from steadfit import errors
from steadfit.errors import SteadfitError
from steadfit.models.pretrained.network import Pretrained
from steadfit.models.pretrained.onnx_network import PREFIX, onnx_file, onnx_in
from steadfit.models.pretrained.own_backbone import own_source
from steadfit.models.pretrained.source import IMAGENET, Preferred, Source
from steadfit.models.pretrained.timm_networks import TimmNetwork
from steadfit.models.pretrained.torchvision_networks import TorchvisionNetwork
from steadfit.models.pretrained.weights import FileWeights

LIBRARIES: Mapping[str, Callable[[str], Source]] = MappingProxyType(
    {"timm": TimmNetwork, "torchvision": TorchvisionNetwork}
)
_SIDE = 224  # of networks that do not say how large images were
_CARRIED = "network.backbone.graph"  # what a saved model calls the content of an ONNX file

Colour = tuple[float, float, float]


def is_pretrained(name: str) -> bool:
    """Whether a model's name is of a library of pretrained networks, or of an ONNX file.

    >>> is_pretrained("timm:resnet18"), is_pretrained("mynet:Small")
    (True, False)
    """
    return name.partition(":")[0] in (*LIBRARIES, PREFIX)


def pretrained(
    what: Any,
    weights: str | Path | None = None,
    *,
    size: int | None = None,
    mean: Colour | None = None,
    std: Colour | None = None,
    version: str | None = None,
) -> Pretrained:
    """A network that was trained on other images, as `model` of a fit or study.

    what: "timm:NAME" or "torchvision:NAME" (extra `vision`), perhaps with its weights,
        "timm:NAME@FILE"; or "onnx:FILE" (extra `export`), a graph of one input, float32 images, and
        one output, their features; or an nn.Module, or a function without arguments that gives one,
        whose method or part `features` gives (batch, features) or (batch, features, height, width)
        of images (batch, 3, height, width), else the module itself.
    weights: a file, safetensors or a state_dict of torch's; by default the library's own in its
        cache, and of an nn.Module those it has. Nothing is fetched.
    size: of a module, the longer side of the images that it was shown, in pixels; 224 if None.
    mean, std: of a module or an ONNX file, what was taken off images from 0 to 1 and divided by;
        ImageNet's if None. Libraries say all three themselves.
    version: tells a person's code apart where its source does not.

    The settings of such a model are learn ("frozen", "tuned" or "scratch"; an ONNX file is always
    frozen), side, depth, width, dropout and slower; docs/few-photos.md has them.
    Raises SteadfitError for an unknown name, a library that is not installed, no such file, and one
    that gives no features of images.
    """
    assumed = mean is None and std is None
    shown = Preferred(size or _SIDE, mean or IMAGENET[0], std or IMAGENET[1], assumed=assumed)
    if not isinstance(what, str):
        source, own = own_source(what, shown, version)
        return Pretrained(source, own if weights is None else FileWeights.of(weights))
    package, _, rest = what.partition(":")
    if package == PREFIX:
        if weights is not None or size is not None:
            raise SteadfitError(
                "An ONNX file has its weights, and says how large images are; of one that takes "
                "any, the setting side does. Leave weights and size out."
            )
        return Pretrained(*onnx_file(rest, shown))
    if package not in LIBRARIES:
        raise errors.unknown("library of pretrained networks", package, (*LIBRARIES, PREFIX))
    name, _, file = rest.partition("@")
    source = LIBRARIES[package](name)
    found = weights or file or source.weights_at_hand()
    return Pretrained(source, FileWeights.of(found) if found else None)


def carried(name: str, weights: Mapping[str, Tensor]) -> Pretrained | None:
    """The pretrained network that a saved model of this name carries whole, as it does an ONNX
    file; None of another. Raises SteadfitError for a damaged one."""
    graph = weights.get(_CARRIED)
    if name.partition(":")[0] != PREFIX or graph is None:
        return None
    return Pretrained(*onnx_in(name, graph, Preferred(_SIDE)))
